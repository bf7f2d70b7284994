use super::*;
use crate::reference::levels;

#[test]
fn numbering_is_a_bijection() {
    for (index, (n, l)) in Hydrogen2d::states().take(400).enumerate() {
        assert_eq!(Hydrogen2d::index(n, l), Some(index));
        assert_eq!(Hydrogen2d.level(index), n as usize);
        assert!(Hydrogen2d.level_states(n as usize).contains(&index));
    }
    assert_eq!(Hydrogen2d::index(2, 3), None);
    assert_eq!(Hydrogen2d::index(u64::MAX, i64::MIN), None);
    let order: Vec<_> = Hydrogen2d::states().skip(4).take(5).map(|s| s.1).collect();
    assert_eq!(order, [0, 1, -1, 2, -2]);
    assert_eq!(levels(&Hydrogen2d, 9).iter().map(|r| r.len()).collect::<Vec<_>>(), [1, 3, 5]);
    assert!(levels(&Hydrogen2d, 0).is_empty());
}

#[test]
fn absurd_indices_do_not_panic() {
    assert!(Hydrogen2d.eigenvalue(usize::MAX) > 0.0);
    let _ = Hydrogen2d.level_states(usize::MAX);
    let _ = Hydrogen2d.quantum_numbers(usize::MAX);
    let _ = Hydrogen2d.state(usize::MAX);
}

#[test]
fn ground_and_first_states_match_their_closed_forms() {
    // Normalised by hand: ψ₀₀ = √(2/π) e^(−r), as (2/π) ∫ e^(−2r) 2πr dr = 1;
    let root = (2.0 / PI).sqrt();
    for x in [[0.0_f64, 0.0], [0.3, -0.4], [2.0, 5.0], [-30.0, 1.0]] {
        let r = x[0].hypot(x[1]);
        assert!((Hydrogen2d.eigenfunction(0, x) - root * (-r).exp()).abs() < 1e-15);
        // ψ₁,±₁ = c (x or y) e^(−r/3), as c² ∫ x² e^(−2r/3) = c² π 3! (3/2)⁴ = 1.
        let c = 1.0 / (PI * 6.0 * 1.5_f64.powi(4)).sqrt();
        assert!((Hydrogen2d.eigenfunction(2, x) - c * x[0] * (-r / 3.0).exp()).abs() < 1e-15);
        assert!((Hydrogen2d.eigenfunction(3, x) - c * x[1] * (-r / 3.0).exp()).abs() < 1e-15);
    }
}

#[test]
fn the_gradient_survives_the_origin() {
    let p = Hydrogen2d.state(2);
    let near = p.gradient([1e-14, 2e-14]);
    let at = p.gradient([0.0, 0.0]);
    assert!((near[0] - at[0]).abs() < 1e-13 && at[0] > 0.0 && at[1] == 0.0);
    assert_eq!(Hydrogen2d.state(0).gradient([0.0, 0.0]), [0.0, 0.0]);
    // The cusp condition of the s states: ∂ψ/∂r = −ψ at r = 0, for every n.
    for index in [0, 1, 4, 9, 16, 25] {
        let s = Hydrogen2d.state(index);
        let slope = s.gradient([1e-9, 0.0])[0];
        assert!((slope / s.value([0.0, 0.0]) + 1.0).abs() < 1e-7, "{index}: {slope}");
    }
}

#[test]
fn far_away_and_hostile_points() {
    for index in [0, 2, 8, 24] {
        let state = Hydrogen2d.state(index);
        assert_eq!(state.value([1e300, -1e300]), 0.0);
        assert_eq!(state.gradient([1e300, 0.0]), [0.0, 0.0]);
        assert_eq!(state.value([f64::INFINITY, 0.0]), 0.0);
        assert_eq!(state.gradient([f64::NEG_INFINITY, 0.0]), [0.0, 0.0]);
        assert!(state.value([f64::NAN, 0.0]).is_nan());
    }
}
