use std::ops::ControlFlow;
use std::sync::Arc;

use crate::container::Container;
use crate::linalg::Matrix;
use crate::optim::objective::{Objective, Preconditioner, from_fn};
use crate::optim::{Lbfgs, LbfgsState};
use crate::{Error, Result};

/// The largest |xᵢ − 1|.
fn distance(x: &[f64]) -> f64 {
    x.iter().map(|x| (x - 1.0).abs()).fold(0.0, f64::max)
}

/// A quadratic about 1 of curvatures d₁ … dₙ, bent a little, which knows D⁻¹.
struct Bent(Vec<f64>);

impl Objective<f64> for Bent {
    fn parameter_count(&self) -> usize {
        self.0.len()
    }

    fn value_and_gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64> {
        let mut value = 0.0;
        for ((g, &x), &d) in g.iter_mut().zip(x).zip(&self.0) {
            let e = x - 1.0;
            value += d * (0.5 * e * e + 0.01 * e.powi(4));
            *g = d * (e + 0.04 * e.powi(3));
        }
        Ok(value)
    }

    fn preconditioner(&mut self, parameters: &[f64]) -> Result<Option<Preconditioner<f64>>> {
        let second = |(&x, &d): (&f64, &f64)| 1.0 / (d * (1.0 + 0.12 * (x - 1.0).powi(2)));
        let entries: Vec<f64> = parameters.iter().zip(&self.0).map(second).collect();
        Ok(Some(Arc::new(Matrix::from_diagonal(&entries))))
    }
}

#[test]
fn a_preconditioner_cures_a_condition_number_of_1e12_and_is_resumed_bit_for_bit() {
    let n = 40;
    let curvatures: Vec<f64> = (0..n).map(|i| 10f64.powf(12.0 * i as f64 / (n - 1) as f64)).collect();
    let start: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64).sin()).collect();
    let lbfgs = Lbfgs { refresh: 4, gradient_tolerance: 1e-9, ..Lbfgs::default() };
    let (mut plain, mut bent) = (start.clone(), Bent(curvatures.clone()));
    let alone = lbfgs.minimize(&mut from_fn(n, |x, g| Bent(curvatures.clone()).value_and_gradient(x, g)), &mut plain);
    let mut whole = start.clone();
    let outcome = lbfgs.minimize(&mut bent, &mut whole).unwrap();
    assert!(outcome.reason.is_converged() && outcome.iterations < 20, "{outcome:?}");
    assert!(distance(&whole) < 1e-12 && distance(&plain) > 1e-6, "{alone:?}");
    // Made anew, in between, and at the very step.
    for stop in [0, 2, 4, 5] {
        let mut state = lbfgs.start(&mut bent, &start).unwrap();
        let stopped = lbfgs.resume(&mut bent, &mut state, |p| match p.iteration >= stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        let _ = stopped.unwrap();
        let mut container = Container::new();
        state.save(&mut container, "lbfgs").unwrap();
        let mut state = LbfgsState::<f64>::load(&container, "lbfgs").unwrap();
        let resumed = lbfgs.resume(&mut bent, &mut state, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((resumed, state.parameters()), (outcome, &whole[..]), "{stop}");
    }
}

#[test]
fn a_preconditioner_that_is_none_is_refused_or_survived() {
    /// x² about 1 with this for P.
    struct Wrong(Matrix<f64>);
    impl Objective<f64> for Wrong {
        fn parameter_count(&self) -> usize {
            2
        }
        fn value_and_gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64> {
            g.iter_mut().zip(x).for_each(|(g, x)| *g = x - 1.0);
            Ok(0.5 * g.iter().map(|g| g * g).sum::<f64>())
        }
        fn preconditioner(&mut self, _: &[f64]) -> Result<Option<Preconditioner<f64>>> {
            Ok(Some(Arc::new(self.0.clone())))
        }
    }
    let run = |p: Matrix<f64>| Lbfgs::default().minimize(&mut Wrong(p), &mut [3.0, -2.0]);
    assert!(matches!(run(Matrix::identity(3)), Err(Error::Shape { .. })));
    // Uphill, nowhere, and into nothing: it says so.
    for factor in [-1.0, 0.0, f64::NAN] {
        let outcome = run(Matrix::identity(2).scale(factor));
        assert!(outcome.is_err() || !outcome.unwrap().reason.is_converged(), "{factor}");
    }
}
