//! What all solvers of initial-value problems have in common.

use std::ops::{ControlFlow, Range};

use super::events::Event;
use super::trajectory::Trajectory;
use crate::{Error, Result, Scalar};

/// The right-hand side: `f(t, y, dydt)` writes f(t, y) to all of `dydt`, which has the length of `y`.
pub type Derivative<'a, T> = dyn FnMut(T, &[T], &mut [T]) + 'a;

/// Called with (t, y) after every accepted step. It may change y, as a projection onto a manifold does, and may end
/// the integration.
pub type StepObserver<'a, T> = dyn FnMut(T, &mut [T]) -> ControlFlow<()> + 'a;

/// A method for y′ = f(t, y), y(t₀) = y₀.
pub trait Integrator<T: Scalar> {
    /// Integrates over `interval` = t₀..t₁ from y(t₀) = `start`, calling `observer` after every accepted step
    /// and noting `events` on it then: backwards if t₁ < t₀.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless t₀ ≠ t₁ are finite, the start is not empty and the settings are in their
    /// ranges; [`Error::NonFinite`] for a start, a derivative (also one left unwritten) or the function of an event that is
    /// not finite; [`Error::NoConvergence`] if the steps run out or shrink to nothing.
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        interval: Range<T>,
        start: &[T],
        observer: &mut StepObserver<'_, T>,
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>>;

    /// Integrates over `interval` = t₀..t₁ from y(t₀) = `start`: backwards if t₁ < t₀.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
    /// // What was it that has decayed to 1?
    /// let past = DormandPrince::default().integrate(|_, y, dydt| dydt[0] = -y[0], 2.0..0.0, &[1.0])?;
    /// assert!((past.end()[0] - 2f64.exp()).abs() < 1e-4);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`integrate_observed`](Self::integrate_observed).
    fn integrate(
        &self,
        mut derivative: impl FnMut(T, &[T], &mut [T]),
        interval: Range<T>,
        start: &[T],
    ) -> Result<Trajectory<T>>
    where
        Self: Sized,
    {
        self.integrate_events(&mut derivative, interval, start, &mut [])
    }

    /// Integrates over `interval` = t₀..t₁ from y(t₀) = `start`, or until an event that is terminal; all that happened are
    /// [`Trajectory::events`]. See [`Event`] for an example.
    ///
    /// # Errors
    /// As [`integrate_observed`](Self::integrate_observed).
    fn integrate_events(
        &self,
        mut derivative: impl FnMut(T, &[T], &mut [T]),
        interval: Range<T>,
        start: &[T],
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>>
    where
        Self: Sized,
    {
        self.integrate_observed(&mut derivative, interval, start, &mut |_, _| ControlFlow::Continue(()), events)
    }

    /// Integrates from `times[0]` to the last of the `times` (ascending or descending), ending a step at each and
    /// starting anew there: where the right-hand side jumps, or a pulse begins and ends that would be stepped over.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{DormandPrince, Integrator};
    /// // A thousand seconds of rest, but for one.
    /// let pulse = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = f64::from((500.0..501.0).contains(&t));
    /// let solution = DormandPrince::default().integrate_through(pulse, &[0.0, 500.0, 501.0, 1000.0], &[0.0])?;
    /// assert!((solution.end()[0] - 1.0).abs() < 1e-4);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`integrate_observed`](Self::integrate_observed) on each piece; [`Error::InvalidArgument`] for times that turn
    /// around, [`Error::Shape`] for fewer than two.
    fn integrate_through(
        &self,
        mut derivative: impl FnMut(T, &[T], &mut [T]),
        times: &[T],
        start: &[T],
    ) -> Result<Trajectory<T>>
    where
        Self: Sized,
    {
        if let Some(turn) = times.windows(3).position(|t| (t[1] > t[0]) != (t[2] > t[1])) {
            let reason = format!("they turn around after {}; give ascending or descending ones", times[turn + 1]);
            return Err(Error::invalid("times of integrate_through", reason));
        }
        let mut whole: Option<Trajectory<T>> = None;
        for pair in times.windows(2) {
            let from = whole.as_ref().map_or(start, Trajectory::end).to_vec();
            let piece = self.integrate(&mut derivative, pair[0]..pair[1], &from)?;
            whole = Some(match whole {
                Some(before) => before.followed_by(piece),
                None => piece,
            });
        }
        whole.ok_or_else(|| Error::shape("times of integrate_through", &[times.len()], &[2]))
    }
}

/// Refuses a problem that no method can take.
pub(super) fn check_problem<T: Scalar>(method: &'static str, interval: &Range<T>, start: &[T]) -> Result<()> {
    let Range { start: from, end } = *interval;
    if from == end || !(end - from).is_finite() {
        let reason = format!("{from}..{end} has no finite length other than 0; give two finite times that differ");
        return Err(Error::invalid(format!("interval of {method}"), reason));
    }
    if start.is_empty() {
        return Err(Error::invalid(format!("start of {method}"), "it is empty; give at least one component"));
    }
    Error::check_finite(&format!("start of {method}"), start)
}

/// The right-hand side with its checks.
pub(super) struct RightHandSide<'a, 'b, T> {
    derivative: &'a mut Derivative<'b, T>,
    /// Evaluations so far.
    pub evaluations: usize,
}

impl<'a, 'b, T: Scalar> RightHandSide<'a, 'b, T> {
    pub fn new(derivative: &'a mut Derivative<'b, T>) -> Self {
        RightHandSide { derivative, evaluations: 0 }
    }

    /// `out` = f(t, y), or an error that names t.
    pub fn evaluate(&mut self, t: T, y: &[T], out: &mut [T]) -> Result<()> {
        out.fill(T::nan()); // an entry left unwritten is an error, not the value of some earlier stage
        (self.derivative)(t, y, out);
        self.evaluations += 1;
        match out.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => Err(Error::NonFinite { what: format!("derivative dy/dt at t = {t}"), index }),
        }
    }
}
