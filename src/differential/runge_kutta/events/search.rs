//! The events of one step.

use super::super::piece;
use super::zero::{Sample, dip, zero};
use super::{Direction, Event, Occurrence};
use crate::{Error, Result, Scalar};

/// What is looked for along a solution, and how often it was seen.
pub(in super::super) struct Search<'a, 'b, T> {
    events: &'a mut [Event<'b, T>],
    progress: Vec<Progress<T>>,
    origin: T,
    /// How close to the origin a zero is one at the origin, where the state of an earlier event was to within rounding:
    /// known from the first step on.
    rounding: Option<T>,
    point: Vec<T>,
}

/// How far the search for one event has come.
struct Progress<T> {
    /// g after the last step.
    last: T,
    /// The occurrences so far.
    count: usize,
    /// Whether g is zero at the origin, up to rounding.
    at_origin: bool,
}

/// A step from `from` to `to`.
pub(in super::super) struct Stride<'a, T> {
    pub from: T,
    pub to: T,
    pub start: &'a [T],
    pub end: &'a [T],
    /// Its polynomial.
    pub piece: &'a [T],
}

impl<T: Scalar> Stride<'_, T> {
    /// The time and, in `out`, the state at θ.
    fn at(&self, theta: T, out: &mut [T]) -> T {
        if theta == T::one() {
            out.copy_from_slice(self.end);
            return self.to;
        }
        piece::evaluate(self.start, self.piece, theta, out);
        self.from + theta * (self.to - self.from)
    }
}

impl<'a, 'b, T: Scalar> Search<'a, 'b, T> {
    #[inline(never)]
    pub fn new(events: &'a mut [Event<'b, T>], times: &[T], start: &[T]) -> Result<Self> {
        let origin = times[0];
        let mut progress = Vec::with_capacity(events.len());
        for (which, event) in events.iter_mut().enumerate() {
            if event.limit == Some(0) {
                return Err(Error::invalid(
                    format!("count of event {which}"),
                    "occurrences count from 1; give 1 or more",
                ));
            }
            progress.push(Progress { last: value(event, which, origin, start)?, count: 0, at_origin: false });
        }
        Ok(Search { events, progress, origin, rounding: None, point: start.to_vec() })
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Appends the occurrences of a step to `seen`, in their order; returns θ and the event if one of them is the last.
    #[inline(never)]
    pub fn step(&mut self, stride: &Stride<'_, T>, seen: &mut Vec<Occurrence<T>>) -> Result<Option<(T, usize)>> {
        let Search { events, progress, origin, rounding, point } = self;
        let length = (stride.to - stride.from).abs();
        let first = rounding.is_none();
        // The first step knows the pace of the solution, which the end of the interval does not; where a component is about
        // zero it is short beside the time in which that had the size which its rounding is of.
        let rounding =
            *rounding.get_or_insert((T::EPSILON.powf(T::of(0.75)) * origin.abs()).max(T::EPSILON.sqrt() * length));
        let mut found: Vec<(T, usize)> = Vec::new();
        for (which, (event, progress)) in events.iter_mut().zip(progress.iter_mut()).enumerate() {
            let direction = event.direction;
            let mut g = |theta: T| {
                let t = stride.at(theta, point);
                value(event, which, t, point)
            };
            let samples = sample(&mut g, progress.last)?;
            if first {
                // What has left zero by `rounding` in time has left it by this, unless it jumps.
                let largest = samples.iter().fold(T::zero(), |largest, s| largest.max(s.1.abs()));
                progress.at_origin = progress.last.abs() * length <= T::of(8.0) * rounding * largest;
            }
            for pair in samples.windows(2) {
                let (before, after) = (pair[0], pair[1]);
                let (rises, falls) = (before.1 < T::zero(), before.1 > T::zero());
                let passes = (rises && after.1 >= T::zero()) || (falls && after.1 <= T::zero());
                let wanted = match direction {
                    Direction::Rising => rises,
                    Direction::Falling => falls,
                    Direction::Either => true,
                };
                if passes && wanted {
                    found.push((zero(&mut g, before, after)?, which));
                }
            }
            progress.last = samples[samples.len() - 1].1;
        }
        found.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
        for (theta, which) in found {
            let time = stride.at(theta, point);
            let progress = &mut progress[which];
            if progress.at_origin && (time - *origin).abs() <= rounding {
                continue;
            }
            seen.push(Occurrence { event: which, time, state: point.clone() });
            progress.count += 1;
            if events[which].limit == Some(progress.count) {
                return Ok(Some((theta, which)));
            }
        }
        Ok(None)
    }
}

/// g at θ = 0, where it is `first`, at the end and between; where |g| has a minimum that is not zero, at a point on the
/// other side of zero if there is one.
fn sample<T: Scalar>(g: &mut impl FnMut(T) -> Result<T>, first: T) -> Result<Vec<Sample<T>>> {
    // The outer two tell whether |g| falls at an end of the step, as two more steps would.
    let beside = T::EPSILON.cbrt();
    let mut samples = vec![(T::zero(), first)];
    for theta in [beside, T::of(0.25), T::of(0.5), T::of(0.75), T::one() - beside, T::one()] {
        samples.push((theta, g(theta)?));
    }
    let mut between = Vec::new();
    for triple in samples.windows(3) {
        let [a, b, c] = [triple[0], triple[1], triple[2]];
        let one_side = [a, b, c].iter().all(|s| s.1 > T::zero()) || [a, b, c].iter().all(|s| s.1 < T::zero());
        if one_side && b.1.abs() < a.1.abs() && b.1.abs() <= c.1.abs() {
            between.extend(dip(&mut *g, a.0, b, c.0)?);
        }
    }
    samples.extend(between);
    samples.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    Ok(samples)
}

fn value<T: Scalar>(event: &mut Event<'_, T>, which: usize, t: T, y: &[T]) -> Result<T> {
    let g = (event.function)(t, y);
    Error::check_finite(&format!("event {which} at t = {t}"), &[g])?;
    Ok(g)
}
