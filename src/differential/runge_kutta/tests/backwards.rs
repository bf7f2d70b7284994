use quickcheck::{TestResult, quickcheck};

use super::*;
use crate::differential::runge_kutta::Radau;

pub fn methods() -> [Box<dyn Integrator<f64>>; 4] {
    let radau = Radau { rtol: 1e-10, atol: 1e-12, ..Radau::default() };
    [Box::new(TIGHT), Box::new(radau), Box::new(RungeKutta4::default()), Box::new(ForwardEuler::default())]
}

fn run(
    method: &dyn Integrator<f64>,
    mut f: impl FnMut(f64, &[f64], &mut [f64]),
    interval: Range<f64>,
    start: &[f64],
) -> Trajectory<f64> {
    method
        .integrate_observed(
            &mut f,
            &[interval.start, interval.end],
            start,
            &mut |_, _| ControlFlow::Continue(()),
            &mut [],
        )
        .unwrap()
}

/// A driven pendulum with friction, none of it even or odd in time.
fn pendulum(friction: f64, drive: f64) -> impl Fn(f64, &[f64], &mut [f64]) {
    move |t, y, dydt| {
        dydt[0] = y[1];
        dydt[1] = -y[0].sin() - friction * y[1] + drive * (1.3 * t + 0.4).cos();
    }
}

quickcheck! {
    fn there_and_back_is_where_it_began(a: u8, b: u8, from: i8, length: u8) -> bool {
        let (friction, drive) = (f64::from(a) / 500.0, f64::from(b) / 100.0);
        let (from, length) = (f64::from(from) / 10.0, 0.1 + f64::from(length) / 64.0);
        let (start, f) = ([1.0, drive], pendulum(friction, drive));
        methods().iter().zip([1e-8, 1e-8, 1e-7, 1.0]).all(|(method, bound)| {
            let there = run(method.as_ref(), &f, from..from + length, &start);
            let back = run(method.as_ref(), &f, from + length..from, there.end());
            let middle = from + 0.37 * length;
            let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            back.interval() == (from + length..from)
                && apart(back.end(), &start) < bound
                && apart(&there.at(middle).unwrap(), &back.at(middle).unwrap()) < bound
        })
    }

    /// s = −t: not a bit differs, between the steps neither.
    fn it_is_the_problem_with_time_reversed(a: u8, b: u8, from: i8, length: u8) -> TestResult {
        let (friction, drive, from) = (f64::from(a) / 500.0, f64::from(b) / 100.0, f64::from(from) / 10.0);
        let to = from - 0.1 - f64::from(length) / 64.0;
        let f = pendulum(friction, drive);
        let reversed = |s: f64, y: &[f64], dyds: &mut [f64]| {
            f(-s, y, dyds);
            dyds.iter_mut().for_each(|d| *d = -*d);
        };
        TestResult::from_bool(methods().iter().all(|method| {
            let back = run(method.as_ref(), &f, from..to, &[1.0, drive]);
            let substituted = run(method.as_ref(), reversed, -from..-to, &[1.0, drive]);
            back.times().iter().zip(substituted.times()).all(|(t, s)| *t == -s)
                && back.states() == substituted.states()
                && (0..40).map(|i| from + (to - from) * f64::from(i) / 40.0).all(|t| back.at(t) == substituted.at(-t))
        }))
    }
}

#[test]
fn observers_and_times_to_stop_at_run_backwards_too() {
    let grow = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = y[0];
    for method in methods() {
        let mut seen = vec![3.0];
        let mut until_one = |t: f64, y: &mut [f64]| {
            seen.push(t);
            if y[0] < 1.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let path = method.integrate_observed(&mut { grow }, &[3.0, -9.0], &[2.0], &mut until_one, &mut []).unwrap();
        assert_eq!((path.why(), path.times()), (Finish::Observer, &seen[..]));
        assert!(seen.windows(2).all(|t| t[0] > t[1]) && path.end()[0] < 1.0);
        assert!(path.at(3.0 + 1e-9).is_err() && path.at(*seen.last().unwrap() - 1e-9).is_err());
    }
    // A rate that jumps, by steps that end where it does.
    let jump = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t < 1.0 { 1.0 } else { -2.0 };
    let path = Radau::default().integrate_through(jump, &[2.0, 1.0, 0.0], &[0.0], &mut []).unwrap();
    assert!((path.end()[0] - 1.0).abs() < 1e-12 && (path.at(1.5).unwrap()[0] - 1.0).abs() < 1e-12);
    let error = Radau::default().integrate_through(jump, &[2.0, 1.0, 1.5], &[0.0], &mut []).unwrap_err();
    assert!(error.to_string().contains("turn around after 1"), "{error}");
    // A pole in the past is found as one in the future is: y = 1/t.
    let pole = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -y[0] * y[0];
    let error = TIGHT.integrate(pole, 1.0..-1.0, &[1.0]).unwrap_err();
    assert!(matches!(error, Error::NoConvergence { .. }), "{error}");
}
