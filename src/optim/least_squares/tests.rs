//! Problems that the optimisers are tested on, and the laws of residuals themselves.

use std::ops::ControlFlow;

use super::*;
use crate::Seed;
use crate::optim::{Lbfgs, Outcome, StopReason};

/// (1 − x, 10 (y − x²)).
pub(in crate::optim) fn rosenbrock<T: Scalar>() -> impl Residuals<T> {
    from_fn(2, 2, |x: &[T], r: &mut [T], jacobian: Option<&mut Matrix<T>>| {
        let ten = T::of(10.0);
        r.copy_from_slice(&[T::one() - x[0], ten * (x[1] - x[0] * x[0])]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[-T::one(), T::zero(), T::of(-20.0) * x[0], ten]);
        }
        Ok(())
    })
}

/// Powell (1962): the Jacobian has rank 2 at the minimum, the origin.
pub(in crate::optim) fn powell() -> impl Residuals<f64> {
    from_fn(4, 4, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        let (five, ten) = (5.0_f64.sqrt(), 10.0_f64.sqrt());
        let (a, b) = (x[1] - 2.0 * x[2], x[0] - x[3]);
        r.copy_from_slice(&[x[0] + 10.0 * x[1], five * (x[2] - x[3]), a * a, ten * b * b]);
        if let Some(j) = jacobian {
            let (a, b) = (2.0 * a, 2.0 * ten * b);
            let rows = [[1.0, 10.0, 0.0, 0.0], [0.0, 0.0, five, -five], [0.0, a, -2.0 * a, 0.0], [b, 0.0, 0.0, -b]];
            j.as_mut_slice().copy_from_slice(rows.as_flattened());
        }
        Ok(())
    })
}

/// a e^{bt} + c at 15 times, less data with some noise: a minimum that is not zero.
pub(in crate::optim) fn exponential() -> impl Residuals<f64> {
    let data: Vec<(f64, f64)> =
        (0..15).map(f64::from).map(|t| (0.3 * t, 3.0 * (-0.15 * t).exp() + 1.0 + 0.01 * (7.0 * t).sin())).collect();
    from_fn(15, 3, move |x: &[f64], r: &mut [f64], mut jacobian: Option<&mut Matrix<f64>>| {
        for (i, (t, y)) in data.iter().enumerate() {
            let e = (x[1] * t).exp();
            r[i] = x[0] * e + x[2] - y;
            if let Some(j) = jacobian.as_deref_mut() {
                j.row_mut(i).copy_from_slice(&[e, x[0] * t * e, 1.0]);
            }
        }
        Ok(())
    })
}

/// A θ − b, with standard normal entries.
pub(in crate::optim) fn linear(m: usize, p: usize, seed: u64) -> (Matrix<f64>, Matrix<f64>) {
    let mut stream = Seed(seed).stream("linear");
    let a = Matrix::from_fn(m, p, |_, _| stream.normal());
    (a, Matrix::from_fn(m, 1, |_, _| stream.normal()))
}

pub(in crate::optim) fn affine(a: Matrix<f64>, b: Matrix<f64>) -> impl Residuals<f64> {
    from_fn(a.rows(), a.cols(), move |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.copy_from_slice(&a.matvec(x)?);
        r.iter_mut().zip(b.as_slice()).for_each(|(r, b)| *r -= b);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(a.as_slice());
        }
        Ok(())
    })
}

/// Σⱼ cⱼ tanh(aⱼ t + bⱼ) − sin 3t at `m` points: a network of `hidden` units and 3 · hidden parameters.
pub(in crate::optim) fn network<T: Scalar>(m: usize, hidden: usize) -> impl Residuals<T> {
    from_fn(m, 3 * hidden, move |x: &[T], r: &mut [T], mut jacobian: Option<&mut Matrix<T>>| {
        for (i, r) in r.iter_mut().enumerate() {
            let t = T::of(2.0 * i as f64 / (m - 1) as f64 - 1.0);
            *r = -(T::of(3.0) * t).sin();
            for (k, unit) in x.chunks_exact(3).enumerate() {
                let h = (unit[0] * t + unit[1]).tanh();
                *r += unit[2] * h;
                if let Some(j) = jacobian.as_deref_mut() {
                    let slope = unit[2] * (T::one() - h * h);
                    j.row_mut(i)[3 * k..3 * k + 3].copy_from_slice(&[slope * t, slope, h]);
                }
            }
        }
        Ok(())
    })
}

/// Parameters to start [`network`] from.
pub(in crate::optim) fn start<T: Scalar>(hidden: usize, seed: u64) -> Vec<T> {
    let mut stream = Seed(seed).stream("network");
    (0..3 * hidden).map(|_| stream.normal()).collect()
}

#[test]
fn products_with_the_jacobian_are_those_of_the_matrix() {
    /// Residuals that leave the products to the trait.
    struct Plain(Matrix<f64>);
    impl Residuals<f64> for Plain {
        fn parameter_count(&self) -> usize {
            self.0.cols()
        }
        fn residual_count(&self) -> usize {
            self.0.rows()
        }
        fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> Result<()> {
            multiply(&self.0, x, r)
        }
        fn residuals_and_jacobian(&mut self, x: &[f64], r: &mut [f64], j: &mut Matrix<f64>) -> Result<()> {
            j.clone_from(&self.0);
            self.residuals(x, r)
        }
    }
    let (a, b) = linear(7, 4, 1);
    let (v, w) = ([1.0, -2.0, 0.5, 3.0], [1.0, 0.0, -1.0, 2.0, 0.3, 0.7, -5.0]);
    let (mut plain, mut closure) = (Plain(a.clone()), affine(a.clone(), b));
    for residuals in [&mut plain as &mut dyn Residuals<f64>, &mut closure] {
        let (mut forward, mut reverse) = ([0.0; 7], [9.0; 4]);
        residuals.jacobian_vector(&[0.0; 4], &v, &mut forward).unwrap();
        residuals.jacobian_transpose_vector(&[0.0; 4], &w, &mut reverse).unwrap();
        let expected = [a.matvec(&v).unwrap(), a.transpose().matvec(&w).unwrap()];
        assert!(forward.iter().zip(&expected[0]).all(|(x, y)| (x - y).abs() < 1e-14));
        assert!(reverse.iter().zip(&expected[1]).all(|(x, y)| (x - y).abs() < 1e-14));
        assert!(residuals.jacobian_vector(&[0.0; 4], &v[1..], &mut forward).is_err());
        assert!(residuals.jacobian_transpose_vector(&[0.0; 4], &w, &mut reverse[1..]).is_err());
    }
}

#[test]
fn the_sum_of_squares_and_its_gradient() {
    let mut objective = SumOfSquares::new(network::<f64>(9, 3));
    let x = start::<f64>(3, 5);
    let (mut g, mut unused) = (vec![0.0; 9], vec![0.0; 9]);
    let value = objective.value_and_gradient(&x, &mut g).unwrap();
    assert!(value > 0.0);
    for i in 0..9 {
        let mut at = |h: f64| {
            let mut y = x.clone();
            y[i] += h;
            objective.value_and_gradient(&y, &mut unused).unwrap()
        };
        let numerical = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((numerical - g[i]).abs() < 1e-7 * g[i].abs().max(1.0), "{i}: {numerical} {}", g[i]);
    }
    let mut x = [-1.2, 1.0];
    let outcome = Lbfgs::default().minimize(&mut SumOfSquares::new(rosenbrock::<f64>()), &mut x).unwrap();
    assert!(outcome.reason.is_converged() && (x[0] - 1.0).abs() < 1e-8, "{outcome}");
}

#[test]
fn an_absurd_jacobian_is_an_error() {
    let mut matrix = Matrix::<f64>::default();
    assert!(matches!(fit_matrix(&mut matrix, usize::MAX, 2), Err(Error::InvalidArgument { .. })));
    assert!(fit_matrix(&mut matrix, usize::MAX / 8, 1).is_err());
    fit_matrix(&mut matrix, 0, usize::MAX).unwrap();
    fit_matrix(&mut matrix, 3, 2).unwrap();
    assert_eq!(matrix.shape(), [3, 2]);
}

/// Rosenbrock's function with a third residual that is 0 in its minimum.
fn valley() -> impl Residuals<f64> {
    from_fn(3, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.copy_from_slice(&[1.0 - x[0], 10.0 * (x[1] - x[0] * x[0]), 0.1 * (x[1] - 1.0)]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, -20.0 * x[0], 10.0, 0.0, 0.1]);
        }
        Ok(())
    })
}

#[test]
fn a_state_goes_on_with_other_settings() {
    use crate::optim::{GaussNewton, LevenbergMarquardt, Scaling};
    let first = LevenbergMarquardt { damping: 1e-6, ..LevenbergMarquardt::default() };
    let others = [
        LevenbergMarquardt { solver: StepSolver::Kernel, ..first },
        LevenbergMarquardt { scaling: Scaling::MarquardtDiagonal, ..first },
        LevenbergMarquardt { scaling: Scaling::MarquardtDiagonal, solver: StepSolver::Kernel, ..first },
        LevenbergMarquardt { acceleration: 0.0, ..first },
        LevenbergMarquardt { solver: StepSolver::Qr, ..first },
    ];
    let mut rejected = 0;
    for (second, stop) in others.iter().flat_map(|other| (1..8).map(move |stop| (other, stop))) {
        for (before, after) in [(&first, second), (second, &first)] {
            let mut state = before.start(&mut valley(), &[-1.2, 1.0]).unwrap();
            let _ = before.resume(&mut valley(), &mut state, |progress| {
                rejected += usize::from(progress.iteration == stop && progress.step == 0.0);
                if progress.iteration == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            // What a state that was saved here would do.
            let mut saved = state.clone();
            saved.scratch = Default::default();
            let ends = [&mut state, &mut saved].map(|state| {
                let outcome = after.resume(&mut valley(), state, |_| ControlFlow::Continue(())).unwrap();
                assert!(outcome.reason.is_converged(), "{outcome}");
                state.parameters().to_vec()
            });
            assert_eq!(ends[0], ends[1]);
        }
    }
    assert!(rejected > 0, "no run was stopped at a rejected step");

    let free = StepSolver::MatrixFree { tolerance: 1e-6, max_products: 50 };
    let free = GaussNewton { solver: free, max_iterations: 2, ..GaussNewton::default() };
    let mut state = free.start(&mut valley(), &[-1.2, 1.0]).unwrap();
    let outcome = GaussNewton::default().resume(&mut valley(), &mut state, |_| ControlFlow::Continue(())).unwrap();
    assert!(outcome.reason.is_converged() && (state.parameters()[0] - 1.0).abs() < 1e-9, "{outcome}");
}

/// Residuals that keep their last forward pass, as the trait allows, and count how often that would not do.
struct Keeping<R> {
    inner: R,
    kept: Vec<f64>,
    passes: usize,
    afresh: usize,
}

impl<R: Residuals<f64>> Keeping<R> {
    fn derivatives_at(&mut self, parameters: &[f64]) {
        if self.kept != parameters {
            self.kept = parameters.to_vec();
            self.afresh += 1;
        }
    }
}

impl<R: Residuals<f64>> Residuals<f64> for Keeping<R> {
    fn parameter_count(&self) -> usize {
        self.inner.parameter_count()
    }
    fn residual_count(&self) -> usize {
        self.inner.residual_count()
    }
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> Result<()> {
        self.passes += 1;
        self.kept = x.to_vec();
        self.inner.residuals(x, r)
    }
    fn residuals_and_jacobian(&mut self, x: &[f64], r: &mut [f64], j: &mut Matrix<f64>) -> Result<()> {
        self.derivatives_at(x);
        self.inner.residuals_and_jacobian(x, r, j)
    }
    fn jacobian_vector(&mut self, x: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        self.inner.jacobian_vector(x, v, product)
    }
    fn jacobian_transpose_vector(&mut self, x: &[f64], w: &[f64], product: &mut [f64]) -> Result<()> {
        self.inner.jacobian_transpose_vector(x, w, product)
    }
}

/// A step that is accepted takes one forward pass, not two: no Jacobian but the first is asked for where the residuals
/// were not just computed, whatever the search and the acceleration tried in between.
#[test]
fn the_jacobian_is_asked_for_where_the_residuals_were_computed_last() {
    use crate::optim::{GaussNewton, LevenbergMarquardt, Spring};
    fn check(name: &str, fit: impl FnOnce(&mut Keeping<&mut dyn Residuals<f64>>, &mut [f64]) -> Outcome) {
        let mut inner = network::<f64>(20, 4);
        let mut keeping = Keeping { inner: &mut inner as _, kept: Vec::new(), passes: 0, afresh: 0 };
        let outcome = fit(&mut keeping, &mut start(4, 2));
        assert!(outcome.accepted > 10, "{name}: {outcome}");
        assert_eq!(keeping.afresh, 1, "{name}: {outcome}");
        assert!(keeping.passes >= outcome.accepted);
    }
    let searches = [
        LineSearch::Armijo { decrease: 1e-4, max_trials: 40 },
        LineSearch::StrongWolfe { decrease: 1e-4, curvature: 0.5, max_trials: 40 },
        LineSearch::Grid { halvings: 10 },
    ];
    for acceleration in [0.0, 0.75] {
        let method = LevenbergMarquardt { acceleration, max_iterations: 40, ..LevenbergMarquardt::default() };
        check("Levenberg-Marquardt", |r, x| method.minimize(r, x).unwrap());
    }
    for line_search in searches {
        let method = GaussNewton { line_search, damping: 1e-4, max_iterations: 40, ..GaussNewton::default() };
        check("Gauss-Newton", |r, x| method.minimize(r, x).unwrap());
        let spring = Spring { line_search: Some(line_search), max_iterations: 40, ..Spring::default() };
        check("SPRING", |r, x| spring.minimize(r, x).unwrap());
    }
}

/// Without a matrix there is no second evaluation at all.
#[test]
fn without_a_matrix_the_trial_is_the_evaluation() {
    use crate::optim::LevenbergMarquardt;
    let solver = StepSolver::MatrixFree { tolerance: 1e-8, max_products: 50 };
    let method = LevenbergMarquardt { solver, acceleration: 0.0, max_iterations: 30, ..LevenbergMarquardt::default() };
    let mut keeping = Keeping { inner: network::<f64>(20, 4), kept: Vec::new(), passes: 0, afresh: 0 };
    let outcome = method.minimize(&mut keeping, &mut start(4, 2)).unwrap();
    assert!(outcome.accepted > 10, "{outcome}");
    // One at the start, one a trial; and one in the end to tell what rounding does.
    assert_eq!((keeping.passes, outcome.evaluations), (2 + outcome.iterations, 1 + outcome.iterations), "{outcome}");
}

/// a e^{bt} + c fitted to itself at other parameters, times `scale`; the data are wrong in their last digit, so that
/// the least value is not 0.
fn decay(scale: f64, seed: u64) -> (impl Residuals<f64>, [f64; 3]) {
    let mut stream = Seed(seed).stream("decay");
    let known = [3.0, -0.15, 1.0].map(|x: f64| x * (1.0 + 0.1 * stream.normal::<f64>()));
    let near = known.map(|x| x * (1.0 + 0.1 * stream.normal::<f64>()));
    let residuals = from_fn(30, 3, move |x: &[f64], r: &mut [f64], mut jacobian: Option<&mut Matrix<f64>>| {
        for (i, r) in r.iter_mut().enumerate() {
            let (t, last) = (0.2 * i as f64, 1.0 + f64::EPSILON * (i % 3) as f64);
            let e = (x[1] * t).exp();
            *r = scale * (x[0] * e + x[2] - (known[0] * (known[1] * t).exp() + known[2]) * last);
            if let Some(j) = jacobian.as_deref_mut() {
                j.row_mut(i).copy_from_slice(&[e, x[0] * t * e, 1.0].map(|j| scale * j));
            }
        }
        Ok(())
    });
    (residuals, near)
}

/// Whoever gives hundreds of iterations too many is told that nothing is left to gain, not to give more or to check
/// the Jacobian; and whoever gives too few is told to give more.
#[test]
fn superfluous_iterations_end_at_the_rounding_limit() {
    use crate::optim::{GaussNewton, LevenbergMarquardt, Spring};
    type Fit<'a> = dyn Fn(&mut dyn Residuals<f64>, &mut [f64]) -> Outcome + 'a;
    let free = StepSolver::MatrixFree { tolerance: 1e-8, max_products: 100 };
    for (scale, seed) in [1e-3, 1.0, 1e6].into_iter().flat_map(|scale| (0..10).map(move |seed| (scale, seed))) {
        let check = |name: &str, expected, fit: &Fit| {
            let (mut residuals, mut x) = decay(scale, seed);
            let outcome = fit(&mut residuals, &mut x);
            assert_eq!(outcome.reason, expected, "{name} {scale:e} {seed}: {outcome}");
        };
        for (solver, acceleration) in [(StepSolver::Normal, 0.75), (StepSolver::Normal, 0.0), (free, 0.75)] {
            let method =
                LevenbergMarquardt { gradient_tolerance: 0.0, acceleration, solver, ..LevenbergMarquardt::default() };
            for (max_iterations, expected) in
                [(2, StopReason::MaxIterations), (100, StopReason::RoundingLimit), (500, StopReason::RoundingLimit)]
            {
                let method = LevenbergMarquardt { max_iterations, ..method };
                check("Levenberg-Marquardt", expected, &|r, x| method.minimize(r, x).unwrap());
            }
            let method = GaussNewton { gradient_tolerance: 0.0, solver, max_iterations: 300, ..GaussNewton::default() };
            check("Gauss-Newton", StopReason::RoundingLimit, &|r, x| method.minimize(r, x).unwrap());
        }
        let line_search = Some(LineSearch::Grid { halvings: 20 });
        let spring = Spring { gradient_tolerance: 0.0, line_search, max_iterations: 500, ..Spring::default() };
        check("SPRING", StopReason::RoundingLimit, &|r, x| spring.minimize(r, x).unwrap());
    }
}

/// A valley that is long and narrow is no floor: what is left to gain there can be measured.
#[test]
fn slow_progress_is_no_rounding_limit() {
    use crate::optim::LevenbergMarquardt;
    for seed in 0..5 {
        let method =
            LevenbergMarquardt { gradient_tolerance: 0.0, max_iterations: 60, ..LevenbergMarquardt::default() };
        let outcome = method.minimize(&mut network::<f64>(40, 6), &mut start(6, seed)).unwrap();
        assert_eq!(outcome.reason, StopReason::MaxIterations, "{outcome}");
    }
}
