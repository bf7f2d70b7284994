//! Gram matrices: a matrix times its own transpose, half of which is enough.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Matrix;
use super::block::{block, block_mut};
use super::checks::tiles_below_diagonal;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatRef, PackedRight, Packing, gemm};
use crate::par::{Received, Team, both, is_worth_sharing};

/// Rows of the triangle computed by one product. What it computes above the diagonal is wasted, but fewer rows read each
/// packed factor less often.
const STRIP: usize = 48;
/// A multiple of the columns of the kernels' panels.
const PANEL: usize = 32;
/// Operations that are worth the messages of a team.
const MIN_DEALT_OUT: usize = 1 << 22;

/// `AᵀA` `[n, n]` of `A` `[m, n]`, exactly symmetric.
///
/// Half the work of [`Matrix::t_matmul`], done by strips of the lower triangle, in parallel where
/// that pays; the bits do not depend on the number of threads. As in any product of matrices what overflows is infinite,
/// and NaN spreads.
///
/// ```
/// use eigennet::linalg::{Matrix, gram, row_gram};
/// let a = Matrix::from_vec(2, 3, vec![1.0, 0.0, 2.0, 0.0, 1.0, 1.0])?;
/// assert_eq!(gram(&a)?, a.t_matmul(&a)?);
/// assert_eq!(row_gram(&a)?, a.matmul_t(&a)?);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// None for a matrix of this crate.
pub fn gram<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>, Error> {
    let mut out = Matrix::zeros(a.cols(), a.cols());
    Gram::new().columns(a, &mut out)?;
    mirror(&mut out);
    Ok(out)
}

/// `AAᵀ` `[m, m]` of `A` `[m, n]`, exactly symmetric; otherwise as [`gram`].
///
/// # Errors
/// None for a matrix of this crate.
pub fn row_gram<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>, Error> {
    let mut out = Matrix::zeros(a.rows(), a.rows());
    Gram::new().rows(a, &mut out)?;
    mirror(&mut out);
    Ok(out)
}

/// Reusable space for Gram matrices: grows on first use, then allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Gram<T> {
    /// Among whom the strips of [`columns`](Self::columns) and [`rows`](Self::rows) are dealt out.
    team: Option<Arc<dyn Team>>,
    packings: Vec<Packing<T>>,
    weighted: Vec<T>,
}

impl<T: Scalar> Gram<T> {
    /// Empty space.
    pub fn new() -> Self {
        Gram { team: None, packings: Vec::new(), weighted: Vec::new() }
    }

    /// From now on the processes of a [team](crate::par::team), which all hold the same matrices and want their products,
    /// compute a part each.
    pub(crate) fn share_with(&mut self, team: Option<Arc<dyn Team>>) {
        self.team = team;
    }

    /// The lower triangle of `AᵀA` into `out` `[n, n]`; what is above its diagonal is left undefined.
    ///
    /// # Errors
    /// [`Error::Shape`] if `out` is not `[n, n]`.
    pub fn columns(&mut self, a: &Matrix<T>, out: &mut Matrix<T>) -> Result<(), Error> {
        let [m, n] = a.shape();
        let part = |columns| block(a.as_slice(), n, 0..m, columns);
        self.lower("gram", [n, m], &|rows, columns| Ok((part(rows)?.transposed(), part(columns)?)), out)
    }

    /// The lower triangle of `AAᵀ` into `out` `[m, m]`; what is above its diagonal is left undefined.
    ///
    /// # Errors
    /// [`Error::Shape`] if `out` is not `[m, m]`.
    pub fn rows(&mut self, a: &Matrix<T>, out: &mut Matrix<T>) -> Result<(), Error> {
        let [m, n] = a.shape();
        let part = |rows| block(a.as_slice(), n, rows, 0..n);
        self.lower("row_gram", [m, n], &|rows, columns| Ok((part(rows)?, part(columns)?.transposed())), out)
    }

    /// `out += factor · pᵀ W p` for the rows of `p` `[rows, n]` with their weights `W`, `[rows]`; `out` `[n, n]` is
    /// symmetric before and after, exactly.
    ///
    /// ```
    /// use eigennet::linalg::{Gram, Matrix};
    /// let mut out = Matrix::zeros(2, 2);
    /// Gram::new().add_weighted(2.0, &[1.0, 2.0, 3.0, 4.0], &[0.5, 1.0], &mut out)?;
    /// assert_eq!(out.as_slice(), [19.0, 26.0, 26.0, 36.0]);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if `out` is not square or `p` not `[rows, n]`.
    #[inline(never)]
    pub fn add_weighted(&mut self, factor: T, p: &[T], weights: &[T], out: &mut Matrix<T>) -> Result<(), Error> {
        let (rows, n) = (weights.len(), out.cols());
        if out.rows() != n || Some(p.len()) != rows.checked_mul(n) {
            return Err(Error::shape("Gram::add_weighted", &[p.len(), out.rows()], &[rows * n, n]));
        }
        self.weighted.clear();
        for (row, &w) in p.chunks_exact(n.max(1)).zip(weights) {
            self.weighted.extend(row.iter().map(|&v| w * v));
        }
        let weighted = &self.weighted;
        let factors = |of_left: Range<usize>, of_right: Range<usize>| {
            Ok((block(p, n, 0..rows, of_left)?.transposed(), block(weighted, n, 0..rows, of_right)?))
        };
        update_triangle(None, [factor, T::one()], [n, rows], &factors, (out.as_mut_slice(), n), &mut self.packings)?;
        mirror(out);
        Ok(())
    }

    /// The lower triangle of order `n`, sums of `k` products: for some rows and columns of it, `factors` are the left
    /// factor and the right one.
    fn lower<'a>(
        &mut self,
        operation: &'static str,
        [n, k]: [usize; 2],
        factors: &Factors<'a, T>,
        out: &mut Matrix<T>,
    ) -> Result<(), Error> {
        if out.shape() != [n, n] {
            return Err(Error::shape(operation, &out.shape(), &[n, n]));
        }
        let (team, scale) = (self.team.as_deref(), [T::one(), T::zero()]);
        update_triangle(team, scale, [n, k], factors, (out.as_mut_slice(), n), &mut self.packings)
    }
}

/// For some rows and columns of a triangle the left factor and the right one.
type Factors<'a, T> = dyn Fn(Range<usize>, Range<usize>) -> Result<(MatRef<'a, T>, MatRef<'a, T>), Error> + Sync + 'a;

/// `C ← α A B + β C` for the lower triangle of `C` `[n, n]`, sums of `k` products, in rows `stride` apart; what is
/// above the diagonal is left undefined. For some rows and columns of it, `factors` are the left factor and the right one.
/// In parallel where that pays, by threads and by the processes of a team; the bits depend on the number of neither.
pub(super) fn update_triangle<'a, T: Scalar>(
    team: Option<&dyn Team>,
    [alpha, beta]: [T; 2],
    [n, k]: [usize; 2],
    factors: &Factors<'a, T>,
    (entries, stride): (&mut [T], usize),
    packings: &mut Vec<Packing<T>>,
) -> Result<(), Error> {
    if n == 0 {
        return Ok(());
    }
    let strips = n.div_ceil(STRIP);
    if packings.len() < strips + 2 {
        packings.resize_with(strips + 2, Packing::new);
    }
    let [first, second, packings @ ..] = &mut packings[..strips + 2] else { return Ok(()) };
    let operations = n.saturating_mul(n).saturating_mul(k);
    // All processes have to decide alike, whatever threads each of them has.
    let team = team.filter(|_| operations >= MIN_DEALT_OUT);
    let shared = team.is_some() || is_worth_sharing::<T>(operations);
    // The right factor is packed once for all strips unless they are few, in two parts, by two threads if they are at hand.
    let middle = if strips > 2 { n / 2 / PANEL * PANEL } else { n };
    let (mut left_part, mut right_part) = (None, None);
    let pack = |columns: Range<usize>, packing, part: &mut Option<_>| {
        // An error comes up again with the strips.
        *part = factors(0..n, columns).ok().and_then(|(_, right)| PackedRight::new(right, n, packing));
    };
    if strips > 2 {
        both(shared, || pack(0..middle, first, &mut left_part), || pack(middle..n, second, &mut right_part));
    }
    let work = |(index, (strip, packing)): (usize, (&mut [T], &mut Packing<T>))| {
        let rows = index * STRIP..((index + 1) * STRIP).min(n);
        for (columns, packed) in [(0..middle, &left_part), (middle..n, &right_part)] {
            let columns = columns.start..columns.end.min(rows.end);
            if columns.is_empty() {
                continue;
            }
            let (left, right) = factors(rows.clone(), columns.clone())?;
            let mut target = block_mut(strip, stride, 0..rows.len(), columns)?;
            match packed {
                Some(packed) => packed.multiply_first(alpha, left, beta, &mut target, packing),
                None => gemm(alpha, left, right, beta, &mut target, packing),
            }
        }
        Ok(())
    };
    if !shared {
        return entries.chunks_mut(STRIP * stride).zip(packings).enumerate().try_for_each(work);
    }
    let own = team.map_or(0..strips, |team| strips_of(strips, team.size(), team.rank()));
    let parallel = entries.par_chunks_mut(STRIP * stride).zip(packings).enumerate().skip(own.start).take(own.len());
    // The longest first: what is left for whoever is done early is short.
    parallel.rev().with_max_len(1).try_for_each(work)?;
    let Some(team) = team else { return Ok(()) };
    (0..team.size()).try_for_each(|rank| {
        let rows = strips_of(strips, team.size(), rank);
        let [first, end] = [rows.start, rows.end].map(|strip| (strip * STRIP * stride).min(entries.len()));
        team.broadcast(rank, Received::scalars(&mut entries[first..end]))
    })
}

/// The strips of a triangle that one of `size` processes computes: neighbours, with a share of the area.
fn strips_of(strips: usize, size: usize, rank: usize) -> Range<usize> {
    // The first s strips are s² / strips² of the whole.
    let bound = |rank: usize| (strips as f64 * (rank as f64 / size as f64).sqrt()).round() as usize;
    bound(rank)..bound(rank + 1)
}

/// Copies the lower triangle into the upper one.
fn mirror<T: Scalar>(a: &mut Matrix<T>) {
    for (rows, cols) in tiles_below_diagonal(a.rows()) {
        for i in rows {
            for j in cols.start..cols.end.min(i) {
                a[(j, i)] = a[(i, j)];
            }
        }
    }
}
