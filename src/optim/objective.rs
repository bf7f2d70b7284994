//! A scalar function of the parameters together with its gradient.

use std::sync::Arc;

use super::HeldOut;
use crate::linalg::LinearOperator;
use crate::{Error, Result, Scalar};

/// A rough inverse `[n, n]` of a Hessian, symmetric and positive definite.
pub type Preconditioner<T> = Arc<dyn LinearOperator<T> + Send + Sync>;

/// A differentiable function `f: ℝⁿ → ℝ` to be minimised.
///
/// Write one as a type of its own, or from a closure with [`from_fn`].
pub trait Objective<T: Scalar> {
    /// The number of parameters `n`.
    fn parameter_count(&self) -> usize;

    /// Returns `f(parameters)` and overwrites `gradient` `[n]` with `∇f(parameters)`.
    ///
    /// A point outside the domain of `f` may be answered by a NaN, an infinity or one of the errors that a shorter step
    /// can cure ([`Error::NonFinite`], [`Error::NotPositiveDefinite`], [`Error::Singular`], [`Error::NoConvergence`]):
    /// a line search steps back. Any other error ends the minimisation.
    ///
    /// # Errors
    /// Whatever keeps the value from being computed.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T>;

    /// As [`Residuals::held_out`](super::Residuals::held_out).
    ///
    /// # Errors
    /// As there.
    fn held_out(&mut self, _parameters: &[T]) -> Result<Option<HeldOut>> {
        Ok(None)
    }

    /// A rough inverse `[n, n]` of the Hessian near `parameters`, symmetric and positive definite, if there is one: where
    /// [`Lbfgs`](super::Lbfgs) with a limited memory starts from. The same parameters have to give the same bits.
    ///
    /// # Errors
    /// Whatever keeps it from being computed.
    fn preconditioner(&mut self, _parameters: &[T]) -> Result<Option<Preconditioner<T>>> {
        Ok(None)
    }
}

impl<T: Scalar, O: Objective<T> + ?Sized> Objective<T> for &mut O {
    fn parameter_count(&self) -> usize {
        (**self).parameter_count()
    }
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        (**self).value_and_gradient(parameters, gradient)
    }
    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        (**self).held_out(parameters)
    }
    fn preconditioner(&mut self, parameters: &[T]) -> Result<Option<Preconditioner<T>>> {
        (**self).preconditioner(parameters)
    }
}

/// An [`Objective`] made of a closure; see [`from_fn`].
#[derive(Debug, Clone)]
pub struct FromFn<F> {
    parameter_count: usize,
    function: F,
}

/// The [`Objective`] of `parameter_count` parameters that `function` computes: it returns the value
/// and overwrites its second argument with the gradient.
///
/// ```
/// use eigennet::optim::{Objective, objective};
/// let mut square = objective::from_fn(1, |x: &[f64], gradient: &mut [f64]| {
///     gradient[0] = 2.0 * x[0];
///     Ok(x[0] * x[0])
/// });
/// let mut gradient = [0.0];
/// assert_eq!(square.value_and_gradient(&[3.0], &mut gradient)?, 9.0);
/// assert_eq!(gradient, [6.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn from_fn<T: Scalar, F: FnMut(&[T], &mut [T]) -> Result<T>>(parameter_count: usize, function: F) -> FromFn<F> {
    FromFn { parameter_count, function }
}

impl<T: Scalar, F: FnMut(&[T], &mut [T]) -> Result<T>> Objective<T> for FromFn<F> {
    fn parameter_count(&self) -> usize {
        self.parameter_count
    }
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        (self.function)(parameters, gradient)
    }
}

/// Whether a shorter step may cure `error`, so that a trial point that raised it counts as outside the domain.
pub(super) fn is_curable(error: &Error) -> bool {
    matches!(
        error,
        Error::NonFinite { .. }
            | Error::NotPositiveDefinite { .. }
            | Error::Singular { .. }
            | Error::ZeroPivot { .. }
            | Error::NoConvergence { .. }
    )
}

/// What was computed at a trial point; `None` if it lies outside the domain, which a shorter step can cure.
pub(super) fn in_domain<V>(computed: Result<V>) -> Result<Option<V>> {
    match computed {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_curable(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
