//! Fixed shards: how work is cut depends on the problem alone, never on the number of threads, so
//! that the same seed gives the same bits everywhere.

use std::ops::Range;

/// The most shards any batch is cut into.
pub const MAX_SHARDS: usize = 16;

/// How many shards a batch of `rows` is cut into: one per `rows_per_shard` rows (at least one), at
/// most [`MAX_SHARDS`].
pub fn shard_count(rows: usize, rows_per_shard: usize) -> usize {
    (rows / rows_per_shard.max(1)).clamp(1, MAX_SHARDS)
}

/// The rows of shard `index` of `count`: sizes differ by one at most.
pub fn shard(rows: usize, count: usize, index: usize) -> Range<usize> {
    let (base, extra) = (rows / count, rows % count);
    let start = index * base + index.min(extra);
    start..start + base + usize::from(index < extra)
}
