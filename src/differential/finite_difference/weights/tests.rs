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

/// Weights are those of the points in other units, as far as there are numbers for them, and refused beyond.
#[test]
fn units_of_the_points_do_not_count() {
    let points = [-1.0, -0.5, 0.0, 0.75, 2.0];
    let plain = difference_weights(0.25, &points, 4).unwrap();
    for exponent in [-1000, -500, -70, 3, 70, 250, 1020] {
        let unit = 2f64.powi(exponent);
        let scaled =
            difference_weights(0.25 * unit, &points.map(|x| x * unit), 1.min((1000 / exponent.abs()) as usize));
        for (k, row) in scaled.unwrap().iter().enumerate() {
            assert!(
                row.iter().zip(&plain[k]).all(|(w, p)| *w == p * unit.powi(-(k as i32))),
                "2^{exponent}, {k}: {row:?}"
            );
        }
    }
    assert_eq!(difference_weights(0.0, &[-1.7e308, 1.7e308], 0).unwrap()[0], [0.5, 0.5]);
    for unit in [1e-160, 1e160] {
        let refused = difference_weights(0.0, &[-unit, 0.0, unit, 2.0 * unit], 3);
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{refused:?}");
    }
}
