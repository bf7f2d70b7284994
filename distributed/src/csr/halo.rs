//! The entries of a vector that the rows held here need of other processes.

use std::ops::Range;
use std::sync::Arc;

use eigennet::linalg::Span;
use eigennet::par::{Received, Sent, Team};
use eigennet::{Error, Result, Scalar};

/// What each process needs of each other, agreed upon once. A vector is extended to `[before, own, after]`, ascending by its
/// entries' places in the whole vector.
#[derive(Debug)]
pub(super) struct Halo {
    team: Option<Arc<dyn Team>>,
    own: Range<usize>,
    /// Places in the whole vector of what others hold, ascending.
    needed: Vec<usize>,
    /// How many of them lie before the own entries.
    before: usize,
    partners: Vec<Partner>,
}

/// Another process that needs of this one, or this one of it.
#[derive(Debug)]
struct Partner {
    rank: usize,
    /// Which of the own entries it needs.
    sent: Vec<usize>,
    /// Where what is needed of it stands in the extended vector.
    received: Range<usize>,
}

/// Sends and receives, the lower rank first. With partners that ascend on all processes nobody waits in a circle: in one,
/// each next but one process would have a lower rank.
pub(super) fn swap(
    team: &dyn Team,
    other: usize,
    send: impl FnOnce() -> Result<()>,
    receive: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if team.rank() < other {
        send()?;
        receive()
    } else {
        receive()?;
        send()
    }
}

/// [`swap`]s as many numbers as each side has, whatever that is.
pub(super) fn swap_lists(team: &dyn Team, other: usize, here: &[u64]) -> Result<Vec<u64>> {
    let mut count = [0];
    swap(
        team,
        other,
        || team.send(other, Sent::U64(&[here.len() as u64])),
        || team.receive(other, Received::U64(&mut count)),
    )?;
    let mut there = vec![0; usize::try_from(count[0]).unwrap_or(0)];
    let room = there.as_mut_slice();
    swap(
        team,
        other,
        || if here.is_empty() { Ok(()) } else { team.send(other, Sent::U64(here)) },
        || if room.is_empty() { Ok(()) } else { team.receive(other, Received::U64(room)) },
    )?;
    Ok(there)
}

impl Halo {
    /// Tells the others which of these entries are theirs.
    pub(super) fn agreed(span: &Span, columns: &[usize]) -> Result<Self> {
        let own = span.range();
        let mut needed: Vec<usize> = columns.iter().copied().filter(|j| !own.contains(j)).collect();
        needed.sort_unstable();
        needed.dedup();
        let before = needed.partition_point(|&j| j < own.start);
        let mut partners = Vec::new();
        if let Some(team) = span.team() {
            for rank in (0..team.size()).filter(|&rank| rank != team.rank()) {
                let theirs = span.range_of(rank);
                let [first, end] = [theirs.start, theirs.end].map(|place| needed.partition_point(|&j| j < place));
                let here: Vec<u64> = needed[first..end].iter().map(|&j| j as u64).collect();
                let sent = swap_lists(&**team, rank, &here)?;
                let shift = if theirs.start < own.start { 0 } else { own.len() };
                let sent = sent.into_iter().map(|j| (j as usize).wrapping_sub(own.start));
                let partner = Partner { rank, sent: sent.collect(), received: first + shift..end + shift };
                if !partner.sent.is_empty() || !partner.received.is_empty() {
                    partners.push(partner);
                }
            }
        }
        let lost = partners.iter().any(|partner| partner.sent.iter().any(|&i| i >= own.len()));
        let reason = "another process asks for entries that are not here; let all make the same matrix";
        span.agreed(if lost { Err(Error::invalid("DistributedCsr", reason)) } else { Ok(()) })?;
        Ok(Halo { team: span.team().cloned(), own, needed, before, partners })
    }

    /// Whether all that is needed is here, and nobody else needs it.
    pub(super) fn is_empty(&self) -> bool {
        self.partners.is_empty()
    }

    /// Entries of an extended vector.
    pub(super) fn len(&self) -> usize {
        self.own.len() + self.needed.len()
    }

    /// Where an entry, own or needed, stands in the extended vector.
    pub(super) fn place(&self, j: usize) -> usize {
        if self.own.contains(&j) {
            return self.before + j - self.own.start;
        }
        let at = self.needed.partition_point(|&needed| needed < j);
        if j < self.own.start { at } else { at + self.own.len() }
    }

    /// `[before, own, after]` of rows `[own, width]`, with what the other processes hold of it; `message` is room.
    pub(super) fn extend<T: Scalar>(
        &self,
        x: &[T],
        width: usize,
        extended: &mut Vec<T>,
        message: &mut Vec<T>,
    ) -> Result<()> {
        if x.len() != self.own.len() * width {
            return Err(Error::shape("DistributedCsr", &[x.len()], &[self.own.len(), width]));
        }
        extended.resize(self.len() * width, T::zero());
        extended[self.before * width..][..x.len()].copy_from_slice(x);
        let Some(team) = self.team.as_deref().filter(|_| width > 0) else { return Ok(()) };
        for Partner { rank, sent, received } in &self.partners {
            message.clear();
            sent.iter().for_each(|&i| message.extend_from_slice(&x[i * width..(i + 1) * width]));
            let room = &mut extended[received.start * width..received.end * width];
            swap(
                team,
                *rank,
                || if message.is_empty() { Ok(()) } else { team.send(*rank, Sent::scalars(message)) },
                || if room.is_empty() { Ok(()) } else { team.receive(*rank, Received::scalars(room)) },
            )?;
        }
        Ok(())
    }
}
