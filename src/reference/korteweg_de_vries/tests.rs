use super::*;

#[test]
fn the_equation_holds() {
    for solitons in [&[[1.3, 0.2]][..], &[[1.0, 0.5], [1.6, -0.3]], &[[0.7, 0.0], [1.1, 1.0], [1.5, -2.0]]] {
        let wave = Solitons::new(solitons).unwrap();
        let h = 0.01;
        for (x, t) in [(0.3, 0.1), (-1.2, -0.4), (2.0, 0.5), (0.0, 0.0)] {
            // Differences of order 6 along x, and along t.
            let u = |k: f64| wave.value(x + k * h, t);
            let odd = |f: &dyn Fn(f64) -> f64, k: f64| f(k) - f(-k);
            let first = |f: &dyn Fn(f64) -> f64| (45.0 * odd(f, 1.0) - 9.0 * odd(f, 2.0) + odd(f, 3.0)) / (60.0 * h);
            let third = (-488.0 * odd(&u, 1.0) + 338.0 * odd(&u, 2.0) - 72.0 * odd(&u, 3.0) + 7.0 * odd(&u, 4.0))
                / (240.0 * h * h * h);
            let rate = first(&|k| wave.value(x, t + k * h));
            let residual = rate + 6.0 * u(0.0) * first(&u) + third;
            assert!(residual.abs() < 1e-6, "{solitons:?} {x} {t}: {residual:e}");
        }
    }
}

#[test]
fn solitons_part_shifted_and_unchanged() {
    // Long after, the faster is ahead by ln((k₁ + k₂)/(k₁ − k₂))² / k₁, the slower behind.
    let (fast, slow) = (1.6f64, 1.0f64);
    let pair = Solitons::new(&[[fast, 0.0], [slow, 0.0]]).unwrap();
    let t = 30.0;
    let shift = 2.0 * ((fast + slow) / (fast - slow)).ln();
    let alone = |k: f64, x: f64| 0.5 * k * k / (0.5 * k * x).cosh().powi(2);
    for x in [-1.0, 0.0, 0.7] {
        let ahead = fast * fast * t + shift / fast;
        assert!((pair.value(ahead + x, t) - alone(fast, x)).abs() < 1e-12);
        let behind = slow * slow * t;
        assert!((pair.value(behind + x, t) - alone(slow, x)).abs() < 1e-12);
    }
}

#[test]
fn far_away_there_is_nothing() {
    let pair = Solitons::new(&[[1.6, 0.0], [1.0, 0.0]]).unwrap();
    for x in [-1e300, -1e4, 1e4, 1e300] {
        assert_eq!(pair.value(x, 0.0), 0.0);
    }
    assert!(pair.value(f64::NAN, 0.0).is_nan());
}

#[test]
fn hostile_input() {
    for bad in [&[][..], &[[0.0, 0.0]], &[[-1.0, 0.0]], &[[f64::NAN, 0.0]], &[[1.0, f64::INFINITY]]] {
        assert!(Solitons::new(bad).is_err());
    }
    assert!(Solitons::new(&[[1.0, 0.0], [1.0, 3.0]]).is_err());
    assert!(Solitons::new(&[[1.0, 0.0]; 17]).is_err());
}
