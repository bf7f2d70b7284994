//! Aggressive early deflation: eigenvalues of a trailing window that the rest of the matrix hardly touches
//! (Braman, Byers and Mathias, 2002).

use std::ops::Range;

use super::exchange::exchange;
use super::hessenberg::{Hessenberg, hessenberg};
use super::standard_block::{Reach, order_at, quasi_triangular_values};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reflections::LANES;
use crate::linalg::block::block;
use crate::linalg::householder::reflector;
use crate::linalg::strips::{by_columns, for_each_strip, ranges};
use crate::linalg::{Complex, Matrix};

/// Rows or columns outside the window updated by one product.
const STRIP: usize = 64;

/// What came of a window.
#[derive(Debug, Clone)]
pub(super) struct Deflation<T> {
    /// Eigenvalues found at the end of the block.
    pub(super) deflated: usize,
    /// The other eigenvalues of the window: shifts for the next sweep.
    pub(super) shifts: Vec<Complex<T>>,
}

/// The last rows and columns of an unreduced block of a Hessenberg matrix, to be brought to Schur form by themselves.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// The window; its Schur form once that is made.
    pub(super) t: Matrix<T>,
    /// The transformation to it, transposed; columns more than there are, as zeros: the kernels' loops come out even.
    pub(super) vt: Matrix<T>,
    /// How many first rows did not converge.
    pub(super) unconverged: usize,
}

impl<T: Scalar> Window<T> {
    pub(super) fn of(h: &Matrix<T>, rows: Range<usize>) -> Self {
        let size = rows.len();
        let one = |i: usize, j: usize| if i == j { T::one() } else { T::zero() };
        let vt = Matrix::from_fn(size, size.next_multiple_of(LANES), one);
        Window { t: h.submatrix(rows.clone(), rows), vt, unconverged: 0 }
    }

    /// Looks for eigenvalues of the window, in Schur form, that are eigenvalues of the whole.
    pub(super) fn deflate(
        self,
        h: &mut Matrix<T>,
        qt: &mut Matrix<T>,
        active: Range<usize>,
        reach: Reach,
    ) -> Result<Deflation<T>, Error> {
        let Window { mut t, mut vt, unconverged } = self;
        let (start, end, size) = (active.start, active.end, t.rows());
        let first = end - size;
        let spike = if first == start { T::zero() } else { h[(first, first - 1)] };
        let small = T::min_positive_value() * (T::of((end - start) as f64) / T::EPSILON);

        // The spike s V[0] couples the window to the rest: where it is negligible, an eigenvalue has been found. Others
        // are moved to the top, so that the next is at the bottom.
        let (mut left, mut kept) = (size, unconverged);
        while kept < left {
            let pair = left >= 2 && t[(left - 1, left - 2)] != T::zero();
            let order = if pair { 2 } else { 1 };
            let mut scale = t[(left - 1, left - 1)].abs();
            if pair {
                scale += t[(left - 1, left - 2)].abs().sqrt() * t[(left - 2, left - 1)].abs().sqrt();
            }
            if scale == T::zero() {
                scale = spike.abs();
            }
            let coupling = (left - order..left).fold(T::zero(), |m, j| m.max((spike * vt[(j, 0)]).abs()));
            if coupling <= small.max(T::EPSILON * scale) {
                left -= order;
            } else {
                kept = move_up(&mut t, &mut vt, left - order, kept) + order;
            }
        }
        let shifts = quasi_triangular_values(&t.submatrix(unconverged..left, unconverged..left));
        let deflated = size - left;
        if deflated == 0 && spike != T::zero() {
            return Ok(Deflation { deflated, shifts });
        }
        if left > 1 && spike != T::zero() {
            t = restore_hessenberg(t, &mut vt, left)?;
        }
        if first > start {
            h[(first, first - 1)] = if left == 0 { T::zero() } else { spike * vt[(0, 0)] };
        }
        h.write_block(first, first, &t);
        transform(h, qt, &vt.submatrix(0..size, 0..size), first..end, reach)?;
        Ok(Deflation { deflated, shifts })
    }
}

/// Moves the diagonal block at row `from` up to row `to`, or as near as is stable; returns where it got.
fn move_up<T: Scalar>(t: &mut Matrix<T>, vt: &mut Matrix<T>, mut from: usize, to: usize) -> usize {
    while from > to {
        let order = order_at(t, from);
        let above = if from >= to + 2 && t[(from - 1, from - 2)] != T::zero() { 2 } else { 1 };
        if !exchange(t, vt, from - above, above, order) {
            break;
        }
        from -= above;
    }
    from
}

/// Turns the spike of the first `left` rows into one entry, and those rows and columns back to Hessenberg form.
fn restore_hessenberg<T: Scalar>(mut t: Matrix<T>, vt: &mut Matrix<T>, left: usize) -> Result<Matrix<T>, Error> {
    let mut v: Vec<T> = (0..left).map(|j| vt[(j, 0)]).collect();
    let (tau, _) = reflector(&mut v);
    reflect_top(&v, tau, &mut t);
    reflect_top(&v, tau, vt);
    for i in 0..left {
        let row = &mut t.row_mut(i)[..left];
        let sum: T = row.iter().zip(&v).map(|(&a, &b)| a * b).sum();
        row.iter_mut().zip(&v).for_each(|(a, &b)| *a -= tau * sum * b);
    }
    let Hessenberg { h, reflectors } = hessenberg(t, 0..left)?;
    reflectors.apply_left(true, vt)?;
    Ok(h)
}

/// `M ← (I − τ v vᵀ) M` in its first rows.
fn reflect_top<T: Scalar>(v: &[T], tau: T, m: &mut Matrix<T>) {
    let mut sums = vec![T::zero(); m.cols()];
    for (i, &factor) in v.iter().enumerate() {
        sums.iter_mut().zip(m.row(i)).for_each(|(s, &a)| *s += factor * a);
    }
    for (i, &factor) in v.iter().enumerate() {
        m.row_mut(i).iter_mut().zip(&sums).for_each(|(a, &s)| *a -= tau * factor * s);
    }
}

/// Applies the window's transformation to everything outside it.
fn transform<T: Scalar>(
    h: &mut Matrix<T>,
    qt: &mut Matrix<T>,
    vt: &Matrix<T>,
    window: Range<usize>,
    reach: Reach,
) -> Result<(), Error> {
    let (n, size) = (h.cols(), window.len());
    let above = &mut h.as_mut_slice()[reach.top * n..window.start * n];
    for_each_strip(above, n, STRIP, &mut Packing::new(), |_, rows, packing| {
        let height = rows.len() / n;
        let mut product = Matrix::zeros(height, size);
        let old = block(rows, n, 0..height, window.clone())?;
        gemm(T::one(), old, vt.view().transposed(), T::zero(), &mut product.view_mut(), packing);
        for (row, new) in rows.chunks_exact_mut(n).zip(product.row_iter()) {
            row[window.clone()].copy_from_slice(new);
        }
        Ok(())
    })?;
    multiply_rows(h, vt, window.clone(), window.end..reach.right)?;
    let width = qt.cols();
    multiply_rows(qt, vt, window, 0..width)
}

/// Rows `rows` of a matrix times `vt` from the left, in some columns.
fn multiply_rows<T: Scalar>(
    m: &mut Matrix<T>,
    vt: &Matrix<T>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> Result<(), Error> {
    let source = &*m;
    let product = by_columns(rows.len(), &ranges(columns.clone(), STRIP, |_| false), &|strip| {
        let mut product = Matrix::zeros(rows.len(), strip.len());
        let old = block(source.as_slice(), source.cols(), rows.clone(), strip)?;
        gemm(T::one(), vt.view(), old, T::zero(), &mut product.view_mut(), &mut Packing::new());
        Ok(product)
    })?;
    m.write_block(rows.start, columns.start, &product);
    Ok(())
}
