//! Eigenvalues and eigenvectors of a dense symmetric matrix.

use super::Matrix;
use super::checks;
use super::tridiagonal::tridiagonalize;
use super::tridiagonal_ql::{eigenvalues, implicit_ql, power_of_two_scale};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::max_abs;

/// `A = V diag(λ) Vᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen<T> {
    /// The eigenvalues λ, ascending, `[k]`.
    pub values: Vec<T>,
    /// The eigenvectors, orthonormal, as columns: `[n, k]`; column `j` belongs to `values[j]`.
    pub vectors: Matrix<T>,
}

/// All eigenvalues and eigenvectors of a symmetric matrix.
///
/// The matrix is reduced to tridiagonal form by Householder reflections and that is diagonalised.
/// The residual `‖A V − V Λ‖` and the loss of orthogonality `‖VᵀV − I‖` are small multiples of
/// `n ε ‖A‖` and `n ε`; entries of any magnitude are scaled first, so that nothing over- or
/// underflows. Asymmetry up to `√ε · max |a|` is taken for rounding: the result is then that of the
/// symmetric part `(A + Aᵀ)/2`.
///
/// ```
/// use eigennet::linalg::{Matrix, symmetric_eigen};
/// let a = Matrix::from_vec(2, 2, vec![2.0, 1.0, 1.0, 2.0])?;
/// let eigen = symmetric_eigen(&a)?;
/// assert!((eigen.values[0] - 1.0_f64).abs() < 1e-14 && (eigen.values[1] - 3.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
/// [`Error::InvalidArgument`] if it is not symmetric, [`Error::NoConvergence`] if the iteration fails.
pub fn symmetric_eigen<T: Scalar>(a: &Matrix<T>) -> Result<SymmetricEigen<T>, Error> {
    let (scaled, scale) = prepare("symmetric_eigen", a)?;
    let mut reduced = tridiagonalize(scaled)?;
    let mut vectors = Matrix::identity(a.rows());
    implicit_ql(&mut reduced.diagonal, &mut reduced.off_diagonal, &mut vectors)?;
    reduced.reflectors.apply_right(true, &mut vectors)?;
    let values = reduced.diagonal.into_iter().map(|v| v / scale).collect();
    Ok(SymmetricEigen { values, vectors: vectors.transpose() })
}

/// The eigenvalues of a symmetric matrix, ascending, without vectors.
///
/// ```
/// use eigennet::linalg::{Matrix, symmetric_eigenvalues};
/// let a = Matrix::from_diagonal(&[3.0_f64, -1.0, 2.0]);
/// assert_eq!(symmetric_eigenvalues(&a)?, [-1.0, 2.0, 3.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`symmetric_eigen`].
pub fn symmetric_eigenvalues<T: Scalar>(a: &Matrix<T>) -> Result<Vec<T>, Error> {
    let (scaled, scale) = prepare("symmetric_eigenvalues", a)?;
    let mut reduced = tridiagonalize(scaled)?;
    eigenvalues(&mut reduced.diagonal, &mut reduced.off_diagonal)?;
    Ok(reduced.diagonal.into_iter().map(|v| v / scale).collect())
}

/// The symmetric part times a power of two that keeps squares of its entries in range, and that power.
fn prepare<T: Scalar>(operation: &'static str, a: &Matrix<T>) -> Result<(Matrix<T>, T), Error> {
    checks::symmetric(operation, a)?;
    let part = checks::symmetric_part(a);
    let largest = max_abs(part.as_slice());
    let safe = (T::min_positive_value() / T::EPSILON).sqrt();
    if largest == T::zero() || (largest > safe && largest < safe.recip()) {
        return Ok((part, T::one()));
    }
    let scale = power_of_two_scale(largest);
    Ok((part.scale(scale), scale))
}
