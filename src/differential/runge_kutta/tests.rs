mod backwards;
mod dense;
mod error_estimate;
mod events;
mod test_set;
mod through;

use std::ops::{ControlFlow, Range};

use super::*;
use crate::reference::InitialValueProblem;
use crate::{Error, Scalar};

const TIGHT: DormandPrince =
    DormandPrince { rtol: 1e-11, atol: 1e-13, max_steps: 100_000, max_step: f64::INFINITY, record: Record::Dense };

/// y′ = −y + 2 e^{−t} cos 2t has y = e^{−t} (y₀ + sin 2t); a second component couples to the first.
fn coupled(t: f64, y: &[f64], dydt: &mut [f64]) {
    dydt[0] = -y[0] + 2.0 * (-t).exp() * (2.0 * t).cos();
    dydt[1] = y[0] * y[0] - y[1];
}

fn first_exact(t: f64) -> f64 {
    (-t).exp() * (1.0 + (2.0 * t).sin())
}

/// log₂ of the ratio of errors at n and 2n steps.
fn observed_order(error: impl Fn(usize) -> f64, n: usize) -> f64 {
    (error(n) / error(2 * n)).log2()
}

#[test]
fn fixed_steps_have_their_order() {
    let end_error = |y: &Trajectory<f64>| (y.end()[0] - first_exact(2.0)).abs();
    let solve = |solver: &dyn Integrator<f64>| {
        let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
        end_error(&solver.integrate_observed(&mut coupled, &[0.0, 2.0], &[1.0, 0.5], &mut goes_on, &mut []).unwrap())
    };
    let kutta = observed_order(|steps| solve(&RungeKutta4 { steps, ..RungeKutta4::default() }), 40);
    let euler = observed_order(|steps| solve(&ForwardEuler { steps, ..ForwardEuler::default() }), 2000);
    assert!((kutta - 4.0).abs() < 0.15, "{kutta}");
    assert!((euler - 1.0).abs() < 0.02, "{euler}");
}

#[test]
fn adaptive_steps_meet_the_tolerance_between_steps_too() {
    for rtol in [1e-4, 1e-7, 1e-10] {
        let solver = DormandPrince { rtol, atol: rtol * 1e-2, ..DormandPrince::default() };
        let y = solver.integrate(coupled, 0.0..5.0, &[1.0, 0.5]).unwrap();
        let worst = (0..=1000)
            .map(|i| 5.0 * f64::from(i) / 1000.0)
            .map(|t| (y.at(t).unwrap()[0] - first_exact(t)).abs())
            .fold(0.0, f64::max);
        assert!(worst < 30.0 * rtol, "rtol {rtol:e}: {worst:e}");
        assert!(y.times().windows(2).all(|t| t[0] < t[1]) && *y.times().last().unwrap() == 5.0);
        assert_eq!(y.accepted() + 1, y.times().len());
        assert_eq!(y.why(), Finish::Reached);
    }
}

#[test]
fn work_grows_as_the_fifth_root_of_the_accuracy() {
    let steps = |rtol: f64| {
        let solver = DormandPrince { rtol, atol: rtol, ..DormandPrince::default() };
        solver.integrate(coupled, 0.0..20.0, &[1.0, 0.5]).unwrap().accepted() as f64
    };
    let order = 5.0 / (steps(1e-11) / steps(1e-6)).log10();
    assert!((4.4..6.0).contains(&order), "{order}");
}

#[test]
fn arenstorf_orbit_closes_with_few_rejections() {
    let InitialValueProblem { derivative, interval, start, .. } = InitialValueProblem::arenstorf();
    let y = TIGHT.integrate(derivative, interval, &start).unwrap();
    assert!((y.end()[0] - start[0]).abs() < 1e-4 && y.end()[1].abs() < 1e-4, "{:?}", y.end());
    assert!(y.rejected() < y.accepted() / 10, "{} of {}", y.rejected(), y.accepted());
}

#[test]
fn a_linear_problem_is_followed_exactly_in_its_invariant() {
    // Rotation in the plane: the norm is kept to the tolerance, and by projection to rounding.
    let rotate = |_: f64, y: &[f64], dydt: &mut [f64]| {
        dydt[0] = y[1];
        dydt[1] = -y[0];
    };
    let norm = |y: &[f64]| y[0].hypot(y[1]);
    let free = DormandPrince::default().integrate(rotate, 0.0..50.0, &[0.0, 1.0]).unwrap();
    assert!((norm(free.end()) - 1.0).abs() < 1e-4 && (norm(free.end()) - 1.0).abs() > 1e-12);
    let mut project = |_: f64, y: &mut [f64]| {
        let length = y[0].hypot(y[1]);
        y.iter_mut().for_each(|v| *v /= length);
        ControlFlow::Continue(())
    };
    let solver = DormandPrince::default();
    let held = solver.integrate_observed(&mut { rotate }, &[0.0, 50.0], &[0.0, 1.0], &mut project, &mut []).unwrap();
    assert!(held.states().chunks_exact(2).all(|y| (norm(y) - 1.0).abs() < 1e-15));
    // The dense output meets the projected states at both ends of a step.
    let t = held.times()[7];
    let (before, at, after) = (held.at(t - 1e-12).unwrap(), held.at(t).unwrap(), held.at(t + 1e-12).unwrap());
    assert!((0..2).all(|j| (before[j] - at[j]).abs() < 1e-11 && (after[j] - at[j]).abs() < 1e-11));
}

#[test]
fn the_observer_may_end_it() {
    let grow = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = y[0];
    let mut until_ten =
        |_: f64, y: &mut [f64]| if y[0] > 10.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    for solver in [&DormandPrince::default() as &dyn Integrator<f64>, &RungeKutta4::default()] {
        let y = solver.integrate_observed(&mut { grow }, &[0.0, 9.0], &[1.0], &mut until_ten, &mut []).unwrap();
        assert_eq!(y.why(), Finish::Observer);
        let end = y.interval().end;
        assert!(y.end()[0] > 10.0 && end < 9.0 && (y.end()[0] - end.exp()).abs() < 1e-4);
        assert!(y.at(9.0).is_err());
    }
}

#[test]
fn what_is_not_kept_is_not_made_up() {
    let decay = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -y[0];
    let steps = DormandPrince { record: Record::Steps, ..DormandPrince::default() };
    let y = steps.integrate(decay, 0.0..1.0, &[1.0]).unwrap();
    assert!(y.at(y.times()[1]).is_ok());
    assert!(y.at(0.5 * (y.times()[1] + y.times()[2])).unwrap_err().to_string().contains("Record::Dense"));
    let end = RungeKutta4 { record: Record::End, ..RungeKutta4::default() };
    let y = end.integrate(decay, 0.0..1.0, &[1.0]).unwrap();
    assert_eq!(y.times(), [0.0, 1.0]);
    assert_eq!(y.accepted(), 1000);
    assert!((y.at(1.0).unwrap()[0] - (-1f64).exp()).abs() < 1e-12);
}

#[test]
fn a_polynomial_of_degree_four_is_exact() {
    let y = DormandPrince::default().integrate(|t, _, dydt| dydt[0] = 4.0 * t * t * t, 0.0..3.0, &[0.0]).unwrap();
    for i in 0..=30 {
        let t = f64::from(i) / 10.0;
        assert!((y.at(t).unwrap()[0] - t.powi(4)).abs() < 1e-11, "{t}");
    }
}

#[test]
fn single_precision_works() {
    fn run<T: Scalar>() -> f64 {
        let solver = DormandPrince { rtol: 1e-5, ..DormandPrince::default() };
        let y = solver.integrate(|_, y, dydt| dydt[0] = -y[0], T::zero()..T::one(), &[T::one()]).unwrap();
        let fixed = RungeKutta4 { steps: 50, ..RungeKutta4::default() }
            .integrate(|_, y: &[T], dydt| dydt[0] = -y[0], T::zero()..T::one(), &[T::one()])
            .unwrap();
        let exact = (-1f64).exp();
        (Scalar::to_f64(y.end()[0]) - exact).abs().max((Scalar::to_f64(fixed.end()[0]) - exact).abs())
    }
    assert!(run::<f32>() < 1e-5 && run::<f64>() < 1e-5);
}

fn solvers() -> [Box<dyn Integrator<f64>>; 3] {
    [Box::new(DormandPrince::default()), Box::new(RungeKutta4::default()), Box::new(ForwardEuler::default())]
}

fn fails(
    solver: &dyn Integrator<f64>,
    mut derivative: impl FnMut(f64, &[f64], &mut [f64]),
    interval: Range<f64>,
    start: &[f64],
) -> Error {
    let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
    solver
        .integrate_observed(&mut derivative, &[interval.start, interval.end], start, &mut goes_on, &mut [])
        .unwrap_err()
}

#[test]
fn hostile_problems_are_refused() {
    let decay = |_: f64, y: &[f64], dydt: &mut [f64]| dydt.iter_mut().zip(y).for_each(|(d, y)| *d = -y);
    for solver in solvers() {
        let solver = solver.as_ref();
        for interval in [1.0..1.0, f64::NAN..1.0, 0.0..f64::NAN, 0.0..-f64::INFINITY, -f64::MAX..f64::MAX] {
            assert!(matches!(fails(solver, decay, interval, &[1.0]), Error::InvalidArgument { .. }));
        }
        assert!(matches!(fails(solver, decay, 0.0..1.0, &[]), Error::InvalidArgument { .. }));
        let start = [1.0, f64::NAN];
        assert!(matches!(fails(solver, decay, 0.0..1.0, &start), Error::NonFinite { index: 1, .. }));
        // A derivative that is not finite from the start, from t = ½ on, or never written.
        for edge in [0.0, 0.5] {
            let breaks = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t >= edge { f64::NAN } else { 1.0 };
            let error = fails(solver, breaks, 0.0..1.0, &[1.0]);
            let Error::NonFinite { what, index: 0 } = &error else { panic!("{error}") };
            assert!(what.contains(if edge == 0.0 { "t = 0" } else { "t = 0.5" }), "{error}");
        }
        assert!(matches!(fails(solver, |_, _, _| {}, 0.0..1.0, &[1.0]), Error::NonFinite { .. }));
    }
}

#[test]
fn a_singularity_is_reported_and_not_jumped() {
    let blow_up = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = y[0] * y[0]; // y = 1/(1 − t)
    let error = fails(&DormandPrince::default(), blow_up, 0.0..2.0, &[1.0]);
    let Error::NoConvergence { reason, .. } = &error else { panic!("{error}") };
    assert!(
        reason.contains("singular") && (reason.contains("t = 1.00000") || reason.contains("t = 0.99999")),
        "{error}"
    );
    let fixed = fails(&ForwardEuler { steps: 20, ..ForwardEuler::default() }, blow_up, 0.0..20.0, &[1.0]);
    assert!(matches!(fixed, Error::NonFinite { .. }), "{fixed}");
}

#[test]
fn a_stiff_problem_is_recognised() {
    let stiff = |t: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -1e6 * (y[0] - t.cos());
    let solver = DormandPrince { max_steps: 2000, ..DormandPrince::default() };
    let error = fails(&solver, stiff, 0.0..10.0, &[1.0]);
    let Error::NoConvergence { iterations: 2000, reason, .. } = &error else { panic!("{error}") };
    assert!(reason.contains("problem is stiff: use the implicit"), "{error}");
}

#[test]
fn settings_are_checked() {
    let zero = |_: f64, _: &[f64], dydt: &mut [f64]| dydt.fill(0.0);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for solver in [DormandPrince { rtol: bad, ..TIGHT }, DormandPrince { atol: bad, ..TIGHT }] {
            assert!(matches!(fails(&solver, zero, 0.0..1.0, &[1.0]), Error::InvalidArgument { .. }));
        }
    }
    assert!(matches!(
        fails(&DormandPrince { rtol: 1e-17, ..TIGHT }, zero, 0.0..1.0, &[1.0]),
        Error::InvalidArgument { .. }
    ));
    assert!(matches!(
        fails(&DormandPrince { max_steps: 0, ..TIGHT }, zero, 0.0..1.0, &[1.0]),
        Error::NoConvergence { .. }
    ));
    // Nor is begun what nobody can wait for.
    for steps in [0, 1_000_000_001, usize::MAX] {
        let solver = RungeKutta4 { steps, record: Record::End };
        let error = fails(&solver, zero, 0.0..1.0, &[1.0]);
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    for error in [
        fails(&DormandPrince { max_steps: usize::MAX, ..TIGHT }, zero, 0.0..1e300, &[1.0]),
        fails(&Radau { max_steps: usize::MAX, ..Radau::default() }, zero, 0.0..1e300, &[1.0]),
        fails(&ForwardEuler { steps: usize::MAX, record: Record::End }, zero, 0.0..1.0, &[1.0]),
    ] {
        assert!(matches!(&error, Error::InvalidArgument { .. }) && error.to_string().contains("1e9"), "{error}");
    }
    // More than can be kept is refused before the first step.
    for record in [Record::Steps, Record::Dense] {
        let error = fails(&RungeKutta4 { steps: 1 << 46, record }, zero, 0.0..1.0, &[1.0]);
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
}

/// What the error does not see between the points it looks at: found by steps that end at its edges, or by short ones.
#[test]
fn pulses_are_not_stepped_over() {
    fn by<M: Integrator<f64>>(method: &M, bounded: &M) {
        let contains = |t: f64, from: f64, to: f64| f64::from(u8::from((from..to).contains(&t)));
        let pulses = |t: f64, _: &[f64], d: &mut [f64]| d[0] = contains(t, 0.0, 1.0) + contains(t, 500.0, 501.0);
        let end = |solution: Trajectory<f64>| solution.end()[0];
        let times = [0.0, 1.0, 500.0, 501.0, 1000.0];
        let solution = method.integrate_through(pulses, &times, &[0.0], &mut []).unwrap();
        assert!((solution.at(500.5).unwrap()[0] - 1.5).abs() < 1e-4 && solution.interval() == (0.0..1000.0));
        assert!((end(solution) - 2.0).abs() < 1e-4);
        // y′ = −y and a kick of size 1 at t = 1, spread over 0.01.
        let kicked = |t: f64, y: &[f64], d: &mut [f64]| d[0] = -y[0] + 100.0 * contains(t, 1.0, 1.01);
        let exact = (-2.0_f64).exp() + 100.0 * ((-0.99_f64).exp() - (-1.0_f64).exp());
        let found = end(method.integrate_through(kicked, &[0.0, 1.0, 1.01, 2.0], &[1.0], &mut []).unwrap());
        assert!((found - exact).abs() < 1e-4, "{found} {exact}");
        let bell = |t: f64, _: &[f64], d: &mut [f64]| d[0] = 100.0 * (-100.0 * (t - 50.0).powi(2)).exp();
        let area = 10.0 * std::f64::consts::PI.sqrt();
        assert!(end(method.integrate(bell, 0.0..100.0, &[0.0]).unwrap()) < 1e-9, "the reason for a bound is gone");
        assert!((end(bounded.integrate(bell, 0.0..100.0, &[0.0]).unwrap()) - area).abs() < 1e-3);
        for bad in [&[][..], &[0.0], &[0.0, 0.0], &[0.0, 2.0, 1.0], &[0.0, f64::NAN]] {
            assert!(method.integrate_through(pulses, bad, &[0.0], &mut []).is_err(), "{bad:?}");
        }
    }
    by(&DormandPrince::default(), &DormandPrince { max_step: 0.1, ..DormandPrince::default() });
    by(&Radau::default(), &Radau { max_step: 0.1, ..Radau::default() });
    for max_step in [0.0, -1.0, f64::NAN] {
        let still = |_: f64, _: &[f64], d: &mut [f64]| d.fill(0.0);
        assert!(DormandPrince { max_step, ..DormandPrince::default() }.integrate(still, 0.0..1.0, &[0.0]).is_err());
        assert!(Radau { max_step, ..Radau::default() }.integrate(still, 0.0..1.0, &[0.0]).is_err());
    }
}
