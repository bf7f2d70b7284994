//! Reduction to Hessenberg form by blocked Householder reflections
//! (Bischof and Van Loan, 1987; Quintana-Ortí and van de Geijn, 2006): most of the work is matrix products.

use std::ops::Range;

use rayon::prelude::*;

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::{axpy, dot};
use crate::linalg::Matrix;
use crate::linalg::block::{block, block_mut};
use crate::linalg::householder::{Reflectors, reflector};
use crate::linalg::strips::{by_columns, for_each_strip, ranges};

/// Columns reduced before the rest of the matrix is updated.
const PANEL: usize = 32;
/// Rows worked on side by side.
const STRIP: usize = 64;

/// `A = Q H Qᵀ`, `H` zero below its first subdiagonal.
#[derive(Debug, Clone)]
pub(super) struct Hessenberg<T> {
    /// `H` `[n, n]`.
    pub(super) h: Matrix<T>,
    /// `Q`.
    pub(super) reflectors: Reflectors<T>,
}

/// Reduces the rows and columns `active`; what lies left of and below them has to be zero already.
pub(super) fn hessenberg<T: Scalar>(mut a: Matrix<T>, active: Range<usize>) -> Result<Hessenberg<T>, Error> {
    let n = a.rows();
    let high = active.end;
    let last = high.saturating_sub(2);
    let mut vectors = Matrix::from_fn(last, n, |i, j| if j == i + 1 { T::one() } else { T::zero() });
    let mut tau = vec![T::zero(); last];
    // Row i of `yt` is column i of A V T.
    let mut yt = vec![T::zero(); PANEL * n];
    let mut y = vec![T::zero(); n];
    for start in (active.start..last).step_by(PANEL) {
        let end = (start + PANEL).min(last);
        let width = end - start;
        let mut t = Matrix::zeros(width, width);
        for j in start..end {
            let i = j - start;
            let (done, rest) = vectors.as_mut_slice().split_at_mut(j * n);
            let (done, column) = (&done[start * n..], &mut rest[..n]);
            (start + 1..high).for_each(|r| column[r] = a[(r, j)]);
            // b ← (I − V Tᵀ Vᵀ) (b − Y V[j]ᵀ): what the panel so far does to this column.
            for (v, y) in done.chunks_exact(n).zip(yt.chunks_exact(n)) {
                axpy(-v[j], &y[start + 1..high], &mut column[start + 1..high]);
            }
            let w: Vec<T> = done.chunks_exact(n).map(|v| dot(&v[start + 1..high], &column[start + 1..high])).collect();
            for (l, v) in done.chunks_exact(n).enumerate() {
                let factor: T = (0..=l).map(|p| t[(p, l)] * w[p]).sum();
                axpy(-factor, &v[start + 1..high], &mut column[start + 1..high]);
            }
            for r in start + 1..=j {
                a[(r, j)] = std::mem::replace(&mut column[r], T::zero());
            }
            let (scale, beta) = reflector(&mut column[j + 1..high]);
            tau[j] = scale;
            a[(j + 1, j)] = beta;
            (j + 2..high).for_each(|r| a[(r, j)] = T::zero());
            // y = τ (A v − Y Vᵀ v)
            let v = &column[j + 1..high];
            let rows = &a.as_slice()[(start + 1) * n..high * n];
            let y = &mut y[start + 1..high];
            y.par_chunks_mut(STRIP).zip(rows.par_chunks(STRIP * n)).try_for_each(|(y, rows)| {
                let rows = block(rows, n, 0..y.len(), j + 1..high)?;
                let (v, length) = (MatRef::row_major(v, v.len(), 1), y.len());
                gemm(T::one(), rows, v, T::zero(), &mut MatMut::row_major(y, length, 1), &mut Packing::new());
                Ok::<_, Error>(())
            })?;
            let w: Vec<T> = done.chunks_exact(n).map(|u| dot(&u[j + 1..high], v)).collect();
            for (&w, other) in w.iter().zip(yt.chunks_exact(n)) {
                axpy(-w, &other[start + 1..high], y);
            }
            for (to, &from) in yt[i * n + start + 1..i * n + high].iter_mut().zip(&*y) {
                *to = scale * from;
            }
            for p in 0..i {
                let sum: T = (p..i).map(|l| t[(p, l)] * w[l]).sum();
                t[(p, i)] = -scale * sum;
            }
            t[(i, i)] = scale;
        }
        update(&mut a, &vectors, &t, &mut yt, start..end, high)?;
    }
    Ok(Hessenberg { h: a, reflectors: Reflectors::new(vectors, tau, 1) })
}

/// Applies the reflections of a panel to everything outside it: `A ← (I − V Tᵀ Vᵀ) (A − Y Vᵀ)`.
fn update<T: Scalar>(
    a: &mut Matrix<T>,
    vectors: &Matrix<T>,
    t: &Matrix<T>,
    yt: &mut [T],
    panel: Range<usize>,
    high: usize,
) -> Result<(), Error> {
    let n = a.cols();
    let (start, end, width) = (panel.start, panel.end, panel.len());
    let vt = block(vectors.as_slice(), n, panel.clone(), start + 1..high)?;
    let v_right = block(vectors.as_slice(), n, panel.clone(), end..high)?;
    let (top, below) = a.as_mut_slice().split_at_mut((start + 1) * n);
    // Above the panel's rows its reflections come from the right only.
    for_each_strip(top, n, STRIP, &mut Packing::new(), |_, rows, packing| {
        let height = rows.len() / n;
        let mut av = Matrix::zeros(height, width);
        let mut avt = Matrix::zeros(height, width);
        let active = block(rows, n, 0..height, start + 1..high)?;
        gemm(T::one(), active, vt.transposed(), T::zero(), &mut av.view_mut(), packing);
        gemm(T::one(), av.view(), t.view(), T::zero(), &mut avt.view_mut(), packing);
        gemm(-T::one(), avt.view(), vt, T::one(), &mut block_mut(rows, n, 0..height, start + 1..high)?, packing);
        Ok(())
    })?;
    let below = &mut below[..(high - start - 1) * n];
    let yt = &*yt;
    for_each_strip(below, n, STRIP, &mut Packing::new(), |row, rows, packing| {
        let (first, height) = (start + 1 + row, rows.len() / n);
        let y = block(yt, n, 0..width, first..first + height)?.transposed();
        gemm(-T::one(), y, v_right, T::one(), &mut block_mut(rows, n, 0..height, end..high)?, packing);
        Ok(())
    })?;
    // W = Tᵀ Vᵀ A, strip by strip of columns, then A ← A − V W.
    let source = &*below;
    let w = by_columns(width, &ranges(end..n, 2 * STRIP, |_| false), &|columns| {
        let mut packing = Packing::new();
        let mut product = Matrix::zeros(width, columns.len());
        let mut scaled = Matrix::zeros(width, columns.len());
        let active = block(source, n, 0..high - start - 1, columns)?;
        gemm(T::one(), vt, active, T::zero(), &mut product.view_mut(), &mut packing);
        gemm(T::one(), t.view().transposed(), product.view(), T::zero(), &mut scaled.view_mut(), &mut packing);
        Ok(scaled)
    })?;
    for_each_strip(below, n, STRIP, &mut Packing::new(), |row, rows, packing| {
        let (first, height) = (start + 1 + row, rows.len() / n);
        let v = block(vectors.as_slice(), n, panel.clone(), first..first + height)?.transposed();
        gemm(-T::one(), v, w.view(), T::one(), &mut block_mut(rows, n, 0..height, end..n)?, packing);
        Ok(())
    })
}
