//! Boxes: named coordinates with their ranges.

use std::ops::Range;

use super::checks;
use crate::autodiff::{Graph, Rows, Var};
use crate::{Error, Result};

/// Name of the input, and of its rows, that hold the points of a domain.
pub const POINTS: &str = "points";

/// A box in `N` named coordinates.
///
/// ```
/// use eigennet::differential::Domain;
/// let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..0.5])?;
/// let points = domain.gauss::<f64>([24, 12])?; // or uniform, random, latin_hypercube, halton
/// assert_eq!(points.len(), 288);
/// assert!(Domain::new(["t"], [0.0..-1.0]).is_err()); // it says why
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Domain<const N: usize> {
    names: [&'static str; N],
    ranges: [Range<f64>; N],
}

impl<const N: usize> Domain<N> {
    /// The box `ranges` in coordinates of these names.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no coordinate, a name given twice, and a range that is empty or not finite.
    pub fn new(names: [&'static str; N], ranges: [Range<f64>; N]) -> Result<Self> {
        if N == 0 {
            return Err(Error::invalid("coordinates of Domain", "there are none; give at least one"));
        }
        for (i, (name, range)) in names.iter().zip(&ranges).enumerate() {
            if names[..i].contains(name) {
                return Err(Error::invalid("coordinates of Domain", format!("{name:?} is named twice")));
            }
            checks::interval(format!("range of {name:?}"), range)?;
        }
        Ok(Domain { names, ranges })
    }

    /// The names of the coordinates.
    pub fn names(&self) -> &[&'static str; N] {
        &self.names
    }

    /// The ranges of the coordinates.
    pub fn ranges(&self) -> &[Range<f64>; N] {
        &self.ranges
    }

    /// bᵢ − aᵢ.
    pub(super) fn length(&self, axis: usize) -> f64 {
        self.ranges[axis].end - self.ranges[axis].start
    }

    /// Π (bᵢ − aᵢ).
    pub fn volume(&self) -> f64 {
        (0..N).map(|axis| self.length(axis)).product()
    }

    /// The index of the coordinate of that name.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn axis(&self, name: &str) -> Result<usize> {
        let known = || self.names.iter().map(|n| n.to_string()).collect();
        let index = self.names.iter().position(|n| *n == name);
        index.ok_or_else(|| Error::UnknownName { name: name.to_string(), known: known() })
    }

    /// Records the coordinates, each `[points, 1]`; data are bound by the name [`POINTS`].
    #[track_caller]
    pub fn coordinates<'g>(&self, g: &'g Graph) -> [Var<'g>; N] {
        g.coordinates(POINTS, Rows::named(POINTS))
    }

    /// The coordinates mapped onto [−1, 1], side by side, `[points, N]`: what a network likes to see.
    #[track_caller]
    pub fn scaled<'g>(&self, coordinates: [Var<'g>; N]) -> Var<'g> {
        let scaled: [Var<'g>; N] = std::array::from_fn(|i| {
            let Range { start, end } = self.ranges[i];
            (coordinates[i] - 0.5 * (start + end)) * (2.0 / (end - start))
        });
        Var::concat(&scaled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_ranges_are_refused() {
        for range in [0.0..0.0, 1.0..0.0, 0.0..f64::NAN, f64::NEG_INFINITY..0.0, f64::MIN..f64::MAX] {
            assert!(matches!(Domain::new(["t"], [range]), Err(Error::InvalidArgument { .. })));
        }
        assert!(Domain::new(["x", "x"], [0.0..1.0, 0.0..1.0]).is_err());
        assert!(Domain::<0>::new([], []).is_err());
        assert!(matches!(Domain::new(["x"], [0.0..1.0]).unwrap().axis("y"), Err(Error::UnknownName { .. })));
    }
}
