use super::*;

#[test]
fn dot_agrees_with_the_definition_at_every_length() {
    for length in 0..40_usize {
        let x: Vec<f32> = (0..length).map(|i| i as f32 - 7.0).collect();
        let exact: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        assert_eq!(dot(&x, &x), exact);
        assert_eq!(dot(&x, &[]), 0.0);
    }
}

/// Integers add up exactly; the order shows where rounding does: (2⁵³ + 1) − 2⁵³ is 0, not 1.
#[test]
fn shards_are_added_in_their_order_at_every_length() {
    for n in [0, 1, 5, 4096, 4097, 200_000] {
        let shards: Vec<Vec<f64>> = [9_007_199_254_740_992.0, 1.0, -9_007_199_254_740_992.0].map(|v| vec![v; n]).into();
        let mut out = vec![f64::NAN; n];
        sum_shards(3, |i| &shards[i], &mut out);
        assert!(out.iter().all(|&v| v == 0.0));
        sum_shards(0, |i| &shards[i], &mut out);
        assert!(out.iter().all(|&v| v == 0.0));
        sum_shards(2, |i| &shards[i + 1], &mut out);
        assert!(out.iter().all(|&v| v == -9_007_199_254_740_991.0));
    }
}

#[test]
fn products_of_no_columns_are_nothing() {
    add_weighted_products::<f64>(1.0, &[], &[], &[1.0], &mut []);
}
