use super::*;

#[test]
fn exact_for_polynomials() {
    let points = [-1.3, -0.2, 0.4, 1.1, 2.5, 2.6];
    let at = 0.3_f64;
    let weights = difference_weights(at, &points, 4).unwrap();
    for degree in 0..6_i32 {
        for (k, row) in weights.iter().enumerate() {
            let found: f64 = row.iter().zip(points).map(|(w, x)| w * x.powi(degree)).sum();
            let falling: f64 = (0..k as i32).map(|i| f64::from(degree - i)).product();
            let exact = if (k as i32) <= degree { falling * at.powi(degree - k as i32) } else { 0.0 };
            assert!((found - exact).abs() < 1e-10, "degree {degree}, derivative {k}: {found} {exact}");
        }
    }
}

#[test]
fn hostile_points_are_refused() {
    assert!(difference_weights(0.0, &[], 0).is_err());
    assert!(difference_weights(0.0, &[1.0, 2.0], 2).is_err());
    assert!(difference_weights(0.0, &[1.0, 1.0], 1).is_err());
    assert!(difference_weights(f64::NAN, &[1.0, 2.0], 1).is_err());
    assert!(difference_weights(0.0, &[1.0, f64::NAN], 1).is_err());
}
