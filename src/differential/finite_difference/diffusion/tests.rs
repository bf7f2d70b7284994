use std::f64::consts::PI;

use super::*;

fn sine(x: f64) -> f64 {
    // Exactly zero at x = 1 would be (PI * 1.0).sin() = 1.2e-16.
    (PI * x).sin()
}

/// The largest |u − ū|/|ū| over the inner points at each time, as in the report.
fn relative_errors(problem: &Diffusion, times: &[f64]) -> Vec<f64> {
    let solution = problem.solve(sine, times).unwrap();
    let error = |i: usize| {
        let exact = |x: f64| (-PI * PI * times[i]).exp() * sine(x);
        let inside = 1..solution.points().len() - 1;
        let pairs = solution.points()[inside.clone()].iter().zip(&solution.state(i)[inside]);
        pairs.map(|(&x, u)| (u - exact(x)).abs() / exact(x)).fold(0.0, f64::max)
    };
    (0..times.len()).map(error).collect()
}

fn ftcs(points: usize, time_step: f64) -> Diffusion {
    Diffusion { scheme: Scheme::Ftcs, points, time_step, ..Diffusion::default() }
}

#[test]
fn ftcs_errors_of_the_correct_scheme() {
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.02;
    let coarse = relative_errors(&ftcs(11, 2e-4), &[0.1, 0.3]);
    assert!(near(coarse[0], 7.16e-3) && near(coarse[1], 2.16e-2), "{coarse:?}");
    let fine = relative_errors(&ftcs(101, 2e-5), &[0.1, 0.3]);
    assert!(near(fine[0], 1.6e-5) && near(fine[1], 4.9e-5), "{fine:?}");
    let edge = relative_errors(&ftcs(101, 0.5e-4), &[0.3]);
    assert!(near(edge[0], 4.9e-4), "{edge:?}");
    // r = 1/6: Δt² and Δx⁴.
    let special = relative_errors(&ftcs(101, 1e-4 / 6.0), &[0.3]);
    assert!(special[0] < 1e-8, "{special:?}");
}

#[test]
fn orders_in_time() {
    // Against the exact solution of the semi-discrete system, which decays at λ = 4 sin²(πΔx/2)/Δx².
    let order = |scheme: Scheme, dt: f64| {
        let error = |time_step: f64| {
            let problem = Diffusion { scheme, points: 21, time_step, ..Diffusion::default() };
            let rate = 4.0 * (0.5 * PI * problem.spacing()).sin().powi(2) / problem.spacing().powi(2);
            let solution = problem.solve(sine, &[0.2]).unwrap();
            (solution.state(0)[10] - (-0.2 * rate).exp()).abs()
        };
        (error(dt) / error(dt / 2.0)).log2()
    };
    let found = [(Scheme::Ftcs, 1e-3, 1.0), (Scheme::Btcs, 1e-3, 1.0), (Scheme::CrankNicolson, 1e-2, 2.0)];
    for (scheme, dt, expected) in found {
        assert!((order(scheme, dt) - expected).abs() < 0.05, "{scheme:?}: {}", order(scheme, dt));
    }
}

#[test]
fn order_in_space() {
    let error = |points| relative_errors(&Diffusion { points, time_step: 1e-4, ..Diffusion::default() }, &[0.1])[0];
    let order = (error(11) / error(21)).log2();
    assert!((order - 2.0).abs() < 0.02, "{order}");
}

#[test]
fn the_steady_state_is_the_line_between_the_ends() {
    let problem =
        Diffusion { ends: [1.0, 3.0], interval: -1.0..1.0, points: 41, time_step: 0.01, ..Diffusion::default() };
    for scheme in [Scheme::Btcs, Scheme::CrankNicolson] {
        let problem = Diffusion { scheme, ..problem.clone() };
        let late = problem.solve(|x: f64| 2.0 + x + (PI * x).sin(), &[20.0]).unwrap();
        assert!(late.points().iter().zip(late.state(0)).all(|(x, u)| (u - 2.0 - x).abs() < 1e-10), "{scheme:?}");
    }
}

#[test]
fn a_source_is_followed() {
    // u = t x(1 − x) has u_t − u_xx = x(1 − x) + 2t: no error in space, and none in time.
    for scheme in [Scheme::Ftcs, Scheme::Btcs, Scheme::CrankNicolson] {
        let problem = Diffusion { scheme, points: 11, time_step: 4e-3, ..Diffusion::default() };
        let source = |t: f64, x: f64| x * (1.0 - x) + 2.0 * t;
        let solution = problem.solve_with_source(|_| 0.0, source, &[0.25, 1.0]).unwrap();
        let pairs = solution.points().iter().zip(solution.state(1));
        assert!(pairs.clone().all(|(x, u)| (u - x * (1.0 - x)).abs() < 1e-12), "{scheme:?}");
    }
}

#[test]
fn the_maximum_principle_holds() {
    let hat = |x: f64| if (x - 0.5).abs() < 0.2 { 1.0 } else { 0.0 };
    for scheme in [Scheme::Ftcs, Scheme::Btcs] {
        let problem = Diffusion { scheme, points: 51, time_step: 2e-4, ..Diffusion::default() };
        let solution = problem.solve(hat, &[0.001, 0.01, 0.1]).unwrap();
        assert!(solution.states().iter().all(|u| (0.0..=1.0).contains(u)));
    }
}

/// Crank–Nicolson keeps the jumps of a hat alive as an oscillation from point to point, and FTCS at its limit puts half of
/// a peak on every other point; with the steps that the refusal names they follow the series.
#[test]
fn what_oscillates_is_refused() {
    let hat = |x: f64| if (x - 0.5).abs() < 0.195 { 1.0 } else { 0.0 };
    let peak = |x: f64| if (x - 0.5).abs() < 1e-3 { 1.0 } else { 0.0 };
    let crank_nicolson = Diffusion { points: 101, time_step: 1e-2, ..Diffusion::default() };
    let error = crank_nicolson.solve(hat, &[0.05]).unwrap_err().to_string();
    assert!(error.contains("oscillates") && error.contains("5e-5"), "{error}");
    let error = ftcs(101, 5e-5).solve(peak, &[0.002]).unwrap_err().to_string();
    assert!(error.contains("oscillates") && error.contains("2.5e-5"), "{error}");
    assert!(ftcs(101, 2.5e-5).solve(peak, &[0.002]).is_ok());
    // The edges of the hat lie half a step off its last points.
    let series = |t: f64| -> f64 {
        let term = |k: usize| {
            let w = k as f64 * PI;
            2.0 / w * ((0.305 * w).cos() - (0.695 * w).cos()) * (0.5 * w).sin() * (-w * w * t).exp()
        };
        (1..200).map(term).sum()
    };
    for scheme in [Scheme::Btcs, Scheme::CrankNicolson] {
        let solution = Diffusion { scheme, time_step: 5e-5, ..crank_nicolson.clone() }.solve(hat, &[0.05]).unwrap();
        let (middle, exact) = (solution.state(0)[50], series(0.05));
        assert!((middle / exact - 1.0).abs() < 2e-3, "{scheme:?}: {middle}, exact {exact}");
    }
    // Smooth data is followed by long steps, and a decayed solution is no oscillation.
    let long = Diffusion { time_step: 0.05, ..Diffusion::default() };
    assert!(
        long.solve(sine, &[0.1, 1.0, 10.0]).is_ok()
            && long.solve(|x| sine(x) + 0.3 * sine(3.0 * x), &[0.1, 5.0]).is_ok()
    );
    assert_eq!(turns(&[0.0, 1.0, 0.0, 0.5, 0.0, 0.05, 0.0], 0.1), 3);
    assert_eq!(turns(&[1.0; 5], 0.0), 0);
}

#[test]
fn times_that_are_no_multiples_are_met() {
    let problem = Diffusion { time_step: 3e-4, ..Diffusion::default() };
    let errors = relative_errors(&problem, &[0.01, 0.0123, 0.1]);
    assert!(errors.iter().all(|e| *e < 1e-4), "{errors:?}");
    assert_eq!(ftcs(11, 2e-4).solve(sine, &[0.1]).unwrap().steps(), 500);
}

#[test]
fn single_precision_works() {
    let solution = ftcs(11, 1e-3).solve(|x: f32| x * (1.0 - x), &[0.1_f32]).unwrap();
    let double = ftcs(11, 1e-3).solve(|x: f64| x * (1.0 - x), &[0.1]).unwrap();
    assert!(solution.states().iter().zip(double.states()).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5));
}

#[test]
fn hostile_problems_are_refused() {
    let unstable = ftcs(101, 2e-2).solve(sine, &[0.1]).unwrap_err().to_string();
    assert!(unstable.contains("Δt ≤ 5") && unstable.contains("e-5") && unstable.contains("unstable"), "{unstable}");
    let good = Diffusion::default();
    for bad in [
        Diffusion { points: 2, ..good.clone() },
        Diffusion { points: 0, ..good.clone() },
        Diffusion { points: usize::MAX, ..good.clone() },
        Diffusion { interval: 1.0..0.0, ..good.clone() },
        Diffusion { interval: 0.0..f64::NAN, ..good.clone() },
        Diffusion { diffusivity: -1.0, ..good.clone() },
        Diffusion { time_step: 0.0, ..good.clone() },
        Diffusion { time_step: 1e-12, ..good.clone() },
        Diffusion { time_step: f64::NAN, ..good.clone() },
        Diffusion { ends: [f64::NAN, 0.0], ..good.clone() },
        Diffusion { ends: [0.0, 1.0], ..good.clone() }, // sin π ≠ 1
    ] {
        let error = bad.solve(sine, &[0.1]).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{bad:?}: {error}");
    }
    for times in [&[] as &[f64], &[0.0], &[-1.0], &[f64::NAN], &[f64::INFINITY], &[0.2, 0.1], &[0.1, 0.1]] {
        assert!(matches!(good.solve(sine, times), Err(Error::InvalidArgument { .. })), "{times:?}");
    }
    let broken = |x: f64| if x > 0.5 { f64::NAN } else { 0.0 };
    assert!(matches!(good.solve(broken, &[0.1]), Err(Error::NonFinite { index: 51, .. })));
    let error = good.solve_with_source(sine, |_, _| f64::INFINITY, &[0.1]).unwrap_err();
    assert!(matches!(error, Error::NonFinite { index: 1, .. }), "{error}");
}
