use super::*;
use crate::container::Container;
use crate::optim::objective::from_fn;

type Values<'a> = (&'a [f64], &'a mut [f64]);

/// The extended Rosenbrock function in any even number of dimensions.
fn rosenbrock((x, g): Values<'_>) -> f64 {
    let mut value = 0.0;
    for (x, g) in x.chunks_exact(2).zip(g.chunks_exact_mut(2)) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        g[0] = -2.0 * a - 400.0 * x[0] * b;
        g[1] = 200.0 * b;
        value += a * a + 100.0 * b * b;
    }
    value
}

/// The chained one, whose dimensions are all coupled.
fn chained_rosenbrock((x, g): Values<'_>) -> f64 {
    g.fill(0.0);
    let mut value = 0.0;
    for i in 0..x.len() - 1 {
        let (a, b) = (1.0 - x[i], x[i + 1] - x[i] * x[i]);
        g[i] += -2.0 * a - 400.0 * x[i] * b;
        g[i + 1] += 200.0 * b;
        value += a * a + 100.0 * b * b;
    }
    value
}

fn beale((x, g): Values<'_>) -> f64 {
    let (x, y) = (x[0], x[1]);
    let mut value = 0.0;
    g.fill(0.0);
    for (power, constant) in [(1, 1.5), (2, 2.25), (3, 2.625)] {
        let residual = constant - x + x * y.powi(power);
        value += residual * residual;
        g[0] += 2.0 * residual * (y.powi(power) - 1.0);
        g[1] += 2.0 * residual * x * f64::from(power) * y.powi(power - 1);
    }
    value
}

/// xᵀAx / xᵀx with A the second difference on a path: the smallest eigenvalue is 2 − 2 cos(π/(n+1)),
/// where the value stays while the gradient goes to zero.
fn rayleigh((x, g): Values<'_>) -> f64 {
    let squares: f64 = x.iter().map(|x| x * x).sum();
    let at = |i: usize| x.get(i).copied().unwrap_or(0.0);
    for (i, g) in g.iter_mut().enumerate() {
        *g = 2.0 * x[i] - at(i + 1) - at(i.wrapping_sub(1));
    }
    let value = x.iter().zip(&*g).map(|(x, g)| x * g).sum::<f64>() / squares;
    g.iter_mut().zip(x).for_each(|(g, x)| *g = 2.0 * (*g - value * x) / squares);
    value
}

fn smallest_eigenvalue(n: usize) -> f64 {
    4.0 * (std::f64::consts::PI / (2.0 * (n as f64 + 1.0))).sin().powi(2)
}

/// Not symmetric about the middle, so that it is orthogonal to no eigenvector.
fn ramp(n: usize) -> Vec<f64> {
    (1..=n).map(|i| i as f64).collect()
}

fn minimize(f: impl Fn(Values<'_>) -> f64, x: &mut [f64], lbfgs: Lbfgs) -> Outcome {
    lbfgs.minimize(&mut from_fn(x.len(), |x: &[f64], g: &mut [f64]| Ok(f((x, g)))), x).unwrap()
}

fn distance(x: &[f64], target: impl Fn(usize) -> f64) -> f64 {
    x.iter().enumerate().map(|(i, x)| (x - target(i)).abs()).fold(0.0, f64::max)
}

#[test]
fn rosenbrock_in_2_and_100_dimensions() {
    for n in [2, 100] {
        let mut x: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
        let outcome = minimize(rosenbrock, &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged() && outcome.evaluations < 80, "{outcome}");
        assert!(distance(&x, |_| 1.0) < 1e-11, "{outcome}");

        let mut x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let outcome = minimize(chained_rosenbrock, &mut x, Lbfgs { gradient_tolerance: 0.0, ..Lbfgs::default() });
        assert!(outcome.reason.is_converged() && outcome.evaluations < 700, "{outcome}");

        // An offset takes all digits of the value, but none of the parameters.
        let mut x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let outcome = minimize(|v| 1e3 + chained_rosenbrock(v), &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged() && distance(&x, |_| 1.0) < 1e-13, "{outcome}");
    }
}

#[test]
fn beale_and_other_starts_that_are_not_convex() {
    for start in [[1.0, 1.0], [0.0, 0.0], [4.0, 0.9], [0.5, -1.5]] {
        let mut x = start;
        let outcome = minimize(beale, &mut x, Lbfgs::default());
        assert!(outcome.reason.is_converged(), "{start:?}: {outcome}");
        assert!(outcome.value < 1e-20 && (x[0] - 3.0).abs() < 1e-8 && (x[1] - 0.5).abs() < 1e-8, "{x:?} {outcome}");
    }
    // A double well from beside its hump, where the curvature is negative.
    let mut x = [1e-3];
    let well = |(x, g): Values<'_>| {
        g[0] = 4.0 * x[0] * (x[0] * x[0] - 1.0);
        (x[0] * x[0] - 1.0).powi(2)
    };
    let outcome = minimize(well, &mut x, Lbfgs::default());
    assert!(outcome.reason.is_converged() && (x[0].abs() - 1.0).abs() < 1e-9, "{x:?} {outcome}");
}

#[test]
fn ill_conditioned_quadratics() {
    // Curvatures from 1 to 1e8, with the minimum off the origin.
    for n in [2, 10, 20] {
        let weight = |i: usize| 1e8_f64.powf(i as f64 / (n - 1) as f64);
        let quadratic = |(x, g): Values<'_>| {
            let mut value = 0.0;
            for i in 0..x.len() {
                g[i] = weight(i) * (x[i] - 1.0);
                value += 0.5 * weight(i) * (x[i] - 1.0) * (x[i] - 1.0);
            }
            value
        };
        let mut x = vec![0.0; n];
        let lbfgs = Lbfgs { max_iterations: 3000, gradient_tolerance: 1e-9, ..Lbfgs::default() };
        let outcome = minimize(quadratic, &mut x, lbfgs);
        assert!(outcome.reason.is_converged(), "{n}: {outcome}");
        assert!(distance(&x, |_| 1.0) < 1e-8, "{n}: {outcome}");
    }
}

/// The point of the approximate Wolfe conditions: the value has its last digit long before the
/// gradient is small, and the gradient goes on shrinking.
#[test]
fn the_gradient_shrinks_below_the_rounding_of_the_value() {
    for n in [3, 20, 100] {
        let mut x = ramp(n);
        let outcome = minimize(rayleigh, &mut x, Lbfgs { gradient_tolerance: 1e-14, ..Lbfgs::default() });
        assert_eq!(outcome.reason, StopReason::GradientTolerance, "{outcome}");
        assert!((outcome.value - smallest_eigenvalue(n)).abs() < 1e-15, "{outcome}");
        assert!(outcome.evaluations < 5 * n + 30, "{outcome}");
    }
}

#[test]
fn it_ends_at_the_rounding_limit_and_says_so() {
    let mut x = ramp(50);
    let outcome = minimize(rayleigh, &mut x, Lbfgs { gradient_tolerance: 0.0, ..Lbfgs::default() });
    assert_eq!(outcome.reason, StopReason::RoundingLimit, "{outcome}");
    assert!(outcome.gradient_norm < 1e-15 && outcome.evaluations < 300, "{outcome}");

    let mut f = from_fn(2, |x: &[f32], g: &mut [f32]| {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        g[0] = -2.0 * a - 400.0 * x[0] * b;
        g[1] = 200.0 * b;
        // The one keeps the value from ever becoming more accurate than 1e-7.
        Ok(1.0 + a * a + 100.0 * b * b)
    });
    let mut x = [-1.2, 1.0];
    let outcome = Lbfgs { gradient_tolerance: 0.0, ..Lbfgs::default() }.minimize(&mut f, &mut x).unwrap();
    assert!(outcome.reason.is_converged() && outcome.evaluations < 200, "{outcome}");
    assert!((x[0] - 1.0).abs() < 1e-4 && (x[1] - 1.0).abs() < 1e-4, "{x:?} {outcome}");
}

/// A value that is wrong by 1e-11 in a way that does not depend smoothly on x.
#[test]
fn a_noisy_value_is_minimised_by_its_gradient() {
    let noisy = |(x, g): Values<'_>| {
        let value = rayleigh((x, g));
        let bits = x.iter().fold(0, |h, x| crate::rng::mix(h ^ x.to_bits()));
        value + 1e-11 * (bits as f64 / u64::MAX as f64)
    };
    for (noise, limit) in [(2e7, 1e-10), (16.0, 1e-3)] {
        let mut x = ramp(50);
        let outcome = minimize(noisy, &mut x, Lbfgs { noise, gradient_tolerance: 1e-10, ..Lbfgs::default() });
        assert!(outcome.gradient_norm < limit && outcome.evaluations < 500, "{outcome}");
        assert_ne!(outcome.reason, StopReason::MaxIterations, "{outcome}");
    }
}

#[test]
fn points_outside_the_domain_are_stepped_back_from() {
    // Σ xᵢ − ln xᵢ, which is an error or a NaN for xᵢ ≤ 0; the first steps lead there.
    for answer_nan in [true, false] {
        let mut barrier = from_fn(3, |x: &[f64], g: &mut [f64]| {
            for (g, x) in g.iter_mut().zip(x) {
                *g = 1.0 - 1.0 / x;
            }
            if !answer_nan && x.iter().any(|x| *x <= 0.0) {
                return Err(Error::NotPositiveDefinite { operation: "barrier", pivot: 0 });
            }
            Ok(x.iter().map(|x| x - x.ln()).sum())
        });
        let mut x = [30.0, 0.01, 1e-3];
        let outcome = Lbfgs::default().minimize(&mut barrier, &mut x).unwrap();
        assert!(outcome.reason.is_converged() && distance(&x, |_| 1.0) < 1e-6, "{x:?} {outcome}");
    }
}

#[test]
fn a_domain_of_one_point_is_reported() {
    let mut point = from_fn(1, |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0;
        Ok(if x[0] == 1.0 { 1.0 } else { f64::NAN })
    });
    let mut x = [1.0];
    let outcome = Lbfgs::default().minimize(&mut point, &mut x).unwrap();
    assert!(matches!(outcome.reason, StopReason::NonFinite), "{outcome}");
    assert_eq!((x, outcome.value), ([1.0], 1.0));
}

/// −x, y² − x² and y² − x³ have no minimum; without a limit of iterations the search once went on for ever.
#[test]
fn what_has_no_minimum_is_said_to_be_unbounded() {
    type Form = fn(&[f64], &mut [f64]) -> f64;
    let forms: [Form; 3] = [
        |x, g| {
            g.copy_from_slice(&[-1.0, 0.0]);
            -x[0]
        },
        |x, g| {
            g.copy_from_slice(&[-2.0 * x[0], 2.0 * x[1]]);
            x[1] * x[1] - x[0] * x[0]
        },
        |x, g| {
            g.copy_from_slice(&[-3.0 * x[0] * x[0], 2.0 * x[1]]);
            x[1] * x[1] - x[0].powi(3)
        },
    ];
    for form in forms {
        let mut objective = from_fn(2, |x: &[f64], g: &mut [f64]| Ok(form(x, g)));
        let mut x = [3.0, 0.5];
        let endless = Lbfgs { max_iterations: usize::MAX, ..Lbfgs::default() };
        let outcome = endless.minimize(&mut objective, &mut x).unwrap();
        assert_eq!(outcome.reason, StopReason::Unbounded, "{outcome}");
        assert!(!outcome.reason.is_converged() && outcome.to_string().contains("penalty"));
        assert_eq!(outcome.value, form(&x, &mut [0.0; 2]));
    }
    let code = StopReason::Unbounded.encode();
    assert_eq!(StopReason::decode(code.0, code.1), Some(StopReason::Unbounded));
    // A minimum far off and far below is none of these: f = (x − 1e9)² − 1e30, from 0.
    let mut far = from_fn(1, |x: &[f64], g: &mut [f64]| {
        g[0] = 2.0 * (x[0] - 1e9);
        Ok((x[0] - 1e9).powi(2) - 1e30)
    });
    let mut x = [0.0];
    let outcome = Lbfgs::default().minimize(&mut far, &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0] - 1e9).abs() < 1e-3, "{x:?} {outcome}");
}

#[test]
fn a_wrong_gradient_is_reported() {
    let mut wrong = from_fn(2, |x: &[f64], g: &mut [f64]| {
        g.copy_from_slice(&[-2.0 * x[0], -2.0 * x[1]]);
        Ok(x[0] * x[0] + x[1] * x[1])
    });
    let outcome = Lbfgs::default().minimize(&mut wrong, &mut [1.0, 2.0]).unwrap();
    assert!(matches!(outcome.reason, StopReason::NoDecrease { .. }), "{outcome}");
    assert!(outcome.reason.to_string().contains("finite differences"));
}

#[test]
fn errors_of_the_objective_pass_through_and_leave_the_last_point() {
    let mut count = 0;
    let mut failing = from_fn(2, |x: &[f64], g: &mut [f64]| {
        count += 1;
        if count > 10 {
            return Err(Error::invalid("objective", "no more"));
        }
        Ok(rosenbrock((x, g)))
    });
    let mut x = [-1.2, 1.0];
    let error = Lbfgs::default().minimize(&mut failing, &mut x).unwrap_err();
    assert_eq!(error, Error::invalid("objective", "no more"));
    assert!(rosenbrock((&x, &mut [0.0; 2])) < 24.0, "{x:?}");
}

#[test]
fn trivial_starts() {
    let mut x = [1.0; 4];
    let outcome = minimize(rosenbrock, &mut x, Lbfgs::default());
    assert_eq!((outcome.reason, outcome.iterations, outcome.evaluations), (StopReason::GradientTolerance, 0, 1));
    let outcome = minimize(|_| 3.0, &mut [], Lbfgs::default());
    assert_eq!((outcome.reason, outcome.value), (StopReason::GradientTolerance, 3.0));
    // Scales far from 1, of the value and of the parameters.
    for scale in [1e-30, 1e-8, 1e8, 1e30] {
        let mut x = [-1.2, 1.0];
        let outcome = minimize(
            |(x, g)| {
                let value = rosenbrock((x, g));
                g.iter_mut().for_each(|g| *g *= scale);
                scale * value
            },
            &mut x,
            Lbfgs { gradient_tolerance: 1e-10 * scale, ..Lbfgs::default() },
        );
        assert!(outcome.reason.is_converged() && distance(&x, |_| 1.0) < 1e-8, "{scale:e}: {x:?} {outcome}");
    }
}

#[test]
fn hostile_arguments_are_errors() {
    let mut f = from_fn(2, |x: &[f64], g: &mut [f64]| Ok(rosenbrock((x, g))));
    let good = Lbfgs::default();
    assert!(matches!(good.minimize(&mut f, &mut [1.0]), Err(Error::Shape { .. })));
    assert!(matches!(good.minimize(&mut f, &mut [1.0, f64::NAN]), Err(Error::NonFinite { index: 1, .. })));
    let mut nan = from_fn(1, |_: &[f64], _: &mut [f64]| Ok(f64::NAN));
    assert!(matches!(good.minimize(&mut nan, &mut [1.0]), Err(Error::NonFinite { .. })));
    let mut nan = from_fn(1, |_: &[f64], g: &mut [f64]| {
        g[0] = f64::NAN;
        Ok(0.0)
    });
    assert!(matches!(good.minimize(&mut nan, &mut [1.0]), Err(Error::NonFinite { .. })));
    for bad in [
        Lbfgs { memory: usize::MAX, ..good },
        Lbfgs { decrease: 0.0, ..good },
        Lbfgs { decrease: 0.4, curvature: 0.3, ..good },
        Lbfgs { curvature: 1.0, ..good },
        Lbfgs { gradient_tolerance: f64::NAN, ..good },
        Lbfgs { value_tolerance: -1.0, ..good },
        Lbfgs { step_tolerance: f64::INFINITY, ..good },
        Lbfgs { noise: f64::NAN, ..good },
        Lbfgs { first_step: 0.0, ..good },
        Lbfgs { max_trials: 0, ..good },
    ] {
        assert!(bad.minimize(&mut f, &mut [-1.2, 1.0]).is_err(), "{bad:?}");
    }
}

#[test]
fn every_limit_is_kept_and_named() {
    let start = [-1.2, 1.0];
    let run = |lbfgs| minimize(rosenbrock, &mut start.clone(), lbfgs);
    let good = Lbfgs::default();
    let outcome = run(Lbfgs { max_iterations: 5, ..good });
    assert_eq!((outcome.reason, outcome.iterations), (StopReason::MaxIterations, 5));
    for max_evaluations in 1..30 {
        let outcome = run(Lbfgs { max_evaluations, ..good });
        assert_eq!(outcome.reason, StopReason::MaxEvaluations, "{outcome}");
        assert!(outcome.evaluations <= max_evaluations + 1 && outcome.value <= 24.2 + 1e-9, "{outcome}");
    }
    assert_eq!(run(Lbfgs { step_tolerance: 1e-3, ..good }).reason, StopReason::StepTolerance);
    let outcome = minimize(rayleigh, &mut ramp(50), Lbfgs { value_tolerance: 1e-10, ..good });
    assert_eq!(outcome.reason, StopReason::ValueTolerance);
    assert!(outcome.value - smallest_eigenvalue(50) < 1e-10, "{outcome}");
    let steepest = run(Lbfgs { memory: 0, max_iterations: 50, ..good });
    assert!(steepest.value < 5.0 && steepest.iterations == 50, "{steepest}");
}

#[test]
fn a_run_saved_and_resumed_is_the_whole_run_bit_for_bit() {
    let start: Vec<f64> = (0..20).map(|i| (i as f64).sin()).collect();
    let lbfgs = Lbfgs { memory: 4, ..Lbfgs::default() };
    let mut f = from_fn(20, |x: &[f64], g: &mut [f64]| Ok(chained_rosenbrock((x, g))));
    let mut whole = start.clone();
    let expected = lbfgs.minimize(&mut f, &mut whole).unwrap();

    for stop in [0, 1, 3, 7, 30] {
        let mut state = Lbfgs { max_iterations: stop, ..lbfgs }.start(&mut f, &start).unwrap();
        let part = lbfgs.resume(&mut f, &mut state, |p| {
            if p.iteration >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let _ = part.unwrap();
        let mut container = Container::new();
        state.save(&mut container, "lbfgs").unwrap();
        let container = Container::from_bytes(&container.to_bytes()).unwrap();
        let mut state = LbfgsState::<f64>::load(&container, "lbfgs").unwrap();
        let outcome = lbfgs.resume(&mut f, &mut state, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((outcome, state.parameters()), (expected, &whole[..]), "{stop}");
        assert!(Lbfgs { memory: 5, ..lbfgs }.resume(&mut f, &mut state, |_| ControlFlow::Continue(())).is_err());
        assert!(LbfgsState::<f32>::load(&container, "lbfgs").is_err());
    }
}

#[test]
fn the_observer_sees_every_iteration_and_may_stop() {
    let mut f = from_fn(2, |x: &[f64], g: &mut [f64]| Ok(rosenbrock((x, g))));
    let mut values = Vec::new();
    let outcome = Lbfgs::default().minimize_observed(&mut f, &mut [-1.2, 1.0], |p| {
        values.push(p.value);
        assert_eq!((p.iteration, p.parameters), (values.len(), p.state.parameters()));
        if values.len() == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let outcome = outcome.unwrap();
    assert_eq!((outcome.reason, outcome.iterations, outcome.value), (StopReason::StoppedByObserver, 7, values[6]));
    assert!(values.is_sorted_by(|a, b| a >= b));
}

/// f(x) = ½ |B(x − c)|² + ½ |x − c|² has its minimum at c for any B, from any start.
#[test]
fn any_convex_quadratic_is_minimised() {
    fn holds(seed: u64, size: u8) -> bool {
        let n = 1 + usize::from(size % 12);
        let mut stream = crate::Seed(seed).stream("quadratic");
        let b: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
        let c: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mut x: Vec<f64> = (0..n).map(|_| 100.0 * stream.normal::<f64>()).collect();
        let quadratic = |(x, g): Values<'_>| {
            let d: Vec<f64> = x.iter().zip(&c).map(|(x, c)| x - c).collect();
            g.copy_from_slice(&d);
            let mut value = 0.5 * d.iter().map(|d| d * d).sum::<f64>();
            for row in b.chunks_exact(n) {
                let r: f64 = row.iter().zip(&d).map(|(b, d)| b * d).sum();
                g.iter_mut().zip(row).for_each(|(g, b)| *g += r * b);
                value += 0.5 * r * r;
            }
            value
        };
        let outcome = minimize(quadratic, &mut x, Lbfgs::default());
        outcome.reason.is_converged() && distance(&x, |i| c[i]) < 1e-11 && outcome.evaluations < 300
    }
    quickcheck::QuickCheck::new().tests(300).quickcheck(holds as fn(u64, u8) -> bool);
}

#[test]
fn a_state_of_another_objective_is_refused() {
    fn check<T: Scalar>() {
        for scale in [1e-12, 1.0, 1e12] {
            let parabola = |at: f64, least: f64| {
                from_fn(1, move |x: &[T], g: &mut [T]| {
                    let away = x[0] - T::of(at);
                    g[0] = T::of(2.0 * scale) * away;
                    Ok(T::of(scale) * (away * away + T::of(least)))
                })
            };
            let (lbfgs, go) = (Lbfgs::default(), |_: &Progress<'_, T>| ControlFlow::Continue(()));
            let mut state = lbfgs.start(&mut parabola(1.0, 0.0), &[T::of(3.0)]).unwrap();
            assert!(lbfgs.resume(&mut parabola(1.0, 0.0), &mut state, go).unwrap().reason.is_converged());
            // It had ended; where that was is no minimum of these.
            for (at, least) in [(5.0, 3.0), (5.0, 0.0), (1.0, 3.0)] {
                let refused = lbfgs.resume(&mut parabola(at, least), &mut state, go).unwrap_err().to_string();
                assert!(refused.contains("another one"), "{refused}");
            }
            assert!(lbfgs.resume(&mut parabola(1.0, 0.0), &mut state, go).unwrap().reason.is_converged());
            assert!((Scalar::to_f64(state.parameters()[0]) - 1.0).abs() < 1e-6);
        }
    }
    check::<f64>();
    check::<f32>();
}
