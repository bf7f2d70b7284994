//! Cholesky factorisation of a sparse symmetric positive definite matrix.

use super::{Csc, Csr, Ldlt, Symbolic};
use crate::Scalar;
use crate::error::Error;

/// `P A Pᵀ = L Lᵀ` for a sparse symmetric positive definite matrix: an [`Ldlt`] with all pivots positive, which needs
/// no pivoting to be stable.
///
/// ```
/// use eigennet::sparse::{Cholesky, Csr};
/// let a = Csr::from_triplets(2, 2, &[(0, 0, 4.0), (0, 1, 2.0), (1, 0, 2.0), (1, 1, 5.0)])?;
/// let x = Cholesky::factor(&a)?.solve(&[8.0, 12.0])?;
/// assert_eq!(x, [1.0, 2.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky<T>(Ldlt<T>);

impl<T: Scalar> Cholesky<T> {
    /// Factors a symmetric positive definite matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::InvalidArgument`] unless the matrix is square and symmetric but for rounding;
    /// [`Error::NotPositiveDefinite`] with the unknown whose pivot is not positive.
    pub fn factor(a: &Csr<T>) -> Result<Self, Error> {
        a.check_symmetric("sparse Cholesky::factor")?;
        Self::factor_with(a, &Symbolic::analyze(a)?)
    }

    /// Factors a matrix whose pattern lies within the one analysed; as [`Ldlt::factor_with`].
    ///
    /// # Errors
    /// As [`factor`](Self::factor).
    pub fn factor_with(a: &Csr<T>, symbolic: &Symbolic) -> Result<Self, Error> {
        let operation = "sparse Cholesky::factor";
        let factor = Ldlt::factor_with(a, symbolic).map_err(|error| match error {
            Error::ZeroPivot { pivot, .. } => Error::NotPositiveDefinite { operation, pivot },
            other => other,
        })?;
        match factor.pivots().iter().position(|&d| d < T::zero()) {
            Some(at) => Err(Error::NotPositiveDefinite { operation, pivot: factor.permutation()[at] }),
            None => Ok(Cholesky(factor)),
        }
    }

    /// The solution of `A x = b`.
    ///
    /// # Errors
    /// As [`Ldlt::solve`].
    pub fn solve(&self, b: &[T]) -> Result<Vec<T>, Error> {
        self.0.solve(b)
    }

    /// `L` `[n, n]`, its diagonal positive.
    pub fn lower(&self) -> Csc<T> {
        let mut lower = self.0.lower();
        for (window, &pivot) in lower.pointers.windows(2).zip(self.0.pivots()) {
            let root = pivot.sqrt();
            lower.values[window[0]..window[1]].iter_mut().for_each(|v| *v *= root);
        }
        lower
    }

    /// Unknown `permutation()[i]` is the i-th to be eliminated.
    pub fn permutation(&self) -> &[usize] {
        self.0.permutation()
    }

    /// Entries of `L`.
    pub fn nnz(&self) -> usize {
        self.0.nnz() + self.0.order()
    }

    /// `ln det A`.
    pub fn log_determinant(&self) -> T {
        self.0.log_determinant().1
    }
}
