use super::*;

#[test]
fn numbering_counts_every_pair_once() {
    let mut index = 0;
    for level in 0..30_usize {
        assert_eq!(Oscillator2d.level_states(level), index..index + level + 1);
        for ny in 0..=level {
            assert_eq!(Oscillator2d.quantum_numbers(index), [(level - ny) as i64, ny as i64]);
            assert_eq!(Oscillator2d.level(index), level);
            assert_eq!(Oscillator2d.eigenvalue(index), 2.0 * level as f64 + 2.0);
            index += 1;
        }
    }
    let _ = Oscillator2d.level_states(usize::MAX);
    let _ = Oscillator2d.state(usize::MAX);
}

#[test]
fn far_away_and_hostile_points() {
    let state = Oscillator2d.state(7);
    assert_eq!(state.value([1e200, 0.0]), 0.0);
    assert_eq!(state.gradient([1e200, 0.0]), [0.0, 0.0]);
    assert!(state.value([f64::NAN, 0.0]).is_nan());
}
