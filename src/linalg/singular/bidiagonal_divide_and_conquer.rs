//! Divide and conquer for the singular vectors of a bidiagonal matrix (Gu and Eisenstat, 1995): nearly
//! all of the work is matrix products.

use std::ops::Range;

use super::bidiagonal_qr::{implicit_qr, plane_rotation, rotate_rows};
use super::singular_secular::BorderedDiagonal;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::max_abs;
use crate::linalg::Matrix;
use crate::linalg::block::{block, block_mut};
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::strips::for_each_strip;

/// Matrices up to this order go to the QR iteration.
const BASE: usize = 32;
/// Halves from this order on are solved side by side.
const PARALLEL: usize = 128;
/// Singular vectors computed by one product.
const STRIP: usize = 128;

/// The singular values of the upper bidiagonal matrix `B` with this diagonal `[n]`, descending, in place of it,
/// and the rows `Uᵀ` and `Vᵀ` `[n, n]` with `B = U diag(σ) Vᵀ`; `off_diagonal` is used up.
///
/// # Errors
/// [`Error::NoConvergence`].
pub(crate) fn divide_and_conquer<T: Scalar>(
    diagonal: &mut [T],
    off_diagonal: &mut [T],
) -> Result<(Matrix<T>, Matrix<T>), Error> {
    let n = diagonal.len();
    let (mut u, mut v) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    let left = Part { rows: u.as_mut_slice(), stride: n, first: 0 };
    let right = Part { rows: v.as_mut_slice(), stride: n, first: 0 };
    conquer(diagonal, off_diagonal, left, right)?;
    Ok((u, v))
}

/// The diagonal block of a matrix of singular vectors that belongs to a part of the bidiagonal
/// matrix: some rows of it, and the columns from `first` on, as many.
#[derive(Debug)]
struct Part<'a, T> {
    rows: &'a mut [T],
    stride: usize,
    first: usize,
}

impl<T: Scalar> Part<'_, T> {
    fn row(&self, i: usize, columns: Range<usize>) -> &[T] {
        let start = i * self.stride + self.first;
        &self.rows[start + columns.start..start + columns.end]
    }

    fn row_mut(&mut self, i: usize, columns: Range<usize>) -> &mut [T] {
        let start = i * self.stride + self.first;
        &mut self.rows[start + columns.start..start + columns.end]
    }

    /// `(row i, row j) ← (c · row i + s · row j, c · row j − s · row i)`, for `n` columns.
    fn rotate(&mut self, i: usize, j: usize, c: T, s: T, n: usize) {
        for column in self.first..self.first + n {
            let (x, y) = (self.rows[i * self.stride + column], self.rows[j * self.stride + column]);
            self.rows[i * self.stride + column] = c * x + s * y;
            self.rows[j * self.stride + column] = c * y - s * x;
        }
    }

    /// Row `i` becomes row `order[i]` of the products, or of the settled rows if there are fewer products.
    fn replace(&mut self, products: &[T], settled: &[usize], order: &[usize], n: usize) {
        let k = products.len() / n;
        let kept: Vec<T> = settled.iter().flat_map(|&i| self.row(i, 0..n).iter().copied()).collect();
        for (to, &from) in order.iter().enumerate() {
            let (rows, at) = if from < k { (products, from) } else { (kept.as_slice(), from - k) };
            self.row_mut(to, 0..n).copy_from_slice(&rows[at * n..(at + 1) * n]);
        }
    }

    /// The rows before `cut`, and those from `cut + skip` on with columns from `column` on.
    fn split(&mut self, cut: usize, skip: usize, column: usize) -> (Part<'_, T>, Part<'_, T>) {
        let (stride, first) = (self.stride, self.first);
        let (above, below) = self.rows.split_at_mut(cut * stride);
        (Part { rows: above, stride, first }, Part { rows: &mut below[skip * stride..], stride, first: first + column })
    }
}

/// `B` is square, or has a column more than rows if `e` is as long as `d`; `v` has a row per column, the
/// last of which then becomes the null vector of `B`.
fn conquer<T: Scalar>(d: &mut [T], e: &mut [T], mut u: Part<'_, T>, mut v: Part<'_, T>) -> Result<(), Error> {
    let n = d.len();
    if n <= BASE {
        return solve_directly(d, e, &mut u, &mut v);
    }
    // Row `cut` joins a block with one column more than rows, and the rest.
    let cut = n / 2;
    let (d1, d2) = d.split_at_mut(cut);
    let (e1, e2) = e.split_at_mut(cut);
    let ((middle, d2), (beside, e2)) = (d2.split_at_mut(1), e2.split_at_mut(1));
    u.row_mut(cut, cut..cut + 1)[0] = T::one();
    {
        let ((u1, u2), (v1, v2)) = (u.split(cut, 1, cut + 1), v.split(cut + 1, 0, cut + 1));
        if n >= PARALLEL {
            let (one, two) = rayon::join(|| conquer(d1, e1, u1, v1), || conquer(d2, e2, u2, v2));
            one.and(two)?;
        } else {
            conquer(d1, e1, u1, v1)?;
            conquer(d2, e2, u2, v2)?;
        }
    }
    let (alpha, beta) = (middle[0], beside[0]);
    let wide = e.len() == n;
    merge(d, (alpha, beta), cut, u, v, wide)
}

fn solve_directly<T: Scalar>(d: &mut [T], e: &mut [T], u: &mut Part<'_, T>, v: &mut Part<'_, T>) -> Result<(), Error> {
    let n = d.len();
    let columns = n + usize::from(e.len() == n && n > 0);
    let (mut left, mut right) = (Matrix::identity(n), Matrix::identity(columns));
    if columns > n {
        // The last column is turned into the others, from the bottom up.
        let mut spilled = e[n - 1];
        for i in (0..n).rev() {
            let (c, s, r) = plane_rotation(d[i], spilled);
            d[i] = r;
            rotate_rows(&mut right, i, n, c, s);
            if i > 0 {
                spilled = -s * e[i - 1];
                e[i - 1] *= c;
            }
        }
    }
    implicit_qr(d, &mut e[..n.saturating_sub(1)], &mut left, &mut right)?;
    for (i, row) in left.row_iter().enumerate() {
        u.row_mut(i, 0..n).copy_from_slice(row);
    }
    for (i, row) in right.row_iter().enumerate() {
        v.row_mut(i, 0..columns).copy_from_slice(row);
    }
    Ok(())
}

/// Which half of the columns a singular vector of the torn matrix lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Support {
    First,
    Both,
    Second,
}

/// A row that takes part in the secular equation.
#[derive(Debug, Clone, Copy)]
struct Active<T> {
    row: usize,
    pole: T,
    z: T,
    support: Support,
}

/// From the singular vectors of the two halves to those of the whole, joined by row `cut` with the
/// entries `alpha` and `beta`.
fn merge<T: Scalar>(
    d: &mut [T],
    (alpha, beta): (T, T),
    cut: usize,
    mut u: Part<'_, T>,
    mut v: Part<'_, T>,
    wide: bool,
) -> Result<(), Error> {
    let n = d.len();
    let columns = n + usize::from(wide);
    // Parts of a graded matrix may be tiny: the secular equation is solved in units of this one.
    d[cut] = T::zero();
    let largest = max_abs(d).max(alpha.abs()).max(beta.abs());
    if largest == T::zero() {
        return Ok(());
    }
    let scale = power_of_two_scale(largest);
    d.iter_mut().for_each(|x| *x *= scale);
    let (alpha, beta) = (alpha * scale, beta * scale);
    let tolerance = T::of(8.0) * T::EPSILON * max_abs(d).max(alpha.abs()).max(beta.abs());

    // Row `cut` in the basis of the right vectors; the null vectors of both halves make one of the whole,
    // and one that takes its place.
    let mut z: Vec<T> = (0..columns)
        .map(|i| if i <= cut { alpha * v.row(i, cut..cut + 1)[0] } else { beta * v.row(i, cut + 1..cut + 2)[0] })
        .collect();
    if wide && z[cut].hypot(z[n]) > tolerance {
        let (c, s, r) = plane_rotation(z[cut], z[n]);
        v.rotate(cut, n, c, s, columns);
        z[cut] = r;
    }
    if z[cut].abs() <= tolerance {
        z[cut] = tolerance;
    }
    let support = if wide { Support::Both } else { Support::First };
    let mut active = vec![Active { row: cut, pole: T::zero(), z: z[cut], support }];
    let settled = deflate(d, &mut z, cut, tolerance, &mut active, (&mut u, &mut v), columns);

    let k = active.len();
    let count = |support| active.iter().filter(|a| a.support == support).count();
    let (first, both) = (count(Support::First), count(Support::Both));
    // Rows of one support side by side, so that products skip the half where they are zero.
    let mut grouped: Vec<usize> = (0..k).collect();
    grouped.sort_by_key(|&j| active[j].support);
    let mut place = vec![0; k];
    for (to, &from) in grouped.iter().enumerate() {
        place[from] = to;
    }
    let poles: Vec<T> = active.iter().map(|a| a.pole).collect();
    let weights: Vec<T> = active.iter().map(|a| a.z).collect();
    let (mut left, mut right) = (vec![T::zero(); k * k], vec![T::zero(); k * k]);
    let roots = BorderedDiagonal { d: &poles, z: &weights }.solve(&place, &mut left, &mut right);

    let values: Vec<T> = roots.into_iter().chain(settled.iter().map(|&i| d[i])).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| values[b].partial_cmp(&values[a]).unwrap_or(std::cmp::Ordering::Equal));
    for (value, &from) in d.iter_mut().zip(&order) {
        *value = values[from] / scale;
    }
    let rows: Vec<usize> = grouped.iter().map(|&j| active[j].row).collect();
    let mut products = combine(&u, &rows, &left, [(0..first + both, 0..cut), (first..k, cut + 1..n)], n)?;
    // Column `cut` holds but one entry, in row `cut`.
    for (product, secular) in products.chunks_exact_mut(n).zip(left.chunks_exact(k)) {
        product[cut] = secular[place[0]];
    }
    u.replace(&products, &settled, &order, n);
    let halves = [(0..first + both, 0..cut + 1), (first..k, cut + 1..columns)];
    let products = combine(&v, &rows, &right, halves, columns)?;
    v.replace(&products, &settled, &order, columns);
    Ok(())
}

/// `secular` `[k, k]` times the rows with these numbers, of which each range holds zeros but for one
/// range of columns: `[k, n]`.
fn combine<T: Scalar>(
    part: &Part<'_, T>,
    rows: &[usize],
    secular: &[T],
    halves: [(Range<usize>, Range<usize>); 2],
    n: usize,
) -> Result<Vec<T>, Error> {
    let k = rows.len();
    let gather = |(places, columns): &(Range<usize>, Range<usize>)| -> Vec<T> {
        rows[places.clone()].iter().flat_map(|&row| part.row(row, columns.clone()).iter().copied()).collect()
    };
    let old = [gather(&halves[0]), gather(&halves[1])];
    let mut products = vec![T::zero(); k * n];
    for_each_strip(&mut products, n, STRIP, &mut Packing::new(), |start, products, packing| {
        let height = products.len() / n;
        for (old, (places, columns)) in old.iter().zip(&halves) {
            let old = block(old, columns.len(), 0..places.len(), 0..columns.len())?;
            let factors = block(secular, k, start..start + height, places.clone())?;
            let mut new = block_mut(products, n, 0..height, columns.clone())?;
            gemm(T::one(), factors, old, T::zero(), &mut new, packing);
        }
        Ok(())
    })?;
    Ok(products)
}

/// Settles the rows that take no part in the secular equation: those with a negligible entry of `z`,
/// and one of each two whose values agree, after a rotation that moves its entry of `z` to the other.
/// The others are added to `active`.
fn deflate<T: Scalar>(
    d: &[T],
    z: &mut [T],
    cut: usize,
    tolerance: T,
    active: &mut Vec<Active<T>>,
    (u, v): (&mut Part<'_, T>, &mut Part<'_, T>),
    columns: usize,
) -> Vec<usize> {
    let n = d.len();
    let mut support: Vec<Support> = (0..n).map(|i| if i < cut { Support::First } else { Support::Second }).collect();
    let mut order: Vec<usize> = (0..n).filter(|&i| i != cut).collect();
    order.sort_by(|&a, &b| d[a].partial_cmp(&d[b]).unwrap_or(std::cmp::Ordering::Equal));

    let mut settled = Vec::new();
    let mut candidate: Option<usize> = None;
    for next in order {
        if z[next].abs() <= tolerance {
            settled.push(next);
            continue;
        }
        if let Some(last) = candidate {
            if d[next] - d[last] <= tolerance {
                let (c, s, r) = plane_rotation(z[next], -z[last]);
                (z[last], z[next]) = (T::zero(), r);
                if support[last] != support[next] {
                    support[next] = Support::Both;
                }
                u.rotate(last, next, c, s, n);
                v.rotate(last, next, c, s, columns);
                settled.push(last);
            } else {
                active.push(Active { row: last, pole: d[last], z: z[last], support: support[last] });
            }
        }
        candidate = Some(next);
    }
    if let Some(last) = candidate {
        active.push(Active { row: last, pole: d[last], z: z[last], support: support[last] });
    }
    // The pole of row `cut` is zero: the next has to differ.
    if let Some(second) = active.get_mut(1) {
        second.pole = second.pole.max(tolerance / T::of(2.0));
    }
    settled
}
