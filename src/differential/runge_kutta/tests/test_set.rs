use super::*;
use crate::differential::runge_kutta::{Radau, RadauSystem};

fn correct_digits(problem: &InitialValueProblem, method: &dyn Integrator<f64>) -> f64 {
    let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
    let mut derivative = problem.derivative;
    let found = method.integrate_observed(
        &mut derivative,
        &[problem.interval.start, problem.interval.end],
        &problem.start,
        &mut goes_on,
        &mut [],
    );
    problem.correct_digits(found.unwrap_or_else(|error| panic!("{}: {error}", problem.name)).end())
}

fn radau(problem: &InitialValueProblem, rtol: f64) -> RadauSystem<'static, f64> {
    let settings =
        Radau { rtol, atol: rtol * problem.scale, record: Record::End, max_steps: 1_000_000, ..Radau::default() };
    match &problem.mass {
        Some(mass) => settings.with_mass(mass.clone()),
        None => settings.into(),
    }
}

fn dormand_prince(problem: &InitialValueProblem, rtol: f64) -> DormandPrince {
    DormandPrince { rtol, atol: rtol * problem.scale, record: Record::End, ..DormandPrince::default() }
}

/// By what an error grows until the end, in digits: of the two problems that are not stiff, near collisions.
fn condition(problem: &InitialValueProblem) -> f64 {
    match problem.name {
        "Pleiades" => 3.5,
        "Arenstorf" => 5.0,
        _ => 0.0,
    }
}

#[test]
fn errors_are_what_the_tolerance_promises() {
    for problem in InitialValueProblem::all() {
        for rtol in [1e-5, 1e-8] {
            let promised = -f64::log10(rtol) - condition(&problem);
            let digits = correct_digits(&problem, &radau(&problem, rtol));
            assert!(digits > promised, "{} by Radau at {rtol:e}: {digits:.2} digits", problem.name);
            if !problem.stiff {
                let digits = correct_digits(&problem, &dormand_prince(&problem, rtol));
                assert!(digits > promised, "{} by DormandPrince at {rtol:e}: {digits:.2} digits", problem.name);
            }
        }
    }
}

#[test]
fn the_published_values_are_found_again() {
    for problem in InitialValueProblem::all() {
        let (digits, least) = match problem.name {
            "Pleiades" => (correct_digits(&problem, &dormand_prince(&problem, 1e-13)), 10.5),
            "Arenstorf" => (correct_digits(&problem, &dormand_prince(&problem, 1e-13)), 8.0),
            "transistor amplifier" => (correct_digits(&problem, &radau(&problem, 1e-9)), 10.5),
            _ => (correct_digits(&problem, &radau(&problem, 1e-10)), 11.5),
        };
        assert!(digits > least, "{}: {digits:.2} digits", problem.name);
    }
}

/// Below the rounding of a problem nothing can be promised: that is said, not hidden.
#[test]
fn a_tolerance_below_rounding_is_refused() {
    let problem = InitialValueProblem::transistor_amplifier();
    let f = problem.derivative;
    let error = radau(&problem, 1e-13).integrate(f, problem.interval.clone(), &problem.start).unwrap_err();
    assert!(matches!(&error, Error::NoConvergence { reason, .. } if reason.contains("below rounding")), "{error}");
}
