//! Reduction of a tall matrix to upper bidiagonal form by blocked Householder reflections
//! (Golub and Kahan, 1965; Dongarra, Sorensen and Hammarling, 1989): half of the work is matrix
//! products, and the other half reads the matrix once per column.

use rayon::prelude::*;

use crate::Scalar;
use crate::error::Error;
use crate::kernels::bidiagonal::bidiagonal_pass;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::axpy;
use crate::kernels::rows::{add_combination, multiply_rows};
use crate::linalg::Matrix;
use crate::linalg::block::{block, block_mut};
use crate::linalg::householder::{Reflectors, reflector};
use crate::linalg::strips::for_each_strip;

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

/// Reduces `a` `[m, n]`, `m ≥ n`, whose largest entry should be about one.
///
/// # Errors
/// [`Error::Shape`] if `m < n`.
#[inline(never)]
pub(crate) fn bidiagonalize<T: Scalar>(mut a: Matrix<T>) -> Result<Bidiagonal<T>, Error> {
    let (m, n) = (a.rows(), a.cols());
    if m < n {
        return Err(Error::shape("bidiagonalize", &[m, n], &[n, n]));
    }
    let zeros = |length: usize| vec![T::zero(); length];
    let fewer = n.saturating_sub(1);
    let (mut diagonal, mut off_diagonal) = (zeros(n), zeros(fewer));
    let (mut left_vectors, mut right_vectors) = (Matrix::zeros(n, m), Matrix::zeros(fewer, n));
    let (mut left_tau, mut right_tau) = (zeros(n), zeros(fewer));
    // What the columns of a panel so far do to the matrix: A − leftᵀ right, in two rows each per column: u and x
    // left, y and v right.
    let (mut left, mut right) = (zeros(2 * PANEL * m), zeros(2 * PANEL * n));
    let mut pass = Pass { column: zeros(m), x: zeros(m), product: zeros(n), terms: zeros(SHARDS * n) };
    let mut coefficients = zeros(2 * PANEL);
    let mut packing = Packing::new();
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
            diagonal[j] = beta;
            left_tau[j] = tau;
            left_vectors.row_mut(j)[j..].copy_from_slice(u);
            if j + 1 == n {
                break;
            }
            let y = &mut pass.product[j + 1..];
            let pivot = first - beta;
            if j > 0 && pivot.abs() > T::min_positive_value() / (T::EPSILON * T::EPSILON) {
                // u = (column − β e₁) / pivot
                axpy(-beta, &a.row(j)[j + 1..], y);
                y.iter_mut().for_each(|v| *v /= pivot);
            } else {
                y.fill(T::zero());
                add_combination(&a.as_slice()[j * n + j + 1..], n, u, y);
            }
            let known = &mut coefficients[..done];
            multiply_rows(&left[j..], m, u, known);
            negate(known);
            add_combination(&right[j + 1..], n, known, y);
            y.iter_mut().for_each(|v| *v *= tau);
            left[done * m + j..(done + 1) * m].copy_from_slice(u);
            right[done * n + j + 1..(done + 1) * n].copy_from_slice(y);

            // v, from row j as it is now.
            let row = &mut a.row_mut(j)[j + 1..];
            let known = &mut coefficients[..=done];
            for (c, l) in known.iter_mut().zip(left.chunks_exact(m)) {
                *c = -l[j];
            }
            add_combination(&right[j + 1..], n, known, row);
            let (pi, beta) = reflector(row);
            off_diagonal[j] = beta;
            right_tau[j] = pi;
            right_vectors.row_mut(j)[j + 1..].copy_from_slice(row);
            right[(done + 1) * n + j + 1..(done + 2) * n].copy_from_slice(row);

            // x = π A v, the next column, and its product with the columns right of it.
            let (x, column) = (&mut pass.x[j + 1..], &mut pass.column[j + 1..]);
            let below = left.get(j + 1..).unwrap_or(&[]);
            multiply_rows(&right[j + 1..], n, row, known);
            x.fill(T::zero());
            add_combination(below, m, known, x);
            for (c, r) in known.iter_mut().zip(right.chunks_exact(n)) {
                *c = r[j + 1];
            }
            column.fill(T::zero());
            add_combination(below, m, known, column);
            let (above, below) = a.as_slice().split_at((j + 1) * n);
            pass.run(below.get(j + 1..).unwrap_or(&[]), n, &above[j * n + j + 1..], pi, j + 1);
            left[(done + 1) * m + j + 1..(done + 2) * m].copy_from_slice(&pass.x[j + 1..]);
        }
        if end == n {
            break;
        }
        let trailing = &mut a.as_mut_slice()[end * n..];
        for_each_strip(trailing, n, STRIP, &mut packing, |row, strip, packing| {
            let (top, height) = (end + row, strip.len() / n);
            let l = block(&left, m, 0..2 * PANEL, top..top + height)?.transposed();
            let r = block(&right, n, 0..2 * PANEL, end..n)?;
            gemm(-T::one(), l, r, T::one(), &mut block_mut(strip, n, 0..height, end..n)?, packing);
            Ok(())
        })?;
        // The product was with the matrix before this update.
        multiply_rows(&left[end..], m, &pass.column[end..], &mut coefficients);
        negate(&mut coefficients);
        add_combination(&right[end + 1..], n, &coefficients, &mut pass.product[end + 1..]);
        left.fill(T::zero());
        right.fill(T::zero());
    }
    let (left, right) = (Reflectors::new(left_vectors, left_tau, 0), Reflectors::new(right_vectors, right_tau, 1));
    Ok(Bidiagonal { diagonal, off_diagonal, left, right })
}

fn negate<T: Scalar>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = -*v);
}
