use super::*;

#[test]
fn an_interval_never_yields_its_upper_end() {
    let mut random = Seed(1).into_stream();
    for _ in 0..1000 {
        // Two neighbours: rounding to the nearest would give the upper one every other time.
        assert_eq!(random.uniform_in(1.0_f32, 1.0 + f32::EPSILON), 1.0);
        assert!(random.uniform_in(-1.7e308, 1.7e308_f64).is_finite());
        assert_eq!(random.uniform_in(5.0, -5.0), 5.0);
    }
}
