//! Cholesky factorisation of a symmetric positive definite matrix.

use super::block::{block, block_mut};
use super::checks;
use super::{Matrix, Triangular};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::dot;

/// Columns factored before the rest of the matrix is updated.
const BLOCK: usize = 64;
/// Rows of the trailing triangle updated by one product.
const STRIP: usize = 128;

/// `A = L Lᵀ`, `L` lower triangular with positive diagonal.
///
/// ```
/// use eigennet::linalg::{Cholesky, Matrix};
/// let a = Matrix::from_vec(2, 2, vec![4.0, 2.0, 2.0, 5.0])?;
/// let cholesky = Cholesky::factor(&a)?;
/// assert_eq!(cholesky.lower().as_slice(), [2.0, 0.0, 1.0, 2.0]);
/// assert_eq!(cholesky.solve(&Matrix::from_vec(2, 1, vec![8.0, 12.0])?)?.as_slice(), [1.0, 2.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky<T> {
    lower: Matrix<T>,
}

impl<T: Scalar> Cholesky<T> {
    /// Factors a symmetric positive definite matrix; its lower triangle is what counts.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] unless the matrix is
    /// square, finite and symmetric within `√ε · max |a|`; [`Error::NotPositiveDefinite`], with the
    /// first pivot that is not positive.
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        checks::symmetric("Cholesky::factor", a)?;
        let n = a.rows();
        let mut lower = a.clone();
        Workspace::default().factor(lower.as_mut_slice(), n)?;
        for i in 0..n {
            lower.row_mut(i)[i + 1..].fill(T::zero());
        }
        Ok(Cholesky { lower })
    }

    /// `L` `[n, n]`.
    pub fn lower(&self) -> &Matrix<T> {
        &self.lower
    }

    /// Gives up `L` `[n, n]`.
    pub fn into_lower(self) -> Matrix<T> {
        self.lower
    }

    /// The solution `X` `[n, k]` of `A X = B`.
    ///
    /// # Errors
    /// [`Error::Shape`] if `B` has another number of rows, [`Error::NonFinite`] for NaN and infinities.
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let n = self.lower.rows();
        checks::right_hand_sides("Cholesky::solve", n, b)?;
        let mut x = b.clone();
        for half in [Triangular::lower(), Triangular::lower().transpose()] {
            half.solve_in_place(self.lower.as_slice(), n, n, x.as_mut_slice(), b.cols())?;
        }
        Ok(x)
    }

    /// `A⁻¹`, exactly symmetric. To solve a system use [`solve`](Self::solve), which is faster and
    /// more accurate.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn inverse(&self) -> Result<Matrix<T>, Error> {
        let n = self.lower.rows();
        let mut inverse = Matrix::identity(n);
        Triangular::lower().solve_in_place(self.lower.as_slice(), n, n, inverse.as_mut_slice(), n)?;
        Ok(checks::symmetric_part(&inverse.t_matmul(&inverse)?))
    }

    /// `ln det A = 2 Σ ln l_ii`, which does not overflow where the determinant would; 0 if empty.
    pub fn log_determinant(&self) -> T {
        T::of(2.0) * self.lower.diagonal().into_iter().map(|v| v.ln()).sum::<T>()
    }
}

/// Reusable space for factorisations: grows on first use, then allocates nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace<T> {
    panel: Vec<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Workspace<T> {
    /// Overwrites the lower triangle of `A` `[n, n]` with that of `L`; the rest is not read, and in
    /// the end undefined. Nothing is checked but the pivots.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`], with the first pivot that is not positive.
    pub(crate) fn factor(&mut self, lower: &mut [T], n: usize) -> Result<(), Error> {
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let width = end - start;
            factor_block(&mut lower[start * n..end * n], n, start)?;
            // L₂₁ᵀ = L₁₁⁻¹ A₂₁ᵀ, kept transposed for the update A₂₂ ← A₂₂ − L₂₁ L₂₁ᵀ.
            let rest = n - end;
            self.panel.clear();
            self.panel.extend((start..end).flat_map(|j| (end..n).map(move |i| i * n + j)).map(|at| lower[at]));
            let panel = &mut self.panel[..];
            let corner = &lower[start * n + start..];
            Triangular::lower().solve_in_place_with(corner, n, width, panel, rest, &mut self.packing)?;
            for i in end..n {
                for j in start..end {
                    lower[i * n + j] = panel[(j - start) * rest + i - end];
                }
            }
            for top in (0..rest).step_by(STRIP) {
                let rows = top..(top + STRIP).min(rest);
                let left = block(panel, rest, 0..width, rows.clone())?.transposed();
                let right = block(panel, rest, 0..width, 0..rows.end)?;
                let target = (end + rows.start..end + rows.end, end..end + rows.end);
                let mut strip = block_mut(lower, n, target.0, target.1)?;
                gemm(-T::one(), left, right, T::one(), &mut strip, &mut self.packing);
            }
        }
        Ok(())
    }
}

/// Overwrites `b` `[n]` with `A⁻¹ b`, given the lower triangle of the factor of `A` `[n, n]`.
///
/// # Errors
/// [`Error::Singular`] if a diagonal entry is zero.
pub(crate) fn solve_vector<T: Scalar>(lower: &[T], n: usize, b: &mut [T]) -> Result<(), Error> {
    for half in [Triangular::lower(), Triangular::lower().transpose()] {
        half.solve_in_place(lower, n, n, b, 1)?;
    }
    Ok(())
}

/// Factors the diagonal block that begins at column `start` of these rows of a matrix `n` wide.
fn factor_block<T: Scalar>(rows: &mut [T], n: usize, start: usize) -> Result<(), Error> {
    for i in 0..rows.len() / n.max(1) {
        let (above, row) = rows.split_at_mut(i * n);
        let row = &mut row[start..n];
        for j in 0..i {
            let other = &above[j * n + start..(j + 1) * n];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if !(pivot > T::zero() && pivot.is_finite()) {
            return Err(Error::NotPositiveDefinite { operation: "Cholesky::factor", pivot: start + i });
        }
        row[i] = pivot.sqrt();
    }
    Ok(())
}
