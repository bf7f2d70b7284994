//! Nonlinear least squares: vector functions whose squared length is to be minimised, and what the methods share.

mod conjugate_gradient;
mod damped;
mod drive;
mod rounding;
mod search;
mod state;
mod step_solver;
#[cfg(test)]
pub(super) mod tests;

use crate::kernels::rows::{add_combination, multiply_rows};
use crate::linalg::Matrix;
use crate::par::dot;
use crate::{Error, Result, Scalar};

use super::HeldOut;
use super::objective::Objective;
pub(super) use damped::Damped;
pub(super) use drive::{Limits, Method, settings};
pub use search::LineSearch;
pub(super) use search::Searched;
pub(super) use state::value_of;
pub use state::{FitProgress, FitState};
pub use step_solver::StepSolver;

/// A vector function `r: ℝᵖ → ℝᵐ` whose squared length `f = Σ rᵢ²` is to be minimised. (Weights are
/// already folded into `r`: a residual of weight `w` is multiplied by `√w`.)
///
/// A point outside the domain of `r` may be answered by NaN, infinities, or one of the errors that a
/// shorter step can cure ([`Error::NonFinite`], [`Error::NotPositiveDefinite`], [`Error::Singular`],
/// [`Error::NoConvergence`]): the optimisers then step back. Any other error ends the minimisation.
///
/// # The order of calls
/// An optimiser that accepts a trial point θ asks for the derivatives there before it asks for anything elsewhere: the
/// last [`residuals`](Self::residuals) before a [`residuals_and_jacobian`](Self::residuals_and_jacobian) (or, without a
/// matrix, before the first [`jacobian_transpose_vector`](Self::jacobian_transpose_vector)) was called with the same θ,
/// bit for bit, and products between the two are at this θ as well. An implementation may keep what it computed in
/// `residuals` and go on from there if the parameters are still the same. Only where there was no trial is there
/// nothing to go on from: at the start, after a resume, in [`Spring`](super::Spring) without a line search, and on the
/// way back from a trial point whose derivatives turned out not to be finite.
///
/// Write one as a type of its own, or from a closure with [`from_fn`].
pub trait Residuals<T: Scalar> {
    /// The number of parameters `p`.
    fn parameter_count(&self) -> usize;

    /// The number of residuals `m`.
    fn residual_count(&self) -> usize;

    /// Writes `r(θ)` into `residuals` `[m]`.
    ///
    /// # Errors
    /// Whatever keeps the residuals from being computed.
    fn residuals(&mut self, parameters: &[T], residuals: &mut [T]) -> Result<()>;

    /// Writes `r(θ)` into `residuals` `[m]` and `J = ∂r/∂θ`, `[m, p]`, into `jacobian` (resized if it does not fit).
    ///
    /// # Errors
    /// Whatever keeps the residuals or their derivatives from being computed.
    fn residuals_and_jacobian(&mut self, parameters: &[T], residuals: &mut [T], jacobian: &mut Matrix<T>)
    -> Result<()>;

    /// Writes `J(θ) v`, for the `direction` `v` `[p]`, into `product` `[m]`. The default forms `J`;
    /// override it with forward mode.
    ///
    /// # Errors
    /// As [`residuals_and_jacobian`](Self::residuals_and_jacobian); [`Error::Shape`] if a length does not fit.
    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        let jacobian = dense_jacobian(self, parameters)?;
        multiply(&jacobian, direction, product)
    }

    /// Writes `J(θ)ᵀ w`, for the `cotangent` `w` `[m]`, into `product` `[p]`. The default forms `J`;
    /// override it with reverse mode.
    ///
    /// # Errors
    /// As [`jacobian_vector`](Self::jacobian_vector).
    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        let jacobian = dense_jacobian(self, parameters)?;
        multiply_transposed(&jacobian, cotangent, product)
    }

    /// Returns `f = Σ rᵢ²` and writes `∇f = 2 Jᵀ r` into `gradient` `[p]`; `residuals` `[m]` is room to
    /// work in. The default computes `r` twice; override it where one forward pass serves both.
    ///
    /// # Errors
    /// As [`jacobian_vector`](Self::jacobian_vector).
    fn sum_of_squares(&mut self, parameters: &[T], residuals: &mut [T], gradient: &mut [T]) -> Result<T> {
        self.residuals(parameters, residuals)?;
        let value = T::of(dot(residuals, residuals));
        if !value.is_finite() {
            // The step is refused, whatever the gradient.
            gradient.fill(T::zero());
            return Ok(value);
        }
        residuals.iter_mut().for_each(|r| *r = T::of(2.0) * *r);
        self.jacobian_transpose_vector(parameters, residuals, gradient)?;
        Ok(value)
    }

    /// The residual on points that were not trained on, beside that on those that were; `None` (the default) where there
    /// are no points to move. Asked for once, in the end.
    ///
    /// # Errors
    /// Whatever keeps the residuals from being computed, but that they are not finite.
    fn held_out(&mut self, _parameters: &[T]) -> Result<Option<HeldOut>> {
        Ok(None)
    }

    /// The gradient `[p]` of a random linear functional of what a solution is read for, such as its functions at the
    /// points, each measured in its own size; `None` (the default) where that is not known.
    ///
    /// # Errors
    /// Whatever keeps it from being computed.
    fn reading(&mut self, _parameters: &[T]) -> Result<Option<Vec<T>>> {
        Ok(None)
    }

    /// Draws the points anew, as many, for a fit that has come to `parameters`, and counts such `draw`s from 1; for `draw`
    /// 0 goes back to its own points. The same arguments give the same points, whatever came between: a fit that is
    /// resumed repeats its last draw.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] (the default) where there are no points to draw.
    fn draw_points(&mut self, _parameters: &[T], draw: u64) -> Result<()> {
        let reason = "these residuals have no points to draw anew; set it to 0";
        Error::require(draw == 0, "resample", reason)
    }
}

impl<T: Scalar, R: Residuals<T> + ?Sized> Residuals<T> for &mut R {
    fn parameter_count(&self) -> usize {
        (**self).parameter_count()
    }
    fn residual_count(&self) -> usize {
        (**self).residual_count()
    }
    fn residuals(&mut self, parameters: &[T], residuals: &mut [T]) -> Result<()> {
        (**self).residuals(parameters, residuals)
    }
    fn residuals_and_jacobian(&mut self, parameters: &[T], residuals: &mut [T], matrix: &mut Matrix<T>) -> Result<()> {
        (**self).residuals_and_jacobian(parameters, residuals, matrix)
    }
    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        (**self).jacobian_vector(parameters, direction, product)
    }
    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        (**self).jacobian_transpose_vector(parameters, cotangent, product)
    }
    fn sum_of_squares(&mut self, parameters: &[T], residuals: &mut [T], gradient: &mut [T]) -> Result<T> {
        (**self).sum_of_squares(parameters, residuals, gradient)
    }
    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        (**self).held_out(parameters)
    }
    fn reading(&mut self, parameters: &[T]) -> Result<Option<Vec<T>>> {
        (**self).reading(parameters)
    }
    fn draw_points(&mut self, parameters: &[T], draw: u64) -> Result<()> {
        (**self).draw_points(parameters, draw)
    }
}

/// [`Residuals`] made of a closure; see [`from_fn`].
#[derive(Debug, Clone)]
pub struct FromFn<T, F> {
    residual_count: usize,
    parameter_count: usize,
    function: F,
    residuals: Vec<T>,
    jacobian: Matrix<T>,
}

/// The [`Residuals`] `ℝᵖ → ℝᵐ` that `function` computes: it overwrites its second argument `[m]` with
/// `r(θ)` and its third `[m, p]`, if there is one, with `∂r/∂θ`.
///
/// ```
/// use eigennet::optim::{LevenbergMarquardt, least_squares};
/// use eigennet::linalg::Matrix;
///
/// // Rosenbrock's function: r = (1 − x, 10 (y − x²)).
/// let mut rosenbrock = least_squares::from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
///     r.copy_from_slice(&[1.0 - x[0], 10.0 * (x[1] - x[0] * x[0])]);
///     if let Some(j) = jacobian { j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, -20.0 * x[0], 10.0]); }
///     Ok(())
/// });
/// let mut x = [-1.2, 1.0];
/// let outcome = LevenbergMarquardt::default().minimize(&mut rosenbrock, &mut x)?;
/// assert!(outcome.reason.is_converged(), "{outcome}");
/// assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 1.0).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn from_fn<T, F>(residual_count: usize, parameter_count: usize, function: F) -> FromFn<T, F>
where
    T: Scalar,
    F: FnMut(&[T], &mut [T], Option<&mut Matrix<T>>) -> Result<()>,
{
    FromFn { residual_count, parameter_count, function, residuals: Vec::new(), jacobian: Matrix::default() }
}

impl<T: Scalar, F: FnMut(&[T], &mut [T], Option<&mut Matrix<T>>) -> Result<()>> FromFn<T, F> {
    /// J(θ) into the matrix kept for products with it.
    fn refresh(&mut self, parameters: &[T]) -> Result<()> {
        fit_matrix(&mut self.jacobian, self.residual_count, self.parameter_count)?;
        self.residuals.resize(self.residual_count, T::zero());
        (self.function)(parameters, &mut self.residuals, Some(&mut self.jacobian))
    }
}

impl<T: Scalar, F: FnMut(&[T], &mut [T], Option<&mut Matrix<T>>) -> Result<()>> Residuals<T> for FromFn<T, F> {
    fn parameter_count(&self) -> usize {
        self.parameter_count
    }
    fn residual_count(&self) -> usize {
        self.residual_count
    }
    fn residuals(&mut self, parameters: &[T], residuals: &mut [T]) -> Result<()> {
        (self.function)(parameters, residuals, None)
    }
    fn residuals_and_jacobian(&mut self, parameters: &[T], residuals: &mut [T], matrix: &mut Matrix<T>) -> Result<()> {
        fit_matrix(matrix, self.residual_count, self.parameter_count)?;
        (self.function)(parameters, residuals, Some(matrix))
    }
    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        self.refresh(parameters)?;
        multiply(&self.jacobian, direction, product)
    }
    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        self.refresh(parameters)?;
        multiply_transposed(&self.jacobian, cotangent, product)
    }
}

/// The [`Objective`] `f = Σ rᵢ²`, with `∇f = 2 Jᵀ r` by [`Residuals::sum_of_squares`], so
/// that [`Lbfgs`](super::Lbfgs), [`Adam`](super::Adam) and all others run on residuals.
///
/// ```
/// use eigennet::optim::{Lbfgs, SumOfSquares, least_squares};
/// use eigennet::linalg::Matrix;
/// let mut line = least_squares::from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
///     r[0] = 3.0 * x[0] - 6.0;
///     if let Some(j) = jacobian { j[(0, 0)] = 3.0; }
///     Ok(())
/// });
/// let mut x = [0.0];
/// let outcome = Lbfgs::default().minimize(&mut SumOfSquares::new(&mut line), &mut x)?;
/// assert!(outcome.reason.is_converged() && (x[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SumOfSquares<R, T> {
    inner: R,
    residuals: Vec<T>,
}

impl<T: Scalar, R: Residuals<T>> SumOfSquares<R, T> {
    /// The sum of squares of `residuals`.
    pub fn new(residuals: R) -> Self {
        SumOfSquares { inner: residuals, residuals: Vec::new() }
    }
}

impl<T: Scalar, R: Residuals<T>> Objective<T> for SumOfSquares<R, T> {
    fn parameter_count(&self) -> usize {
        self.inner.parameter_count()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.residuals.resize(self.inner.residual_count(), T::zero());
        self.inner.sum_of_squares(parameters, &mut self.residuals, gradient)
    }

    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        self.inner.held_out(parameters)
    }
}

/// J(θ), freshly allocated.
fn dense_jacobian<T: Scalar, R: Residuals<T> + ?Sized>(residuals: &mut R, parameters: &[T]) -> Result<Matrix<T>> {
    let (m, p) = (residuals.residual_count(), residuals.parameter_count());
    let mut jacobian = Matrix::default();
    fit_matrix(&mut jacobian, m, p)?;
    residuals.residuals_and_jacobian(parameters, &mut vec![T::zero(); m], &mut jacobian)?;
    Ok(jacobian)
}

/// Makes `matrix` `[rows, cols]`, zero where it was not.
///
/// # Errors
/// [`Error::InvalidArgument`] if there is no memory for it.
pub(crate) fn fit_matrix<T: Scalar>(matrix: &mut Matrix<T>, rows: usize, cols: usize) -> Result<()> {
    if matrix.shape() != [rows, cols] {
        let length = rows.checked_mul(cols).filter(|&length| Vec::<T>::new().try_reserve_exact(length).is_ok());
        Error::require(
            length.is_some(),
            "size of a Jacobian or Gram matrix",
            format_args!(
                "there is no memory for [{rows}, {cols}]; use fewer points, or a matrix-free method \
                 (StepSolver::MatrixFree, or Lbfgs on SumOfSquares)"
            ),
        )?;
        *matrix = Matrix::zeros(rows, cols);
    }
    Ok(())
}

/// J v.
pub(super) fn multiply<T: Scalar>(jacobian: &Matrix<T>, direction: &[T], product: &mut [T]) -> Result<()> {
    let [m, p] = jacobian.shape();
    Error::same_shape("Residuals::jacobian_vector", &[product.len(), direction.len()], &[m, p])?;
    multiply_rows(jacobian.as_slice(), p, direction, product);
    Ok(())
}

/// Jᵀ w.
pub(super) fn multiply_transposed<T: Scalar>(jacobian: &Matrix<T>, cotangent: &[T], product: &mut [T]) -> Result<()> {
    let [m, p] = jacobian.shape();
    Error::same_shape("Residuals::jacobian_transpose_vector", &[cotangent.len(), product.len()], &[m, p])?;
    product.fill(T::zero());
    add_combination(jacobian.as_slice(), p, cotangent, product);
    Ok(())
}
