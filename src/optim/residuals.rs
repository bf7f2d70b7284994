//! A vector function of the parameters together with its Jacobian.

use crate::linalg::Matrix;
use crate::{Error, Scalar};

/// A vector function r: ℝᵖ → ℝᵐ whose squared length Σ rᵢ² is to be minimised.
pub trait Residuals<T: Scalar> {
    /// The number of parameters p.
    fn parameter_count(&self) -> usize;
    /// The number of residuals m.
    fn residual_count(&self) -> usize;
    /// r(θ) into `residuals` `[m]`.
    ///
    /// # Errors
    /// Whatever keeps them from being computed.
    fn residuals(&mut self, parameters: &[T], residuals: &mut [T]) -> Result<(), Error>;
    /// r(θ) and J = ∂r/∂θ `[m, p]`.
    ///
    /// # Errors
    /// Whatever keeps them from being computed.
    fn residuals_and_jacobian(
        &mut self,
        parameters: &[T],
        residuals: &mut [T],
        jacobian: &mut Matrix<T>,
    ) -> Result<(), Error>;
    /// J(θ) v into `product` `[m]`.
    ///
    /// # Errors
    /// Whatever keeps it from being computed.
    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<(), Error>;
    /// J(θ)ᵀ w into `product` `[p]`.
    ///
    /// # Errors
    /// Whatever keeps it from being computed.
    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<(), Error>;
}
