//! What every eigensolver of this layer returns.

use crate::linalg::{Complex, ComplexMatrix, Matrix};

/// Converged eigenpairs of a symmetric operator, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigenpairs<T> {
    /// The eigenvalues, in the order of the [`Which`](super::Which) they were asked by.
    pub values: Vec<T>,
    /// Orthonormal eigenvectors, column by column `[n, k]`.
    pub vectors: Matrix<T>,
    /// `‖A v − λ v‖` of each pair, computed afresh with the vectors returned.
    pub residuals: Vec<T>,
    /// Iterations made: restarts, sweeps or steps, as the method counts them.
    pub iterations: usize,
    /// Products with the operator (or with its shifted inverse), one per vector.
    pub products: usize,
    /// The method that found them.
    pub method: &'static str,
}

/// Converged eigenpairs of a nonsymmetric operator, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ComplexEigenpairs<T> {
    /// The eigenvalues, in the order of the [`Which`](super::Which) they were asked by; a complex one stands beside its
    /// conjugate, the positive imaginary part first.
    pub values: Vec<Complex<T>>,
    /// Right eigenvectors of norm one, column by column `[n, k]`.
    pub vectors: ComplexMatrix<T>,
    /// `‖A v − λ v‖` of each pair, computed afresh with the vectors returned.
    pub residuals: Vec<T>,
    /// Iterations made: restarts, sweeps or steps, as the method counts them.
    pub iterations: usize,
    /// Products with the operator (or with its shifted inverse), one per vector.
    pub products: usize,
    /// The method that found them.
    pub method: &'static str,
}
