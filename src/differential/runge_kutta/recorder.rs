//! What becomes of an accepted step: it is shown to the observer, searched for events and kept.

use std::ops::Range;

use super::events::{Event, Search, Stride};
use super::integrator::StepObserver;
use super::piece::DEGREE;
use super::trajectory::{Finish, Record, Trajectory, Work};
use crate::{Error, Result, Scalar};

pub(super) struct Recorder<'a, 'b, T> {
    trajectory: Trajectory<T>,
    observer: &'a mut StepObserver<'a, T>,
    search: Search<'a, 'b, T>,
    finish: Finish,
    /// The polynomial of the step, or nothing if none is needed.
    piece: Vec<T>,
    before: Vec<T>,
}

impl<'a, 'b, T: Scalar> Recorder<'a, 'b, T> {
    pub fn new(
        record: Record,
        interval: &Range<T>,
        start: &[T],
        observer: &'a mut StepObserver<'a, T>,
        events: &'a mut [Event<'b, T>],
    ) -> Result<Self> {
        let search = Search::new(events, interval, start)?;
        let dense = record == Record::Dense || !search.is_empty();
        let piece = vec![T::zero(); if dense { DEGREE * start.len() } else { 0 }];
        let trajectory = Trajectory::new(record, interval.start, start);
        Ok(Recorder { trajectory, observer, search, finish: Finish::Reached, piece, before: start.to_vec() })
    }

    /// Makes room for so many steps, before they are made.
    pub fn reserve(&mut self, steps: usize) -> Result<()> {
        self.trajectory.reserve(steps)
    }

    /// Steps so far.
    pub fn accepted(&self) -> usize {
        self.trajectory.accepted()
    }

    /// Whether polynomials between steps are needed.
    pub fn dense(&self) -> bool {
        !self.piece.is_empty()
    }

    /// Shows the end `y` of a step to the observer; returns whether it was changed and whether that was the end.
    pub fn observe(&mut self, t: T, y: &mut [T]) -> Result<(bool, bool)> {
        self.before.copy_from_slice(y);
        if (self.observer)(t, y).is_break() {
            self.finish = Finish::Observer;
        }
        let changed = y != self.before;
        if changed {
            Error::check_finite(&format!("state left by the observer at t = {t}"), y)?;
        }
        Ok((changed, self.finish == Finish::Observer))
    }

    /// Keeps the step to (t, y), with the polynomial that `write` writes, up to the event that ends it; returns whether
    /// that, or the observer, was the end.
    pub fn push(&mut self, t: T, y: &[T], write: impl FnOnce(&mut [T])) -> Result<bool> {
        if self.dense() {
            write(&mut self.piece);
        }
        let (seen, from, start) = self.trajectory.last();
        let stride = Stride { from, to: t, start, end: y, piece: &self.piece };
        match self.search.step(&stride, seen)? {
            Some((theta, event)) => {
                self.finish = Finish::Event(event);
                self.trajectory.push_until(theta, &mut self.piece);
            }
            None => self.trajectory.push(t, y, &self.piece),
        }
        Ok(self.finish != Finish::Reached)
    }

    /// The trajectory, and what it cost beside the accepted steps.
    pub fn finish(self, work: Work) -> Trajectory<T> {
        self.trajectory.finish(work, self.finish)
    }
}
