//! What searches find, block by block, and how the processes of a team tell each other.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::MOST_NEIGHBORS;
use super::nearest::{Candidate, Collector};
use crate::par::{Received, Team};
use crate::{Result, Scalar};

/// What one thread found for a block of points.
pub(super) struct Found<T> {
    /// Where the candidates of each point end.
    pub ends: Vec<usize>,
    pub candidates: Vec<Candidate<T>>,
}

impl<T: Scalar> Found<T> {
    /// Takes over what was found for the next point; `None` when all threads have found too many.
    pub fn take(&mut self, collector: &mut impl Collector<T>, total: &AtomicUsize) -> Option<()> {
        let before = self.candidates.len();
        collector.drain_sorted(&mut self.candidates);
        self.ends.push(self.candidates.len());
        let own = self.candidates.len() - before;
        (total.fetch_add(own, Relaxed) + own <= MOST_NEIGHBORS).then_some(())
    }

    pub fn iter(&self) -> impl Iterator<Item = &[Candidate<T>]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.candidates[start..end])
    }
}

/// What all processes found, in the order of their blocks; `None` if together it is too much.
///
/// # Errors
/// Those of the team.
pub(super) fn of_all<T: Scalar>(team: &dyn Team, own: Option<Vec<Found<T>>>) -> Result<Option<Vec<Found<T>>>> {
    let too_many = [u64::MAX; 2];
    let mut sizes = vec![[0; 2]; team.size()];
    sizes[team.rank()] = own.as_ref().map_or(too_many, |own| {
        let points = own.iter().map(|found| found.ends.len() as u64).sum();
        [points, own.iter().map(|found| found.candidates.len() as u64).sum()]
    });
    for (rank, size) in sizes.iter_mut().enumerate() {
        team.broadcast(rank, Received::U64(size))?;
    }
    let Some(own) = own.filter(|_| !sizes.contains(&too_many)) else { return Ok(None) };
    if sizes.iter().map(|&[_, candidates]| candidates as usize).sum::<usize>() > MOST_NEIGHBORS {
        return Ok(None);
    }
    let mut own = Some(own);
    let mut all = Vec::with_capacity(team.size());
    for (rank, &[points, candidates]) in sizes.iter().enumerate() {
        let mine = if rank == team.rank() { own.take() } else { None };
        let mine = mine.unwrap_or_default();
        let mut counts: Vec<u64> = mine.iter().flat_map(Found::iter).map(|found| found.len() as u64).collect();
        let found = || mine.iter().flat_map(|found| &found.candidates);
        let mut indices: Vec<u64> = found().map(|candidate| u64::from(candidate.index)).collect();
        let mut distances: Vec<T> = found().map(|candidate| candidate.distance).collect();
        counts.resize(points as usize, 0);
        indices.resize(candidates as usize, 0);
        distances.resize(candidates as usize, T::zero());
        team.broadcast(rank, Received::U64(&mut counts))?;
        team.broadcast(rank, Received::U64(&mut indices))?;
        team.broadcast(rank, Received::scalars(&mut distances))?;
        let ends = counts.iter().scan(0, |end, &count| {
            *end += count as usize;
            Some(*end)
        });
        let candidates = indices.iter().zip(&distances);
        let candidates = candidates.map(|(&index, &distance)| Candidate { index: index as u32, distance });
        all.push(Found { ends: ends.collect(), candidates: candidates.collect() });
    }
    Ok(Some(all))
}
