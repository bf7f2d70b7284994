//! Householder reflectors, and products of them in compact WY form
//! (Schreiber and Van Loan, 1989), so that applying them is matrix products.

use std::ops::Range;

use super::Matrix;
use super::block::{block, block_mut};
use super::strips::for_each_strip;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatRef, Packing, gemm};
use crate::kernels::reduce::{dot, max_abs};

/// Reflectors applied at once.
const BLOCK: usize = 48;
/// Up to so many reflectors, blocks are smaller: products then skip more of the zeros.
const FEW: usize = 128;
/// The most rows of a matrix that reflectors are applied to at once from the right.
const STRIP: usize = 256;

/// The reflector `H = I − τ v vᵀ`, `v[0] = 1`, with `H x = (β, 0, …, 0)`. Overwrites `x` with `v`
/// and returns `(τ, β)`; `τ = 0` (and `H = I`) if `x` is a multiple of the first unit vector.
pub(crate) fn reflector<T: Scalar>(x: &mut [T]) -> (T, T) {
    let Some((&mut head, tail)) = x.split_first_mut() else { return (T::zero(), T::zero()) };
    let (mut alpha, mut scale) = (head, T::one());
    let mut squares = dot(tail, tail);
    let safe = T::min_positive_value() / (T::EPSILON * T::EPSILON);
    if !(squares > safe && squares + alpha * alpha < T::max_value()) {
        // Squares near under- or overflow: measure in units of the largest entry instead.
        if max_abs(tail) == T::zero() {
            x[0] = T::one();
            return (T::zero(), alpha);
        }
        scale = max_abs(tail).max(alpha.abs());
        tail.iter_mut().for_each(|v| *v /= scale);
        alpha /= scale;
        squares = dot(tail, tail);
    }
    // Opposite in sign to α, so that α − β does not cancel.
    let beta = -alpha.signum() * alpha.hypot(squares.sqrt());
    if squares == T::zero() || beta == alpha {
        tail.iter_mut().for_each(|v| *v = T::zero());
        x[0] = T::one();
        return (T::zero(), head);
    }
    let pivot = alpha - beta;
    tail.iter_mut().for_each(|v| *v /= pivot);
    x[0] = T::one();
    ((beta - alpha) / beta, beta * scale)
}

/// The orthogonal matrix `Q = H_0 H_1 ⋯ H_{k−1}` of order `m`.
///
/// Row `j` of `vectors` `[k, m]` is `v_j`: zero before entry `offset + j`, where it is one.
#[derive(Debug, Clone)]
pub(crate) struct Reflectors<T> {
    vectors: Matrix<T>,
    tau: Vec<T>,
    offset: usize,
}

impl<T: Scalar> Reflectors<T> {
    /// `vectors` may have more rows than `tau` has entries: the rest is not used.
    pub(crate) fn new(vectors: Matrix<T>, tau: Vec<T>, offset: usize) -> Self {
        Reflectors { vectors, tau, offset }
    }

    /// The order of `Q`.
    pub(crate) fn order(&self) -> usize {
        self.vectors.cols()
    }

    fn blocks(&self, forward: bool) -> Vec<Range<usize>> {
        let k = self.tau.len();
        let length = if k <= FEW { BLOCK / 3 } else { BLOCK };
        let mut blocks: Vec<_> = (0..k).step_by(length).map(|j| j..(j + length).min(k)).collect();
        if !forward {
            blocks.reverse();
        }
        blocks
    }

    /// `C ← Q C`, or `Qᵀ C` if `transposed`; `C` is `[m, n]`.
    #[inline(never)]
    pub(crate) fn apply_left(&self, transposed: bool, c: &mut Matrix<T>) -> Result<(), Error> {
        let (m, n) = (self.order(), c.cols());
        let packing = &mut Packing::new();
        for rows in self.blocks(transposed) {
            let (mut vtc, mut tvtc) = (Matrix::zeros(rows.len(), n), Matrix::zeros(rows.len(), n));
            let (vt, first, t) = self.compact_block(rows, packing)?;
            let t = if transposed { t.view().transposed() } else { t.view() };
            gemm(T::one(), vt, block(c.as_slice(), n, first..m, 0..n)?, T::zero(), &mut vtc.view_mut(), packing);
            gemm(T::one(), t, vtc.view(), T::zero(), &mut tvtc.view_mut(), packing);
            let mut target = block_mut(c.as_mut_slice(), n, first..m, 0..n)?;
            gemm(-T::one(), vt.transposed(), tvtc.view(), T::one(), &mut target, packing);
        }
        Ok(())
    }

    /// The first `columns` columns of `Q`, `[m, columns]`.
    #[inline(never)]
    pub(crate) fn columns(&self, columns: usize) -> Result<Matrix<T>, Error> {
        let m = self.order();
        let mut rows = Matrix::from_fn(columns, m, |i, j| if i == j { T::one() } else { T::zero() });
        let mut workspace = Workspace::default();
        // Going backwards, the rows before a block are still those of the identity, and the block, which
        // is zero there, leaves them so.
        for block in self.blocks(false) {
            let (vt, first, t) = self.compact_block(block, &mut workspace.packing)?;
            let active = &mut rows.as_mut_slice()[first.min(columns) * m..];
            reflect_rows(vt, t.view().transposed(), active, m, &mut workspace)?;
        }
        Ok(rows.transpose())
    }

    /// `Vᵀ` of some of the reflectors, the column it begins in, and its `T`.
    fn compact_block(
        &self,
        rows: Range<usize>,
        packing: &mut Packing<T>,
    ) -> Result<(MatRef<'_, T>, usize, Matrix<T>), Error> {
        let first = rows.start + self.offset;
        let vt = block(self.vectors.as_slice(), self.order(), rows.clone(), first..self.order())?;
        Ok((vt, first, compact_wy(vt, &self.tau[rows], packing)?))
    }

    /// `C ← C Q`, or `C Qᵀ` if `transposed`; `C` is `[n, m]`. Strips of rows go side by side.
    #[inline(never)]
    pub(crate) fn apply_right(&self, transposed: bool, c: &mut Matrix<T>) -> Result<(), Error> {
        let m = self.order();
        let mut packing = Packing::new();
        let blocks = self.blocks(!transposed).into_iter().map(|rows| self.compact_block(rows, &mut packing));
        let blocks: Vec<(MatRef<'_, T>, usize, Matrix<T>)> = blocks.collect::<Result<_, Error>>()?;
        let height = strip_height(c.rows());
        for_each_strip(c.as_mut_slice(), m, height, &mut Workspace::default(), |_, strip, workspace| {
            blocks.iter().try_for_each(|(vt, _, t)| {
                let t = if transposed { t.view().transposed() } else { t.view() };
                reflect_strip(*vt, t, strip, m, workspace)
            })
        })
    }
}

/// `C ← C (I − V T Vᵀ)` for the rows of a buffer, of which the last entries, as many as a row of `Vᵀ` has,
/// are meant. Strips of rows go side by side.
pub(crate) fn reflect_rows<T: Scalar>(
    vt: MatRef<'_, T>,
    t: MatRef<'_, T>,
    rows: &mut [T],
    stride: usize,
    workspace: &mut Workspace<T>,
) -> Result<(), Error> {
    let height = strip_height(rows.len() / stride.max(1));
    for_each_strip(rows, stride, height, workspace, |_, strip, workspace| {
        reflect_strip(vt, t, strip, stride, workspace)
    })
}

/// Four strips or more, unless they were so low that packing the reflectors for each would cost much.
fn strip_height(rows: usize) -> usize {
    rows.div_ceil(4).next_multiple_of(8).clamp(48, STRIP)
}

fn reflect_strip<T: Scalar>(
    vt: MatRef<'_, T>,
    t: MatRef<'_, T>,
    strip: &mut [T],
    stride: usize,
    workspace: &mut Workspace<T>,
) -> Result<(), Error> {
    let (n, k) = (strip.len() / stride.max(1), vt.rows());
    let columns = stride - vt.cols()..stride;
    let Workspace { products, scaled, packing } = workspace;
    for buffer in [&mut *products, &mut *scaled] {
        buffer.resize((k * n).max(buffer.len()), T::zero());
    }
    let active = block(strip, stride, 0..n, columns.clone())?;
    gemm(T::one(), active, vt.transposed(), T::zero(), &mut block_mut(products, k, 0..n, 0..k)?, packing);
    let cv = block(products, k, 0..n, 0..k)?;
    gemm(T::one(), cv, t, T::zero(), &mut block_mut(scaled, k, 0..n, 0..k)?, packing);
    let cvt = block(scaled, k, 0..n, 0..k)?;
    gemm(-T::one(), cvt, vt, T::one(), &mut block_mut(strip, stride, 0..n, columns)?, packing);
    Ok(())
}

/// Scratch space for applying blocks of reflectors.
#[derive(Debug, Default)]
pub(crate) struct Workspace<T> {
    products: Vec<T>,
    scaled: Vec<T>,
    pub(crate) packing: Packing<T>,
}

/// The upper triangular `T` with `H_0 ⋯ H_{k−1} = I − V T Vᵀ`, from `Vᵀ` `[k, m]`.
pub(crate) fn compact_wy<T: Scalar>(
    vt: MatRef<'_, T>,
    tau: &[T],
    packing: &mut Packing<T>,
) -> Result<Matrix<T>, Error> {
    let k = tau.len();
    let mut gram = Matrix::zeros(k, k);
    gemm(T::one(), vt, vt.transposed(), T::zero(), &mut gram.view_mut(), packing);
    let mut t = Matrix::zeros(k, k);
    let gram = gram.as_slice();
    for (i, row) in t.as_mut_slice().chunks_exact_mut(k.max(1)).enumerate() {
        // T[i, j] = −τ_j Σ_l T[i, l] G[l, j], i ≤ l < j: each entry, once known, goes into all sums.
        row[i] = tau[i];
        for l in i..k {
            if l > i {
                row[l] *= -tau[l];
            }
            let (known, sums) = row.split_at_mut(l + 1);
            for (sum, &g) in sums.iter_mut().zip(&gram[l * k + l + 1..(l + 1) * k]) {
                *sum += known[l] * g;
            }
        }
    }
    Ok(t)
}

/// `x ← (I − τ v vᵀ) x`.
#[cfg(test)]
pub(crate) fn reflect<T: Scalar>(v: &[T], tau: T, x: &mut [T]) {
    let projection = dot(v, x);
    crate::kernels::reduce::axpy(-tau * projection, v, x);
}
