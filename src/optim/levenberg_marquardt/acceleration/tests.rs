use super::*;
use crate::linalg::Matrix;
use crate::optim::least_squares::from_fn;
use crate::optim::least_squares::tests::{network, start};
use crate::optim::{Scaling, StepSolver};

const MATRIX_FREE: StepSolver = StepSolver::MatrixFree { tolerance: 1e-14, max_products: 100 };

/// Two equations with the solution (0, 0) there.
fn curved() -> impl Residuals<f64> {
    from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        let (a, b) = (x[0], x[1]);
        r.copy_from_slice(&[a.exp() - 1.0 + b * b, 2.0 * b + a * b + a * a]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[a.exp(), 2.0 * b, b + 2.0 * a, 2.0 + a]);
        }
        Ok(())
    })
}

/// One step from a distance h ends at a distance O(h²), with the correction O(h³), in every form and scaling.
#[test]
fn a_corrected_step_has_one_order_more() {
    for (acceleration, order) in [(0.0, 2.0), (0.75, 3.0)] {
        for solver in [StepSolver::Normal, StepSolver::Kernel, StepSolver::Qr, MATRIX_FREE] {
            for scaling in [Scaling::Identity, Scaling::MarquardtDiagonal] {
                if !solver.dense() && scaling != Scaling::Identity {
                    continue;
                }
                let distance = |h: f64| {
                    let method = LevenbergMarquardt {
                        damping: 1e-12,
                        acceleration,
                        solver,
                        scaling,
                        max_iterations: 1,
                        ..LevenbergMarquardt::default()
                    };
                    let mut x = [h, -0.7 * h];
                    let _ = method.minimize(&mut curved(), &mut x).unwrap();
                    x[0].hypot(x[1])
                };
                let observed = (distance(0.02) / distance(0.01)).log2();
                assert!((observed - order).abs() < 0.1, "{acceleration} {solver:?} {scaling:?}: {observed}");
            }
        }
    }
}

/// A network's valley: as many steps lead much deeper.
#[test]
fn it_pays_on_a_network() {
    let reached = |acceleration: f64| {
        let values = (0..5).map(|seed| {
            let mut x = start::<f64>(4, seed);
            let method = LevenbergMarquardt { acceleration, max_iterations: 100, ..LevenbergMarquardt::default() };
            method.minimize(&mut network::<f64>(20, 4), &mut x).unwrap().value.ln()
        });
        values.sum::<f64>() / 5.0
    };
    assert!(reached(0.75) < reached(0.0) - 1.0, "{} {}", reached(0.75), reached(0.0));
}

#[test]
fn what_lies_outside_the_domain_is_not_probed_for_long() {
    // r = ln x + 5 with its zero at e⁻⁵: a step from 1 overshoots to negative numbers.
    let mut logarithm = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = x[0].ln() + 5.0;
        if let Some(j) = jacobian {
            j.as_mut_slice()[0] = 1.0 / x[0];
        }
        Ok(())
    });
    let mut x = [1.0];
    let outcome = LevenbergMarquardt::default().minimize(&mut logarithm, &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0].ln() + 5.0).abs() < 1e-12, "{outcome}");
}
