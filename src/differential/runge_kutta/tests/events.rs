use std::f64::consts::{FRAC_PI_2, PI, TAU};

use quickcheck::quickcheck;

use super::backwards::methods;
use super::*;
use crate::differential::runge_kutta::Radau;

fn rotation(_: f64, y: &[f64], dydt: &mut [f64]) {
    (dydt[0], dydt[1]) = (y[1], -y[0]);
}

fn found(
    method: &dyn Integrator<f64>,
    mut f: impl FnMut(f64, &[f64], &mut [f64]),
    interval: Range<f64>,
    start: &[f64],
    events: &mut [Event<'_, f64>],
) -> Trajectory<f64> {
    method
        .integrate_observed(
            &mut f,
            &[interval.start, interval.end],
            start,
            &mut |_, _| ControlFlow::Continue(()),
            events,
        )
        .unwrap()
}

fn times(path: &Trajectory<f64>, event: usize) -> Vec<f64> {
    path.events().iter().filter(|e| e.event == event).map(|e| e.time).collect()
}

#[test]
fn a_ball_bounces_to_the_heights_of_its_restitution() {
    let gravity = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -9.81);
    let (restitution, drop) = (0.8_f64, 10.0);
    // Every bounce goes on from the event that ended the flight, also with an event that may rise or fall.
    for method in [&DormandPrince::default() as &dyn Integrator<f64>, &Radau::default(), &RungeKutta4::default()] {
        for falling in [true, false] {
            let (mut t, mut y) = (0.0, vec![drop, 0.0]);
            for bounce in 0..8 {
                let floor = Event::new(|_, y: &[f64]| y[0]).terminal();
                let mut events =
                    [if falling { floor.falling() } else { floor }, Event::new(|_, y: &[f64]| y[1]).falling()];
                let flight = found(method, gravity, t..t + 3.0, &y, &mut events);
                assert_eq!(flight.why(), Finish::Event(0));
                let height = restitution.powi(2 * bounce) * drop;
                if bounce > 0 {
                    let [top, _] = flight.events() else { panic!("{:?}", flight.events()) };
                    assert!(top.event == 1 && (top.state[0] - height).abs() < 1e-5, "{bounce}: {top:?}");
                }
                let speed = (2.0 * 9.81 * height).sqrt();
                let [height, velocity] = [flight.end()[0], flight.end()[1]];
                assert!((velocity + speed).abs() < 1e-5 && height.abs() < 1e-12, "{bounce}: {height:e} {velocity}");
                (t, y) = (flight.interval().end, vec![flight.end()[0], -restitution * flight.end()[1]]);
            }
            // The sum of a geometric series.
            let first = (2.0 * drop / 9.81_f64).sqrt();
            let exact = first + 2.0 * first * (1..8).map(|k| restitution.powi(k)).sum::<f64>();
            assert!((t - exact).abs() < 1e-5, "{t} {exact}");
        }
    }
}

#[test]
fn a_pendulum_has_the_period_of_the_elliptic_integral() {
    // T = 2π/agm(1, cos ½θ₀) (Gauss).
    let angle = 2.0_f64;
    let (mut a, mut b) = (1.0, (0.5 * angle).cos());
    for _ in 0..6 {
        (a, b) = (0.5 * (a + b), f64::sqrt(a * b));
    }
    let period = TAU / a;
    let pendulum = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -y[0].sin());
    let euler = ForwardEuler { steps: 100_000, record: Record::End };
    for (method, bound) in methods().iter().zip([1e-9, 1e-8, 1e-6]).chain([(&(Box::new(euler) as _), 3e-2)]) {
        for end in [31.0, -31.0] {
            let angle_is_zero = || Event::new(|_, y: &[f64]| y[0]);
            let mut events = [angle_is_zero(), angle_is_zero().rising(), angle_is_zero().falling()];
            let path = found(method.as_ref(), pendulum, 0.0..end, &[angle, 0.0], &mut events);
            let all = times(&path, 0);
            assert_eq!(all.len(), (31.0 / period + 0.75) as usize + (31.0 / period + 0.25) as usize);
            for (k, t) in all.iter().enumerate() {
                let exact = (0.25 + 0.5 * k as f64) * period * end.signum();
                assert!((t - exact).abs() < bound, "{k}: {t} {exact}");
            }
            // From a positive angle it falls first, in either direction of time.
            let every_other = |from: usize| all.iter().copied().skip(from).step_by(2).collect::<Vec<_>>();
            assert_eq!((times(&path, 2), times(&path, 1)), (every_other(0), every_other(1)));
            assert!(path.events().windows(2).all(|e| (e[1].time - e[0].time) * end >= 0.0));
        }
    }
}

quickcheck! {
    fn every_crossing_of_a_level_is_found_once(phase: u8, level: i8, length: u8) -> bool {
        let (phase, level) = (TAU * f64::from(phase) / 256.0, f64::from(level) / 129.0);
        let length = 1.0 + f64::from(length) / 8.0;
        let start = [phase.sin(), phase.cos()];
        // sin(t + φ) = c where t + φ = arcsin c or π − arcsin c, and round by round.
        let mut exact: Vec<f64> = (-1..8)
            .flat_map(|k| [level.asin(), PI - level.asin()].map(|at| at + TAU * f64::from(k) - phase))
            .filter(|t| (0.0..length).contains(t))
            .collect();
        exact.sort_by(f64::total_cmp);
        let clear = |t: f64| exact.iter().all(|e| (e - t).abs() > 1e-3);
        !(clear(0.0) && clear(length)) || methods().iter().take(3).all(|method| {
            let mut events = [Event::new(|_, y: &[f64]| y[0] - level)];
            let path = found(method.as_ref(), rotation, 0.0..length, &start, &mut events);
            let all = times(&path, 0);
            // At a level of nearly 1 the crossing is flat.
            all.len() == exact.len() && all.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-5)
        })
    }
}

#[test]
fn the_arenstorf_orbit_closes_at_its_period() {
    let mut events = [Event::new(|_, y: &[f64]| y[1]).falling()];
    let InitialValueProblem { derivative, interval, start, .. } = InitialValueProblem::arenstorf();
    let path = TIGHT.integrate_events(derivative, 0.0..17.5, &start, &mut events).unwrap();
    let last = path.events().last().unwrap();
    assert!((last.time - interval.end).abs() < 1e-6, "{last:?}");
    assert!((last.state[0] - 0.994).abs() < 1e-4);
}

#[test]
fn grazing_is_told_from_missing() {
    // The top of a sine of height 1, between two steps, against levels a little below and above.
    for method in methods().iter().take(3) {
        for (below, count) in [(1e-6, 2), (-1e-6, 0)] {
            let mut events = [Event::new(|_, y: &[f64]| y[0] - (1.0 - below))];
            let path = found(method.as_ref(), rotation, 0.0..3.0, &[0.0, 1.0], &mut events);
            let times = times(&path, 0);
            assert_eq!(times.len(), count, "{below}");
            for (t, side) in times.iter().zip([-1.0, 1.0]) {
                assert!((t - FRAC_PI_2 - side * (2.0 * below).sqrt()).abs() < 1e-6, "{t}");
            }
        }
    }
}

#[test]
fn the_start_is_no_event_and_a_step_that_ends_at_one_counts_it_once() {
    // Binary fractions: y = t − ½ is exactly 0 at the end of the fourth step.
    let line = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0;
    let method = RungeKutta4 { steps: 8, ..RungeKutta4::default() };
    let g = || Event::new(|_, y: &[f64]| y[0]);
    let path = method.integrate_events(line, 0.0..1.0, &[-0.5], &mut [g(), g().rising(), g().falling()]).unwrap();
    assert_eq!((times(&path, 0), times(&path, 1), times(&path, 2)), (vec![0.5], vec![0.5], vec![]));
    let path = method.integrate_events(line, 0.0..0.5, &[-0.5], &mut [g()]).unwrap();
    assert_eq!(times(&path, 0), [0.5]);
    // On the surface at the start, or off it by rounding to either side.
    for start in [0.0, 1e-16, -1e-16] {
        let path = method.integrate_events(line, 1.0..2.0, &[start], &mut [g().terminal()]).unwrap();
        assert!(path.events().is_empty() && path.why() == Finish::Reached, "{start}");
    }
    // Going on from an event that ended it does not find it again.
    let ended = TIGHT.integrate_events(rotation, 0.0..9.0, &[0.0, 1.0], &mut [g().terminal()]).unwrap();
    assert!((ended.interval().end - PI).abs() < 1e-10);
    let on = TIGHT.integrate_events(rotation, ended.interval().end..9.0, ended.end(), &mut [g()]).unwrap();
    assert!(on.events().len() == 1 && (on.events()[0].time - TAU).abs() < 1e-10, "{:?}", on.events());
}

#[test]
fn several_zeros_in_one_step_are_found_in_their_order() {
    let still = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 0.0;
    let method = RungeKutta4 { steps: 1, ..RungeKutta4::default() };
    let roots = [0.13, 0.141, 0.36, 0.62, 0.9, 0.91];
    let product = move |t: f64, from: usize, to: usize| roots[from..to].iter().map(|r| t - r).product::<f64>();
    let pair = |from| Event::new(move |t, _: &[f64]| product(t, from, from + 2));
    let path = method.integrate_events(still, 0.0..1.0, &[0.0], &mut [pair(4), pair(2), pair(0)]).unwrap();
    let found: Vec<(usize, f64)> = path.events().iter().map(|e| (e.event, e.time)).collect();
    assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [2, 2, 1, 1, 0, 0]);
    assert!(found.iter().zip(roots).all(|(f, root)| (f.1 - root).abs() < 1e-14), "{found:?}");
    // The one that ends it hides what comes after.
    let mut events = [pair(4), pair(2).terminal_after(2), pair(0)];
    let path = method.integrate_events(still, 0.0..1.0, &[0.0], &mut events).unwrap();
    assert_eq!((path.events().len(), path.why()), (4, Finish::Event(1)));
    assert_eq!(path.interval().end, path.events()[3].time);
}

#[test]
fn a_trajectory_ends_at_the_event_that_ended_it() {
    for record in [Record::Dense, Record::Steps, Record::End] {
        let method = DormandPrince { record, ..TIGHT };
        let mut events = [Event::new(|_, y: &[f64]| y[0] - 0.5).terminal_after(3)];
        let path = method.integrate_events(rotation, 0.0..100.0, &[0.0, 1.0], &mut events).unwrap();
        let end = PI / 6.0 + TAU;
        assert!((path.interval().end - end).abs() < 1e-9 && (path.end()[0] - 0.5).abs() < 1e-12);
        assert_eq!((path.events().len(), path.why()), (3, Finish::Event(0)));
        assert!(path.at(end + 1e-6).is_err());
        if record == Record::Dense {
            for t in (0..=1000).map(|i| path.interval().end * f64::from(i) / 1000.0) {
                assert!((path.at(t).unwrap()[0] - t.sin()).abs() < 1e-9, "{t}");
            }
        } else {
            assert_eq!(path.times().len(), if record == Record::End { 2 } else { path.accepted() + 1 });
        }
    }
    // The observer sees whole steps and events see what it leaves.
    let mut project = |_: f64, y: &mut [f64]| {
        let length = y[0].hypot(y[1]);
        y.iter_mut().for_each(|v| *v /= length);
        ControlFlow::Continue(())
    };
    let mut events = [Event::new(|_, y: &[f64]| y[1])];
    let solver = DormandPrince::default();
    let path = solver.integrate_observed(&mut rotation, &[0.0, 20.0], &[0.0, 1.0], &mut project, &mut events).unwrap();
    assert!(path.events().len() == 6 && path.events().iter().all(|e| (e.state[0].abs() - 1.0).abs() < 1e-6));
}

#[test]
fn hostile_events_are_refused() {
    for method in methods() {
        let fails = |event: Event<'_, f64>| {
            let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
            let (mut f, mut events) = (rotation, [Event::new(|_, _: &[f64]| 1.0), event]);
            method.integrate_observed(&mut f, &[0.0, 1.0], &[0.0, 1.0], &mut goes_on, &mut events).unwrap_err()
        };
        for edge in [0.0, 0.3] {
            let error = fails(Event::new(move |t, _| if t >= edge { f64::NAN } else { -1.0 }));
            assert!(matches!(&error, Error::NonFinite { what, .. } if what.contains("event 1 at t = 0")), "{error}");
        }
        let error = fails(Event::new(|_, y: &[f64]| y[0]).terminal_after(0));
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
}

#[test]
fn single_precision_finds_events_too() {
    let solver = DormandPrince { rtol: 1e-5, ..DormandPrince::default() };
    let fall = |_: f32, y: &[f32], dydt: &mut [f32]| (dydt[0], dydt[1]) = (y[1], -2.0);
    let mut events = [Event::new(|_, y: &[f32]| y[0]).terminal()];
    let path = solver.integrate_events(fall, 0.0..10.0, &[4.0, 0.0], &mut events).unwrap();
    assert!((path.interval().end - 2.0).abs() < 1e-5 && path.end()[0].abs() < 1e-5);
}

#[test]
fn where_the_interval_ends_hides_no_event() {
    fn flight<T: Scalar>(method: &impl Integrator<T>, end: f64) -> Trajectory<T> {
        let gravity = |_: T, y: &[T], dydt: &mut [T]| (dydt[0], dydt[1]) = (y[1], T::of(-10.0));
        let mut floor = [Event::new(|_, y: &[T]| y[0]).falling().terminal()];
        method.integrate_events(gravity, T::zero()..T::of(end), &[T::of(10.0), T::zero()], &mut floor).unwrap()
    }
    let coarse = DormandPrince { rtol: 1e-4, atol: 1e-5, ..DormandPrince::default() };
    for end in [1e2, 1e12, 1e13, 1e15, -1e13] {
        let time = flight::<f64>(&DormandPrince::default(), end).interval().end;
        assert!((time - 2f64.sqrt() * end.signum()).abs() < 1e-9, "{end}: {time}");
        let time = flight::<f64>(&Radau::default(), end).interval().end;
        assert!((time - 2f64.sqrt() * end.signum()).abs() < 1e-6, "{end}: {time}");
        let time = flight::<f32>(&coarse, end.clamp(-1e6, 1e6)).interval().end;
        assert!((time - 2f32.sqrt() * end.signum() as f32).abs() < 1e-3, "{end}: {time}");
    }
    let mut early = [Event::new(|t: f32, _: &[f32]| t - 0.01)];
    let decay = |_: f32, y: &[f32], dydt: &mut [f32]| dydt[0] = -y[0];
    let path = coarse.integrate_events(decay, 0.0..3600.0, &[1.0], &mut early).unwrap();
    assert!(path.events().len() == 1 && (path.events()[0].time - 0.01).abs() < 1e-6, "{:?}", path.events());
}

#[test]
fn a_flight_that_goes_on_at_time_zero_has_left_the_floor() {
    // The clock is set back at every bounce; the state is on the floor to rounding of the height it fell from.
    fn bounce<T: Scalar>(method: &impl Integrator<T>, drop: f64) {
        let gravity = |_: T, y: &[T], dydt: &mut [T]| (dydt[0], dydt[1]) = (y[1], T::of(-9.81));
        let (mut y, mut clock) = (vec![T::of(drop), T::zero()], 0.0);
        for _ in 0..6 {
            let mut floor = [Event::new(|_, y: &[T]| y[0]).terminal()];
            let flight = method.integrate_events(gravity, T::zero()..T::of(1e4), &y, &mut floor).unwrap();
            clock += Scalar::to_f64(flight.interval().end);
            y = vec![flight.end()[0], T::of(-0.8) * flight.end()[1]];
        }
        let exact = (2.0 * drop / 9.81).sqrt() * (1.0 + 2.0 * (1..6).map(|k| 0.8_f64.powi(k)).sum::<f64>());
        assert!((clock / exact - 1.0).abs() < 1e-3, "{drop}: {clock} {exact}");
    }
    for drop in [1e-3, 1.0, 7.3, 10.0, 1e3] {
        bounce::<f64>(&DormandPrince::default(), drop);
        bounce::<f64>(&Radau::default(), drop);
        if drop < 100.0 {
            bounce::<f32>(&DormandPrince { rtol: 1e-4, atol: 1e-5, ..DormandPrince::default() }, drop);
        }
    }
}

#[test]
fn only_a_function_that_is_zero_at_the_start_is_not_asked_there() {
    let line = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0;
    let method = RungeKutta4 { steps: 8, ..RungeKutta4::default() };
    // A jump that is as close to the start as rounding, beside a zero that is there.
    let jump = Event::new(|t: f64, _: &[f64]| if t < 1.0 + 1e-14 { -1.0 } else { 1.0 });
    let pass = Event::new(|_, y: &[f64]| y[0]);
    let path = method.integrate_events(line, 1.0..2.0, &[-1e-14], &mut [jump, pass]).unwrap();
    assert_eq!((times(&path, 0).len(), times(&path, 1).len()), (1, 0), "{:?}", path.events());
}
