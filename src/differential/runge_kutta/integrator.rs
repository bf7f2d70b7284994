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
    /// Integrates from `times[0]`, where y = `start`, to the last of the `times` (ascending, or descending to run backwards),
    /// ending a step at each and starting anew there; calls `observer` after every accepted step and notes `events` on it
    /// then.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the times are finite, differ and do not turn around, the start is not empty and the
    /// settings are in their ranges; [`Error::Shape`] for fewer than two times; [`Error::NonFinite`] for a start, a derivative
    /// (also one left unwritten) or the function of an event that is not finite; [`Error::NoConvergence`] if the steps run
    /// out or shrink to nothing.
    fn integrate_observed(
        &self,
        derivative: &mut Derivative<'_, T>,
        times: &[T],
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
        self.integrate_through(&mut derivative, &[interval.start, interval.end], start, events)
    }

    /// Integrates from `times[0]` to the last of the `times` (ascending or descending), or until an event that is terminal,
    /// ending a step at each and starting anew there: where the right-hand side jumps, or a pulse begins and ends that would
    /// be stepped over. What it is at such a time itself does not matter: it is asked a rounding before and after.
    ///
    /// ```
    /// use eigennet::differential::runge_kutta::{DormandPrince, Event, Integrator};
    /// // A thousand seconds of rest, but for one: when is half of the pulse over?
    /// let pulse = |t: f64, _: &[f64], dydt: &mut [f64]| dydt[0] = f64::from((500.0..501.0).contains(&t));
    /// let mut half = [Event::new(|_, y: &[f64]| y[0] - 0.5)];
    /// let times = [0.0, 500.0, 501.0, 1000.0];
    /// let solution = DormandPrince::default().integrate_through(pulse, &times, &[0.0], &mut half)?;
    /// assert!((solution.end()[0] - 1.0).abs() < 1e-4 && (solution.events()[0].time - 500.5).abs() < 1e-4);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`integrate_observed`](Self::integrate_observed).
    fn integrate_through(
        &self,
        mut derivative: impl FnMut(T, &[T], &mut [T]),
        times: &[T],
        start: &[T],
        events: &mut [Event<'_, T>],
    ) -> Result<Trajectory<T>>
    where
        Self: Sized,
    {
        self.integrate_observed(&mut derivative, times, start, &mut |_, _| ControlFlow::Continue(()), events)
    }
}

/// Refuses a problem that no method can take.
#[inline(never)]
pub(super) fn check_problem<T: Scalar>(method: &'static str, times: &[T], start: &[T]) -> Result<()> {
    if times.len() < 2 {
        return Err(Error::shape("times to integrate through", &[times.len()], &[2]));
    }
    for pair in times.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if from == to || !(to - from).is_finite() {
            let reason = format!("{from}..{to} has no finite length other than 0; give two finite times that differ");
            return Err(Error::invalid(format!("interval of {method}"), reason));
        }
    }
    if let Some(turn) = times.windows(3).position(|t| (t[1] > t[0]) != (t[2] > t[1])) {
        let reason = format!("they turn around after {}; give ascending or descending ones", times[turn + 1]);
        return Err(Error::invalid(format!("times of {method}"), reason));
    }
    if start.is_empty() {
        return Err(Error::invalid(format!("start of {method}"), "it is empty; give at least one component"));
    }
    Error::check_finite(&format!("start of {method}"), start)
}

/// The right-hand side with its checks.
pub(super) struct RightHandSide<'a, 'b, T> {
    derivative: &'a mut Derivative<'b, T>,
    /// The least and the largest time it is asked at.
    within: [T; 2],
    /// Evaluations so far.
    pub evaluations: usize,
}

impl<'a, 'b, T: Scalar> RightHandSide<'a, 'b, T> {
    pub fn new(derivative: &'a mut Derivative<'b, T>) -> Self {
        RightHandSide { derivative, within: [T::neg_infinity(), T::infinity()], evaluations: 0 }
    }

    /// On the piece from `times[i]` to `times[i + 1]`. At a time that is not the first or the last f may jump, and here it
    /// is what it tends to from within: it is taken a rounding away.
    pub fn on_piece(derivative: &'a mut Derivative<'b, T>, times: &[T], i: usize) -> Self {
        let inwards =
            |from: T, to: T| from + (to - from).signum() * (T::EPSILON * from.abs()).max(T::min_positive_value());
        let (from, to) = (times[i], times[i + 1]);
        let first = if i == 0 { from } else { inwards(from, to) };
        let last = if i + 2 == times.len() { to } else { inwards(to, from) };
        RightHandSide { derivative, within: [first.min(last), first.max(last)], evaluations: 0 }
    }

    /// `out` = f(t, y), or an error that names t.
    pub fn evaluate(&mut self, t: T, y: &[T], out: &mut [T]) -> Result<()> {
        out.fill(T::nan()); // an entry left unwritten is an error, not the value of some earlier stage
        let [least, largest] = self.within;
        (self.derivative)(t.max(least).min(largest), y, out);
        self.evaluations += 1;
        match out.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => Err(Error::NonFinite { what: format!("derivative dy/dt at t = {t}"), index }),
        }
    }
}
