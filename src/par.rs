//! Fixed shards: how work is cut depends on the problem alone, never on the number of threads, so
//! that the same seed gives the same bits everywhere.

mod crew;
mod reduction;
mod team;
#[cfg(test)]
mod tests;

use std::f64::consts::SQRT_2;
use std::ops::Range;

use rayon::prelude::*;

pub(crate) use crew::is_worth_sharing;
pub use crew::{Crew, with_crew};
pub use reduction::{add_weighted_products, dot, sum_shards};
pub use team::{
    Received, Sent, Team, decide, gather, is_first, own_shards, run_threads, sum_shards_among, team, with_team,
};

/// The most shards any batch is cut into.
pub const MAX_SHARDS: usize = 16;

/// Entries of a long vector that are worked on at a time: they stay in the first cache between the passes of one piece.
const PIECE: usize = 4096;
/// The fewest entries that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 16;

/// Runs `work(start, piece)` on the pieces of a long vector, in parallel where it is long enough. What
/// is written must depend on the entry alone.
pub fn for_each_piece<T: Send>(out: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let parallel = out.len() >= MIN_PARALLEL;
    for_each_chunk(out, PIECE, parallel, &|index, piece| work(index * PIECE, piece));
}

/// Runs `work(index, chunk)` on chunks of `size` entries, side by side or one after the other. A parallel loop is some
/// thirty functions to compile: behind `dyn` it is compiled once, and a call costs nothing beside a chunk.
#[inline(never)]
pub(crate) fn for_each_chunk<T: Send>(
    data: &mut [T],
    size: usize,
    parallel: bool,
    work: &(dyn Fn(usize, &mut [T]) + Sync),
) {
    if parallel {
        data.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
    } else {
        data.chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
    }
}

/// [`for_each_piece`] on two vectors of one length at once.
///
/// # Panics
/// If the lengths differ.
pub fn for_each_piece_of_two<T: Send>(a: &mut [T], b: &mut [T], work: impl Fn(usize, &mut [T], &mut [T]) + Sync) {
    assert_eq!(a.len(), b.len(), "vectors worked on together");
    if a.len() < MIN_PARALLEL {
        let pieces = a.chunks_mut(PIECE).zip(b.chunks_mut(PIECE)).enumerate();
        pieces.for_each(|(index, (a, b))| work(index * PIECE, a, b));
    } else {
        let pieces = a.par_chunks_mut(PIECE).zip(b.par_chunks_mut(PIECE)).enumerate();
        pieces.for_each(|(index, (a, b))| work(index * PIECE, a, b));
    }
}

/// Runs both, side by side if they are to be `shared`.
pub(crate) fn both(shared: bool, first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    if shared {
        rayon::join(first, second);
    } else {
        first();
        second();
    }
}

/// How many shards a batch of `rows` is cut into: about one per `rows_per_shard` rows, at most [`MAX_SHARDS`]. It is a power
/// of two, so that two, four or eight threads have equal shares.
///
/// ```
/// use eigennet::par::shard_count;
/// assert_eq!([140, 150, 512].map(|rows| shard_count(rows, 100)), [1, 2, 4]);
/// ```
pub fn shard_count(rows: usize, rows_per_shard: usize) -> usize {
    let shards = rows as f64 / rows_per_shard.max(1) as f64;
    let mut count = 1;
    while count < MAX_SHARDS && shards >= SQRT_2 * count as f64 {
        count *= 2;
    }
    count
}

/// The rows of shard `index` of `count`: sizes differ by one at most. There are none beyond the last shard, and no shards
/// are one.
pub fn shard(rows: usize, count: usize, index: usize) -> Range<usize> {
    let count = count.max(1);
    if index >= count {
        return rows..rows;
    }
    let (base, extra) = (rows / count, rows % count);
    let start = index * base + index.min(extra);
    start..start + base + usize::from(index < extra)
}
