//! Fits end for reasons that do not depend on the units of residuals and parameters.

use std::ops::ControlFlow;

use crate::container::Container;
use crate::linalg::Matrix;
use crate::optim::least_squares::{FitState, Residuals, from_fn};
use crate::optim::{
    GaussNewton, InverseHessian, Lbfgs, LbfgsState, LevenbergMarquardt, Outcome, Scaling, Spring, StepSolver,
    StopReason, SumOfSquares,
};
use crate::{Error, Scalar};

const START: [f64; 2] = [-1.2, 1.0];

/// Rosenbrock's function with residuals times `scale`, its unknowns in the units `u`.
fn rosenbrock<T: Scalar>(scale: f64, u: [f64; 2]) -> impl Residuals<T> {
    from_fn(2, 2, move |x: &[T], r: &mut [T], j: Option<&mut Matrix<T>>| {
        let (a, b) = (x[0].to_f64() / u[0], x[1].to_f64() / u[1]);
        r.copy_from_slice(&[1.0 - a, 10.0 * (b - a * a)].map(|r| T::of(scale * r)));
        if let Some(j) = j {
            let entries = [-1.0 / u[0], 0.0, -20.0 * a / u[0], 10.0 / u[1]];
            j.as_mut_slice().copy_from_slice(&entries.map(|j| T::of(scale * j)));
        }
        Ok(())
    })
}

fn is_solved(x: &[f64], u: [f64; 2]) -> bool {
    x.iter().zip(u).all(|(x, u)| (x / u - 1.0).abs() < 1e-5)
}

type Fit<'a> = dyn Fn(&mut dyn Residuals<f64>, &mut [f64]) -> Outcome + 'a;

/// "converged" means solved, by every method and in every unit; and where damping is the method's own, it is.
#[test]
fn small_and_large_residuals_are_fitted_or_not_called_converged() {
    for scale in [1e-60, 1e-30, 1e-12, 1e-9, 1e-6, 1e-3, 1.0, 1e6, 1e18, 1e40] {
        let check = |name: &str, fitted: bool, fit: &Fit<'_>| {
            let mut x = START;
            let outcome = fit(&mut rosenbrock(scale, [1.0; 2]), &mut x);
            let solved = is_solved(&x, [1.0; 2]);
            assert!(solved || !(fitted || outcome.reason.is_converged()), "{name} {scale:e}: {x:?} {outcome}");
            assert!(outcome.reason.is_converged() || !fitted, "{name} {scale:e}: {x:?} {outcome}");
        };
        for solver in [StepSolver::Normal, StepSolver::Kernel, StepSolver::Qr] {
            for scaling in [Scaling::Identity, Scaling::MarquardtDiagonal] {
                let method = LevenbergMarquardt { solver, scaling, ..LevenbergMarquardt::default() };
                let gram = solver != StepSolver::Qr || scaling == Scaling::MarquardtDiagonal;
                let fitted = gram || (1e-6..=1e6).contains(&scale);
                check("Levenberg-Marquardt", fitted, &|mut r, x| method.minimize(&mut r, x).unwrap());
            }
        }
        check("Gauss-Newton", scale >= 1e-6, &|mut r, x| GaussNewton::default().minimize(&mut r, x).unwrap());
        check("SPRING", scale >= 1e-3, &|mut r, x| Spring::default().minimize(&mut r, x).unwrap());
        for inverse_hessian in [InverseHessian::Limited, InverseHessian::Full] {
            let lbfgs = Lbfgs { inverse_hessian, ..Lbfgs::default() };
            check("L-BFGS", true, &|r, x| lbfgs.minimize(&mut SumOfSquares::new(r), x).unwrap());
        }
    }
}

#[test]
fn unknowns_in_unequal_units_are_not_called_converged_before_they_are() {
    for u in [[1e5, 1e-5], [1e8, 1e-8], [1e12, 1.0], [1.0, 1e12], [1e15, 1e15], [1e-5, 1e5], [1e-8, 1e8]] {
        let start = [START[0] * u[0], START[1] * u[1]];
        let check = |name: &str, x: [f64; 2], outcome: Outcome| {
            assert!(is_solved(&x, u) || !outcome.reason.is_converged(), "{name} {u:?}: {x:?} {outcome}");
        };
        let mut x = start;
        let outcome = LevenbergMarquardt::default().minimize(&mut rosenbrock(1.0, u), &mut x).unwrap();
        check("Levenberg-Marquardt", x, outcome);
        let mut x = start;
        let outcome = GaussNewton::default().minimize(&mut rosenbrock(1.0, u), &mut x).unwrap();
        check("Gauss-Newton", x, outcome);
        for inverse_hessian in [InverseHessian::Limited, InverseHessian::Full] {
            let mut x = start;
            let lbfgs = Lbfgs { inverse_hessian, ..Lbfgs::default() };
            let outcome = lbfgs.minimize(&mut SumOfSquares::new(&mut rosenbrock(1.0, u)), &mut x).unwrap();
            check(&format!("{inverse_hessian:?}"), x, outcome);
        }
    }
}

/// i (E/10¹¹ − 2) + (c − 3) cos i: a linear problem with Young's modulus, in Pa, among the unknowns.
fn line(unknowns: usize) -> impl Residuals<f64> {
    from_fn(6, unknowns, move |x: &[f64], r: &mut [f64], mut j: Option<&mut Matrix<f64>>| {
        for (i, r) in r.iter_mut().enumerate() {
            let row = [(i + 1) as f64 / 1e11, (i as f64).cos()];
            *r = row.iter().zip(x).zip([2e11, 3.0]).map(|((j, x), solution)| j * (x - solution)).sum();
            if let Some(j) = j.as_deref_mut() {
                j.row_mut(i).copy_from_slice(&row[..unknowns]);
            }
        }
        Ok(())
    })
}

#[test]
fn a_modulus_in_pascal_is_found() {
    for unknowns in [1, 2] {
        for solver in
            [StepSolver::Normal, StepSolver::Qr, StepSolver::MatrixFree { tolerance: 1e-8, max_products: 100 }]
        {
            let mut x = [1e11, 0.0];
            let method = LevenbergMarquardt { solver, ..LevenbergMarquardt::default() };
            let outcome = method.minimize(&mut line(unknowns), &mut x[..unknowns]).unwrap();
            assert!((x[0] / 2e11 - 1.0).abs() < 1e-6, "{solver:?}: {x:?} {outcome}");
            assert!(outcome.reason.is_converged(), "{outcome}");
        }
    }
    // A damping that is not the method's to choose is named.
    let method = GaussNewton { damping: 1.0, ..GaussNewton::default() };
    let outcome = method.minimize(&mut line(1), &mut [1e11]).unwrap();
    assert!(matches!(outcome.reason, StopReason::NoDecrease { .. }), "{outcome}");
    assert!(outcome.to_string().contains("damping"), "{outcome}");
}

/// What cannot be better ends at once, also where the gradient is nothing but rounding from the start.
#[test]
fn a_start_at_the_solution_ends_soon() {
    let near = [2e11, 3.0 + 4.0 * f64::EPSILON];
    let outcome = LevenbergMarquardt::default().minimize(&mut line(2), &mut near.clone()).unwrap();
    assert!(outcome.reason.is_converged() && outcome.iterations < 5, "{outcome}");
    let outcome = GaussNewton::default().minimize(&mut line(2), &mut near.clone()).unwrap();
    assert!(outcome.reason.is_converged() && outcome.iterations < 5, "{outcome}");
    for inverse_hessian in [InverseHessian::Limited, InverseHessian::Full] {
        let lbfgs = Lbfgs { inverse_hessian, ..Lbfgs::default() };
        let outcome = lbfgs.minimize(&mut SumOfSquares::new(&mut line(2)), &mut near.clone()).unwrap();
        assert!(outcome.reason.is_converged() && outcome.iterations < 5, "{outcome}");
    }
}

/// Where JᵀJ overflows there is no step, and no word of wrong derivatives.
#[test]
fn an_overflowing_gram_matrix_is_named() {
    let mut x = [-1.2_f32, 1.0];
    let outcome = LevenbergMarquardt::default().minimize(&mut rosenbrock(1e18, [1.0; 2]), &mut x).unwrap();
    assert!(!outcome.reason.is_converged() && outcome.iterations < 300, "{outcome}");
    assert!(outcome.to_string().contains("MarquardtDiagonal"), "{outcome}");
    let mut x = [-1.2_f32, 1.0];
    let outcome = LevenbergMarquardt::default().minimize(&mut rosenbrock(1e12, [1.0; 2]), &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-4, "{x:?} {outcome}");
}

/// Runs that began with a small gradient, saved and resumed, end where the whole runs do; a state without that entry is
/// refused.
#[test]
fn the_first_gradient_is_saved() {
    let scale = 1e-6;
    let again = |container: &Container, kept: bool| {
        let mut read = Container::from_bytes(&container.to_bytes()).unwrap();
        if !kept {
            let whole = std::mem::take(&mut read);
            let names = whole.names().filter(|name| !name.ends_with("first_gradient")).map(str::to_owned);
            for name in names.collect::<Vec<_>>() {
                copy(&whole, &name, &mut read).unwrap();
            }
        }
        read
    };
    let stop_at = |stop: usize, iteration: usize| match iteration >= stop {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let method = LevenbergMarquardt::default();
    let mut whole = START;
    let expected = method.minimize(&mut rosenbrock(scale, [1.0; 2]), &mut whole).unwrap();
    for stop in [1, 5, 30] {
        let mut problem = rosenbrock(scale, [1.0; 2]);
        let mut state = method.start(&mut problem, &START).unwrap();
        let _ = method.resume(&mut problem, &mut state, |p| stop_at(stop, p.iteration)).unwrap();
        let mut container = Container::new();
        state.save(&mut container, "fit").unwrap();
        let mut state = FitState::<f64>::load(&again(&container, true), "fit").unwrap();
        let outcome = method.resume(&mut problem, &mut state, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((outcome, state.parameters()), (expected, &whole[..]), "{stop}");
        assert!(FitState::<f64>::load(&again(&container, false), "fit").is_err());
    }
    let lbfgs = Lbfgs::default();
    let mut whole = START;
    let expected = lbfgs.minimize(&mut SumOfSquares::new(&mut rosenbrock(scale, [1.0; 2])), &mut whole).unwrap();
    let mut problem = SumOfSquares::new(rosenbrock(scale, [1.0; 2]));
    let mut state = lbfgs.start(&mut problem, &START).unwrap();
    let _ = lbfgs.resume(&mut problem, &mut state, |p| stop_at(5, p.iteration)).unwrap();
    let mut container = Container::new();
    state.save(&mut container, "lbfgs").unwrap();
    let mut state = LbfgsState::<f64>::load(&again(&container, true), "lbfgs").unwrap();
    let outcome = lbfgs.resume(&mut problem, &mut state, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((outcome, state.parameters()), (expected, &whole[..]));
    assert!(LbfgsState::<f64>::load(&again(&container, false), "lbfgs").is_err());
    for hostile in [-1.0, f64::NAN, f64::INFINITY] {
        let mut container = again(&container, false);
        container.insert_number("lbfgs/first_gradient", hostile).unwrap();
        assert!(matches!(LbfgsState::<f64>::load(&container, "lbfgs"), Err(Error::Corrupt { .. })));
    }
}

/// Copies a section of whatever type.
fn copy(from: &Container, name: &str, to: &mut Container) -> crate::Result<()> {
    if let Ok(text) = from.text(name) {
        return to.insert_text(name, text);
    }
    let shape = from.shape(name)?.to_vec();
    match from.get::<f64>(name) {
        Ok(values) => to.insert(name, &shape, values),
        Err(_) => to.insert(name, &shape, from.get::<u64>(name)?),
    }
}
