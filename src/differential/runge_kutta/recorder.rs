//! What becomes of an accepted step: it is shown to the observer, searched for events and kept.

use std::ops::Range;

use super::events::{Event, Search, Stride};
use super::integrator::{Derivative, RightHandSide, StepObserver, check_problem};
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

/// What `integrate` makes between any two successive `times`, each time from where it has ended: one trajectory, along which
/// `events` are looked for.
pub(super) fn through<'a, T: Scalar>(
    (method, record): (&'static str, Record),
    derivative: &mut Derivative<'_, T>,
    times: &[T],
    start: &[T],
    observer: &'a mut StepObserver<'a, T>,
    events: &'a mut [Event<'_, T>],
    mut integrate: impl FnMut(RightHandSide<'_, '_, T>, Range<T>, &[T], &mut Recorder<'a, '_, T>) -> Result<Work>,
) -> Result<Trajectory<T>> {
    check_problem(method, times, start)?;
    let search = Search::new(events, times, start)?;
    let dense = record == Record::Dense || !search.is_empty();
    let piece = vec![T::zero(); if dense { DEGREE * start.len() } else { 0 }];
    let trajectory = Trajectory::new(record, times[0], start);
    let mut recorder =
        Recorder { trajectory, observer, search, finish: Finish::Reached, piece, before: start.to_vec() };
    let mut work = Work::default();
    for (i, pair) in times.windows(2).enumerate() {
        let from = recorder.trajectory.end().to_vec();
        let rhs = RightHandSide::on_piece(derivative, times, i);
        work += integrate(rhs, pair[0]..pair[1], &from, &mut recorder)?;
        if recorder.finish != Finish::Reached {
            break;
        }
    }
    Ok(recorder.trajectory.finish(work, recorder.finish))
}

impl<T: Scalar> Recorder<'_, '_, T> {
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

    /// The end of the step before the observer changed it.
    pub fn unobserved(&self) -> &[T] {
        &self.before
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
}
