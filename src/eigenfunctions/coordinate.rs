//! Where one coordinate lives.

use std::ops::Range;

use crate::Result;
use crate::error::Error;
use crate::quadrature::Quadrature;

/// The range of one coordinate, and what functions of it do at its ends.
///
/// ```
/// use eigennet::eigenfunctions::Coordinate;
/// let (oscillator, well) = (Coordinate::line(0.0, 1.0), Coordinate::Interval(0.0..1.0));
/// assert_ne!(oscillator, well);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Coordinate {
    /// The whole line. Functions decay as e^(−(x − c)²/2ℓ²) does, or not much slower.
    Line {
        /// c.
        centre: f64,
        /// ℓ.
        length: f64,
    },
    /// An interval, at whose ends functions are 0.
    Interval(Range<f64>),
}

impl Coordinate {
    /// The whole line, functions about `centre` and as wide as `length`.
    pub fn line(centre: f64, length: f64) -> Self {
        Coordinate::Line { centre, length }
    }

    /// ℓ, or the length of the interval.
    pub(super) fn length(&self) -> f64 {
        match self {
            Coordinate::Line { length, .. } => *length,
            Coordinate::Interval(interval) => interval.end - interval.start,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            Coordinate::Line { centre, length } => {
                let sound = centre.is_finite() && length.is_normal() && *length > 0.0;
                Error::require(sound, "centre and length of a coordinate", "give a number and a positive one")
            }
            Coordinate::Interval(interval) => {
                let length = interval.end - interval.start;
                let sound = length.is_normal() && length > 0.0;
                Error::require(sound, "interval of a coordinate", "give start < end, both finite")
            }
        }
    }

    /// A quadrature of `count` points: of Gauss and Legendre on an interval; on the line the trapezoidal rule up to `reach`
    /// lengths from the centre, exact but for what decays as the functions and their transforms do.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a coordinate that is none, or as [`Quadrature::gauss_legendre`].
    pub fn rule(&self, count: usize, reach: f64) -> Result<Quadrature<f64>> {
        self.check()?;
        Error::require(reach.is_finite() && count > 0, "rule of a coordinate", "give points and a finite reach")?;
        match self {
            Coordinate::Line { centre, length } => {
                let step = 2.0 * reach / (count.max(2) - 1) as f64;
                let points = (0..count).map(|i| centre + length * (step * i as f64 - reach)).collect();
                Quadrature::new(points, vec![length * step; count], 1)
            }
            Coordinate::Interval(interval) => Quadrature::gauss_legendre(count, interval.clone()),
        }
    }
}
