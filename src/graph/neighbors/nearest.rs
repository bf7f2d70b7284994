//! What a search keeps of the points it meets: the k nearest, or all within a distance.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::Scalar;

/// A point and how far it is: nearer first, and of equal ones the first in number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate<T> {
    pub distance: T,
    pub index: u32,
}

impl<T: Scalar> Eq for Candidate<T> {}

impl<T: Scalar> Ord for Candidate<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Distances are numbers.
        let by_distance = self.distance.partial_cmp(&other.distance).unwrap_or(Ordering::Equal);
        by_distance.then(self.index.cmp(&other.index))
    }
}

impl<T: Scalar> PartialOrd for Candidate<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What becomes of the points that a search meets.
pub(crate) trait Collector<T> {
    /// What is farther than this is not wanted.
    fn reach(&self) -> T;
    /// Of so many copies of a point none after them is wanted.
    fn copies(&self) -> usize;
    /// Takes a candidate, or leaves it.
    fn offer(&mut self, candidate: Candidate<T>);
    /// All that were taken, nearest first. Nothing is left.
    fn drain_sorted(&mut self, out: &mut Vec<Candidate<T>>);
}

/// The k nearest so far, the farthest of them on top.
#[derive(Debug)]
pub(crate) struct Nearest<T> {
    count: usize,
    heap: BinaryHeap<Candidate<T>>,
}

impl<T: Scalar> Nearest<T> {
    pub fn new(count: usize) -> Self {
        Nearest { count, heap: BinaryHeap::with_capacity(count) }
    }
}

impl<T: Scalar> Collector<T> for Nearest<T> {
    fn reach(&self) -> T {
        match self.heap.peek() {
            Some(farthest) if self.heap.len() == self.count => farthest.distance,
            _ => T::infinity(),
        }
    }

    fn copies(&self) -> usize {
        self.count
    }

    fn offer(&mut self, candidate: Candidate<T>) {
        if self.heap.len() < self.count {
            self.heap.push(candidate);
        } else if let Some(mut farthest) = self.heap.peek_mut()
            && candidate < *farthest
        {
            *farthest = candidate;
        }
    }

    fn drain_sorted(&mut self, out: &mut Vec<Candidate<T>>) {
        let start = out.len();
        out.extend(self.heap.drain());
        out[start..].sort_unstable();
    }
}

/// All within a distance.
#[derive(Debug)]
pub(crate) struct Within<T> {
    radius: T,
    /// No smaller than any squared distance whose root is the radius or less: the square of the radius may be, by rounding.
    squared: T,
    found: Vec<Candidate<T>>,
}

impl<T: Scalar> Within<T> {
    pub fn new(radius: T) -> Self {
        let squared = radius * radius * (T::one() + T::of(4.0) * T::EPSILON);
        Within { radius, squared, found: Vec::new() }
    }
}

impl<T: Scalar> Collector<T> for Within<T> {
    fn reach(&self) -> T {
        self.squared
    }

    fn copies(&self) -> usize {
        usize::MAX
    }

    fn offer(&mut self, candidate: Candidate<T>) {
        // The distance as it is told: a radius that a search has told finds what it was told of.
        if candidate.distance.sqrt() <= self.radius {
            self.found.push(candidate);
        }
    }

    fn drain_sorted(&mut self, out: &mut Vec<Candidate<T>>) {
        self.found.sort_unstable();
        out.append(&mut self.found);
    }
}
