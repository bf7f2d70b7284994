use super::*;
use crate::differential::runge_kutta::Radau;

/// The largest errors of (first component, known) at steps and between them, after the steps have become equal.
fn errors(y: &Trajectory<f64>) -> [f64; 2] {
    let error = |t: f64| (y.at(t).unwrap()[0] - first_exact(t)).abs();
    let largest = |times: &mut dyn Iterator<Item = f64>| times.filter(|&t| t > 0.5).map(error).fold(0.0, f64::max);
    let between = |i: u32| 2.0 * f64::from(i) / 997.0;
    [largest(&mut y.times().iter().copied()), largest(&mut (0..997).map(between))]
}

#[test]
fn interpolants_have_the_order_of_the_steps() {
    // Tolerances so loose that the longest step decides; linear, so that Newton's method ends after a step.
    let linear = |t: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -y[0] + 2.0 * (-t).exp() * (2.0 * t).cos();
    let run = |method: &dyn Integrator<f64>| {
        let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
        errors(&method.integrate_observed(&mut { linear }, &[0.0, 2.0], &[1.0], &mut goes_on, &mut []).unwrap())
    };
    let loose = |steps: usize| (0.5, 0.5, 2.0 / steps as f64);
    let dormand_prince = |steps| {
        let (rtol, atol, max_step) = loose(steps);
        run(&DormandPrince { rtol, atol, max_step, ..DormandPrince::default() })
    };
    let radau = |steps| {
        let (rtol, atol, max_step) = loose(steps);
        run(&Radau { rtol, atol, max_step, ..Radau::default() })
    };
    let kutta = |steps| run(&RungeKutta4 { steps, ..RungeKutta4::default() });
    let euler = |steps| run(&ForwardEuler { steps, ..ForwardEuler::default() });
    type Errors<'a> = &'a dyn Fn(usize) -> [f64; 2];
    let cases: [(&str, Errors<'_>, usize, f64); 4] = [
        ("euler", &euler, 400, 1.0),
        ("kutta", &kutta, 40, 4.0),
        ("pair", &dormand_prince, 20, 5.0),
        ("radau", &radau, 16, 5.0),
    ];
    for (name, errors, steps, order) in cases {
        let (coarse, fine) = (errors(steps), errors(2 * steps));
        let observed = (coarse[1] / fine[1]).log2();
        assert!(observed > order - 0.35, "{name}: {coarse:?} {fine:?}, order {observed}");
    }
}

/// The error that a step adds between its ends, in units of the tolerance: against an exact solution through its start.
fn between_steps(
    f: impl Fn(f64, &[f64], &mut [f64]),
    end: f64,
    start: &[f64],
    (solver, tight): (&dyn Integrator<f64>, &dyn Integrator<f64>),
    tolerance: f64,
) -> f64 {
    let run = |solver: &dyn Integrator<f64>, times: [f64; 2], start: &[f64]| {
        let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
        solver.integrate_observed(&mut &f, &times, start, &mut goes_on, &mut []).unwrap()
    };
    let path = run(solver, [0.0, end], start);
    let mut worst = 0.0_f64;
    for i in (0..path.accepted()).step_by(1 + path.accepted() / 60) {
        let (from, to) = (path.times()[i], path.times()[i + 1]);
        let local = run(tight, [from, to], path.state(i));
        for theta in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let t = from + theta * (to - from);
            let (found, exact) = (path.at(t).unwrap(), local.at(t).unwrap());
            let square = |j: usize| ((found[j] - exact[j]) / (tolerance + tolerance * exact[j].abs())).powi(2);
            worst = worst.max(((0..exact.len()).map(square).sum::<f64>() / exact.len() as f64).sqrt());
        }
    }
    worst
}

#[test]
fn between_steps_the_error_stays_below_the_tolerance() {
    let fast = |t: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -1e6 * (y[0] - t.cos()) - t.sin();
    let van_der_pol =
        |_: f64, y: &[f64], d: &mut [f64]| (d[0], d[1]) = (y[1], 1e6 * ((1.0 - y[0] * y[0]) * y[1] - y[0]));
    let pendulum = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0].sin());
    let orbit = InitialValueProblem::arenstorf();
    let tight = Radau { rtol: 1e-12, atol: 1e-14, ..Radau::default() };
    for tolerance in [1e-4, 1e-6, 1e-8] {
        let (rtol, atol) = (tolerance, tolerance);
        let (radau, pair) =
            (Radau { rtol, atol, ..Radau::default() }, DormandPrince { rtol, atol, ..DormandPrince::default() });
        let worst = [
            between_steps(fast, 5.0, &[1.0], (&radau, &tight), tolerance),
            // From beside the slow solutions: the first step has a layer.
            between_steps(van_der_pol, 2.0, &[2.0, -0.66], (&radau, &tight), tolerance),
            between_steps(pendulum, 20.0, &[3.0, 0.0], (&radau, &TIGHT), tolerance),
            between_steps(pendulum, 20.0, &[3.0, 0.0], (&pair, &TIGHT), tolerance),
            between_steps(orbit.derivative, 17.0, &orbit.start, (&pair, &TIGHT), tolerance),
        ];
        // Radau looks between the steps as well, the pair does not.
        assert!(worst[..3].iter().all(|&w| w < 1.0), "{tolerance:e}: {worst:?}");
        assert!(worst[3..].iter().all(|&w| w < 5.0), "{tolerance:e}: {worst:?}");
    }
}

#[test]
fn a_radau_whose_observer_moves_the_state_meets_it_at_both_ends() {
    let rotate = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0]);
    let mut kick = |t: f64, y: &mut [f64]| {
        y[0] += 1e-3 * t;
        ControlFlow::Continue(())
    };
    let path =
        Radau::default().integrate_observed(&mut { rotate }, &[0.0, 9.0], &[0.0, 1.0], &mut kick, &mut []).unwrap();
    for &t in &path.times()[1..path.times().len() - 1] {
        let (before, at, after) = (path.at(t - 1e-12).unwrap(), path.at(t).unwrap(), path.at(t + 1e-12).unwrap());
        assert!((0..2).all(|j| (before[j] - at[j]).abs() < 1e-10 && (after[j] - at[j]).abs() < 1e-10));
    }
}
