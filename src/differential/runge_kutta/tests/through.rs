use std::f64::consts::PI;

use super::*;
use crate::differential::runge_kutta::Radau;

#[test]
fn a_ball_under_a_pulse_turns_and_hits_the_floor() {
    // Thrust from t = ½ to t = 1; all is quadratic in time.
    fn by(method: &impl Integrator<f64>) {
        let rate = |t: f64, y: &[f64], dydt: &mut [f64]| {
            (dydt[0], dydt[1]) = (y[1], if (0.5..1.0).contains(&t) { 10.19 } else { -9.81 });
        };
        let times = [0.0, 0.5, 1.0, 50.0];
        let mut events = [Event::new(|_, y: &[f64]| y[0]).falling().terminal(), Event::new(|_, y: &[f64]| y[1])];
        let path = method.integrate_through(rate, &times, &[10.0, 0.0], &mut events).unwrap();
        let (speed, height) = (0.19, 7.595);
        let exact = [(1, 0.5 + 4.905 / 10.19), (1, 1.0 + speed / 9.81)];
        let floor = 1.0 + (speed + f64::sqrt(speed * speed + 2.0 * 9.81 * height)) / 9.81;
        let found: Vec<(usize, f64)> = path.events().iter().map(|e| (e.event, e.time)).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        for ((event, time), exact) in found.iter().zip(exact.into_iter().chain([(0, floor)])) {
            assert!(*event == exact.0 && (time - exact.1).abs() < 1e-5, "{found:?} {exact:?}");
        }
        assert_eq!((path.why(), path.interval().end), (Finish::Event(0), found[2].1));
        assert!(times[..3].iter().all(|t| path.times().contains(t)) && path.end()[0].abs() < 1e-12);
    }
    by(&DormandPrince::default());
    by(&Radau::default());
    by(&RungeKutta4 { steps: 10, ..RungeKutta4::default() });
}

/// Also one that lies at such a time up to rounding, on whichever side.
#[test]
fn times_to_stop_at_hide_no_event_and_double_none() {
    fn by(method: &impl Integrator<f64>) {
        let line = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0;
        for off in [0.0, 1e-13, -1e-13, 1e-12, -1e-12, 1e-11, -1e-11] {
            let g = || Event::new(|_, y: &[f64]| y[0]);
            let mut events = [g(), g().rising(), g().falling()];
            let path = method.integrate_through(line, &[0.0, 500.0, 1000.0], &[off - 500.0], &mut events).unwrap();
            let found: Vec<usize> = path.events().iter().map(|e| e.event).collect();
            assert_eq!(found, [0, 1], "{off:e}");
            assert!(path.events().iter().all(|e| (e.time - 500.0).abs() < 1e-9));
        }
        // Counted through all of them.
        let rotation = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0]);
        for sign in [1.0, -1.0] {
            let times: Vec<f64> = (0..=20).map(|t| sign * f64::from(t)).collect();
            let mut events = [Event::new(|_, y: &[f64]| y[0]).terminal_after(3)];
            let path = method.integrate_through(rotation, &times, &[0.0, 1.0], &mut events).unwrap();
            assert_eq!((path.events().len(), path.why()), (3, Finish::Event(0)));
            assert!((path.interval().end - sign * 3.0 * PI).abs() < 1e-4);
            assert!(times[..10].iter().all(|t| path.times().contains(t)));
        }
    }
    by(&DormandPrince::default());
    by(&Radau::default());
    by(&RungeKutta4 { steps: 50, ..RungeKutta4::default() });
}

#[test]
fn an_observer_sees_every_piece_and_may_end_any() {
    let line = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0;
    let mut seen = vec![0.0];
    let mut until = |t: f64, _: &mut [f64]| {
        seen.push(t);
        if t >= 2.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let times = [0.0, 1.0, 2.0, 3.0];
    let path = TIGHT.integrate_observed(&mut { line }, &times, &[0.0], &mut until, &mut []).unwrap();
    assert_eq!((path.why(), path.times(), path.accepted()), (Finish::Observer, &seen[..], seen.len() - 1));
    assert!(path.interval() == (0.0..2.0) && seen.contains(&1.0));
}

/// Whichever side of a jump the function takes at the jump itself, and in either direction of time.
#[test]
fn a_jump_belongs_to_the_piece_that_it_bounds() {
    fn by(method: &impl Integrator<f64>, bound: f64) {
        for closed in [true, false] {
            let rate = |t: f64, _: &[f64], dydt: &mut [f64]| {
                dydt[0] = if t < 1.0 || (closed && t == 1.0) { 3.0 * t * t } else { -100.0 };
            };
            for (times, exact) in [([0.0, 1.0, 2.0], -99.0), ([2.0, 1.0, 0.0], 99.0)] {
                let path = method.integrate_through(rate, &times, &[0.0], &mut []).unwrap();
                assert!((path.end()[0] - exact).abs() < bound && path.rejected() < 3, "{times:?}: {path}");
            }
        }
    }
    by(&DormandPrince::default(), 1e-9);
    by(&Radau::default(), 1e-9);
    by(&RungeKutta4 { steps: 4, ..RungeKutta4::default() }, 1e-9);
}
