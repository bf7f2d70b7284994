//! Divide and conquer for the symmetric tridiagonal eigenproblem (Cuppen, 1981), with deflation
//! (Dongarra and Sorensen, 1987): nearly all of the work is matrix products.

use std::ops::Range;

use rayon::prelude::*;

use super::secular::RankOneUpdate;
use super::tridiagonal_ql::implicit_ql;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::max_abs;
use crate::linalg::Matrix;
use crate::linalg::block::{block, block_mut};
use crate::linalg::scaling::power_of_two_scale;

/// Matrices up to this order go to the QL iteration.
const BASE: usize = 32;
/// Halves from this order on are solved side by side.
const PARALLEL: usize = 128;
/// Eigenvectors computed by one product.
const STRIP: usize = 192;

/// The eigenvalues of a tridiagonal matrix, all, ascending, in place of `diagonal`, and the
/// eigenvectors of those in `wanted` as rows, `[wanted.len(), n]`; `off_diagonal` is used up.
///
/// # Errors
/// [`Error::NoConvergence`].
pub(crate) fn divide_and_conquer<T: Scalar>(
    diagonal: &mut [T],
    off_diagonal: &mut [T],
    wanted: Range<usize>,
) -> Result<Matrix<T>, Error> {
    let n = diagonal.len();
    let mut vectors = Matrix::zeros(n, n);
    let whole = Part { rows: vectors.as_mut_slice(), stride: n, first: 0 };
    conquer(diagonal, off_diagonal, whole, wanted.clone())?;
    let mut data = vectors.into_vec();
    data.truncate(wanted.end * n);
    data.drain(..wanted.start * n);
    Matrix::from_vec(wanted.len(), n, data)
}

/// The diagonal block of the eigenvector matrix that belongs to a part of the tridiagonal matrix:
/// some rows of it, and the columns from `first` on, as many.
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
}

fn conquer<T: Scalar>(d: &mut [T], e: &mut [T], mut part: Part<'_, T>, wanted: Range<usize>) -> Result<(), Error> {
    let n = d.len();
    if n <= BASE {
        let mut vectors = Matrix::identity(n);
        implicit_ql(d, e, &mut vectors)?;
        for (i, row) in vectors.row_iter().enumerate() {
            part.row_mut(i, 0..n).copy_from_slice(row);
        }
        return Ok(());
    }
    // T = diag(T₁, T₂) + |β| u uᵀ, where u is ±1 at the two rows the cut separates.
    let cut = n / 2;
    let beta = e[cut - 1];
    d[cut - 1] -= beta.abs();
    d[cut] -= beta.abs();
    let (d1, d2) = d.split_at_mut(cut);
    let (e1, e2) = e.split_at_mut(cut - 1);
    let e2 = &mut e2[1..];
    let (stride, first) = (part.stride, part.first);
    let (rows1, rows2) = part.rows.split_at_mut(cut * stride);
    let part1 = Part { rows: rows1, stride, first };
    let part2 = Part { rows: rows2, stride, first: first + cut };
    if n >= PARALLEL {
        let (one, two) = rayon::join(|| conquer(d1, e1, part1, 0..cut), || conquer(d2, e2, part2, 0..n - cut));
        one.and(two)?;
    } else {
        conquer(d1, e1, part1, 0..cut)?;
        conquer(d2, e2, part2, 0..n - cut)?;
    }
    merge(d, beta, cut, part, wanted)
}

/// Which half of the rows an eigenvector of the torn matrix lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Support {
    First,
    Both,
    Second,
}

/// What is left of the rank-one update after deflation.
#[derive(Debug)]
struct Deflated<T> {
    /// Rows that are eigenvectors already.
    settled: Vec<usize>,
    /// The other rows, by eigenvalue ascending, with their entry of `z` and their support.
    active: Vec<(usize, T, Support)>,
}

/// From the eigenpairs of the two halves to those of the whole.
fn merge<T: Scalar>(
    d: &mut [T],
    beta: T,
    cut: usize,
    mut part: Part<'_, T>,
    wanted: Range<usize>,
) -> Result<(), Error> {
    let n = d.len();
    // z = Zᵀ u, of norm √2; scaled to one.
    let root_half = T::of(0.5).sqrt();
    let sign = T::one().copysign(beta);
    let mut z: Vec<T> = (0..n)
        .map(|i| root_half * if i < cut { part.row(i, cut - 1..cut)[0] } else { sign * part.row(i, cut..cut + 1)[0] })
        .collect();
    // Parts of a graded matrix may be tiny: the secular equation is solved in units of this one.
    let scale = power_of_two_scale(max_abs(d).max(beta.abs()));
    d.iter_mut().for_each(|v| *v *= scale);
    let rho = T::of(2.0) * beta.abs() * scale;
    let Deflated { settled, active } = deflate(d, &mut z, rho, cut, &mut part);

    let k = active.len();
    let count = |support| active.iter().filter(|a| a.2 == support).count();
    let (first, both) = (count(Support::First), count(Support::Both));
    // Rows of one support side by side, so that products skip the half where they are zero.
    let mut grouped: Vec<usize> = (0..k).collect();
    grouped.sort_by_key(|&j| active[j].2);
    let mut place = vec![0; k];
    for (to, &from) in grouped.iter().enumerate() {
        place[from] = to;
    }
    let poles: Vec<T> = active.iter().map(|a| d[a.0]).collect();
    let weights: Vec<T> = active.iter().map(|a| a.1).collect();
    let mut secular = vec![T::zero(); k * k];
    let roots = RankOneUpdate { poles: &poles, z: &weights, rho }.solve(&place, &mut secular);

    let values: Vec<T> = roots.into_iter().chain(settled.iter().map(|&i| d[i])).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| values[a].partial_cmp(&values[b]).unwrap_or(std::cmp::Ordering::Equal));
    // The roots among the wanted are neighbours, as both lists ascend.
    let mut chosen = order[wanted.clone()].iter().copied().filter(|&i| i < k);
    let chosen = chosen.next().map_or(0..0, |from| from..chosen.next_back().unwrap_or(from) + 1);

    let gather = |places: Range<usize>, columns: Range<usize>| -> Vec<T> {
        let mut rows = Vec::with_capacity(places.len() * columns.len());
        grouped[places].iter().for_each(|&j| rows.extend_from_slice(part.row(active[j].0, columns.clone())));
        rows
    };
    let upper = gather(0..first + both, 0..cut);
    let lower = gather(first..k, cut..n);
    let mut products = vec![T::zero(); chosen.len() * n];
    products.par_chunks_mut(STRIP * n).enumerate().try_for_each(|(strip, products)| {
        let rows = products.len() / n;
        let start = chosen.start + strip * STRIP;
        let mut packing = Packing::new();
        for (old, places, columns) in [(&upper, 0..first + both, 0..cut), (&lower, first..k, cut..n)] {
            let old = block(old, columns.len(), 0..places.len(), 0..columns.len())?;
            let factors = block(&secular, k, start..start + rows, places)?;
            let mut new = block_mut(products, n, 0..rows, columns)?;
            gemm(T::one(), factors, old, T::zero(), &mut new, &mut packing);
        }
        Ok::<(), Error>(())
    })?;
    let mut kept = Vec::with_capacity(settled.len() * n);
    settled.iter().for_each(|&i| kept.extend_from_slice(part.row(i, 0..n)));
    for (to, &from) in order.iter().enumerate() {
        d[to] = values[from] / scale;
        if wanted.contains(&to) {
            let (rows, at) = if from < k { (&products, from - chosen.start) } else { (&kept, from - k) };
            part.row_mut(to, 0..n).copy_from_slice(&rows[at * n..(at + 1) * n]);
        }
    }
    Ok(())
}

/// Settles the rows that the update does not change by more than rounding: those with a negligible
/// entry of `z`, and one of each two whose eigenvalues agree, after a rotation that moves its
/// entry of `z` to the other.
fn deflate<T: Scalar>(d: &mut [T], z: &mut [T], rho: T, cut: usize, part: &mut Part<'_, T>) -> Deflated<T> {
    let n = d.len();
    let tolerance = T::of(8.0) * T::EPSILON * max_abs(d).max(rho * max_abs(z));
    let mut support: Vec<Support> = (0..n).map(|i| if i < cut { Support::First } else { Support::Second }).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| d[a].partial_cmp(&d[b]).unwrap_or(std::cmp::Ordering::Equal));

    let mut deflated = Deflated { settled: Vec::new(), active: Vec::new() };
    let mut candidate: Option<usize> = None;
    for next in order {
        if rho * z[next].abs() <= tolerance {
            deflated.settled.push(next);
            continue;
        }
        if let Some(last) = candidate {
            let norm = z[next].hypot(z[last]);
            let (c, s) = (z[next] / norm, -z[last] / norm);
            if ((d[next] - d[last]) * c * s).abs() <= tolerance {
                z[next] = norm;
                if support[last] != support[next] {
                    support[next] = Support::Both;
                }
                part.rotate(last, next, c, s, n);
                let (low, high) = (d[last], d[next]);
                d[last] = low * c * c + high * s * s;
                d[next] = low * s * s + high * c * c;
                deflated.settled.push(last);
            } else {
                deflated.active.push((last, z[last], support[last]));
            }
        }
        candidate = Some(next);
    }
    if let Some(last) = candidate {
        deflated.active.push((last, z[last], support[last]));
    }
    deflated.settled.sort_by(|&a, &b| d[a].partial_cmp(&d[b]).unwrap_or(std::cmp::Ordering::Equal));
    deflated
}
