//! Events: zeros of functions g(t, y(t)) along a solution.

mod search;
mod zero;

use std::fmt;

use crate::Scalar;
pub(super) use search::{Search, Stride};

/// What happens when a function g(t, y) passes through zero: it is noted in the trajectory, and may end the
/// integration there.
///
/// ```
/// use eigennet::differential::runge_kutta::{DormandPrince, Event, Finish, Integrator};
/// // A ball thrown up: when is it highest, and when does it hit the floor?
/// let gravity = |_: f64, y: &[f64], dydt: &mut [f64]| (dydt[0], dydt[1]) = (y[1], -9.81);
/// let mut events = [Event::new(|_, y: &[f64]| y[1]), Event::new(|_, y: &[f64]| y[0]).falling().terminal()];
/// let flight = DormandPrince::default().integrate_events(gravity, 0.0..100.0, &[0.0, 10.0], &mut events)?;
/// let [top, floor] = flight.events() else { panic!() };
/// assert!((top.time - 10.0 / 9.81).abs() < 1e-12 && (top.state[0] - 50.0 / 9.81).abs() < 1e-12);
/// assert!((floor.time - 20.0 / 9.81).abs() < 1e-12 && flight.interval().end == floor.time);
/// assert_eq!(flight.why(), Finish::Event(1));
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// Signs are compared at the ends of each step and at points between, on the dense output, whose error is that of g;
/// where |g| has a minimum between them that is looked up too, so that two zeros close to each other are found. What
/// passes through zero and back faster than the solution changes needs a `max_step`. A g that is exactly zero at a step
/// counts once. The start is no event, if g is zero there up to rounding: an integration may go on from the event that
/// ended the last one, as that of a ball that bounces does. Rounding is a time of max(ε^¾ |t₀|, √ε h) with h the first
/// step, wherever the interval ends.
pub struct Event<'a, T> {
    function: Box<Function<'a, T>>,
    direction: Direction,
    limit: Option<usize>,
}

type Function<'a, T> = dyn FnMut(T, &[T]) -> T + 'a;

/// In which direction a zero is passed, in the order of integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Rising,
    Falling,
    Either,
}

impl<'a, T: Scalar> Event<'a, T> {
    /// The zeros of `function` g(t, y), in either direction, which do not end the integration.
    pub fn new(function: impl FnMut(T, &[T]) -> T + 'a) -> Self {
        Event { function: Box::new(function), direction: Direction::Either, limit: None }
    }

    /// Only where g goes from negative to positive, in the order of integration.
    #[must_use]
    pub fn rising(self) -> Self {
        Event { direction: Direction::Rising, ..self }
    }

    /// Only where g goes from positive to negative, in the order of integration.
    #[must_use]
    pub fn falling(self) -> Self {
        Event { direction: Direction::Falling, ..self }
    }

    /// Ends the integration at the first occurrence.
    #[must_use]
    pub fn terminal(self) -> Self {
        self.terminal_after(1)
    }

    /// Ends the integration at occurrence number `count`, from 1.
    #[must_use]
    pub fn terminal_after(self, count: usize) -> Self {
        Event { limit: Some(count), ..self }
    }
}

impl<T> fmt::Debug for Event<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { direction, limit, .. } = self;
        f.debug_struct("Event").field("direction", direction).field("limit", limit).finish_non_exhaustive()
    }
}

/// An event that took place.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence<T> {
    /// Which of the events.
    pub event: usize,
    /// When, to rounding on the dense output; g has just changed its sign, or is 0.
    pub time: T,
    /// y(t) `[d]`.
    pub state: Vec<T>,
}
