//! Systems with a triangular matrix.

use std::ops::Range;

use super::block::{block, block_mut};
use super::{Matrix, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatRef, Packing, gemm};
use crate::kernels::reduce::{axpy, dot};
use crate::kernels::substitution::{UNKNOWNS, substitute};

/// Unknowns solved for before the next ones are updated by a matrix product.
const BLOCK: usize = 48;

/// Which half of a square matrix holds the entries; the other half is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Triangle {
    /// On and below the diagonal.
    #[default]
    Lower,
    /// On and above the diagonal.
    Upper,
}

/// How a square matrix is read as a triangular operator.
///
/// ```
/// use eigennet::linalg::{Matrix, Triangular};
/// let l = Matrix::from_vec(2, 2, vec![2.0, 0.0, 1.0, 4.0])?;
/// let x = Triangular::lower().solve(&l, &Matrix::from_vec(2, 1, vec![2.0, 9.0])?)?;
/// assert_eq!(x.as_slice(), [1.0, 2.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Triangular {
    /// The half that is read.
    pub triangle: Triangle,
    /// Whether the transpose of that half is meant.
    pub transposed: bool,
    /// Whether the diagonal counts as ones and is not read.
    pub unit_diagonal: bool,
}

impl Triangular {
    /// The lower triangle.
    pub fn lower() -> Self {
        Triangular::default()
    }

    /// The upper triangle.
    pub fn upper() -> Self {
        Triangular { triangle: Triangle::Upper, ..Triangular::default() }
    }

    /// The transpose of the same triangle.
    pub fn transpose(self) -> Self {
        Triangular { transposed: !self.transposed, ..self }
    }

    /// The same triangle with ones on its diagonal.
    pub fn unit_diagonal(self) -> Self {
        Triangular { unit_diagonal: true, ..self }
    }

    /// The solution `X` `[n, k]` of `op(A) X = B`, for `A` `[n, n]` and `B` `[n, k]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::Singular`] if a diagonal entry is zero, [`Error::InvalidArgument`] if the solution overflows.
    pub fn solve<T: Scalar>(self, a: &Matrix<T>, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        checks::square("Triangular::solve", a)?;
        checks::right_hand_sides("Triangular::solve", a.rows(), b)?;
        let mut x = b.clone();
        self.solve_in_place(a.as_slice(), a.cols(), a.rows(), x.as_mut_slice(), b.cols())?;
        checks::solution("Triangular::solve", x.as_slice())?;
        Ok(x)
    }

    /// The solution `X` `[k, n]` of `X op(A) = B`, for `A` `[n, n]` and `B` `[k, n]`.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn solve_right<T: Scalar>(self, a: &Matrix<T>, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        Ok(self.transpose().solve(a, &b.transpose())?.transpose())
    }

    /// Solves for `k` right-hand sides, the rows of `b` `[n, k]`; `A` is the leading block of order `n` of a
    /// buffer with rows `stride` apart. Nothing is checked but the diagonal.
    #[inline(never)]
    pub(crate) fn solve_in_place<T: Scalar>(
        self,
        a: &[T],
        stride: usize,
        n: usize,
        b: &mut [T],
        k: usize,
    ) -> Result<(), Error> {
        if !self.unit_diagonal
            && let Some(pivot) = (0..n).find(|&i| a[i * stride + i] == T::zero())
        {
            return Err(Error::Singular { operation: "triangular solve", pivot });
        }
        if k == 1 {
            self.solve_vector(a, stride, n, b);
            return Ok(());
        }
        let packing = &mut Packing::new();
        let forward = (self.triangle == Triangle::Lower) != self.transposed;
        let blocks = n.div_ceil(BLOCK);
        for step in 0..blocks {
            let start = BLOCK * if forward { step } else { blocks - 1 - step };
            let rows = start..(start + BLOCK).min(n);
            let known = if forward { 0..rows.start } else { rows.end..n };
            let factors = self.part(a, stride, rows.clone(), known)?;
            let (solved, active) = if forward {
                let (head, tail) = b.split_at_mut(rows.start * k);
                (head, &mut tail[..rows.len() * k])
            } else {
                let (head, tail) = b.split_at_mut(rows.end * k);
                (tail, &mut head[rows.start * k..])
            };
            if factors.cols() > 0 {
                let x = block(solved, k, 0..factors.cols(), 0..k)?;
                let mut y = block_mut(active, k, 0..rows.len(), 0..k)?;
                gemm(-T::one(), factors, x, T::one(), &mut y, packing);
            }
            self.solve_block(&a[start * stride + start..], stride, forward, active, k, packing)?;
        }
        Ok(())
    }

    /// A block of `op(A)`.
    fn part<T>(self, a: &[T], stride: usize, rows: Range<usize>, cols: Range<usize>) -> Result<MatRef<'_, T>, Error> {
        if self.transposed { Ok(block(a, stride, cols, rows)?.transposed()) } else { block(a, stride, rows, cols) }
    }

    /// Solves for the `n` unknowns of a diagonal block that begins at `a[0]`: a few of them in one pass over the
    /// right-hand sides, then their product with what they contribute to the rest of the block.
    fn solve_block<T: Scalar>(
        self,
        a: &[T],
        stride: usize,
        forward: bool,
        b: &mut [T],
        k: usize,
        packing: &mut Packing<T>,
    ) -> Result<(), Error> {
        let n = b.len() / k.max(1);
        for done in (0..n).step_by(UNKNOWNS) {
            let count = UNKNOWNS.min(n - done);
            let rows = if forward { done..done + count } else { n - done - count..n - done };
            // The i-th unknown in the order in which they are solved for.
            let unknown = |i: usize| if forward { rows.start + i } else { rows.end - 1 - i };
            let mut lower = [[T::zero(); UNKNOWNS]; UNKNOWNS];
            for (i, line) in lower.iter_mut().enumerate().take(count) {
                for (j, entry) in line.iter_mut().enumerate().take(i) {
                    let (row, column) = (unknown(i), unknown(j));
                    *entry = if self.transposed { a[column * stride + row] } else { a[row * stride + column] };
                }
                line[i] = if self.unit_diagonal { T::one() } else { a[unknown(i) * (stride + 1)] };
            }
            substitute(&lower[..count], &mut b[rows.start * k..rows.end * k], k, k, !forward);
            let rest = if forward { rows.end..n } else { 0..rows.start };
            if rest.is_empty() {
                break;
            }
            let (solved, active) = if forward {
                let (head, tail) = b.split_at_mut(rows.end * k);
                (&head[rows.start * k..], tail)
            } else {
                let (head, tail) = b.split_at_mut(rows.start * k);
                (&tail[..count * k], head)
            };
            let factors = self.part(a, stride, rest.clone(), rows)?;
            let x = block(solved, k, 0..count, 0..k)?;
            let mut y = block_mut(active, k, 0..rest.len(), 0..k)?;
            gemm(-T::one(), factors, x, T::one(), &mut y, packing);
        }
        Ok(())
    }

    /// Substitution for one right-hand side, along the rows of the matrix either way.
    fn solve_vector<T: Scalar>(self, a: &[T], stride: usize, n: usize, b: &mut [T]) {
        let forward = (self.triangle == Triangle::Lower) != self.transposed;
        for step in 0..n {
            let i = if forward { step } else { n - 1 - step };
            let row = &a[i * stride..i * stride + n];
            let beside = if self.triangle == Triangle::Lower { 0..i } else { i + 1..n };
            if !self.transposed {
                b[i] -= dot(&row[beside.clone()], &b[beside.clone()]);
            }
            if !self.unit_diagonal {
                b[i] /= row[i];
            }
            if self.transposed {
                axpy(-b[i], &row[beside.clone()], &mut b[beside]);
            }
        }
    }
}
