//! A solution over time, with values between the steps.

use std::fmt;
use std::ops::{AddAssign, Range};

use super::events::Occurrence;
use super::piece::{self, DEGREE};
use crate::{Error, Result, Scalar};

/// What of the solution is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Record {
    /// Every step and a polynomial between steps: five numbers a step and component.
    #[default]
    Dense,
    /// Every step.
    Steps,
    /// The start and the end.
    End,
}

/// Why an integration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finish {
    /// The end of the interval was reached.
    Reached,
    /// The observer ended it.
    Observer,
    /// This event, which is terminal, ended it: the last one of [`Trajectory::events`].
    Event(usize),
}

impl fmt::Display for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finish::Reached => f.write_str("the end of the interval was reached"),
            Finish::Observer => f.write_str("the observer ended the integration"),
            Finish::Event(which) => write!(f, "event {which} ended the integration"),
        }
    }
}

/// What it cost, beside the accepted steps.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Work {
    pub rejected: usize,
    pub evaluations: usize,
    pub jacobians: usize,
    pub factorizations: usize,
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.evaluations += other.evaluations;
        self.jacobians += other.jacobians;
        self.factorizations += other.factorizations;
    }
}

/// The numerical solution of y′ = f(t, y): states `[n, d]` at times `[n]`, and between them where it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory<T> {
    times: Vec<T>,
    states: Vec<T>,
    /// Polynomials, `[n − 1, DEGREE, d]`, empty if not dense.
    coefficients: Vec<T>,
    events: Vec<Occurrence<T>>,
    dimension: usize,
    record: Record,
    accepted: usize,
    work: Work,
    finish: Finish,
    error: Option<f64>,
}

impl<T: Scalar> Trajectory<T> {
    #[inline(never)]
    pub(super) fn new(record: Record, t: T, start: &[T]) -> Self {
        Trajectory {
            times: vec![t],
            states: start.to_vec(),
            coefficients: Vec::new(),
            events: Vec::new(),
            dimension: start.len(),
            record,
            accepted: 0,
            work: Work::default(),
            finish: Finish::Reached,
            error: None,
        }
    }

    /// Makes room for so many steps, before they are made.
    pub(super) fn reserve(&mut self, steps: usize) -> Result<()> {
        let kept = match self.record {
            Record::End => return Ok(()),
            Record::Steps => [1, self.dimension, 0],
            Record::Dense => [1, self.dimension, DEGREE * self.dimension],
        };
        let room = [&mut self.times, &mut self.states, &mut self.coefficients].into_iter().zip(kept);
        let mut granted = room.map(|(numbers, each)| {
            steps.checked_mul(each).is_some_and(|count| numbers.try_reserve_exact(count).is_ok())
        });
        let reason = format_args!("no memory for {steps} steps; give fewer, or keep the end alone (`Record::End`)");
        Error::require(granted.all(|granted| granted), "record of the trajectory", reason)
    }

    /// The events, and the last time and state.
    pub(super) fn last(&mut self) -> (&mut Vec<Occurrence<T>>, T, &[T]) {
        let Trajectory { times, states, events, dimension, .. } = self;
        (events, times[times.len() - 1], &states[states.len() - *dimension..])
    }

    /// Counts a step to (t, y) with its polynomial.
    #[inline(never)]
    pub(super) fn push(&mut self, t: T, y: &[T], piece: &[T]) {
        self.accepted += 1;
        if self.record == Record::End && self.times.len() > 1 {
            self.times.truncate(1);
            self.states.truncate(self.dimension);
        }
        self.times.push(t);
        self.states.extend_from_slice(y);
        if self.record == Record::Dense {
            self.coefficients.extend_from_slice(piece);
        }
    }

    /// Counts a step that the last event has ended at `theta`.
    pub(super) fn push_until(&mut self, theta: T, piece: &mut [T]) {
        let Some(Occurrence { time, state, .. }) = self.events.last().cloned() else { return };
        // Otherwise it ended with the step before.
        if time != self.times[self.times.len() - 1] {
            piece::shorten(piece, theta);
            self.push(time, &state, piece);
        }
    }

    pub(super) fn finish(self, work: Work, finish: Finish) -> Self {
        Trajectory { work, finish, ..self }
    }

    pub(super) fn with_error_estimate(self, error: f64) -> Self {
        Trajectory { error: Some(error), ..self }
    }

    /// The times kept, in the order of integration: `[n]`.
    pub fn times(&self) -> &[T] {
        &self.times
    }

    /// The states at [`times`](Self::times), row after row: `[n, d]`.
    pub fn states(&self) -> &[T] {
        &self.states
    }

    /// State `i` `[d]`, at `times()[i]`.
    ///
    /// # Panics
    /// If there is no such state.
    pub fn state(&self, i: usize) -> &[T] {
        &self.states[i * self.dimension..(i + 1) * self.dimension]
    }

    /// The last state `[d]`.
    pub fn end(&self) -> &[T] {
        &self.states[self.states.len() - self.dimension..]
    }

    /// The span of time covered, from the start to the end.
    pub fn interval(&self) -> Range<T> {
        self.times[0]..self.times[self.times.len() - 1]
    }

    /// The state `[d]` at time `t`: between steps by a polynomial whose error is of the order of that of the steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `t` lies outside the interval, or between steps of a trajectory that is not
    /// [`Record::Dense`].
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        let Range { start, end } = self.interval();
        if !(start.min(end) <= t && t <= start.max(end)) {
            return Err(Error::invalid("t of Trajectory::at", format!("{t} lies outside {start}..{end}")));
        }
        let i = self.times.partition_point(|&time| if start <= end { time <= t } else { time >= t }) - 1;
        if t == self.times[i] {
            return Ok(self.state(i).to_vec());
        }
        if self.record != Record::Dense {
            let reason = format!("{t} lies between steps, and only steps were kept; integrate with Record::Dense");
            return Err(Error::invalid("t of Trajectory::at", reason));
        }
        let theta = (t - self.times[i]) / (self.times[i + 1] - self.times[i]);
        let size = DEGREE * self.dimension;
        let mut out = vec![T::zero(); self.dimension];
        piece::evaluate(self.state(i), &self.coefficients[i * size..][..size], theta, &mut out);
        Ok(out)
    }

    /// The events that took place, in the order of integration.
    pub fn events(&self) -> &[Occurrence<T>] {
        &self.events
    }

    /// Steps accepted.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Steps tried and rejected.
    pub fn rejected(&self) -> usize {
        self.work.rejected
    }

    /// Evaluations of the right-hand side, those for Jacobians by differences and for the
    /// [error](Self::error_estimate) among them.
    pub fn evaluations(&self) -> usize {
        self.work.evaluations
    }

    /// Jacobians made: 0 for explicit methods.
    pub fn jacobians(&self) -> usize {
        self.work.jacobians
    }

    /// Steps for which the matrices of Newton's method were factored, one of order n and one of order 2n each.
    pub fn factorizations(&self) -> usize {
        self.work.factorizations
    }

    /// The largest |yⱼ − yⱼ(t)| at the steps, as far as equal steps tell ([`RungeKutta4`](super::RungeKutta4),
    /// [`ForwardEuler`](super::ForwardEuler)): d₂, by what steps twice as long differ, over 2^q − 1 (Richardson, 1911). q is
    /// the order p of the method, unless steps four times as long differ from them by a d₄ so much less than 2^p d₂ that
    /// log₂(d₄/d₂) < p − ½ is the order: f is not smooth. Where d₄ is more than 2^(p+1) d₂, without having gone astray, it
    /// is d₄/(2^p (2^p − 1)) if that is more. For the last of an odd number it is what two halves of it differ by, times
    /// 2^p/(2^q − 1). The rounding of every sum y + h Σ bᵢ kᵢ, as it is measured there, is part of it. ∞ where the longer
    /// steps lead nowhere, where d₄ ≤ d₂, so that nothing converges, and for a single step; steps fewer than four have p
    /// for q. `None` for the methods that choose their steps: those hold the error of each step below their tolerances, and
    /// what these errors add up to and grow to depends on the problem; integrate with smaller ones to see it.
    pub fn error_estimate(&self) -> Option<f64> {
        self.error
    }

    /// Why the integration ended.
    pub fn why(&self) -> Finish {
        self.finish
    }
}

/// The steps, why they ended and what is known of the error.
impl<T: Scalar> fmt::Display for Trajectory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} steps to t = {}, {}; ", self.accepted, self.interval().end, self.finish)?;
        match self.error {
            None => f.write_str("the error of each step is below the tolerances"),
            Some(f64::INFINITY) => {
                f.write_str("nothing is known of the error: half as many steps lead nowhere, or a quarter no further off; take more")
            }
            Some(error) => write!(f, "the error is about {error:.1e}, by half as many steps"),
        }
    }
}
