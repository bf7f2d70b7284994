use super::*;
use crate::differential::runge_kutta::Radau;

fn rotation(_: f64, y: &[f64], dydt: &mut [f64]) {
    (dydt[0], dydt[1]) = (y[1], -y[0]);
}

fn growth(_: f64, y: &[f64], dydt: &mut [f64]) {
    dydt[0] = y[0];
}

/// The error of ours at the steps.
fn error(found: &Trajectory<f64>, exact: impl Fn(f64) -> Vec<f64>) -> f64 {
    let off = |i: usize| {
        let exact = exact(found.times()[i]);
        found.state(i).iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    (0..found.times().len()).map(off).fold(0.0, f64::max)
}

#[test]
fn equal_steps_know_their_error() {
    fn by(method: &impl Integrator<f64>) {
        let near = |found: Trajectory<f64>, exact: &dyn Fn(f64) -> Vec<f64>| {
            let (estimate, error) = (found.error_estimate().unwrap(), error(&found, exact));
            assert!((0.75..1.3).contains(&(estimate / error)), "{estimate:e} {error:e}");
            assert!(found.to_string().contains(&format!("error is about {estimate:.1e}")), "{found}");
        };
        let circle = |t: f64| vec![t.sin(), t.cos()];
        near(method.integrate(rotation, 0.0..5.0, &[0.0, 1.0]).unwrap(), &circle);
        near(method.integrate(rotation, 0.0..-5.0, &[0.0, 1.0]).unwrap(), &circle);
        // It has grown since it was made, also over times to stop at.
        near(method.integrate(growth, 0.0..6.0, &[1.0]).unwrap(), &|t| vec![t.exp()]);
        let times = [0.0, 2.0, 4.0, 6.0];
        near(method.integrate_through(growth, &times, &[1.0], &mut []).unwrap(), &|t| vec![t.exp()]);
    }
    for odd in [0, 1] {
        by(&RungeKutta4 { steps: 100 + odd, ..RungeKutta4::default() });
        by(&ForwardEuler { steps: 20_000 + odd, ..ForwardEuler::default() });
    }
    let plain = RungeKutta4 { steps: 100, record: Record::End }.integrate(growth, 0.0..1.0, &[1.0]).unwrap();
    assert!(plain.error_estimate().unwrap() < 1e-9);
}

#[test]
fn an_observer_that_moves_the_state_moves_what_it_is_compared_with() {
    // A jump of 1 at the end of a step twice as long, and in its middle.
    for jump in [0.5, 0.625] {
        let mut kick = |t: f64, y: &mut [f64]| {
            y[0] += f64::from(u8::from(t == jump));
            ControlFlow::Continue(())
        };
        let still = |_: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0;
        let method = RungeKutta4 { steps: 8, ..RungeKutta4::default() };
        let found = method.integrate_observed(&mut { still }, &[0.0, 1.0], &[0.0], &mut kick, &mut []).unwrap();
        assert!((found.end()[0] - 2.0).abs() < 1e-14 && found.error_estimate().unwrap() < 1e-14, "{found}");
    }
    let mut project = |_: f64, y: &mut [f64]| {
        let length = y[0].hypot(y[1]);
        y.iter_mut().for_each(|v| *v /= length);
        ControlFlow::Continue(())
    };
    let method = RungeKutta4 { steps: 100, ..RungeKutta4::default() };
    let found = method.integrate_observed(&mut { rotation }, &[0.0, 5.0], &[0.0, 1.0], &mut project, &mut []).unwrap();
    let ratio = found.error_estimate().unwrap() / error(&found, |t| vec![t.sin(), t.cos()]);
    assert!((0.75..1.3).contains(&ratio), "{ratio}");
}

#[test]
fn what_is_not_known_is_not_called_small() {
    // A single step has nothing to be compared with.
    let one = RungeKutta4 { steps: 1, ..RungeKutta4::default() }.integrate(growth, 0.0..1.0, &[1.0]).unwrap();
    assert!(one.error_estimate() == Some(f64::INFINITY) && one.to_string().contains("take more"), "{one}");
    // Steps twice as long are unstable, or come to where f is not defined.
    let stiff = |t: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = -1000.0 * (y[0] - t.cos());
    let euler = |steps| ForwardEuler { steps, ..ForwardEuler::default() };
    let found = euler(1000).integrate(stiff, 0.0..1.0, &[1.5]).unwrap();
    assert!((found.end()[0] - 1f64.cos()).abs() < 1e-3);
    let unstable = euler(750).integrate(stiff, 0.0..1.0, &[1.5]).unwrap();
    assert!(unstable.error_estimate().unwrap() > 1.0, "{unstable}");
    let edge = |_: f64, y: &[f64], dydt: &mut [f64]| dydt[0] = if y[0] < 0.0 { f64::NAN } else { -y[0] };
    let found = euler(4).integrate(edge, 0.0..3.0, &[1.0]).unwrap();
    assert_eq!(found.error_estimate(), Some(f64::INFINITY), "{found}");
    // Steps that are chosen have another promise.
    let adaptive: [&dyn Integrator<f64>; 2] = [&DormandPrince::default(), &Radau::default()];
    for method in adaptive {
        let mut goes_on = |_: f64, _: &mut [f64]| ControlFlow::Continue(());
        let found = method.integrate_observed(&mut { growth }, &[0.0, 1.0], &[1.0], &mut goes_on, &mut []).unwrap();
        assert!(found.error_estimate().is_none() && found.to_string().contains("below the tolerances"), "{found}");
    }
}

/// By RK4 to t = 1: f may jump or bend in the last step, which is the odd one.
#[test]
fn the_last_of_an_odd_number_of_steps_is_looked_at() {
    let by = |steps, f: &dyn Fn(f64) -> f64, exact: f64| {
        let method = RungeKutta4 { steps, ..RungeKutta4::default() };
        let found = method.integrate(|t, _, dydt| dydt[0] = f(t), 0.0..1.0, &[1.0]).unwrap();
        found.error_estimate().unwrap() / (found.end()[0] - exact).abs()
    };
    let jump = |t: f64| if t > 0.9995 { 1e4 } else { 0.0 };
    let bend = |t: f64| 1e3 * (t - 0.7).max(0.0).powi(8);
    for (ratio, what) in [(by(1001, &jump, 6.0), "jump"), (by(3, &bend, 1.0 + 1e3 * 0.3f64.powi(9) / 9.0), "bend")] {
        assert!((0.5..2.0).contains(&ratio), "{what}: {ratio}");
    }
    // An event that ends the integration in an odd step, and an observer that does.
    let rate = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t > 0.25 { 64.0 } else { 1.0 };
    let method = RungeKutta4 { steps: 11, ..RungeKutta4::default() };
    let mut late = [Event::new(|t: f64, _: &[f64]| t - 0.27).terminal()];
    let found = method.integrate_events(rate, 0.0..1.0, &[0.0], &mut late).unwrap();
    assert!(found.error_estimate().unwrap() > 0.3, "{found}");
    let mut stop = |t: f64, _: &mut [f64]| if t > 0.27 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let found = method.integrate_observed(&mut { rate }, &[0.0, 1.0], &[0.0], &mut stop, &mut []).unwrap();
    assert!(found.accepted() == 3 && found.error_estimate().unwrap() > 0.3, "{found}");
}

#[test]
fn rounding_is_part_of_the_error() {
    fn by<T: Scalar>(method: &impl Integrator<T>, f: &dyn Fn(f64, f64) -> f64, exact: f64, times: [f64; 2], y: f64) {
        let rate = |t: T, y: &[T], dydt: &mut [T]| {
            dydt[0] = T::of(f(Scalar::to_f64(t), Scalar::to_f64(y[0])));
        };
        let found = method.integrate(rate, T::of(times[0])..T::of(times[1]), &[T::of(y)]).unwrap();
        let error = (Scalar::to_f64(found.end()[0]) - exact).abs();
        let estimate = found.error_estimate().unwrap();
        // A sum of roundings may happen to end near zero: so may not its largest on the way.
        assert!(estimate > 0.3 * error, "{} steps: {estimate:e} {error:e}", found.accepted());
        assert!(estimate < 5.0 * error + 4.0 * Scalar::to_f64(T::EPSILON) * exact.abs(), "{estimate:e} {error:e}");
    }
    for steps in [10, 1000, 1001, 100_000] {
        let record = Record::End;
        for first in [1.0, 1e-20] {
            by::<f32>(&RungeKutta4 { steps, record }, &|_, _| 1.1 * first, 2.1 * first, [0.0, 1.0], first);
            by::<f32>(&RungeKutta4 { steps, record }, &|_, y| y, 1f64.exp() * first, [0.0, 1.0], first);
        }
    }
    by::<f32>(&ForwardEuler { steps: 100_000, record: Record::End }, &|_, _| 1.1, 2.1, [0.0, 1.0], 1.0);
    by::<f64>(&RungeKutta4 { steps: 100_000, record: Record::End }, &|_, y| y, 1f64.exp(), [0.0, 1.0], 1.0);
    // At rest there is none, and what has been forgotten is no error.
    let rest = RungeKutta4::default().integrate(|_, y: &[f32], dydt| dydt[0] = 1.0 - y[0], 0f32..100.0, &[1.0]);
    assert_eq!(rest.unwrap().error_estimate(), Some(0.0));
    let method = RungeKutta4 { steps: 100_000, record: Record::End };
    let decay = method.integrate(|_, y: &[f32], dydt| dydt[0] = 3.0 - y[0], 0f32..1e3, &[1.0]).unwrap();
    assert!(decay.error_estimate().unwrap() < 1e-4, "{decay}");
}

/// By RK4 and Euler to t = 1: the order of the method is not that of a problem which is not smooth.
#[test]
fn the_order_is_what_is_seen_of_it() {
    let rk = |steps| RungeKutta4 { steps, ..RungeKutta4::default() };
    for steps in [10, 101, 1000] {
        // The error goes as h^{3/2}.
        let root = rk(steps).integrate(|t: f64, _, dydt| dydt[0] = 1.5 * t.sqrt(), 0.0..1.0, &[0.0]).unwrap();
        let ratio = root.error_estimate().unwrap() / error(&root, |t| vec![t.powf(1.5)]);
        assert!((0.5..3.0).contains(&ratio), "{steps}: {ratio}");
    }
    // A jump of f at any place: of a hundred estimates few are off by more than three.
    for steps in [40, 101] {
        let missed = |k: usize| {
            let jump = (k as f64 * 0.618_033_988_749_895).fract();
            let f = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t < jump { 1.0 } else { -2.0 };
            let found = rk(steps).integrate(f, 0.0..1.0, &[0.0]).unwrap();
            error(&found, |t| vec![t - 3.0 * (t - jump).max(0.0)]) > 3.0 * found.error_estimate().unwrap()
        };
        let missed = (1..=100).filter(|&k| missed(k)).count();
        assert!(missed < 25, "{missed} of 100 with {steps} steps");
    }
    // Where steps of one and of two agree by accident, those of four do not.
    let jump = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = if t < 0.45 { 1.0 } else { -2.0 };
    let euler = ForwardEuler { steps: 21, ..ForwardEuler::default() }.integrate(jump, 0.0..1.0, &[0.0]).unwrap();
    assert!(euler.error_estimate().unwrap() > 0.3 * (euler.end()[0] + 0.65).abs(), "{euler}");
    // Across a pole nothing converges, by any number of steps.
    let pole = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = 1.0 / (t - std::f64::consts::FRAC_PI_6);
    let known = (1..=40).filter(|k| rk(25 * k).integrate(pole, 0.0..1.0, &[0.0]).unwrap().error_estimate() < Some(0.1));
    assert!(known.count() < 4);
}
