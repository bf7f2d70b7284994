//! Reduction of a symmetric matrix to tridiagonal form by blocked Householder reflections
//! (Dongarra, Sorensen and Hammarling, 1989): half of the work is matrix products.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatRef, Packing, gemm};
use crate::kernels::reduce::{axpy, dot};
use crate::kernels::symmetric::multiply_upper;
use crate::linalg::Matrix;
use crate::linalg::block::{block, block_mut};
use crate::linalg::householder::{Reflectors, reflector};
use crate::linalg::strips::for_each_strip;
use crate::par::for_each_chunk;

/// Columns reduced before the rest of the matrix is updated.
const PANEL: usize = 16;
/// The same for matrices that the caches do not hold, where an update waits for memory.
const LARGE_PANEL: usize = 32;
/// Rows of the trailing triangle updated by one product.
const STRIP: usize = 128;
/// Terms a product with a large triangle is cut into, to be computed side by side.
const SHARDS: usize = 4;
/// The order from which that pays.
const LARGE: usize = 600;
/// The order from which a large panel pays.
const BEYOND_CACHE: usize = 1500;

/// `A = Q T Qᵀ`, `T` symmetric tridiagonal.
#[derive(Debug, Clone)]
pub(crate) struct Tridiagonal<T> {
    /// The diagonal of `T`, `[n]`.
    pub(crate) diagonal: Vec<T>,
    /// The entries beside it, `[n − 1]`.
    pub(crate) off_diagonal: Vec<T>,
    /// `Q`.
    pub(crate) reflectors: Reflectors<T>,
}

/// Reduces `a`, of which only the upper triangle is read.
pub(crate) fn tridiagonalize<T: Scalar>(a: Matrix<T>) -> Result<Tridiagonal<T>, Error> {
    let panel = if a.rows() < BEYOND_CACHE { PANEL } else { LARGE_PANEL };
    by_panels(a, panel)
}

/// [`tridiagonalize`], `panel` columns at a time, at most [`LARGE_PANEL`].
fn by_panels<T: Scalar>(mut a: Matrix<T>, panel: usize) -> Result<Tridiagonal<T>, Error> {
    let n = a.rows();
    let mut diagonal = vec![T::zero(); n];
    let mut off_diagonal = vec![T::zero(); n.saturating_sub(1)];
    let mut tau = vec![T::zero(); n.saturating_sub(1)];
    // Rows 2i and 2i + 1 hold v_i and w_i; `right` holds w_i and v_i: A ← A − leftᵀ right.
    let mut left = vec![T::zero(); 2 * panel * n];
    let mut right = vec![T::zero(); 2 * panel * n];
    let mut terms = vec![T::zero(); SHARDS * n];
    let mut w = vec![T::zero(); n];
    let mut products = [T::zero(); 2 * LARGE_PANEL];
    let mut packing = Packing::new();

    let mut start = 0;
    while start < n {
        let end = (start + panel).min(n);
        for j in start..end {
            let done = 2 * (j - start);
            let (above, below) = a.as_mut_slice().split_at_mut((j + 1) * n);
            let row = &mut above[j * n..];
            let (l, r) = (block(&left, n, 0..done, j..j + 1)?.transposed(), block(&right, n, 0..done, j..n)?);
            gemm(-T::one(), l, r, T::one(), &mut block_mut(row, n, 0..1, j..n)?, &mut packing);
            diagonal[j] = row[j];
            row[..=j].fill(T::zero());
            if j + 1 == n {
                break;
            }
            let v = &mut row[j + 1..];
            (tau[j], off_diagonal[j]) = reflector(v);

            // w = τ (A v − ½ τ (vᵀ A v) v), of A as the panel so far has made it.
            let w = &mut w[j + 1..];
            multiply_in_shards(&below[j + 1..], n, v, w, &mut terms);
            let (l, products) = (block(&left, n, 0..done, j + 1..n)?, &mut products[..done]);
            let v_column = MatRef::new(v, v.len(), 1, 1, 1)?;
            gemm(T::one(), l, v_column, T::zero(), &mut block_mut(products, 1, 0..done, 0..1)?, &mut packing);
            // What v_i has met belongs to w_i, and the other way round.
            products.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
            let factors = block(products, done, 0..1, 0..done)?;
            gemm(-T::one(), factors, l, T::one(), &mut block_mut(w, n, 0..1, 0..n - j - 1)?, &mut packing);
            w.iter_mut().for_each(|x| *x *= tau[j]);
            axpy(T::of(-0.5) * tau[j] * dot(w, v), v, w);

            let (vs, ws) = (done * n + j + 1..(done + 1) * n, (done + 1) * n + j + 1..(done + 2) * n);
            left[vs.clone()].copy_from_slice(v);
            left[ws.clone()].copy_from_slice(w);
            right[vs].copy_from_slice(w);
            right[ws].copy_from_slice(v);
        }
        let trailing = a.as_mut_slice().get_mut(end * n..).unwrap_or(&mut []);
        for_each_strip(trailing, n, STRIP, &mut packing, |row, rows, packing| {
            let (top, height) = (end + row, rows.len() / n);
            let l = block(&left, n, 0..2 * panel, top..top + height)?.transposed();
            let r = block(&right, n, 0..2 * panel, top..n)?;
            gemm(-T::one(), l, r, T::one(), &mut block_mut(rows, n, 0..height, top..n)?, packing);
            Ok(())
        })?;
        start = end;
    }
    Ok(Tridiagonal { diagonal, off_diagonal, reflectors: Reflectors::new(a, tau, 1) })
}

/// `out = A v` for the symmetric matrix with this upper triangle. How it is cut depends on its order
/// alone, and the terms are added in order: the bits do not depend on threads.
fn multiply_in_shards<T: Scalar>(upper: &[T], stride: usize, v: &[T], out: &mut [T], terms: &mut [T]) {
    let n = v.len();
    if n < LARGE {
        return multiply_upper(upper, stride, n, v, out);
    }
    // Rows from n (1 − √(1 − s/SHARDS)) on leave the share 1 − s/SHARDS of the triangle below them.
    let cut = |s: usize| {
        let rows = n as f64 * (1.0 - (1.0 - s as f64 / SHARDS as f64).sqrt());
        if s == SHARDS { n } else { rows as usize / 4 * 4 }
    };
    for_each_chunk(terms, stride, true, &|s, term| {
        let (from, to) = (cut(s), cut(s + 1));
        multiply_upper(&upper[from * (stride + 1)..], stride, to - from, &v[from..], &mut term[from..n]);
    });
    out.fill(T::zero());
    for (s, term) in terms.chunks_exact(stride).enumerate() {
        axpy(T::one(), &term[cut(s)..n], &mut out[cut(s)..]);
    }
}

#[cfg(test)]
mod tests;
