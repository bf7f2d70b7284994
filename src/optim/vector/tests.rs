use super::*;

#[test]
fn a_norm_agrees_with_the_definition_at_every_length() {
    for length in 0..40_usize {
        let x: Vec<f32> = (0..length).map(|i| i as f32 - 7.0).collect();
        let exact: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        assert!((norm(&x) - exact.sqrt()).abs() <= 1e-13 * exact.sqrt());
    }
}

#[test]
fn norm_survives_extreme_entries() {
    assert!((norm(&[3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
    assert!((norm(&[3e-200, 4e-200]) / 5e-200 - 1.0).abs() < 1e-15);
    assert_eq!(norm::<f64>(&[]), 0.0);
    assert!(norm(&[1.0, f64::NAN]).is_nan());
    assert_eq!(norm(&[1.0, f64::INFINITY]), f64::INFINITY);
}

#[test]
fn one_bad_entry_anywhere_is_seen() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for index in [0, 1023, 1024, 2999] {
            let mut x = vec![f64::MAX; 3000];
            assert!(all_finite(&x));
            x[index] = bad;
            assert!(!all_finite(&x));
        }
    }
}
