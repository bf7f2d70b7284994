use super::*;

#[test]
fn the_order_agrees_with_sorting_all_pairs() {
    let mut all: Vec<(u64, u64, u64)> = Vec::new();
    for nx in 1..60 {
        for ny in 1..60 {
            all.push((nx * nx + ny * ny, nx, ny));
        }
    }
    all.sort_unstable();
    let well = SquareWell::new(2.0).unwrap();
    let mut level = 0;
    for (index, &(e, nx, ny)) in all.iter().take(700).enumerate() {
        if index > 0 && all[index - 1].0 != e {
            level += 1;
        }
        assert_eq!(well.quantum_numbers(index), [nx as i64, ny as i64]);
        assert_eq!(well.level(index), level);
        assert!(well.level_states(level).contains(&index));
    }
    let accidental = (0..).find(|&i| square_sum(i) == 50).unwrap();
    assert_eq!(well.level_states(well.level(accidental)).len(), 3);
}

#[test]
fn bad_sides_are_refused() {
    for side in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(SquareWell::new(side), Err(Error::InvalidArgument { .. })));
    }
}

#[test]
fn zero_on_the_boundary_and_outside() {
    let well = SquareWell::new(3.0).unwrap();
    let state = well.state(4);
    assert_eq!(state.value([0.0, 1.0]), 0.0);
    assert!(state.value([3.0, 1.0]).abs() < 1e-15);
    assert_eq!(state.value([-0.1, 1.0]), 0.0);
    assert_eq!(state.gradient([1.0, 3.1]), [0.0, 0.0]);
    assert!(state.value([f64::NAN, 1.0]).is_nan());
}
