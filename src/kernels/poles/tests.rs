use super::{divide_into, multiply_quotients, pole_sums};

#[test]
fn partial_fractions_of_a_known_sum() {
    // Σ_{j=1}^{n} 1/(j (j + 1)) = 1 − 1/(n + 1), as a sum over the poles j + 1 with weights 1/j.
    for n in [0, 1, 7, 8, 9, 100] {
        let poles: Vec<f64> = (0..n).map(|j| j as f64 + 4.0).collect();
        let weights: Vec<f64> = (0..n).map(|j| 1.0 / (j as f64 + 1.0)).collect();
        let (sum, slope) = pole_sums(&poles, &weights, 2.0);
        assert!((sum - (1.0 - 1.0 / (n as f64 + 1.0))).abs() < 1e-14, "{n}");
        let expected: f64 = (1..=n).map(|j| 1.0 / (j as f64 * (j as f64 + 1.0).powi(2))).sum();
        assert!((slope - expected).abs() < 1e-14, "{n}");
    }
}

#[test]
fn quotients_entry_by_entry() {
    for n in [0, 1, 5, 8, 19] {
        let gaps: Vec<f64> = (0..n).map(|j| 2.0 * j as f64 + 1.0).collect();
        let deltas: Vec<f64> = (0..n).map(|j| 4.0 * j as f64 + 2.0).collect();
        let mut products = vec![3.0; n];
        multiply_quotients(&mut products, &deltas, &gaps);
        assert_eq!(products, vec![6.0; n]);
        divide_into(&deltas, &mut products);
        assert_eq!(products, deltas.iter().map(|d| d / 6.0).collect::<Vec<_>>());
    }
}
