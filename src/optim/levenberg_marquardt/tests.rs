use super::*;
use crate::container::Container;
use crate::linalg::{Matrix, least_squares};
use crate::optim::least_squares::from_fn;
use crate::optim::least_squares::tests::{affine, exponential, linear, network, powell, rosenbrock, start};
use crate::optim::{Outcome, StopReason};
use crate::par::dot;

const MATRIX_FREE: StepSolver = StepSolver::MatrixFree { tolerance: 1e-12, max_products: 200 };
const SOLVERS: [StepSolver; 5] =
    [StepSolver::Auto, StepSolver::Normal, StepSolver::Kernel, StepSolver::Qr, MATRIX_FREE];
const SCALINGS: [Scaling; 2] = [Scaling::Identity, Scaling::MarquardtDiagonal];

/// Every solver with every scaling that it knows.
fn settings() -> impl Iterator<Item = LevenbergMarquardt> {
    let all = SOLVERS.into_iter().flat_map(|solver| SCALINGS.map(|scaling| (solver, scaling)));
    let all = all.filter(|(solver, scaling)| *scaling == Scaling::Identity || *solver != MATRIX_FREE);
    all.map(|(solver, scaling)| LevenbergMarquardt { solver, scaling, ..LevenbergMarquardt::default() })
}

fn minimize(residuals: &mut impl Residuals<f64>, x: &mut [f64], method: LevenbergMarquardt) -> Outcome {
    method.minimize(residuals, x).unwrap()
}

/// What a closure that passes its call on answers.
fn answer(inner: &mut impl Residuals<f64>, x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>) -> Result<()> {
    match jacobian {
        Some(j) => inner.residuals_and_jacobian(x, r, j),
        None => inner.residuals(x, r),
    }
}

#[test]
fn rosenbrock_by_every_solver() {
    for method in settings() {
        let mut x = [-1.2, 1.0];
        let outcome = minimize(&mut rosenbrock(), &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.iterations < 60, "{method:?} {outcome}");
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 1.0).abs() < 1e-12, "{x:?} {outcome}");
    }
    let mut x = [-1.2_f32, 1.0];
    let outcome = LevenbergMarquardt::default().minimize(&mut rosenbrock(), &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-5, "{outcome}");
}

#[test]
fn powells_singular_function() {
    for method in settings() {
        let mut x = [3.0, -1.0, 0.0, 1.0];
        let outcome = minimize(&mut powell(), &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.value < 1e-17, "{outcome}");
        assert!(x.iter().all(|x| x.abs() < 1e-3), "{x:?}");
    }
}

#[test]
fn a_fit_whose_residuals_do_not_vanish_ends_by_rounding() {
    let mut reference = [2.0, -0.3, 0.5];
    let _ = minimize(&mut exponential(), &mut reference, LevenbergMarquardt::default());
    for method in settings() {
        let mut x = [1.0, 0.0, 0.0];
        let method = LevenbergMarquardt { gradient_tolerance: 0.0, ..method };
        let outcome = minimize(&mut exponential(), &mut x, method);
        assert_eq!(outcome.reason, StopReason::RoundingLimit, "{outcome}");
        assert!(outcome.gradient_norm < 1e-9 && outcome.iterations < 100, "{outcome}");
        assert!(x.iter().zip(reference).all(|(x, y)| (x - y).abs() < 1e-6), "{x:?} {reference:?}");
    }
}

#[test]
fn a_linear_problem_is_least_squares() {
    for (m, p) in [(20, 5), (6, 6), (5, 20)] {
        let (a, b) = linear(m, p, 3);
        let exact = least_squares(&a, &b, None).unwrap().solution;
        let mut x = vec![0.0; p];
        let outcome = minimize(&mut affine(a, b), &mut x, LevenbergMarquardt::default());
        assert!(outcome.reason.is_converged(), "{outcome}");
        assert_eq!(outcome.underdetermined, p > m);
        assert_eq!(outcome.to_string().contains("more parameters (20) than residuals (5)"), p > m);
        // From the origin even the solution of least norm is the same.
        assert!(x.iter().zip(exact.as_slice()).all(|(x, y)| (x - y).abs() < 1e-6), "{outcome}");
    }
}

#[test]
fn dependent_parameters_do_no_harm() {
    // The same parameter three times, and one that does nothing.
    let mut twice = from_fn(2, 4, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        let sum = x[0] + x[1] + x[2];
        r.copy_from_slice(&[sum - 6.0, 2.0 * sum - 12.0]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[1.0, 1.0, 1.0, 0.0, 2.0, 2.0, 2.0, 0.0]);
        }
        Ok(())
    });
    for method in settings() {
        let mut x = [0.0, 0.0, 0.0, 7.0];
        let outcome = minimize(&mut twice, &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.value < 1e-20, "{method:?} {outcome}");
        assert!((x[0] - 2.0).abs() < 1e-9 && (x[3] - 7.0).abs() < 1e-9, "{x:?}");
    }
}

/// A damping far below the rounding of the Gram matrix is raised, not fatal.
#[test]
fn a_damping_too_small_for_the_arithmetic_is_raised() {
    let mut same = from_fn(3, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.fill((x[0] + x[1]) * 0.1 - 1.0);
        if let Some(j) = jacobian {
            j.as_mut_slice().fill(0.1);
        }
        Ok(())
    });
    let method = LevenbergMarquardt { damping: 1e-20, ..LevenbergMarquardt::default() };
    let mut x = [0.0; 2];
    let outcome = minimize(&mut same, &mut x, method);
    assert!(outcome.reason.is_converged() && (x[0] + x[1] - 10.0).abs() < 1e-6, "{x:?} {outcome}");
}

/// The kernel's system gives the step of the normal equations: (JᵀJ + μI)⁻¹Jᵀ = Jᵀ(JJᵀ + μI)⁻¹.
#[test]
fn every_solver_takes_the_same_step() {
    fn holds(seed: u64, m: u8, p: u8, damping: u8) -> bool {
        let (m, p) = (1 + usize::from(m % 9), 1 + usize::from(p % 9));
        let (a, b) = linear(m, p, seed);
        let damping = 0.01 + f64::from(damping) / 50.0;
        SCALINGS.into_iter().all(|scaling| {
            let scaled = settings().filter(|method| method.scaling == scaling);
            let steps = scaled.map(|method| {
                let mut x = vec![0.1; p];
                let method = LevenbergMarquardt { damping, max_iterations: 1, ..method };
                let _ = minimize(&mut affine(a.clone(), b.clone()), &mut x, method);
                x
            });
            let steps: Vec<_> = steps.collect();
            steps.iter().all(|x| x.iter().zip(&steps[0]).all(|(x, y)| (x - y).abs() < 1e-9))
        })
    }
    quickcheck::QuickCheck::new().tests(200).quickcheck(holds as fn(u64, u8, u8, u8) -> bool);
}

#[test]
fn every_accepted_step_decreases_the_value() {
    fn holds(seed: u64, hidden: u8, points: u8) -> bool {
        let (hidden, points) = (1 + usize::from(hidden % 4), 2 + usize::from(points % 20));
        let mut x = start::<f64>(hidden, seed);
        let method = LevenbergMarquardt { max_iterations: 60, ..LevenbergMarquardt::default() };
        let (mut last, mut fine) = (f64::INFINITY, true);
        let outcome = method
            .minimize_observed(&mut network::<f64>(points, hidden), &mut x, |p| {
                fine &= if p.step > 0.0 { p.value < last } else { p.value <= last };
                last = p.value;
                ControlFlow::Continue(())
            })
            .unwrap();
        let mut r = vec![0.0; points];
        network::<f64>(points, hidden).residuals(&x, &mut r).unwrap();
        fine && dot(&r, &r) == outcome.value
    }
    quickcheck::QuickCheck::new().tests(200).quickcheck(holds as fn(u64, u8, u8) -> bool);
}

#[test]
fn a_rejected_step_computes_no_jacobian() {
    let (mut plain, mut with_jacobian) = (0, 0);
    let mut inner = rosenbrock::<f64>();
    let mut counted = from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| match jacobian {
        Some(j) => {
            with_jacobian += 1;
            answer(&mut inner, x, r, Some(j))
        }
        None => {
            plain += 1;
            answer(&mut inner, x, r, None)
        }
    });
    let outcome = minimize(&mut counted, &mut [-1.2, 1.0], LevenbergMarquardt::default());
    assert_eq!((with_jacobian, plain), (outcome.accepted + 1, 2 * outcome.iterations));
    assert!(outcome.accepted < outcome.iterations, "no step was rejected: {outcome}");
    assert_eq!(outcome.evaluations, plain + with_jacobian);
}

/// √x − 1 from far away, whose first steps lead below 0, where the residual is an error, a NaN or has a
/// Jacobian that is not finite.
#[test]
fn points_outside_the_domain_are_stepped_back_from() {
    for kind in 0..3 {
        let mut root = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            if x[0] < 0.0 && kind == 0 {
                return Err(Error::NonFinite { what: "root".into(), index: 0 });
            }
            r[0] = if kind == 2 { x[0].abs().sqrt() - 1.0 } else { x[0].sqrt() - 1.0 };
            if let Some(j) = jacobian {
                j[(0, 0)] = if x[0] < 0.0 { f64::NAN } else { 0.5 / x[0].sqrt() };
            }
            Ok(())
        });
        let mut x = [5.0];
        let outcome = minimize(&mut root, &mut x, LevenbergMarquardt { damping: 1e-10, ..Default::default() });
        assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-12, "{kind}: {x:?} {outcome}");
    }
    let mut point = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = if x[0] == 1.0 { 1.0 } else { f64::NAN };
        if let Some(j) = jacobian {
            j[(0, 0)] = 1.0;
        }
        Ok(())
    });
    let mut x = [1.0];
    let outcome = minimize(&mut point, &mut x, LevenbergMarquardt::default());
    assert!(matches!(outcome.reason, StopReason::NonFinite) && x == [1.0], "{outcome}");
}

#[test]
fn a_wrong_jacobian_is_reported() {
    let mut wrong = from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.copy_from_slice(x);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, 0.0, -1.0]);
        }
        Ok(())
    });
    let outcome = minimize(&mut wrong, &mut [1.0, 2.0], LevenbergMarquardt::default());
    assert!(matches!(outcome.reason, StopReason::NoDecrease { .. }), "{outcome}");
    assert!(outcome.to_string().contains("finite differences") && !outcome.reason.is_converged());
}

#[test]
fn nothing_to_fit_is_fitted_at_once() {
    let nothing = |m, p| from_fn(m, p, |_: &[f64], _: &mut [f64], _: Option<&mut Matrix<f64>>| Ok(()));
    for (m, p) in [(0, 0), (0, 3), (3, 0)] {
        for method in settings() {
            let outcome = minimize(&mut nothing(m, p), &mut vec![1.0; p], method);
            assert_eq!((outcome.reason, outcome.iterations), (StopReason::GradientTolerance, 0));
        }
    }
    let outcome = minimize(&mut rosenbrock(), &mut [1.0, 1.0], LevenbergMarquardt::default());
    assert_eq!((outcome.reason, outcome.value, outcome.iterations), (StopReason::GradientTolerance, 0.0, 0));
}

#[test]
fn hostile_arguments_are_errors() {
    let good = LevenbergMarquardt::default();
    let mut f = rosenbrock::<f64>();
    assert!(matches!(good.minimize(&mut f, &mut [1.0]), Err(Error::Shape { .. })));
    assert!(matches!(good.minimize(&mut f, &mut [1.0, f64::NAN]), Err(Error::NonFinite { index: 1, .. })));
    for (bad, huge) in [(true, false), (false, true)] {
        let mut nan = from_fn(3, 1, |_: &[f64], r: &mut [f64], _: Option<&mut Matrix<f64>>| {
            r[1] = if bad { f64::NAN } else { 0.0 };
            r[2] = if huge { 1e200 } else { 0.0 };
            Ok(())
        });
        let error = good.minimize(&mut nan, &mut [1.0]).unwrap_err();
        assert!(matches!(&error, Error::NonFinite { index, .. } if *index == usize::from(bad)), "{error}");
    }
    let mut nan = from_fn(1, 3, |_: &[f64], _: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        if let Some(j) = jacobian {
            j[(0, 2)] = f64::INFINITY;
        }
        Ok(())
    });
    assert!(matches!(good.minimize(&mut nan, &mut [1.0; 3]), Err(Error::NonFinite { index: 2, .. })));
    let mut absurd = from_fn(usize::MAX / 4, 3, |_: &[f64], _: &mut [f64], _: Option<&mut Matrix<f64>>| Ok(()));
    assert!(matches!(good.minimize(&mut absurd, &mut [1.0; 3]), Err(Error::InvalidArgument { .. })));
    for bad in [
        LevenbergMarquardt { damping: 0.0, ..good },
        LevenbergMarquardt { damping: f64::NAN, ..good },
        LevenbergMarquardt { damping: 1.0, max_damping: 0.1, ..good },
        LevenbergMarquardt { min_damping: 0.0, ..good },
        LevenbergMarquardt { max_damping: f64::INFINITY, ..good },
        LevenbergMarquardt { increase: 1.0, ..good },
        LevenbergMarquardt { increase: f64::INFINITY, ..good },
        LevenbergMarquardt { decrease: 0.0, ..good },
        LevenbergMarquardt { decrease: 1.5, ..good },
        LevenbergMarquardt { acceleration: -1.0, ..good },
        LevenbergMarquardt { acceleration: 2.0, ..good },
        LevenbergMarquardt { acceleration: f64::NAN, ..good },
        LevenbergMarquardt { solver: MATRIX_FREE, scaling: Scaling::MarquardtDiagonal, ..good },
        LevenbergMarquardt { solver: StepSolver::MatrixFree { tolerance: 1.0, max_products: 9 }, ..good },
        LevenbergMarquardt { gradient_tolerance: -1.0, ..good },
        LevenbergMarquardt { value_tolerance: f64::NAN, ..good },
        LevenbergMarquardt { step_tolerance: f64::INFINITY, ..good },
    ] {
        assert!(bad.minimize(&mut f, &mut [-1.2, 1.0]).is_err(), "{bad:?}");
    }
}

#[test]
fn errors_pass_through_and_leave_the_last_good_point() {
    for limit in 3..20 {
        let mut count = 0;
        let mut inner = rosenbrock::<f64>();
        let mut failing = from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            count += 1;
            if count > limit {
                return Err(Error::invalid("residuals", "no more"));
            }
            answer(&mut inner, x, r, jacobian)
        });
        let mut x = [-1.2, 1.0];
        let error = LevenbergMarquardt::default().minimize(&mut failing, &mut x).unwrap_err();
        assert_eq!(error, Error::invalid("residuals", "no more"));
        let mut r = [0.0; 2];
        rosenbrock().residuals(&x, &mut r).unwrap();
        assert!(dot(&r, &r) < 24.3, "{x:?}");
    }
}

/// NaN from the k-th evaluation on: the last good point stays, and the reason says so.
#[test]
fn not_a_number_after_some_steps() {
    let mut count = 0;
    let mut inner = network::<f64>(30, 4);
    let mut failing = from_fn(30, 12, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        count += 1;
        answer(&mut inner, x, r, jacobian)?;
        if count > 20 {
            r[3] = f64::NAN;
        }
        Ok(())
    });
    let mut x = start::<f64>(4, 1);
    let answer = LevenbergMarquardt::default().minimize(&mut failing, &mut x);
    match answer {
        Ok(outcome) => assert!(matches!(outcome.reason, StopReason::NonFinite), "{outcome}"),
        Err(error) => assert!(matches!(error, Error::NonFinite { index: 3, .. }), "{error}"),
    }
    assert!(x.iter().all(|x| x.is_finite()));
}

#[test]
fn every_limit_is_kept_and_named() {
    let good = LevenbergMarquardt::default();
    let run = |method| minimize(&mut network(40, 5), &mut start(5, 2), method);
    let outcome = run(LevenbergMarquardt { max_iterations: 7, ..good });
    assert_eq!((outcome.reason, outcome.iterations), (StopReason::MaxIterations, 7));
    assert_eq!(run(LevenbergMarquardt { value_tolerance: 0.5, ..good }).reason, StopReason::ValueTolerance);
    assert_eq!(run(LevenbergMarquardt { step_tolerance: 0.05, ..good }).reason, StopReason::StepTolerance);
    assert_eq!(run(LevenbergMarquardt { gradient_tolerance: 1e-2, ..good }).reason, StopReason::GradientTolerance);
    let mut count = 0;
    let outcome = good.minimize_observed(&mut network::<f64>(40, 5), &mut start(5, 2), |p| {
        count += 1;
        assert_eq!((p.iteration, p.parameters), (count, p.state.parameters()));
        if count == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(outcome.unwrap().reason, StopReason::StoppedByObserver);
}

#[test]
fn a_run_saved_and_resumed_is_the_whole_run_bit_for_bit() {
    for method in [
        LevenbergMarquardt { max_iterations: 60, ..LevenbergMarquardt::default() },
        LevenbergMarquardt { max_iterations: 60, scaling: Scaling::MarquardtDiagonal, ..Default::default() },
    ] {
        let mut f = network::<f64>(40, 5);
        let mut whole = start(5, 3);
        let expected = minimize(&mut f, &mut whole, method);
        for stop in [1, 2, 5, 17, 33] {
            let mut state = method.start(&mut f, &start(5, 3)).unwrap();
            let halt = |p: &crate::optim::FitProgress<'_, f64>| match p.iteration >= stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let _ = method.resume(&mut f, &mut state, halt).unwrap();
            let mut container = Container::new();
            state.save(&mut container, "fit").unwrap();
            let container = Container::from_bytes(&container.to_bytes()).unwrap();
            let mut state = FitState::<f64>::load(&container, "fit").unwrap();
            let outcome = method.resume(&mut f, &mut state, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!((outcome, state.parameters()), (expected, &whole[..]), "{stop}");

            let mut state = FitState::<f64>::load(&container, "fit").unwrap();
            assert!(FitState::<f32>::load(&container, "fit").is_err());
            let go_on = |_: &crate::optim::FitProgress<'_, f64>| ControlFlow::Continue(());
            assert!(method.resume(&mut network(41, 5), &mut state, go_on).is_err());
            assert!(crate::optim::GaussNewton::default().resume(&mut f, &mut state, go_on).is_err());
        }
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut x = start(50, 1);
            let method = LevenbergMarquardt { max_iterations: 6, ..LevenbergMarquardt::default() };
            let outcome = minimize(&mut network(300, 50), &mut x, method);
            (x, outcome)
        })
    };
    let one = on(1);
    assert!(one == on(2) && one == on(3));
}
