use super::*;
use crate::container::Container;
use crate::linalg::{Matrix, least_squares};
use crate::optim::least_squares::from_fn;
use crate::optim::least_squares::tests::{affine, exponential, linear, network, powell, rosenbrock, start};
use crate::optim::{FitProgress, Outcome, StopReason};

const MATRIX_FREE: StepSolver = StepSolver::MatrixFree { tolerance: 1e-12, max_products: 200 };
const SOLVERS: [StepSolver; 5] =
    [StepSolver::Auto, StepSolver::Normal, StepSolver::Kernel, StepSolver::Qr, MATRIX_FREE];
const SEARCHES: [LineSearch; 3] = [
    LineSearch::Armijo { decrease: 1e-4, max_trials: 40 },
    LineSearch::StrongWolfe { decrease: 1e-4, curvature: 0.9, max_trials: 40 },
    LineSearch::Grid { halvings: 30 },
];

fn minimize(residuals: &mut impl Residuals<f64>, x: &mut [f64], method: GaussNewton) -> Outcome {
    method.minimize(residuals, x).unwrap()
}

fn settings() -> impl Iterator<Item = GaussNewton> {
    let all = SOLVERS.into_iter().flat_map(|solver| SEARCHES.map(|line_search| (solver, line_search)));
    all.map(|(solver, line_search)| GaussNewton { solver, line_search, ..GaussNewton::default() })
}

#[test]
fn rosenbrock_by_every_form_and_search() {
    for method in settings() {
        let mut x = [-1.2, 1.0];
        let outcome = minimize(&mut rosenbrock(), &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.iterations < 40, "{method:?} {outcome}");
        assert!((x[0] - 1.0).abs() < 1e-10 && (x[1] - 1.0).abs() < 1e-10, "{x:?} {method:?} {outcome}");
    }
    for solver in SOLVERS {
        let mut x = [-1.2_f32, 1.0];
        let method = GaussNewton { solver, ..GaussNewton::energy_natural_gradient() };
        let outcome = method.minimize(&mut rosenbrock(), &mut x).unwrap();
        assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-4, "{solver:?} {outcome}");
    }
}

#[test]
fn powells_singular_function() {
    for method in settings() {
        let mut x = [3.0, -1.0, 0.0, 1.0];
        let outcome = minimize(&mut powell(), &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.value < 1e-15, "{method:?} {outcome}");
    }
}

#[test]
fn a_fit_whose_residuals_do_not_vanish() {
    let mut values = Vec::new();
    // With more residuals than parameters the kernel is singular but for the damping.
    for method in settings().filter(|method| method.solver != StepSolver::Kernel) {
        let mut x = [2.0, -0.3, 0.5];
        let outcome = minimize(&mut exponential(), &mut x, method);
        assert!(outcome.reason.is_converged() && outcome.gradient_norm < 1e-6, "{method:?} {outcome}");
        values.push(outcome.value);
    }
    assert!(values.iter().all(|v| (v / values[0] - 1.0).abs() < 1e-12), "{values:?}");
}

#[test]
fn a_linear_problem_is_solved_in_one_step() {
    for (m, p) in [(20, 5), (6, 6), (5, 20)] {
        let (a, b) = linear(m, p, 3);
        let exact = least_squares(&a, &b, None).unwrap().solution;
        for method in settings() {
            if (method.solver == StepSolver::Normal && p > m) || (method.solver == StepSolver::Kernel && m > p) {
                // Its matrix is singular but for the damping.
                continue;
            }
            let mut x = vec![0.0; p];
            let method = GaussNewton { max_iterations: 1, ..method };
            let outcome = minimize(&mut affine(a.clone(), b.clone()), &mut x, method);
            assert_eq!((outcome.accepted, outcome.underdetermined), (1, p > m));
            let error = x.iter().zip(exact.as_slice()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            assert!(error < 1e-9, "[{m}, {p}] {method:?}: {error:e}");
        }
    }
}

/// (JᵀJ + λI)⁻¹Jᵀ = Jᵀ(JJᵀ + λI)⁻¹, and conjugate gradients to the end find the same.
#[test]
fn every_form_takes_the_same_step() {
    fn holds(seed: u64, m: u8, p: u8, damping: u8) -> bool {
        let (m, p) = (1 + usize::from(m % 9), 1 + usize::from(p % 9));
        let (a, b) = linear(m, p, seed);
        let damping = 0.01 + f64::from(damping) / 50.0;
        let steps = SOLVERS.map(|solver| {
            let method = GaussNewton { solver, damping, max_iterations: 1, ..GaussNewton::default() };
            let mut x = vec![0.1; p];
            let _ = minimize(&mut affine(a.clone(), b.clone()), &mut x, method);
            x
        });
        steps.iter().all(|x| x.iter().zip(&steps[0]).all(|(x, y)| (x - y).abs() < 1e-9))
    }
    quickcheck::QuickCheck::new().tests(200).quickcheck(holds as fn(u64, u8, u8, u8) -> bool);
}

#[test]
fn every_step_decreases_the_value() {
    for method in settings() {
        let method = GaussNewton { value_damping: 1e-2, max_iterations: 60, ..method };
        let mut last = f64::INFINITY;
        let outcome = method.minimize_observed(&mut network::<f64>(40, 5), &mut start(5, 4), |p| {
            assert!(p.value <= last * (1.0 + 1e-14), "{method:?} {} {last}", p.value);
            last = p.value;
            ControlFlow::Continue(())
        });
        assert!(outcome.unwrap().value < 1e-2, "{method:?} {last:e}");
    }
}

#[test]
fn a_wide_network_fits_its_points_and_says_what_that_means() {
    let method = GaussNewton { damping: 1e-9, max_iterations: 100, ..GaussNewton::energy_natural_gradient() };
    let outcome = minimize(&mut network(20, 30), &mut start(30, 1), method);
    assert!(outcome.value < 1e-8 && outcome.underdetermined, "{outcome}");
    assert!(outcome.to_string().contains("add points"));
}

#[test]
fn dependent_parameters_and_singular_matrices_do_no_harm() {
    for method in settings().map(|method| GaussNewton { damping: 0.0, ..method }) {
        let mut same = from_fn(3, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            r.fill((x[0] + x[1]) * 0.1 - 1.0);
            if let Some(j) = jacobian {
                j.as_mut_slice().fill(0.1);
            }
            Ok(())
        });
        let mut x = [0.0; 2];
        let outcome = minimize(&mut same, &mut x, method);
        assert!(outcome.reason.is_converged() && (x[0] + x[1] - 10.0).abs() < 1e-6, "{method:?} {x:?} {outcome}");
    }
}

#[test]
fn the_edge_of_the_domain_and_a_wrong_jacobian_are_named() {
    for method in settings() {
        let mut root = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            r[0] = x[0].sqrt() - 1.0;
            if let Some(j) = jacobian {
                j[(0, 0)] = 0.5 / x[0].sqrt();
            }
            Ok(())
        });
        let mut x = [5.0];
        let outcome = minimize(&mut root, &mut x, method);
        assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-10, "{method:?} {x:?} {outcome}");

        let mut point = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            r[0] = if x[0] == 1.0 { 1.0 } else { f64::NAN };
            if let Some(j) = jacobian {
                j[(0, 0)] = 1.0;
            }
            Ok(())
        });
        let outcome = minimize(&mut point, &mut [1.0], method);
        assert!(matches!(outcome.reason, StopReason::NonFinite), "{method:?} {outcome}");

        let mut wrong = from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
            r.copy_from_slice(x);
            if let Some(j) = jacobian {
                j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, 0.0, -1.0]);
            }
            Ok(())
        });
        let outcome = minimize(&mut wrong, &mut [1.0, 2.0], method);
        assert!(matches!(outcome.reason, StopReason::NoDecrease { .. }), "{method:?} {outcome}");
    }
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
}

#[test]
fn hostile_settings_are_errors() {
    let good = GaussNewton::default();
    let free = |tolerance, max_products| StepSolver::MatrixFree { tolerance, max_products };
    for bad in [
        GaussNewton { damping: -1.0, ..good },
        GaussNewton { damping: f64::NAN, ..good },
        GaussNewton { value_damping: f64::INFINITY, ..good },
        GaussNewton { solver: free(1.0, 10), ..good },
        GaussNewton { solver: free(f64::NAN, 10), ..good },
        GaussNewton { solver: free(0.1, 0), ..good },
        GaussNewton { line_search: LineSearch::Armijo { decrease: 0.5, max_trials: 40 }, ..good },
        GaussNewton { line_search: LineSearch::Armijo { decrease: 0.1, max_trials: 0 }, ..good },
        GaussNewton { line_search: LineSearch::StrongWolfe { decrease: 0.1, curvature: 0.1, max_trials: 9 }, ..good },
        GaussNewton { line_search: LineSearch::StrongWolfe { decrease: 0.1, curvature: 1.0, max_trials: 9 }, ..good },
        GaussNewton { line_search: LineSearch::Grid { halvings: u32::MAX }, ..good },
        GaussNewton { gradient_tolerance: f64::NAN, ..good },
    ] {
        assert!(bad.minimize(&mut rosenbrock::<f64>(), &mut [-1.2, 1.0]).is_err(), "{bad:?}");
    }
}

#[test]
fn a_run_saved_and_resumed_is_the_whole_run_bit_for_bit() {
    for method in settings() {
        let method = GaussNewton { value_damping: 1e-2, max_iterations: 12, ..method };
        let mut f = network::<f64>(40, 5);
        let mut whole = start(5, 3);
        let expected = minimize(&mut f, &mut whole, method);
        for stop in [1, 4, 11] {
            let mut state = method.start(&mut f, &start(5, 3)).unwrap();
            let halt = |p: &FitProgress<'_, f64>| match p.iteration >= stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let _ = method.resume(&mut f, &mut state, halt).unwrap();
            let mut container = Container::new();
            state.save(&mut container, "fit").unwrap();
            let mut state = FitState::<f64>::load(&container, "fit").unwrap();
            let outcome = method.resume(&mut f, &mut state, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!((outcome, state.parameters()), (expected, &whole[..]), "{stop} {method:?}");
        }
    }
}
