//! A solution over time, with values between the steps.

use std::fmt;
use std::ops::Range;

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
}

impl fmt::Display for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Finish::Reached => "the end of the interval was reached",
            Finish::Observer => "the observer ended the integration",
        })
    }
}

/// The degree of the polynomial between two steps.
pub(super) const DEGREE: usize = 4;

/// The numerical solution of y′ = f(t, y): states `[n, d]` at times `[n]`, and between them where it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory<T> {
    times: Vec<T>,
    states: Vec<T>,
    /// y(t + θh) = y(t) + Σ_k c_k θ^k: `[n − 1, DEGREE, d]`, empty if not dense.
    coefficients: Vec<T>,
    dimension: usize,
    record: Record,
    accepted: usize,
    rejected: usize,
    evaluations: usize,
    finish: Finish,
}

impl<T: Scalar> Trajectory<T> {
    pub(super) fn new(record: Record, t: T, start: &[T]) -> Self {
        Trajectory {
            times: vec![t],
            states: start.to_vec(),
            coefficients: Vec::new(),
            dimension: start.len(),
            record,
            accepted: 0,
            rejected: 0,
            evaluations: 0,
            finish: Finish::Reached,
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

    /// Counts a step to (t, y); `between` appends its [`DEGREE`] coefficients, one vector after another.
    pub(super) fn push(&mut self, t: T, y: &[T], between: impl FnOnce(&mut Vec<T>)) {
        self.accepted += 1;
        if self.record == Record::End && self.times.len() > 1 {
            self.times.truncate(1);
            self.states.truncate(self.dimension);
        }
        self.times.push(t);
        self.states.extend_from_slice(y);
        if self.record == Record::Dense {
            between(&mut self.coefficients);
        }
    }

    /// This one, and then `next`, which starts where it ends.
    pub(super) fn followed_by(mut self, next: Self) -> Self {
        if self.record == Record::End {
            self.times.truncate(1);
            self.states.truncate(self.dimension);
        }
        self.times.extend_from_slice(&next.times[1..]);
        self.states.extend_from_slice(&next.states[self.dimension..]);
        self.coefficients.extend(next.coefficients);
        self.accepted += next.accepted;
        self.rejected += next.rejected;
        self.evaluations += next.evaluations;
        Trajectory { finish: next.finish, ..self }
    }

    /// `observed` tells that the observer ended it.
    pub(super) fn finish(self, rejected: usize, evaluations: usize, observed: bool) -> Self {
        let finish = if observed { Finish::Observer } else { Finish::Reached };
        Trajectory { rejected, evaluations, finish, ..self }
    }

    /// The times kept, ascending: `[n]`.
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

    /// The span of time covered.
    pub fn interval(&self) -> Range<T> {
        self.times[0]..self.times[self.times.len() - 1]
    }

    /// The state `[d]` at time `t`, to the order of the method's interpolant: 4 for [`DormandPrince`](super::DormandPrince),
    /// 3 for the others (and at most that of the method).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `t` lies outside the interval, or between steps of a trajectory that is not
    /// [`Record::Dense`].
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        let Range { start, end } = self.interval();
        if !(start <= t && t <= end) {
            return Err(Error::invalid("t of Trajectory::at", format!("{t} lies outside {start}..{end}")));
        }
        let i = self.times.partition_point(|&time| time <= t) - 1;
        let mut out = self.state(i).to_vec();
        if t == self.times[i] {
            return Ok(out);
        }
        if self.record != Record::Dense {
            let reason = format!("{t} lies between steps, and only steps were kept; integrate with Record::Dense");
            return Err(Error::invalid("t of Trajectory::at", reason));
        }
        let theta = (t - self.times[i]) / (self.times[i + 1] - self.times[i]);
        let step = &self.coefficients[i * DEGREE * self.dimension..][..DEGREE * self.dimension];
        for (j, y) in out.iter_mut().enumerate() {
            let horner = |sum: T, k: usize| (sum + step[k * self.dimension + j]) * theta;
            *y += (0..DEGREE).rev().fold(T::zero(), horner);
        }
        Ok(out)
    }

    /// Steps accepted.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Steps tried and rejected.
    pub fn rejected(&self) -> usize {
        self.rejected
    }

    /// Evaluations of the right-hand side.
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Why the integration ended.
    pub fn why(&self) -> Finish {
        self.finish
    }
}

/// Appends the coefficients of the cubic with these values and slopes at the ends of a step, plus `quartic(j)`
/// θ²(1 − θ)² (Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, II.6).
pub(super) fn append_piece<T: Scalar>(
    coefficients: &mut Vec<T>,
    h: T,
    ends: [&[T]; 2],
    slopes: [&[T]; 2],
    quartic: impl Fn(usize) -> T,
) {
    let (d, base) = (ends[0].len(), coefficients.len());
    coefficients.resize(base + DEGREE * d, T::zero());
    let (two, three) = (T::of(2.0), T::of(3.0));
    for j in 0..d {
        let rise = ends[1][j] - ends[0][j];
        let [first, last] = slopes.map(|slope| h * slope[j]);
        let q = quartic(j);
        let cs = [first, three * rise - two * first - last + q, first + last - two * rise - two * q, q];
        for (k, c) in cs.into_iter().enumerate() {
            coefficients[base + k * d + j] = c;
        }
    }
}
