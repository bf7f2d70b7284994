use std::ops::ControlFlow;

use quickcheck::quickcheck;

use super::*;
use crate::differential::runge_kutta::Event;

fn diagonal(entries: &[f64]) -> Matrix<f64> {
    Matrix::from_fn(entries.len(), entries.len(), |i, j| if i == j { entries[i] } else { 0.0 })
}

const TIGHT: Radau =
    Radau { rtol: 1e-9, atol: 1e-11, max_steps: 100_000, max_step: f64::INFINITY, record: Record::Dense };

/// x′ = −z, 0 = x − z³: z = √(1 − ⅔t).
fn cube(_: f64, y: &[f64], out: &mut [f64]) {
    (out[0], out[1]) = (-y[1], y[0] - y[1].powi(3));
}

quickcheck! {
    /// A regular M is M⁻¹ f, with rows of any size.
    fn a_regular_mass_is_its_inverse_applied(entries: Vec<i8>, size: i8) -> bool {
        let entry = |k: usize| entries.get(k).map_or(0.3, |&e| f64::from(e) / 64.0);
        let scale = [1.0, 10f64.powi(i32::from(size) / 16)];
        let m = Matrix::from_fn(2, 2, |i, j| scale[i] * (if i == j { 3.0 } else { 0.0 } + 0.5 * entry(2 * i + j)));
        let pendulum = |t: f64, y: &[f64]| [y[1], -y[0].sin() - 0.1 * y[1] + (1.3 * t).cos()];
        let weighed = |t: f64, y: &[f64], out: &mut [f64]| out.copy_from_slice(&m.matvec(&pendulum(t, y)).unwrap());
        let plain = |t: f64, y: &[f64], out: &mut [f64]| out.copy_from_slice(&pendulum(t, y));
        let with = TIGHT.with_mass(m.clone()).integrate(weighed, 0.0..8.0, &[1.0, 0.2]).unwrap();
        let without = TIGHT.integrate(plain, 0.0..8.0, &[1.0, 0.2]).unwrap();
        (0..2).all(|j| (with.end()[j] - without.end()[j]).abs() < 1e-7)
    }

    /// Combining equations and substituting variables changes nothing.
    fn algebraic_equations_may_be_hidden(a: i8, b: i8, c: i8) -> bool {
        let [a, b, c] = [a, b, c].map(|v| f64::from(v) / 100.0);
        // P M Q u′ = P f(Q u).
        let p = Matrix::from_vec(2, 2, vec![1.0, a, b, 2.0 + a * b]).unwrap();
        let q = Matrix::from_vec(2, 2, vec![1.0, c, 0.0, 1.0]).unwrap();
        let m = p.matmul(&diagonal(&[1.0, 0.0])).unwrap().matmul(&q).unwrap();
        let f = |t: f64, u: &[f64], out: &mut [f64]| {
            let mut inner = [0.0; 2];
            cube(t, &q.matvec(u).unwrap(), &mut inner);
            out.copy_from_slice(&p.matvec(&inner).unwrap());
        };
        let path = TIGHT.with_mass(m).integrate(f, 0.0..1.0, &[1.0 - c, 1.0]).unwrap();
        (0..=20).map(|i| f64::from(i) / 20.0).all(|t| {
            let y = q.matvec(&path.at(t).unwrap()).unwrap();
            let z = (1.0 - 2.0 / 3.0 * t).sqrt();
            (y[1] - z).abs() < 1e-7 && (y[0] - z.powi(3)).abs() < 1e-7
        })
    }
}

#[test]
fn a_constrained_system_converges_with_its_order_between_steps_too() {
    // x′ = −x + z, 0 = z − cos t: x = ½ (cos t + sin t) + ½ e^{−t}, from x(0) = 1.
    let f = |t: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (y[1] - y[0], y[1] - t.cos());
    let errors = |steps: usize| {
        let solver = Radau { rtol: 0.5, atol: 0.5, max_step: 2.0 / steps as f64, ..Radau::default() };
        let path = solver.with_mass(diagonal(&[1.0, 0.0])).integrate(f, 0.0..2.0, &[1.0, 1.0]).unwrap();
        let error = |t: f64, j: usize| {
            (path.at(t).unwrap()[j] - [0.5 * (t.cos() + t.sin()) + 0.5 * (-t).exp(), t.cos()][j]).abs()
        };
        [0, 1].map(|j| (300..997).map(|i| error(2.0 * f64::from(i) / 997.0, j)).fold(0.0, f64::max))
    };
    let (coarse, fine) = (errors(8), errors(16));
    for j in 0..2 {
        assert!((coarse[j] / fine[j]).log2() > 4.6, "{coarse:?} {fine:?}");
    }
}

#[test]
fn events_observers_and_backwards_work_with_algebraic_equations() {
    let system = TIGHT.with_mass(diagonal(&[1.0, 0.0]));
    // z = ½ at t = 9/8.
    let mut events = [Event::new(|_, y: &[f64]| y[1] - 0.5).terminal()];
    let path = system.integrate_events(cube, 0.0..1.4, &[1.0, 1.0], &mut events).unwrap();
    assert!((path.interval().end - 1.125).abs() < 1e-8);
    let mut seen = 0;
    let mut count = |_: f64, _: &mut [f64]| {
        seen += 1;
        ControlFlow::Continue(())
    };
    let start = system.consistent_start(cube, 1.125, path.end()).unwrap();
    let back = system.integrate_observed(&mut { cube }, &[1.125, 0.0], &start, &mut count, &mut []).unwrap();
    assert!((back.end()[1] - 1.0).abs() < 1e-8 && seen == back.accepted());
    assert!(back.jacobians() > 0 && back.factorizations() >= back.jacobians());
}

#[test]
fn a_start_that_violates_an_equation_is_refused_and_made_consistent() {
    let system = TIGHT.with_mass(diagonal(&[1.0, 0.0]));
    let error = system.integrate(cube, 0.0..1.0, &[8.0, 2.1]).unwrap_err();
    let Error::InvalidArgument { what, reason } = &error else { panic!("{error}") };
    assert!(what.contains("start") && reason.contains("y[1] = 2.1") && reason.contains("consistent_start"), "{error}");
    let start = system.consistent_start(cube, 0.0, &[8.0, 2.1]).unwrap();
    assert!(start[0] == 8.0 && (start[1] - 2.0).abs() < 1e-12, "{start:?}");
    assert!(system.integrate(cube, 0.0..1.0, &start).is_ok());
    // Nothing meets z² + 1 = 0.
    let never = |_: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (y[1], y[1] * y[1] + 1.0);
    let error = system.consistent_start(never, 0.0, &[0.0, 1.0]).unwrap_err();
    assert!(matches!(error, Error::NoConvergence { .. } | Error::InvalidArgument { .. }), "{error}");
}

#[test]
fn what_no_equation_determines_is_named() {
    // Index 2: z stands in no algebraic equation. And one that is missing.
    let index_two = |t: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (y[1], y[0] - t.sin());
    let missing = |_: f64, y: &[f64], out: &mut [f64]| (out[0], out[1]) = (y[1], 0.0);
    for f in [&index_two as &dyn Fn(f64, &[f64], &mut [f64]), &missing] {
        let error = TIGHT.with_mass(diagonal(&[1.0, 0.0])).integrate(f, 0.0..1.0, &[0.0, 1.0]).unwrap_err();
        let Error::InvalidArgument { what, reason } = &error else { panic!("{error}") };
        assert!(what.contains("mass matrix") && reason.contains("y[1]") && reason.contains("index"), "{error}");
    }
    let wrong = TIGHT.with_mass(Matrix::zeros(3, 3)).integrate(cube, 0.0..1.0, &[1.0, 1.0]).unwrap_err();
    assert!(matches!(wrong, Error::Shape { .. }), "{wrong}");
    let nan = TIGHT.with_mass(diagonal(&[1.0, f64::NAN])).integrate(cube, 0.0..1.0, &[1.0, 1.0]).unwrap_err();
    assert!(matches!(nan, Error::NonFinite { .. }), "{nan}");
    // Nothing but algebra: y follows cos t.
    let follow = |t: f64, y: &[f64], out: &mut [f64]| out[0] = y[0] - t.cos();
    let path = TIGHT.with_mass(Matrix::zeros(1, 1)).integrate(follow, 0.0..3.0, &[1.0]).unwrap();
    assert!((0..=30).map(|i| f64::from(i) / 10.0).all(|t| (path.at(t).unwrap()[0] - t.cos()).abs() < 1e-7));
}
