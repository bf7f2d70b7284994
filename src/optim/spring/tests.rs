use super::*;
use crate::container::Container;
use crate::linalg::{Cholesky, Matrix, row_gram};
use crate::optim::least_squares::from_fn;
use crate::optim::least_squares::tests::{affine, linear, network, rosenbrock, start};
use crate::optim::{FitProgress, GaussNewton};

fn fixed(rate: f64, momentum: f64) -> Spring {
    Spring { schedule: Schedule::constant(rate).unwrap(), momentum, ..Spring::default() }
}

/// The formula of the paper, by dense algebra.
fn naive(a: &Matrix<f64>, b: &Matrix<f64>, spring: &Spring, rate: f64, steps: usize) -> Vec<f64> {
    let (m, p) = (a.rows(), a.cols());
    let (mut x, mut phi) = (vec![0.0; p], vec![0.0; p]);
    let mut kernel = row_gram(a).unwrap();
    (0..m).for_each(|i| kernel[(i, i)] += spring.damping);
    let kernel = Cholesky::factor(&kernel).unwrap();
    for _ in 0..steps {
        let (ax, aphi) = (a.matvec(&x).unwrap(), a.matvec(&phi).unwrap());
        let shifted = Matrix::from_fn(m, 1, |i, _| b.as_slice()[i] - ax[i] - spring.momentum * aphi[i]);
        let y = kernel.solve(&shifted).unwrap();
        let step = a.t_matmul(&y).unwrap();
        phi.iter_mut().zip(step.as_slice()).for_each(|(phi, step)| *phi = spring.momentum * *phi + step);
        let length = phi.iter().map(|v| v * v).sum::<f64>().sqrt();
        let bounded = rate.min(spring.max_length / length);
        (0..p).for_each(|i| x[i] += bounded * phi[i]);
    }
    x
}

#[test]
fn it_follows_the_formula_in_either_system() {
    for (m, p) in [(4, 9), (9, 4)] {
        for (momentum, max_length) in [(0.0, f64::INFINITY), (0.9, f64::INFINITY), (0.5, 0.03)] {
            let (a, b) = linear(m, p, 7);
            let spring = Spring { damping: 1e-2, max_length, max_iterations: 5, ..fixed(0.1, momentum) };
            let mut x = vec![0.0; p];
            let outcome = spring.minimize(&mut affine(a.clone(), b.clone()), &mut x).unwrap();
            assert_eq!((outcome.reason, outcome.evaluations), (StopReason::MaxIterations, 6), "{outcome}");
            let expected = naive(&a, &b, &spring, 0.1, 5);
            assert!(x.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-11), "{x:?} {expected:?}");
        }
    }
}

/// Without momentum it is minSR, which is Gauss–Newton in the Woodbury form.
#[test]
fn without_momentum_it_is_gauss_newton() {
    let line_search = LineSearch::Grid { halvings: 20 };
    let spring = Spring { line_search: Some(line_search), max_iterations: 8, ..fixed(0.1, 0.0) };
    let gauss = GaussNewton { damping: spring.damping, line_search, max_iterations: 8, ..GaussNewton::default() };
    let (mut x, mut y) = (start::<f64>(6, 2), start::<f64>(6, 2));
    let one = spring.minimize(&mut network(12, 6), &mut x).unwrap();
    let two = gauss.minimize(&mut network(12, 6), &mut y).unwrap();
    assert_eq!((x, one.value, one.reason), (y, two.value, two.reason));
}

#[test]
fn it_converges_with_and_without_line_search() {
    let search = LineSearch::Armijo { decrease: 1e-4, max_trials: 40 };
    for spring in [fixed(0.1, 0.9), Spring { line_search: Some(search), ..Spring::default() }] {
        let mut x = [-1.2_f64, 1.0];
        let outcome = spring.minimize(&mut rosenbrock(), &mut x).unwrap();
        assert!(outcome.value < 1e-12 && (x[0] - 1.0).abs() < 1e-5, "{x:?} {outcome}");
        let mut x = start::<f64>(10, 1);
        let spring = Spring { damping: 1e-4, max_length: 1.0, max_iterations: 300, ..spring };
        let outcome = spring.minimize(&mut network(20, 10), &mut x).unwrap();
        assert!(outcome.value < 1e-4 && outcome.underdetermined, "{outcome}");
    }
}

/// The result is the best point seen, though the last is worse.
#[test]
fn divergence_is_named_and_the_best_point_kept() {
    let mut x = [0.5, 0.5, 0.5];
    let (a, b) = linear(3, 3, 1);
    let spring = Spring { max_growth: 100.0, ..fixed(3.0, 0.0) };
    let mut best = f64::INFINITY;
    let outcome = spring.minimize_observed(&mut affine(a.clone(), b.clone()), &mut x, |p| {
        best = best.min(p.value);
        ControlFlow::Continue(())
    });
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.reason, StopReason::Diverged { growth } if growth > 100.0), "{outcome}");
    let mut r = [0.0; 3];
    affine(a, b).residuals(&x, &mut r).unwrap();
    assert_eq!(dot(&r, &r), outcome.value);
    assert!(outcome.value <= best);
}

#[test]
fn points_outside_the_domain_are_stepped_back_from() {
    let mut root = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = x[0].sqrt() - 1.0;
        if let Some(j) = jacobian {
            j[(0, 0)] = 0.5 / x[0].sqrt();
        }
        Ok(())
    });
    let mut x = [5.0];
    let outcome = fixed(1.0, 0.0).minimize(&mut root, &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-6, "{x:?} {outcome}");
    let mut point = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = if x[0] == 1.0 { 1.0 } else { f64::NAN };
        if let Some(j) = jacobian {
            j[(0, 0)] = 1.0;
        }
        Ok(())
    });
    for line_search in [None, Some(LineSearch::Grid { halvings: 30 })] {
        let spring = Spring { line_search, ..Spring::default() };
        let outcome = spring.minimize(&mut point, &mut [1.0]).unwrap();
        assert!(matches!(outcome.reason, StopReason::NonFinite), "{outcome}");
    }
}

#[test]
fn hostile_settings_and_empty_problems() {
    let good = Spring::default();
    for bad in [
        Spring { damping: 0.0, ..good },
        Spring { damping: f64::NAN, ..good },
        Spring { momentum: 1.0, ..good },
        Spring { momentum: -0.1, ..good },
        Spring { max_length: 0.0, ..good },
        Spring { max_length: f64::NAN, ..good },
        Spring { max_growth: 1.0, ..good },
        Spring { max_growth: f64::NAN, ..good },
        Spring { line_search: Some(LineSearch::Armijo { decrease: 1.0, max_trials: 1 }), ..good },
        Spring { step_tolerance: f64::NAN, ..good },
    ] {
        assert!(bad.minimize(&mut rosenbrock::<f64>(), &mut [-1.2, 1.0]).is_err(), "{bad:?}");
    }
    for (m, p) in [(0, 0), (0, 3), (3, 0)] {
        let mut nothing = from_fn(m, p, |_: &[f64], _: &mut [f64], _: Option<&mut Matrix<f64>>| Ok(()));
        let outcome = good.minimize(&mut nothing, &mut vec![1.0; p]).unwrap();
        assert_eq!((outcome.reason, outcome.iterations), (StopReason::GradientTolerance, 0));
    }
}

#[test]
fn a_run_saved_and_resumed_is_the_whole_run_bit_for_bit() {
    for line_search in [None, Some(LineSearch::Grid { halvings: 10 })] {
        let spring = Spring { line_search, damping: 1e-3, max_iterations: 30, ..Spring::default() };
        let mut f = network::<f64>(12, 6);
        let mut whole = start(6, 3);
        let expected = spring.minimize(&mut f, &mut whole).unwrap();
        for stop in [1, 7, 29] {
            let mut state = spring.start(&mut f, &start(6, 3)).unwrap();
            let halt = |p: &FitProgress<'_, f64>| match p.iteration >= stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let _ = spring.resume(&mut f, &mut state, halt).unwrap();
            let mut container = Container::new();
            state.save(&mut container, "fit").unwrap();
            let mut state = FitState::<f64>::load(&container, "fit").unwrap();
            let outcome = spring.resume(&mut f, &mut state, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!((outcome, state.best_parameters()), (expected, &whole[..]), "{stop}");
        }
    }
}
