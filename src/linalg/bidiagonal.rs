//! Reduction of a tall matrix to upper bidiagonal form by blocked Householder reflections
//! (Golub and Kahan, 1965; Dongarra, Sorensen and Hammarling, 1989): half of the work is matrix
//! products, and the other half reads the matrix once per column.

use rayon::prelude::*;

use super::Matrix;
use super::block::{block, block_mut};
use super::householder::{Reflectors, reflector};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::bidiagonal::bidiagonal_pass;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::axpy;

/// Columns reduced before the rest of the matrix is updated.
const PANEL: usize = 32;
/// Rows of the trailing matrix updated by one product.
const STRIP: usize = 128;
/// Rows that a large matrix is cut into for a pass over it, each part with a sum of its own.
const SHARDS: usize = 4;
/// The entries from which that pays.
const LARGE: usize = 1 << 17;

/// `A = U B Vᵀ`, `A` `[m, n]` with `m ≥ n`, `B` upper bidiagonal `[n, n]`.
#[derive(Debug)]
pub(crate) struct Bidiagonal<T> {
    /// The diagonal of `B`, `[n]`.
    pub(crate) diagonal: Vec<T>,
    /// The entries right of it, `[n − 1]`.
    pub(crate) off_diagonal: Vec<T>,
    /// `U`, of order `m`.
    pub(crate) left: Reflectors<T>,
    /// `V`, of order `n`.
    pub(crate) right: Reflectors<T>,
}

/// What the columns of a panel so far do to the matrix: `A − leftᵀ right`, in two rows each per column:
/// `u` and `x` left, `y` and `v` right.
struct Update<T> {
    left: Vec<T>,
    right: Vec<T>,
    m: usize,
    n: usize,
    packing: Packing<T>,
}

impl<T: Scalar> Update<T> {
    /// `out = leftᵀ c` for rows `from..m` and the first `terms` terms; `c` and `out` have `k` columns.
    fn left_times(&mut self, terms: usize, from: usize, c: &[T], k: usize, out: &mut [T]) -> Result<(), Error> {
        let left = block(&self.left, self.m, 0..terms, from..self.m)?.transposed();
        let mut out = block_mut(out, k, 0..self.m - from, 0..k)?;
        gemm(T::one(), left, block(c, k, 0..terms, 0..k)?, T::zero(), &mut out, &mut self.packing);
        Ok(())
    }

    /// `out −= rightᵀ c` for columns `from..n` and the first `terms` terms.
    fn subtract_right(&mut self, terms: usize, from: usize, c: &[T], out: &mut [T]) -> Result<(), Error> {
        let right = block(&self.right, self.n, 0..terms, from..self.n)?;
        let mut out = block_mut(out, self.n - from, 0..1, 0..self.n - from)?;
        gemm(-T::one(), block(c, terms, 0..1, 0..terms)?, right, T::one(), &mut out, &mut self.packing);
        Ok(())
    }
}

/// What one pass over the matrix takes and leaves, indexed by its rows and columns.
struct Pass<T> {
    /// Column `j` as all reflections before make it.
    column: Vec<T>,
    /// `π A v`.
    x: Vec<T>,
    /// The product of that column with those right of it.
    product: Vec<T>,
    terms: Vec<T>,
}

impl<T: Scalar> Pass<T> {
    /// [`bidiagonal_pass`] for rows and columns `from..` of `a`, of which `below` begins at the first, cut
    /// into parts by the shape alone, whose terms are added in order: the bits do not depend on threads.
    fn run(&mut self, below: &[T], stride: usize, v: &[T], factor: T, from: usize) {
        let (x, column, out) = (&mut self.x[from..], &mut self.column[from..], &mut self.product[from + 1..]);
        let width = out.len();
        if x.len() * v.len() < LARGE || width == 0 {
            return bidiagonal_pass(below, stride, v, factor, x, column, out);
        }
        let height = x.len().div_ceil(SHARDS).next_multiple_of(4);
        let used = x.len().div_ceil(height);
        let parts = x.par_chunks_mut(height).zip(column.par_chunks_mut(height));
        let parts = parts.zip(below.par_chunks(height * stride)).zip(self.terms.par_chunks_mut(width));
        parts.for_each(|(((x, column), a), term)| bidiagonal_pass(a, stride, v, factor, x, column, term));
        out.fill(T::zero());
        for term in self.terms.chunks_exact(width).take(used) {
            axpy(T::one(), term, out);
        }
    }
}

/// `out = rows · x` for the first `terms` rows from column `from` on.
fn project<T: Scalar>(
    rows: &[T],
    stride: usize,
    terms: usize,
    from: usize,
    x: &[T],
    out: &mut [T],
    packing: &mut Packing<T>,
) -> Result<(), Error> {
    let rows = block(rows, stride, 0..terms, from..from + x.len())?;
    let x = block(x, 1, 0..x.len(), 0..1)?;
    gemm(T::one(), rows, x, T::zero(), &mut block_mut(out, 1, 0..terms, 0..1)?, packing);
    Ok(())
}

/// Reduces `a` `[m, n]`, `m ≥ n`, whose largest entry should be about one.
///
/// # Errors
/// [`Error::Shape`] if `m < n`.
pub(crate) fn bidiagonalize<T: Scalar>(mut a: Matrix<T>) -> Result<Bidiagonal<T>, Error> {
    let (m, n) = (a.rows(), a.cols());
    if m < n {
        return Err(Error::shape("bidiagonalize", &[m, n], &[n, n]));
    }
    let mut result = Bidiagonal {
        diagonal: vec![T::zero(); n],
        off_diagonal: vec![T::zero(); n.saturating_sub(1)],
        left: Reflectors::new(Matrix::zeros(0, m), Vec::new(), 0),
        right: Reflectors::new(Matrix::zeros(0, n), Vec::new(), 1),
    };
    let (mut left_vectors, mut right_vectors) = (Matrix::zeros(n, m), Matrix::zeros(n.saturating_sub(1), n));
    let (mut left_tau, mut right_tau) = (vec![T::zero(); n], vec![T::zero(); n.saturating_sub(1)]);
    let zeros = |length: usize| vec![T::zero(); length];
    let mut update = Update { left: zeros(2 * PANEL * m), right: zeros(2 * PANEL * n), m, n, packing: Packing::new() };
    let mut pass = Pass { column: zeros(m), x: zeros(m), product: zeros(n), terms: zeros(SHARDS * n) };
    let (mut corrections, mut coefficients, mut scratch) = (zeros(2 * m), zeros(4 * PANEL), zeros(2 * PANEL));
    for (i, first) in pass.column.iter_mut().enumerate().filter(|_| n > 0) {
        *first = a[(i, 0)];
    }
    for start in (0..n).step_by(PANEL) {
        let end = (start + PANEL).min(n);
        for j in start..end {
            let done = 2 * (j - start);
            // u, and y = τ Aᵀ u for the columns right of it.
            let first = pass.column[j];
            let u = &mut pass.column[j..];
            let (tau, beta) = reflector(u);
            result.diagonal[j] = beta;
            left_tau[j] = tau;
            left_vectors.row_mut(j)[j..].copy_from_slice(u);
            if j + 1 == n {
                break;
            }
            let width = n - j - 1;
            let y = &mut pass.product[j + 1..];
            let pivot = first - beta;
            if j > 0 && pivot.abs() > T::min_positive_value() / (T::EPSILON * T::EPSILON) {
                // u = (column − β e₁) / pivot
                axpy(-beta, &a.row(j)[j + 1..], y);
                y.iter_mut().for_each(|v| *v /= pivot);
            } else {
                let rows = block(a.as_slice(), n, j..m, j + 1..n)?;
                let mut y = block_mut(y, width, 0..1, 0..width)?;
                gemm(T::one(), block(u, u.len(), 0..1, 0..m - j)?, rows, T::zero(), &mut y, &mut update.packing);
            }
            project(&update.left, m, done, j, u, &mut coefficients, &mut update.packing)?;
            update.subtract_right(done, j + 1, &coefficients, y)?;
            y.iter_mut().for_each(|v| *v *= tau);
            update.left[done * m + j..(done + 1) * m].copy_from_slice(u);
            update.right[done * n + j + 1..(done + 1) * n].copy_from_slice(y);

            // v, from row j as it is now.
            let row = &mut a.row_mut(j)[j + 1..];
            for (c, l) in coefficients.iter_mut().zip(update.left.chunks_exact(m)).take(done + 1) {
                *c = l[j];
            }
            update.subtract_right(done + 1, j + 1, &coefficients, row)?;
            let (pi, beta) = reflector(row);
            result.off_diagonal[j] = beta;
            right_tau[j] = pi;
            right_vectors.row_mut(j)[j + 1..].copy_from_slice(row);
            update.right[(done + 1) * n + j + 1..(done + 2) * n].copy_from_slice(row);

            // x = π A v, the next column, and its product with the columns right of it.
            project(&update.right, n, done + 1, j + 1, row, &mut scratch, &mut update.packing)?;
            for (l, c) in coefficients.chunks_exact_mut(2).enumerate().take(done + 1) {
                c.copy_from_slice(&[scratch[l], update.right[l * n + j + 1]]);
            }
            update.left_times(done + 1, j + 1, &coefficients, 2, &mut corrections)?;
            let pairs = corrections.chunks_exact(2);
            for ((x, c), pair) in pass.x[j + 1..].iter_mut().zip(&mut pass.column[j + 1..]).zip(pairs) {
                (*x, *c) = (pair[0], pair[1]);
            }
            let (above, below) = a.as_slice().split_at((j + 1) * n);
            pass.run(below.get(j + 1..).unwrap_or(&[]), n, &above[j * n + j + 1..], pi, j + 1);
            update.left[(done + 1) * m + j + 1..(done + 2) * m].copy_from_slice(&pass.x[j + 1..]);
        }
        if end == n {
            break;
        }
        let (left, right) = (&update.left, &update.right);
        a.as_mut_slice()[end * n..].par_chunks_mut(STRIP * n).enumerate().try_for_each(|(strip, rows)| {
            let (top, height) = (end + strip * STRIP, rows.len() / n);
            let l = block(left, m, 0..2 * PANEL, top..top + height)?.transposed();
            let r = block(right, n, 0..2 * PANEL, end..n)?;
            gemm(-T::one(), l, r, T::one(), &mut block_mut(rows, n, 0..height, end..n)?, &mut Packing::new());
            Ok::<(), Error>(())
        })?;
        // The product was with the matrix before this update.
        project(&update.left, m, 2 * PANEL, end, &pass.column[end..], &mut scratch, &mut update.packing)?;
        update.subtract_right(2 * PANEL, end + 1, &scratch, &mut pass.product[end + 1..])?;
        update.left.fill(T::zero());
        update.right.fill(T::zero());
    }
    result.left = Reflectors::new(left_vectors, left_tau, 0);
    result.right = Reflectors::new(right_vectors, right_tau, 1);
    Ok(result)
}
