use super::*;

#[test]
fn the_values_of_each_shape() {
    let constant = Schedule::constant(0.5).unwrap();
    assert_eq!([constant.rate(0), constant.rate(u64::MAX)], [0.5, 0.5]);

    let step = Schedule::step(1.0, 10, 0.5).unwrap();
    assert_eq!([0, 9, 10, 19, 20].map(|t| step.rate(t)), [1.0, 1.0, 0.5, 0.5, 0.25]);
    assert_eq!(step.rate(u64::MAX), 0.0);

    let cosine = Schedule::cosine_to(1.0, 0.2, 100).unwrap();
    for (t, rate) in [(0, 1.0), (50, 0.6), (100, 0.2), (1000, 0.2), (u64::MAX, 0.2)] {
        assert!((cosine.rate(t) - rate).abs() < 1e-15, "{t}");
    }
    assert!((0..100).all(|t| cosine.rate(t + 1) < cosine.rate(t)));
}

#[test]
fn a_warm_up_rises_linearly_and_then_leaves_the_schedule_alone() {
    let (warm, plain) = (Schedule::constant(1.0).unwrap().warm_up(4), Schedule::constant(1.0).unwrap());
    assert_eq!([0, 1, 2, 3, 4].map(|t| warm.rate(t)), [0.25, 0.5, 0.75, 1.0, 1.0]);
    assert_eq!(plain.warm_up(0).rate(0), 1.0);
    assert!(plain.warm_up(u64::MAX).rate(u64::MAX - 1).is_finite());
}

#[test]
fn hostile_settings_are_refused() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Schedule::constant(rate).is_err());
        assert!(Schedule::step(rate, 1, 0.5).is_err());
        assert!(Schedule::cosine(rate, 10).is_err());
    }
    assert!(Schedule::step(1.0, 0, 0.5).is_err());
    for factor in [0.0, -0.5, 1.5, f64::NAN] {
        assert!(Schedule::step(1.0, 1, factor).is_err());
    }
    assert!(Schedule::cosine(1.0, 0).is_err());
    for last in [-0.1, 2.0, f64::NAN] {
        assert!(Schedule::cosine_to(1.0, last, 10).is_err());
    }
}
