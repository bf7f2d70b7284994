use super::*;

#[test]
fn a_long_gradient_keeps_its_direction_and_a_short_one_its_length() {
    let original = [3.0_f32, -4.0, 12.0];
    let mut gradient = original;
    assert_eq!(Clip::GlobalNorm(13.5).apply(&mut gradient).unwrap(), 13.0);
    assert_eq!(gradient, original);
    Clip::GlobalNorm(0.5).apply(&mut gradient).unwrap();
    assert!((norm(&gradient) - 0.5).abs() < 1e-7);
    assert!(gradient.iter().zip(original).all(|(g, o)| (g / o - 0.5 / 13.0).abs() < 1e-8));
}

#[test]
fn huge_and_tiny_gradients_are_clipped_too() {
    let mut huge = [3e300, 4e300];
    assert!((Clip::GlobalNorm(1.0).apply(&mut huge).unwrap() / 5e300 - 1.0).abs() < 1e-15);
    assert!((norm(&huge) - 1.0).abs() < 1e-15);
    let mut tiny = [3e-300, 4e-300];
    assert!((Clip::GlobalNorm(1e-300).apply(&mut tiny).unwrap() / 5e-300 - 1.0).abs() < 1e-15);
    assert!((norm(&tiny) / 1e-300 - 1.0).abs() < 1e-14);
    assert!(Clip::GlobalNorm(1.0).apply(&mut [f64::MAX, f64::MAX]).is_err());
    assert_eq!(Clip::GlobalNorm(1.0).apply::<f64>(&mut []).unwrap(), 0.0);
}

#[test]
fn values_are_limited_one_by_one() {
    let mut gradient = [-5.0, -0.5, 0.0, 2.0];
    Clip::Value(1.0).apply(&mut gradient).unwrap();
    assert_eq!(gradient, [-1.0, -0.5, 0.0, 1.0]);
}

#[test]
fn hostile_limits_and_gradients_are_errors() {
    for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Clip::GlobalNorm(limit).apply(&mut [1.0]).is_err());
        assert!(Clip::Value(limit).apply(&mut [1.0]).is_err());
    }
    for bad in [f64::NAN, f64::INFINITY] {
        let error = Clip::Value(1.0).apply(&mut [1.0, bad]).unwrap_err();
        assert!(matches!(error, Error::NonFinite { index: 1, .. }), "{error}");
    }
}
