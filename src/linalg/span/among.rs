//! What the processes of a team have to say to each other for a [`Span`].

use std::ops::Range;

use super::{Deal, MIN_PARALLEL, Span};
use crate::Scalar;
use crate::error::Error;
use crate::par::{Received, Sent, for_each_chunk, sum_shards, sum_shards_among};

impl Span {
    /// One sum over all blocks, of `length` entries here; see [`sums`](Self::sums).
    pub(super) fn sum<T: Scalar>(&self, deal: &Deal, length: usize, partial: impl Fn(Range<usize>) -> T + Sync) -> T {
        self.sums(deal, 1, length, &|rows, out| out[0] = partial(rows))[0]
    }

    /// `count` sums over all blocks, added up in their order: `partial(rows here, sums)` writes those of one block. `length`
    /// is what one of them goes over here, and decides on threads alone.
    pub(super) fn sums<T: Scalar>(
        &self,
        deal: &Deal,
        count: usize,
        length: usize,
        partial: &(dyn Fn(Range<usize>, &mut [T]) + Sync),
    ) -> Vec<T> {
        let mut total = vec![T::zero(); count];
        if count == 0 {
            return total;
        }
        let (here, block) = (self.len(), deal.block);
        let mut partials = vec![T::zero(); here.div_ceil(block) * count];
        let parallel = length.saturating_mul(count) >= MIN_PARALLEL;
        for_each_chunk(&mut partials, count, parallel, &|index, out| {
            partial(index * block..((index + 1) * block).min(here), out);
        });
        let of_block = |index: usize| &partials[(index - deal.first) * count..][..count];
        match &deal.team {
            None => sum_shards(deal.count, of_block, &mut total),
            Some(team) => {
                if sum_shards_among(&**team, deal.count, of_block, &mut total).is_err() {
                    total.fill(T::nan());
                }
            }
        }
        total
    }

    /// The greatest that any process holds, of each of these numbers; NaN if one is.
    pub(super) fn greatest<T: Scalar>(&self, values: &mut [T]) {
        let Some(team) = self.team() else { return };
        let (rank, last) = (team.rank(), team.size() - 1);
        let wander = |values: &mut [T]| {
            if rank > 0 {
                let mut before = values.to_vec();
                team.receive(rank - 1, Received::scalars(&mut before))?;
                for (v, b) in values.iter_mut().zip(before) {
                    *v = if b > *v || b.is_nan() { b } else { *v };
                }
            }
            if rank < last {
                team.send(rank + 1, Sent::scalars(values))?;
            }
            team.broadcast(last, Received::scalars(values))
        };
        if wander(values).is_err() {
            values.fill(T::nan());
        }
    }

    /// What this process says, unless another refuses: one that goes on alone would wait for the others for ever.
    ///
    /// # Errors
    /// The one given, or that another process has one.
    pub fn agreed(&self, here: Result<(), Error>) -> Result<(), Error> {
        let mut refused = [if here.is_err() { 1.0 } else { 0.0 }];
        self.greatest(&mut refused);
        here?;
        let reason = "another process refuses its part, or cannot be reached; its message says why";
        Error::require(refused == [0.0], "team", format_args!("{reason}"))
    }

    /// The place, in the whole vector or block `[total, p]`, of the first entry that is NaN or infinite, from those held
    /// here.
    pub fn first_not_finite<T: Scalar>(&self, x: &[T]) -> Option<usize> {
        let width = x.len() / self.len().max(1);
        let place = x.iter().position(|v| !v.is_finite()).map(|index| self.range.start * width + index);
        if self.team().is_none() {
            return place;
        }
        // Exact: there are no vectors of 2⁵³ entries.
        let mut least = [place.map_or(f64::NEG_INFINITY, |place| -(place as f64))];
        self.greatest(&mut least);
        (least[0] != f64::NEG_INFINITY).then(|| -least[0] as usize)
    }
}
