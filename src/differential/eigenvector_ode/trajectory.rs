//! The path of a solution, to be evaluated at any time.

use std::fmt;

use super::closed_form::ClosedForm;
use super::deflation::Deflated;
use crate::differential::marching::{Marched, MarchedWindow};
use crate::differential::runge_kutta;
use crate::kernels::reduce::norm;
use crate::{Error, Result, Scalar};

/// Why the flow was followed no further. Displays as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// x is an eigenvector to the tolerance asked for.
    Stationary,
    /// The time is up.
    TimeReached,
    /// The observer said so.
    Observer,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Stationary => "the solution rests at an eigenvector",
            Stop::TimeReached => "the final time was reached; follow the flow for longer to come closer",
            Stop::Observer => "the observer ended it",
        })
    }
}

/// How a path is kept, in the coordinates of the deflated problem: a march on the unit sphere and in time of its own
/// unit, samples at ascending times with straight lines between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Path<T> {
    Exact(ClosedForm<T>),
    March(Marched<T>),
    Steps(runge_kutta::Trajectory<T>),
    Samples { times: Vec<T>, states: Vec<Vec<T>> },
}

/// The path x̃(t), 0 ≤ t ≤ [`duration`](Self::duration), of one eigenpair, with the exact solution of the
/// same initial-value problem beside it.
#[derive(Debug, Clone)]
pub struct Trajectory<T> {
    /// What the path was made for.
    pub(super) problem: Deflated<T>,
    pub(super) path: Path<T>,
    /// The exact solution, always in the complement of what was found: by projection rounding would lead
    /// even the closed form astray.
    pub(super) complement: Deflated<T>,
    pub(super) exact: ClosedForm<T>,
    pub(super) duration: T,
}

impl<T: Scalar> Trajectory<T> {
    /// How long the flow was followed.
    pub fn duration(&self) -> T {
        self.duration
    }

    /// x̃(t) `[n]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 0 ≤ t ≤ the duration.
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        self.problem.lift(&self.inner(t)?)
    }

    /// The exact x(t) `[n]`, by the closed form.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `t` is not finite.
    pub fn exact(&self, t: T) -> Result<Vec<T>> {
        self.complement.lift(&self.exact.at(t)?)
    }

    /// ‖x̃(t) − x(t)‖ / |x₀|.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn error(&self, t: T) -> Result<T> {
        let (ours, exact) = (self.at(t)?, self.exact(t)?);
        let difference: Vec<T> = ours.iter().zip(&exact).map(|(&a, &b)| a - b).collect();
        Ok(norm(&difference) / self.exact.length())
    }

    /// The largest [`error`](Self::error) at `points` equidistant times in each window, both ends among
    /// them, or in the whole duration where there are no windows.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn max_error(&self, points: usize) -> Result<T> {
        let last = T::of(points.max(2) as f64 - 1.0);
        let mut largest = T::zero();
        for (start, length) in self.pieces() {
            for i in 0..points.max(2) {
                let t = (start + length * T::of(i as f64) / last).min(self.duration);
                largest = largest.max(self.error(t)?);
            }
        }
        Ok(largest)
    }

    /// The trained windows of a network, in order; none for other methods. Their times are in units of
    /// 1/(|x₀|² ‖B‖_F), B the matrix that is left.
    pub fn windows(&self) -> &[MarchedWindow<T>] {
        match &self.path {
            Path::March(march) => march.windows(),
            _ => &[],
        }
    }

    /// A march's unit of time, inverted.
    fn rate(&self) -> T {
        self.exact.length() * self.exact.length() * self.problem.flow.scale()
    }

    fn pieces(&self) -> Vec<(T, T)> {
        match self.windows() {
            [] => vec![(T::zero(), self.duration)],
            windows => windows.iter().map(|w| (w.start / self.rate(), w.length / self.rate())).collect(),
        }
    }

    fn inner(&self, t: T) -> Result<Vec<T>> {
        if !(t >= T::zero() && t <= self.duration) {
            return Err(Error::invalid("t of Trajectory::at", format!("{t} lies outside 0..={}", self.duration)));
        }
        match &self.path {
            Path::Exact(form) => form.at(t),
            Path::Steps(steps) => steps.at(t),
            Path::March(march) => {
                let unit = march.at((t * self.rate()).min(march.end()))?;
                Ok(unit.into_iter().map(|u| self.exact.length() * u).collect())
            }
            Path::Samples { times, states } => Ok(between(times, states, t)),
        }
    }
}

/// Linear interpolation; there is at least one sample, at time 0.
fn between<T: Scalar>(times: &[T], states: &[Vec<T>], t: T) -> Vec<T> {
    let after = times.partition_point(|&time| time < t).clamp(1, times.len().max(2) - 1);
    match (states.get(after - 1), states.get(after)) {
        (Some(a), Some(b)) => {
            let part = (t - times[after - 1]) / (times[after] - times[after - 1]);
            a.iter().zip(b).map(|(&a, &b)| a + part * (b - a)).collect()
        }
        (Some(only), None) => only.clone(),
        _ => Vec::new(),
    }
}
