//! Which entries of a long vector are held here, and how sums over all of them are made.

mod among;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Matrix;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::{dot, max_abs, norm};
use crate::par::{Received, Team, own_shards, shard, team};
use crate::rng::Stream;

/// The most blocks a vector is cut into: so many partial sums are kept until those before them have come.
const MAX_BLOCKS: usize = 4096;
/// Entries that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 17;

/// Which entries of vectors of one length this process holds: all of them, or those of its own blocks.
///
/// A vector that is [dealt](Self::dealt) is cut into blocks of 1024 entries, more only beyond four million: a constant of
/// the problem, not of the processes that share them. Every sum over all entries is made block by block, and the sums of the
/// blocks are added up in their order, so that it has the same bits on any number of processes and threads. All processes
/// call the same methods in the same order, and all get the result.
///
/// A team whose messages fail leaves NaN, which every solver refuses: MPI ends the job by itself.
///
/// ```
/// use eigennet::linalg::Span;
/// use eigennet::par::run_threads;
/// let x: Vec<f64> = (0..5000).map(|i| (i as f64).sin()).collect();
/// let norm = || {
///     let span = Span::dealt(5000);
///     span.norm(&x[span.range()])
/// };
/// let alone = norm();
/// assert!(run_threads(3, norm).iter().all(|norm| norm.to_bits() == alone.to_bits()));
/// ```
#[derive(Debug, Clone)]
pub struct Span {
    total: usize,
    range: Range<usize>,
    deal: Option<Deal>,
}

/// How blocks are dealt out.
#[derive(Debug, Clone)]
struct Deal {
    /// The processes, if there are several.
    team: Option<Arc<dyn Team>>,
    /// Entries of a block.
    block: usize,
    /// Blocks of the whole vector.
    count: usize,
    /// The first one here.
    first: usize,
}

impl Span {
    /// Rows that are worked on at a time: they stay in the first cache, and a block is a multiple of them.
    pub(crate) const PIECE: usize = 1024;

    /// All `n` entries are held here, and sums are made by the kernels.
    pub fn whole(n: usize) -> Self {
        Span { total: n, range: 0..n, deal: None }
    }

    /// `total` entries, of which each process of the calling thread's [team] holds neighbouring blocks; without a team this
    /// one holds all, and sums have the same bits as with one.
    pub fn dealt(total: usize) -> Self {
        let block = total.div_ceil(MAX_BLOCKS).next_multiple_of(Self::PIECE).max(Self::PIECE);
        let count = total.div_ceil(block);
        let team = team();
        let blocks = team.as_ref().map_or(0..count, |team| own_shards(&**team, count));
        let range = entries(&blocks, block, total);
        Span { total, range, deal: Some(Deal { team, block, count, first: blocks.start }) }
    }

    /// Entries of the whole vector.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Entries held here.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether none is held here.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Which entries are held here.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Whether the entries are [dealt out](Self::dealt), be it to one process.
    pub fn is_dealt(&self) -> bool {
        self.deal.is_some()
    }

    /// Whether vectors of the other span have the same entries here.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.total, &self.range, self.is_dealt()) == (other.total, &other.range, other.is_dealt())
    }

    /// The processes that hold the other entries, if there are any.
    pub fn team(&self) -> Option<&Arc<dyn Team>> {
        self.deal.as_ref().and_then(|deal| deal.team.as_ref())
    }

    /// Which entries the process of this rank holds.
    pub fn range_of(&self, rank: usize) -> Range<usize> {
        match (&self.deal, self.team()) {
            (Some(deal), Some(team)) => entries(&shard(deal.count, team.size(), rank), deal.block, self.total),
            _ => self.range(),
        }
    }

    /// `⟨x, y⟩`; blocks `[len, p]` are taken for long vectors.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn dot<T: Scalar>(&self, x: &[T], y: &[T]) -> T {
        match &self.deal {
            None => dot(x, y),
            Some(deal) => self.sum(deal, x.len(), |rows| dot(part(x, self, &rows), part(y, self, &rows))),
        }
    }

    /// `√⟨x, x⟩`, in units of the largest entry where the squares would over- or underflow.
    pub fn norm<T: Scalar>(&self, x: &[T]) -> T {
        if self.is_dealt() { self.norms(&[x])[0] } else { norm(x) }
    }

    /// The [norms](Self::norm) of several vectors of one length, in one message.
    pub fn norms<T: Scalar>(&self, vectors: &[&[T]]) -> Vec<T> {
        let Some(deal) = &self.deal else { return vectors.iter().map(|x| norm(x)).collect() };
        let length = vectors.first().map_or(0, |x| x.len());
        let squares = self.sums(deal, vectors.len(), length, &|rows, out| {
            for (out, x) in out.iter_mut().zip(vectors) {
                let x = part(x, self, &rows);
                *out = dot(x, x);
            }
        });
        let least = T::min_positive_value() / (T::EPSILON * T::EPSILON);
        let fits = |square: T| square > least && square.is_finite();
        if squares.iter().all(|&square| fits(square)) {
            return squares.into_iter().map(T::sqrt).collect();
        }
        let mut largest: Vec<T> = vectors.iter().map(|x| max_abs(x)).collect();
        self.greatest(&mut largest);
        let scaled = self.sums(deal, vectors.len(), length, &|rows, out| {
            for ((out, x), &largest) in out.iter_mut().zip(vectors).zip(&largest) {
                *out = part(x, self, &rows).iter().map(|&v| (v / largest) * (v / largest)).sum();
            }
        });
        let of = |(square, (largest, scaled)): (T, (T, T))| {
            if fits(square) {
                square.sqrt()
            } else if largest == T::zero() || !largest.is_finite() {
                largest
            } else {
                largest * scaled.sqrt()
            }
        };
        squares.into_iter().zip(largest.into_iter().zip(scaled)).map(of).collect()
    }

    /// Scales `x` to norm one and returns the norm it had; zero stays zero.
    pub fn normalize<T: Scalar>(&self, x: &mut [T]) -> T {
        let length = self.norm(x);
        if length > T::zero() {
            // Divided, not multiplied: the reciprocal of a subnormal number overflows.
            x.iter_mut().for_each(|v| *v /= length);
        }
        length
    }

    /// `⟨v_i, x⟩` for several vectors, in one message.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn products<T: Scalar>(&self, vectors: &[&[T]], x: &[T]) -> Vec<T> {
        match &self.deal {
            None if vectors.len() * x.len() >= MIN_PARALLEL => vectors.par_iter().map(|v| dot(v, x)).collect(),
            None => vectors.iter().map(|v| dot(v, x)).collect(),
            Some(deal) => self.sums(deal, vectors.len(), x.len(), &|rows, out| {
                let x = part(x, self, &rows);
                out.iter_mut().zip(vectors).for_each(|(out, v)| *out = dot(part(v, self, &rows), x));
            }),
        }
    }

    /// `max |x_i|`, NaN if an entry is.
    pub fn max_abs<T: Scalar>(&self, x: &[T]) -> T {
        let mut largest = [max_abs(x)];
        self.greatest(&mut largest);
        largest[0]
    }

    /// `Xᵀ Y` `[p, q]` for `X` `[len, p]` and `Y` `[len, q]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the numbers of rows differ.
    pub fn t_matmul<T: Scalar>(&self, x: &Matrix<T>, y: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let Some(deal) = &self.deal else { return x.t_matmul(y) };
        self.agreed(if [x.rows(), y.rows()] == [self.len(); 2] {
            Ok(())
        } else {
            Err(Error::shape("t_matmul", &x.shape(), &y.shape()))
        })?;
        let (p, q) = (x.cols(), y.cols());
        let sums = self.sums(deal, p * q, x.as_slice().len().max(y.as_slice().len()), &|rows, out| {
            let count = rows.len();
            let x = MatRef::row_major(part(x.as_slice(), self, &rows), count, p);
            let y = MatRef::row_major(part(y.as_slice(), self, &rows), count, q);
            gemm(T::one(), x.transposed(), y, T::zero(), &mut MatMut::row_major(out, p, q), &mut Packing::new());
        });
        Matrix::from_vec(p, q, sums)
    }

    /// `X C` `[len, k]` for `X` `[len, p]` and `C` `[p, k]`, the same everywhere: rows have the same bits wherever they are
    /// held.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit.
    pub fn times<T: Scalar>(&self, x: &Matrix<T>, c: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let (p, k) = (x.cols(), c.cols());
        if !self.is_dealt() || p != c.rows() || x.rows() == 0 || p * k == 0 {
            return x.matmul(c);
        }
        let mut out = Matrix::try_zeros("matmul", x.rows(), k)?;
        // What a row's sum looks like may depend on the shape of the product: all have that of one piece.
        let pieces = out.as_mut_slice().par_chunks_mut(Self::PIECE * k).zip(x.as_slice().par_chunks(Self::PIECE * p));
        pieces.for_each_init(Packing::new, |packing, (out, x)| {
            let rows = x.len() / p;
            let (x, mut out) = (MatRef::row_major(x, rows, p), MatMut::row_major(out, rows, k));
            gemm(T::one(), x, c.view(), T::zero(), &mut out, packing);
        });
        Ok(out)
    }

    /// The entries held here of standard normal vectors `[total, width]`, row after row: all processes draw all of them.
    pub fn draw<T: Scalar>(&self, width: usize, stream: &mut Stream) -> Vec<T> {
        let skip = |rows: usize, stream: &mut Stream| {
            for _ in 0..rows * width {
                stream.normal::<T>();
            }
        };
        skip(self.range.start, stream);
        let own = (0..self.len() * width).map(|_| stream.normal()).collect();
        skip(self.total - self.range.end, stream);
        own
    }

    /// The rows of all processes `[total, k]`, everywhere, from those held here `[len, k]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of rows; [`Error::InvalidArgument`] if there is no memory for them; those of the
    /// team.
    pub fn gathered<T: Scalar>(&self, rows: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let k = rows.cols();
        let fits = rows.rows() == self.len();
        let all = if fits {
            Matrix::try_zeros("gathered", self.total, k)
        } else {
            Err(Error::shape("gathered", &rows.shape(), &[self.len(), k]))
        };
        self.agreed(all.as_ref().map(|_| ()).map_err(Clone::clone))?;
        let mut all = all?;
        all.as_mut_slice()[self.range.start * k..self.range.end * k].copy_from_slice(rows.as_slice());
        for rank in 0..self.team().map_or(0, |team| team.size()) {
            let range = self.range_of(rank);
            if let Some(team) = self.team().filter(|_| !range.is_empty()) {
                team.broadcast(rank, Received::scalars(&mut all.as_mut_slice()[range.start * k..range.end * k]))?;
            }
        }
        Ok(all)
    }

    /// The rows held here `[len, k]` of a block that is whole everywhere `[total, k]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of rows.
    pub fn own<T: Scalar>(&self, all: &Matrix<T>) -> Result<Matrix<T>, Error> {
        if all.rows() != self.total {
            return Err(Error::shape("rows held here", &all.shape(), &[self.total, all.cols()]));
        }
        Ok(all.submatrix(self.range(), 0..all.cols()))
    }
}

/// The entries of these blocks.
fn entries(blocks: &Range<usize>, block: usize, total: usize) -> Range<usize> {
    (blocks.start * block).min(total)..(blocks.end * block).min(total)
}

/// These rows of a block `[len, any]`.
fn part<'a, T>(x: &'a [T], span: &Span, rows: &Range<usize>) -> &'a [T] {
    let width = x.len() / span.len().max(1);
    &x[rows.start * width..rows.end * width]
}
