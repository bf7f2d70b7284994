//! Sums and rows of a batch whose shards are dealt out to a team.

use std::ops::Range;

use super::{Received, Sent, Team};
use crate::kernels::reduce::axpy;
use crate::par::{for_each_piece, shard};
use crate::{Result, Scalar};

/// Numbers that travel at a time: while one piece is added here, the one before it is on its way.
const PIECE: usize = 1 << 15;

/// Those of `count` shards that a process of the team works on: neighbours, and as many as any other or one more.
pub fn own_shards(team: &dyn Team, count: usize) -> Range<usize> {
    shard(count, team.size(), team.rank())
}

/// [`sum_shards`](crate::par::sum_shards) over the shards of all processes, of which each holds its
/// [own](own_shards): `out = Σ partial(i)`, shard after shard. The sum wanders from process to process in the order of
/// the shards, so the bits are those of one process; then all get it.
///
/// # Errors
/// Those of the team.
pub fn sum_shards_among<'a, T: Scalar>(
    team: &dyn Team,
    count: usize,
    partial: impl Fn(usize) -> &'a [T] + Sync,
    out: &mut [T],
) -> Result<()> {
    wander(team, count, &partial, out)
}

/// The way of [`sum_shards_among`], compiled once for whatever holds the shards.
#[inline(never)]
fn wander<'a, T: Scalar>(
    team: &dyn Team,
    count: usize,
    partial: &(dyn Fn(usize) -> &'a [T] + Sync),
    out: &mut [T],
) -> Result<()> {
    if count == 0 {
        out.fill(T::zero());
        return Ok(());
    }
    let (own, rank) = (own_shards(team, count), team.rank());
    // The first processes have the shards where there are fewer shards than processes.
    let last = count.min(team.size()) - 1;
    if rank <= last {
        for (index, piece) in out.chunks_mut(PIECE).enumerate() {
            let start = index * PIECE;
            let mut rest = own.clone();
            if rank == 0 {
                piece.copy_from_slice(&partial(rest.start)[start..][..piece.len()]);
                rest.start += 1;
            } else {
                team.receive(rank - 1, Received::scalars(piece))?;
            }
            for_each_piece(piece, |within, piece| {
                rest.clone().for_each(|i| axpy(T::one(), &partial(i)[start + within..][..piece.len()], piece));
            });
            if rank < last {
                team.send(rank + 1, Sent::scalars(piece))?;
            }
        }
    }
    team.broadcast(last, Received::scalars(out))
}

/// Makes `data` `[rows, width]`, of which each process holds the rows of its [own](own_shards) of `count` shards, whole
/// everywhere.
///
/// # Errors
/// Those of the team.
///
/// # Panics
/// If `data` is shorter than `rows · width`.
pub fn gather<T: Scalar>(team: &dyn Team, rows: usize, count: usize, width: usize, data: &mut [T]) -> Result<()> {
    for rank in 0..team.size().min(count) {
        let shards = shard(count, team.size(), rank);
        let first = shard(rows, count, shards.start).start;
        let end = shard(rows, count, shards.end - 1).end;
        team.broadcast(rank, Received::scalars(&mut data[first * width..end * width]))?;
    }
    Ok(())
}
