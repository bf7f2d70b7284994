//! Cholesky factorisation of a symmetric positive definite matrix.

use std::ops::Range;

use rayon::prelude::*;

use super::block::{block, block_mut};
use super::condition::Condition;
use super::gram::update_triangle;
use super::{Matrix, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::substitution::{UNKNOWNS, substitute};
use crate::kernels::transpose::transpose;
use crate::par::is_worth_sharing;

/// Columns factored before the rest of the matrix is updated.
const BLOCK: usize = 64;
/// The most rows below the corner that are solved for together.
const MAX_STRIP: usize = 128;

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
    condition: Condition,
}

impl<T: Scalar> Cholesky<T> {
    /// Factors a symmetric positive definite matrix; its lower triangle is what counts.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] unless the matrix is square, finite and
    /// symmetric but for rounding; [`Error::NotPositiveDefinite`], with the first pivot that is not positive.
    #[inline(never)]
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        checks::symmetric("Cholesky::factor", a)?;
        let n = a.rows();
        let mut lower = a.clone();
        Workspace::default().factor(lower.as_mut_slice(), n)?;
        for i in 0..n {
            lower.row_mut(i)[i + 1..].fill(T::zero());
        }
        Ok(Cholesky { lower, condition: Condition::default() })
    }

    /// `L` `[n, n]`.
    pub fn lower(&self) -> &Matrix<T> {
        &self.lower
    }

    /// Refuses what [`Lu::solve`](super::Lu::solve) does, `L Lᵀ` for `L U`.
    fn check_condition(&self, operation: &'static str) -> Result<(), Error> {
        let n = self.lower.rows();
        let factors = || [self.lower.clone(), self.lower.transpose()];
        self.condition.check(operation, factors, |x, _| solve_vector(self.lower.as_slice(), n, x))
    }

    /// The solution `X` `[n, k]` of `A X = B`. The first one looks at the condition of the matrix as well, in about ten
    /// multiplications for each entry of it.
    ///
    /// # Errors
    /// [`Error::Shape`] if `B` has another number of rows, [`Error::NonFinite`] for NaN and infinities, [`Error::Singular`] if
    /// rounding leaves no digit of a solution, as [`Lu::solve`](super::Lu::solve) has it, [`Error::InvalidArgument`] if the
    /// solution overflows.
    #[inline(never)]
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let n = self.lower.rows();
        checks::right_hand_sides("Cholesky::solve", n, b)?;
        self.check_condition("Cholesky::solve")?;
        let mut x = b.clone();
        for half in [Triangular::lower(), Triangular::lower().transpose()] {
            half.solve_in_place(self.lower.as_slice(), n, n, x.as_mut_slice(), b.cols())?;
        }
        checks::solution("Cholesky::solve", x.as_slice())?;
        Ok(x)
    }

    /// `A⁻¹`, exactly symmetric. To solve a system use [`solve`](Self::solve), which is faster and more accurate.
    ///
    /// # Errors
    /// [`Error::Singular`] as of [`solve`](Self::solve), [`Error::InvalidArgument`] if an entry overflows.
    pub fn inverse(&self) -> Result<Matrix<T>, Error> {
        self.check_condition("Cholesky::inverse")?;
        let n = self.lower.rows();
        let mut inverse = Matrix::identity(n);
        Triangular::lower().solve_in_place(self.lower.as_slice(), n, n, inverse.as_mut_slice(), n)?;
        let inverse = checks::symmetric_part(&inverse.t_matmul(&inverse)?);
        checks::solution("Cholesky::inverse", inverse.as_slice())?;
        Ok(inverse)
    }

    /// `ln det A = 2 Σ ln l_ii`, which does not overflow where the determinant would; 0 if empty.
    pub fn log_determinant(&self) -> T {
        T::of(2.0) * self.lower.diagonal().into_iter().map(|v| v.ln()).sum::<T>()
    }
}

/// Reusable space for factorisations: grows on first use, then allocates nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace<T> {
    /// L₁₁ᵀ `[width, width]`.
    corner: Vec<T>,
    packing: Packing<T>,
    /// L₂₁ᵀ by strips of its columns, and as a whole.
    solved: Vec<Strip<T>>,
    panel: Vec<T>,
    packings: Vec<Packing<T>>,
}

/// Room for `[width, rows]`.
#[derive(Debug, Clone, Default)]
struct Strip<T> {
    transposed: Vec<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Workspace<T> {
    /// Overwrites the lower triangle of `A` `[n, n]` with that of `L`; the rest is not read, and in
    /// the end undefined. Nothing is checked but the pivots.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`], with the first pivot that is not positive.
    #[inline(never)]
    pub(crate) fn factor(&mut self, lower: &mut [T], n: usize) -> Result<(), Error> {
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let (width, rest) = (end - start, n - end);
            let corner = &mut lower[start * n + start..];
            self.corner.resize(width * width, T::zero());
            transpose((corner, n), [width, width], (&mut self.corner, width));
            factor_block(&mut self.corner, width, start, &mut self.packing)?;
            transpose((&self.corner, width), [width, width], (corner, n));
            if rest == 0 {
                break;
            }
            self.solve_below(&mut lower[end * n..], n, start..end)?;
            // A₂₂ ← A₂₂ − L₂₁ L₂₁ᵀ.
            let panel = &self.panel[..];
            let part = |rows: Range<usize>| block(panel, rest, 0..width, rows);
            let factors = |rows, columns| Ok((part(rows)?.transposed(), part(columns)?));
            let target = (&mut lower[end * n + end..], n);
            update_triangle(None, [-T::one(), T::one()], [rest, width], &factors, target, &mut self.packings)?;
        }
        Ok(())
    }

    /// `L₂₁ = A₂₁ L₁₁⁻ᵀ` in the columns `known` of the rows `below` the corner, and its transpose into the panel.
    fn solve_below(&mut self, below: &mut [T], n: usize, known: Range<usize>) -> Result<(), Error> {
        let Workspace { corner, solved, panel, .. } = self;
        let (width, rest) = (known.len(), below.len() / n);
        // Four strips of whole vectors where that is enough: two threads have equal shares.
        let height = rest.div_ceil(4).next_multiple_of(16).min(MAX_STRIP);
        let strips = rest.div_ceil(height);
        if solved.len() < strips {
            solved.resize_with(strips, Strip::default);
        }
        let work = |rows: &mut [T], strip: &mut Strip<T>| {
            let count = rows.len() / n;
            strip.transposed.resize(width * count, T::zero());
            transpose((&rows[known.start..], n), [count, width], (&mut strip.transposed, count));
            substitute_block(corner, &mut strip.transposed, [width, count], &mut strip.packing)?;
            transpose((&strip.transposed, count), [width, count], (&mut rows[known.start..], n));
            Ok(())
        };
        // Moving the entries takes as long as some operations on them.
        if is_worth_sharing::<T>(2 * rest * width * width) {
            let pieces = below.par_chunks_mut(height * n).zip(&mut solved[..strips]);
            pieces.with_max_len(1).try_for_each(|(rows, strip)| work(rows, strip))?;
        } else {
            below.chunks_mut(height * n).zip(&mut *solved).try_for_each(|(rows, strip)| work(rows, strip))?;
        }
        panel.resize(width * rest, T::zero());
        for (row, line) in panel.chunks_exact_mut(rest).enumerate() {
            for (line, strip) in line.chunks_mut(height).zip(&*solved) {
                line.copy_from_slice(&strip.transposed[row * line.len()..][..line.len()]);
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

/// Overwrites the upper triangle of `A` `[width, width]` with the factor of `A = UᵀU`. What is below the diagonal is neither
/// read for that nor kept.
///
/// # Errors
/// [`Error::NotPositiveDefinite`], with the first pivot that is not positive, counted from `first`.
fn factor_block<T: Scalar>(a: &mut [T], width: usize, first: usize, packing: &mut Packing<T>) -> Result<(), Error> {
    for start in (0..width).step_by(UNKNOWNS) {
        let end = (start + UNKNOWNS).min(width);
        let count = end - start;
        let (rows, below) = a[start * width..].split_at_mut(count * width);
        let lower = factor_corner(&mut rows[start..], width, count, first + start)?;
        substitute(&lower[..count], &mut rows[end..], width, width - end, false);
        let factors = block(rows, width, 0..count, end..width)?;
        let mut target = block_mut(below, width, 0..width - end, end..width)?;
        gemm(-T::one(), factors.transposed(), factors, T::one(), &mut target, packing);
    }
    Ok(())
}

/// Overwrites a panel `[width, columns]` with the product of `U⁻ᵀ` from the left, `U` upper triangular.
fn substitute_block<T: Scalar>(
    upper: &[T],
    panel: &mut [T],
    [width, columns]: [usize; 2],
    packing: &mut Packing<T>,
) -> Result<(), Error> {
    for start in (0..width).step_by(UNKNOWNS) {
        let end = (start + UNKNOWNS).min(width);
        let count = end - start;
        let (known, rows) = panel.split_at_mut(start * columns);
        let rows = &mut rows[..count * columns];
        // Each row is met once with all that is known before it.
        let left = block(upper, width, 0..start, start..end)?.transposed();
        let mut target = block_mut(rows, columns, 0..count, 0..columns)?;
        gemm(-T::one(), left, block(known, columns, 0..start, 0..columns)?, T::one(), &mut target, packing);
        let mut lower = [[T::zero(); UNKNOWNS]; UNKNOWNS];
        for (i, row) in lower[..count].iter_mut().enumerate() {
            (0..=i).for_each(|j| row[j] = upper[(start + j) * width + start + i]);
        }
        substitute(&lower[..count], rows, columns, columns, false);
    }
    Ok(())
}

/// Overwrites the upper triangle of `A` `[m, m]`, in rows `stride` apart, with `U` of `A = UᵀU`; returns `Uᵀ`.
fn factor_corner<T: Scalar>(
    a: &mut [T],
    stride: usize,
    m: usize,
    first: usize,
) -> Result<[[T; UNKNOWNS]; UNKNOWNS], Error> {
    let mut lower = [[T::zero(); UNKNOWNS]; UNKNOWNS];
    for j in 0..m {
        for i in j..m {
            let known = (0..j).map(|p| lower[i][p] * lower[j][p]).sum::<T>();
            let rest = a[j * stride + i] - known;
            if i > j {
                lower[i][j] = rest / lower[j][j];
            } else if rest > T::zero() && rest.is_finite() {
                lower[j][j] = rest.sqrt();
            } else {
                return Err(Error::NotPositiveDefinite { operation: "Cholesky::factor", pivot: first + j });
            }
            a[j * stride + i] = lower[i][j];
        }
    }
    Ok(lower)
}
