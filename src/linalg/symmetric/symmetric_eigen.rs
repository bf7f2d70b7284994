//! Eigenvalues and eigenvectors of a dense symmetric matrix.

use std::ops::Range;

use super::divide_and_conquer::divide_and_conquer;
use super::tridiagonal::tridiagonalize;
use super::tridiagonal_ql::eigenvalues;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::scaling::scale_of_squares;
use crate::linalg::{Matrix, checks};

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
/// The matrix is reduced to tridiagonal form by Householder reflections, and that is diagonalised by divide and conquer
/// (Cuppen, 1981; Gu and Eisenstat, 1994). The residual `‖A V − V Λ‖` and the loss of orthogonality `‖VᵀV − I‖` are
/// small multiples of `n ε ‖A‖` and `n ε`; entries of any magnitude are scaled first, so that nothing over- or
/// underflows. Asymmetry `|a_ij − a_ji|` up to `√ε √(rᵢ rⱼ)`, rᵢ the largest entry of row and column i, or up to
/// `n ε max |a|`, is taken for rounding: the result is then that of the symmetric part `(A + Aᵀ)/2`.
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
/// [`Error::InvalidArgument`] if it is not symmetric or an eigenvalue overflows, [`Error::NoConvergence`] if the
/// iteration fails.
#[inline(never)]
pub fn symmetric_eigen<T: Scalar>(a: &Matrix<T>) -> Result<SymmetricEigen<T>, Error> {
    selected("symmetric_eigen", a, &EigenRange::All)
}

/// Which eigenvalues of a symmetric matrix, counted or measured from the smallest up.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum EigenRange<T> {
    /// All of them.
    #[default]
    All,
    /// Those with these numbers: `0..3` are the three smallest.
    Indices(Range<usize>),
    /// Those in the interval `low ≤ λ < high`, each to within rounding.
    Values(Range<T>),
}

/// The eigenvalues in a range, with their eigenvectors.
///
/// The work that grows with the number of eigenvectors (the last merge and the transformation back,
/// more than half of the whole) is done for those in the range only.
///
/// ```
/// use eigennet::linalg::{EigenRange, Matrix, symmetric_eigen_range};
/// let a = Matrix::from_diagonal(&[3.0_f64, 1.0, 2.0]);
/// assert_eq!(symmetric_eigen_range(&a, &EigenRange::Indices(0..2))?.values, [1.0, 2.0]);
/// assert_eq!(symmetric_eigen_range(&a, &EigenRange::Values(1.5..9.0))?.values, [2.0, 3.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`symmetric_eigen`], and [`Error::InvalidArgument`] for indices past the order of the matrix or
/// an interval whose ends are not numbers.
pub fn symmetric_eigen_range<T: Scalar>(a: &Matrix<T>, range: &EigenRange<T>) -> Result<SymmetricEigen<T>, Error> {
    selected("symmetric_eigen_range", a, range)
}

fn selected<T: Scalar>(
    operation: &'static str,
    a: &Matrix<T>,
    range: &EigenRange<T>,
) -> Result<SymmetricEigen<T>, Error> {
    let n = a.rows();
    match range {
        EigenRange::Indices(indices) if indices.end > n => {
            let reason = format!("indices {indices:?} reach past the order {n}; ask for at most 0..{n}");
            return Err(Error::invalid(operation, reason));
        }
        EigenRange::Values(values) if values.start.is_nan() || values.end.is_nan() => {
            return Err(Error::invalid(operation, "an end of the interval is NaN; use infinities for open ends"));
        }
        _ => {}
    }
    let (scaled, scale) = prepare(operation, a, scale_of_squares)?;
    let mut reduced = tridiagonalize(scaled)?;
    let wanted = match range {
        EigenRange::All => 0..n,
        EigenRange::Indices(indices) => indices.start.min(indices.end)..indices.end,
        EigenRange::Values(values) => {
            let mut all = reduced.diagonal.clone();
            eigenvalues(&mut all, &mut reduced.off_diagonal.clone())?;
            let below = |bound: T| all.partition_point(|&v| v / scale < bound);
            below(values.start)..below(values.end).max(below(values.start))
        }
    };
    let mut vectors = divide_and_conquer(&mut reduced.diagonal, &mut reduced.off_diagonal, wanted.clone())?;
    reduced.reflectors.apply_right(true, &mut vectors)?;
    let values = unscaled(operation, &reduced.diagonal[wanted], scale)?;
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
#[inline(never)]
pub fn symmetric_eigenvalues<T: Scalar>(a: &Matrix<T>) -> Result<Vec<T>, Error> {
    let (scaled, scale) = prepare("symmetric_eigenvalues", a, scale_of_squares)?;
    let mut reduced = tridiagonalize(scaled)?;
    eigenvalues(&mut reduced.diagonal, &mut reduced.off_diagonal)?;
    unscaled("symmetric_eigenvalues", &reduced.diagonal, scale)
}

/// Eigenvalues of the matrix from those of the scaled one; up to n times as large as its entries, they may overflow.
pub(super) fn unscaled<T: Scalar>(operation: &'static str, values: &[T], scale: T) -> Result<Vec<T>, Error> {
    let values: Vec<T> = values.iter().map(|&v| v / scale).collect();
    checks::in_range(operation, &values, || format!("an eigenvalue overflows {}: scale the matrix down", T::NAME))?;
    Ok(values)
}

/// The symmetric part times the power of two that `scale_of` its largest entry, and that power.
pub(super) fn prepare<T: Scalar>(
    operation: &'static str,
    a: &Matrix<T>,
    scale_of: fn(T) -> T,
) -> Result<(Matrix<T>, T), Error> {
    checks::symmetric(operation, a)?;
    let part = checks::symmetric_part(a);
    let scale = scale_of(part.max_abs());
    Ok((part.scale(scale), scale))
}
