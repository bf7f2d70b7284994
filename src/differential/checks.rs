//! What solvers ask of the numbers they are given.

use std::ops::{Range, RangeInclusive};

use crate::{Error, Result, Scalar};

/// An interval is finite and its end lies after its start.
pub(super) fn interval<T: Scalar>(what: impl Into<String>, range: &Range<T>) -> Result<()> {
    let Range { start, end } = *range;
    if start < end && (end - start).is_finite() {
        return Ok(());
    }
    Err(Error::invalid(what, format!("{start}..{end} has no finite positive length; give start < end")))
}

/// A number is positive and finite.
pub(super) fn positive(what: impl Into<String>, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::invalid(what, format!("it has to be positive and finite, not {value}")))
}

/// There are as many numbers as there have to be.
pub(super) fn length(operation: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::shape(operation, &[found], &[expected])) }
}

/// A count lies in its range.
pub(super) fn within(what: impl Into<String>, count: usize, range: RangeInclusive<usize>) -> Result<()> {
    if range.contains(&count) {
        return Ok(());
    }
    Err(Error::invalid(what, format!("{count} will not do; give {} to {}", range.start(), range.end())))
}

/// The most steps of one integration. Of the shortest, so many take a minute; more are a slip of the settings.
const MAX_STEPS: f64 = 1e9;

/// Steps are no more than can be waited for; `advice` says what does with so many.
pub(super) fn steps(what: impl Into<String>, count: f64, advice: impl FnOnce(f64) -> String) -> Result<()> {
    if count <= MAX_STEPS {
        return Ok(());
    }
    Err(Error::invalid(what, format!("{count:e} steps are more than can be waited for; {}", advice(MAX_STEPS))))
}

/// The most points of a spectral grid: its matrices are dense.
pub const MAX_POINTS: usize = 4096;

/// A spectral grid has not too few or too many points, and an interval whose length has a reciprocal.
pub(super) fn spectral_grid(grid: &str, points: usize, range: &Range<f64>) -> Result<()> {
    within(format!("points of {grid}"), points, 3..=MAX_POINTS)?;
    interval(format!("interval of {grid}"), range)?;
    positive(format!("reciprocal of the length of {grid}"), 2.0 / (range.end - range.start))
}
