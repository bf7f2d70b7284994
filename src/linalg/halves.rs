//! What divide and conquer does to join two halves, of eigenvectors and of singular vectors alike: deflation (Dongarra
//! and Sorensen, 1987), and the products that make up nearly all of the work.

use std::ops::Range;

use super::Matrix;
use super::block::{block, block_mut};
use super::places::sort_places;
use super::strips::for_each_strip;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};

/// Vectors computed by one product.
const STRIP: usize = 128;
/// Halves from this order on are solved side by side.
const PARALLEL: usize = 128;

/// Solves both halves of a problem of this order.
pub(crate) fn solve_both(
    order: usize,
    first: impl FnOnce() -> Result<(), Error> + Send,
    second: impl FnOnce() -> Result<(), Error> + Send,
) -> Result<(), Error> {
    if order < PARALLEL {
        return first().and_then(|()| second());
    }
    let (first, second) = rayon::join(first, second);
    first.and(second)
}

/// The diagonal block of a matrix of vectors that belongs to a part of the problem: some rows of it, and the columns
/// from `first` on.
#[derive(Debug)]
pub(crate) struct Part<'a, T> {
    rows: &'a mut [T],
    stride: usize,
    first: usize,
}

impl<'a, T: Scalar> Part<'a, T> {
    /// All of a matrix.
    pub(crate) fn whole(vectors: &'a mut Matrix<T>) -> Self {
        let stride = vectors.cols();
        Part { rows: vectors.as_mut_slice(), stride, first: 0 }
    }

    pub(crate) fn row(&self, i: usize, columns: Range<usize>) -> &[T] {
        let start = i * self.stride + self.first;
        &self.rows[start + columns.start..start + columns.end]
    }

    pub(crate) fn row_mut(&mut self, i: usize, columns: Range<usize>) -> &mut [T] {
        let start = i * self.stride + self.first;
        &mut self.rows[start + columns.start..start + columns.end]
    }

    /// The rows become those of a square matrix.
    pub(crate) fn copy_from(&mut self, rows: &Matrix<T>) {
        for (i, row) in rows.row_iter().enumerate() {
            self.row_mut(i, 0..row.len()).copy_from_slice(row);
        }
    }

    /// `(row i, row j) ← (c · row i + s · row j, c · row j − s · row i)`, for `n` columns.
    pub(crate) fn rotate(&mut self, i: usize, j: usize, c: T, s: T, n: usize) {
        for column in self.first..self.first + n {
            let (x, y) = (self.rows[i * self.stride + column], self.rows[j * self.stride + column]);
            self.rows[i * self.stride + column] = c * x + s * y;
            self.rows[j * self.stride + column] = c * y - s * x;
        }
    }

    /// The rows before `cut`, and those from `cut + skip` on with columns from `column` on.
    pub(crate) fn split(&mut self, cut: usize, skip: usize, column: usize) -> (Part<'_, T>, Part<'_, T>) {
        let (stride, first) = (self.stride, self.first);
        let (above, below) = self.rows.split_at_mut(cut * stride);
        (Part { rows: above, stride, first }, Part { rows: &mut below[skip * stride..], stride, first: first + column })
    }

    /// Row `i` becomes row `order[i]`, for every `i` of `wanted`, of the roots' vectors followed by the settled rows.
    /// Of the former there are `roots` in all, and those of `chosen` at hand.
    pub(crate) fn replace(
        &mut self,
        (products, chosen, roots): (&[T], Range<usize>, usize),
        settled: &[usize],
        (order, wanted): (&[usize], Range<usize>),
        n: usize,
    ) {
        let kept: Vec<T> = settled.iter().flat_map(|&i| self.row(i, 0..n).iter().copied()).collect();
        for (to, &from) in order.iter().enumerate().filter(|(to, _)| wanted.contains(to)) {
            let (rows, at) = if from < roots { (products, from - chosen.start) } else { (&kept[..], from - roots) };
            self.row_mut(to, 0..n).copy_from_slice(&rows[at * n..(at + 1) * n]);
        }
    }
}

/// Which half of the columns a vector of the torn problem lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Support {
    First,
    Both,
    Second,
}

/// A row that takes part in the secular equation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Active<T> {
    pub(crate) row: usize,
    pub(crate) pole: T,
    pub(crate) z: T,
    pub(crate) support: Support,
}

/// Goes through rows with ascending `d` and settles those that the joining does not change by more than rounding: the
/// negligible ones, and one of each two that agree. Where two do, `join(d, z, last, next)` rotates them so that the
/// entry of `z` of `last` vanishes, and returns true. The others are added to `active`.
pub(crate) fn deflate<T: Scalar>(
    (d, z, cut): (&mut [T], &mut [T], usize),
    rows: impl Iterator<Item = usize>,
    negligible: impl Fn(T) -> bool,
    mut join: impl FnMut(&mut [T], &mut [T], usize, usize) -> bool,
    active: &mut Vec<Active<T>>,
) -> Vec<usize> {
    let mut support: Vec<Support> =
        (0..d.len()).map(|i| if i < cut { Support::First } else { Support::Second }).collect();
    let mut order: Vec<usize> = rows.collect();
    sort_places(&mut order, &|a, b| d[a].partial_cmp(&d[b]).unwrap_or(std::cmp::Ordering::Equal));
    let mut settled = Vec::new();
    let mut candidate: Option<usize> = None;
    for next in order {
        if negligible(z[next].abs()) {
            settled.push(next);
            continue;
        }
        if let Some(last) = candidate {
            let alone = Active { row: last, pole: d[last], z: z[last], support: support[last] };
            if join(d, z, last, next) {
                if support[last] != support[next] {
                    support[next] = Support::Both;
                }
                settled.push(last);
            } else {
                active.push(alone);
            }
        }
        candidate = Some(next);
    }
    active.extend(candidate.map(|row| Active { row, pole: d[row], z: z[row], support: support[row] }));
    settled
}

/// Active rows with those of one support side by side, so that products skip the half where they are zero.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The rows, grouped.
    rows: Vec<usize>,
    /// Where in that order each active row stands.
    pub(crate) place: Vec<usize>,
    /// Those with a support in the first half.
    first: Range<usize>,
    /// Those with a support in the second half.
    second: Range<usize>,
}

impl Grouped {
    #[inline(never)]
    pub(crate) fn new<T>(active: &[Active<T>]) -> Self {
        let k = active.len();
        let count = |support| active.iter().filter(|a| a.support == support).count();
        let (first, both) = (count(Support::First), count(Support::Both));
        let mut grouped: Vec<usize> = (0..k).collect();
        sort_places(&mut grouped, &|i, j| active[i].support.cmp(&active[j].support));
        let mut place = vec![0; k];
        for (to, &from) in grouped.iter().enumerate() {
            place[from] = to;
        }
        Grouped {
            rows: grouped.iter().map(|&j| active[j].row).collect(),
            place,
            first: 0..first + both,
            second: first..k,
        }
    }

    /// The rows `chosen` of `secular` `[k, k]` times the grouped rows of a part, whose halves have these columns:
    /// `[chosen.len(), n]`.
    #[inline(never)]
    pub(crate) fn combine<T: Scalar>(
        &self,
        part: &Part<'_, T>,
        secular: &[T],
        chosen: Range<usize>,
        halves: [Range<usize>; 2],
        n: usize,
    ) -> Result<Vec<T>, Error> {
        let k = self.rows.len();
        let halves = [&self.first, &self.second].into_iter().zip(halves).map(|(places, columns)| {
            let rows = self.rows[places.clone()].iter();
            let old: Vec<T> = rows.flat_map(|&row| part.row(row, columns.clone()).iter().copied()).collect();
            (old, places.clone(), columns)
        });
        let halves: Vec<_> = halves.collect();
        let mut products = vec![T::zero(); chosen.len() * n];
        for_each_strip(&mut products, n, STRIP, &mut Packing::new(), |start, products, packing| {
            let (height, start) = (products.len() / n, chosen.start + start);
            for (old, places, columns) in &halves {
                let old = block(old, columns.len(), 0..places.len(), 0..columns.len())?;
                let factors = block(secular, k, start..start + height, places.clone())?;
                let mut new = block_mut(products, n, 0..height, columns.clone())?;
                gemm(T::one(), factors, old, T::zero(), &mut new, packing);
            }
            Ok(())
        })?;
        Ok(products)
    }
}
