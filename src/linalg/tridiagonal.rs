//! Reduction of a symmetric matrix to tridiagonal form by blocked Householder reflections
//! (Dongarra, Sorensen and Hammarling, 1989): half of the work is matrix products.

use super::Matrix;
use super::block::{block, block_mut};
use super::householder::{Reflectors, reflector};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::{axpy, dot};
use crate::kernels::symmetric::multiply_upper;

/// Columns reduced before the rest of the matrix is updated.
const PANEL: usize = 32;
/// Rows of the trailing triangle updated by one product.
const STRIP: usize = 128;

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
pub(crate) fn tridiagonalize<T: Scalar>(mut a: Matrix<T>) -> Result<Tridiagonal<T>, Error> {
    let n = a.rows();
    let mut diagonal = vec![T::zero(); n];
    let mut off_diagonal = vec![T::zero(); n.saturating_sub(1)];
    let mut tau = vec![T::zero(); n.saturating_sub(1)];
    // Rows 2i and 2i + 1 hold v_i and w_i; `right` holds w_i and v_i: A ← A − leftᵀ right.
    let mut left = vec![T::zero(); 2 * PANEL * n];
    let mut right = vec![T::zero(); 2 * PANEL * n];
    let mut packing = Packing::new();
    let mut w = vec![T::zero(); n];

    let mut start = 0;
    while start < n {
        let end = (start + PANEL).min(n);
        left.fill(T::zero());
        right.fill(T::zero());
        for j in start..end {
            let done = 2 * (j - start);
            let (above, below) = a.as_mut_slice().split_at_mut((j + 1) * n);
            let row = &mut above[j * n..];
            for (l, r) in left.chunks_exact(n).zip(right.chunks_exact(n)).take(done) {
                axpy(-l[j], &r[j..], &mut row[j..]);
            }
            diagonal[j] = row[j];
            row[..=j].fill(T::zero());
            if j + 1 == n {
                break;
            }
            let v = &mut row[j + 1..];
            (tau[j], off_diagonal[j]) = reflector(v);

            // w = τ (A v − ½ τ (vᵀ A v) v), of A as the panel so far has made it.
            let w = &mut w[j + 1..];
            multiply_upper(&below[j + 1..], n, v, w);
            for (l, r) in left.chunks_exact(n).zip(right.chunks_exact(n)).take(done) {
                axpy(-dot(&r[j + 1..], v), &l[j + 1..], w);
            }
            w.iter_mut().for_each(|x| *x *= tau[j]);
            axpy(T::of(-0.5) * tau[j] * dot(w, v), v, w);

            let (vs, ws) = (done * n + j + 1..(done + 1) * n, (done + 1) * n + j + 1..(done + 2) * n);
            left[vs.clone()].copy_from_slice(v);
            left[ws.clone()].copy_from_slice(w);
            right[vs].copy_from_slice(w);
            right[ws].copy_from_slice(v);
        }
        for top in (end..n).step_by(STRIP) {
            let rows = top..(top + STRIP).min(n);
            let l = block(&left, n, 0..2 * PANEL, rows.clone())?.transposed();
            let r = block(&right, n, 0..2 * PANEL, top..n)?;
            gemm(-T::one(), l, r, T::one(), &mut block_mut(a.as_mut_slice(), n, rows, top..n)?, &mut packing);
        }
        start = end;
    }
    Ok(Tridiagonal { diagonal, off_diagonal, reflectors: Reflectors::new(a, tau, 1) })
}
