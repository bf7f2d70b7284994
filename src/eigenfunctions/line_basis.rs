//! Orthonormal functions of one coordinate.

use std::ops::Range;

use super::coordinate::Coordinate;
use super::separable::Factor;
use super::wells::overlap_rule;
use crate::Result;
use crate::error::Error;
use crate::linalg::{Gram, Matrix};
use crate::quadrature::Quadrature;
use crate::reference::special::hermite_functions;

/// Orthonormal functions b₀ … of one coordinate, with a quadrature that is exact for their products: Hermite functions
/// h_k((x − c)/ℓ)/√ℓ of the line, √(2/L) sin((k + 1)π(x − a)/L) of an interval.
#[derive(Debug, Clone, PartialEq)]
pub struct LineBasis {
    coordinate: Coordinate,
    size: usize,
}

/// Most functions of a basis: beyond, the first Hermite function underflows where the last does not.
const MOST: usize = 500;

impl LineBasis {
    /// The first `size` functions of a coordinate.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a size that is not in 1..=500, a length that is not positive, an interval that is
    /// empty or not finite.
    pub fn new(size: usize, coordinate: Coordinate) -> Result<Self> {
        coordinate.check()?;
        let reason = format_args!("{size} functions; give 1 to {MOST}");
        Error::require((1..=MOST).contains(&size), "size of LineBasis", reason)?;
        Ok(LineBasis { coordinate, size })
    }

    /// The first `size` Hermite functions about `centre`, scaled by `length`: the states of −ℓ⁴ d²/dx² + (x − c)².
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn hermite(size: usize, centre: f64, length: f64) -> Result<Self> {
        Self::new(size, Coordinate::Line { centre, length })
    }

    /// The first `size` sines that vanish at both ends of an interval.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn sine(size: usize, interval: Range<f64>) -> Result<Self> {
        Self::new(size, Coordinate::Interval(interval))
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether there are none: never.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// The same family with more functions.
    pub(super) fn enlarged(&self, more: usize) -> Self {
        LineBasis { size: self.size + more, coordinate: self.coordinate.clone() }
    }

    /// The coordinate, and how far from the centre of a line functions of the basis reach, in its lengths: where the last of
    /// them turns.
    pub(super) fn reach(&self) -> (Coordinate, f64) {
        (self.coordinate.clone(), (2.0 * self.size as f64 + 1.0).sqrt())
    }

    /// ⟨bₖ, g⟩ with a Gaussian of norm 1.
    pub(super) fn overlaps(&self, centre: f64, width: f64) -> Vec<f64> {
        let mut out = vec![0.0; self.size];
        for (xi, weight) in overlap_rule(81) {
            self.at(centre + width * xi, |k, value, _| out[k] += weight * width.sqrt() * value);
        }
        out
    }

    /// The functions and their derivatives at x: `each(k, value, derivative)`.
    pub(super) fn at(&self, x: f64, mut each: impl FnMut(usize, f64, f64)) {
        match &self.coordinate {
            Coordinate::Line { centre, length } => {
                let (t, norm) = ((x - centre) / length, length.sqrt().recip());
                // h_k by its recurrence, upwards: stable, for h_k is the dominant solution.
                let (mut before, mut own) = hermite_functions(0, t);
                std::mem::swap(&mut before, &mut own);
                for k in 0..self.size {
                    let n = k as f64;
                    let slope = (2.0 * n).sqrt() * before - t * own;
                    each(k, norm * own, norm * slope / length);
                    let next = t * (2.0 / (n + 1.0)).sqrt() * own - (n / (n + 1.0)).sqrt() * before;
                    (before, own) = (own, next);
                }
            }
            Coordinate::Interval(interval) => {
                let length = interval.end - interval.start;
                let norm = (2.0 / length).sqrt();
                for k in 0..self.size {
                    let wave = (k + 1) as f64 * std::f64::consts::PI / length;
                    let (sine, cosine) = (wave * (x - interval.start)).sin_cos();
                    each(k, norm * sine, norm * wave * cosine);
                }
            }
        }
    }

    /// Points that integrate products of the functions with others as smooth, `finer` times as dense as needed.
    fn rule(&self, finer: f64) -> Result<Quadrature<f64>> {
        match self.coordinate {
            Coordinate::Line { .. } => {
                let reach = (2.0 * self.size as f64 + 1.0).sqrt() + 7.0;
                self.coordinate.rule((2.0 * finer * reach * reach / 1.5).ceil() as usize + 1, reach)
            }
            Coordinate::Interval(_) => self.coordinate.rule((finer * (2 * self.size + 24) as f64).ceil() as usize, 0.0),
        }
    }

    /// ⟨bᵢ, F bⱼ⟩ `[size, size]` of each of some factors.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a factor is not finite at a point of the quadrature.
    pub(super) fn matrices(&self, factors: &[Factor], finer: f64) -> Result<Vec<Matrix<f64>>> {
        let rule = self.rule(finer)?;
        let (points, weights) = (rule.points(), rule.weights());
        let mut values = Matrix::zeros(points.len(), self.size);
        let mut slopes = Matrix::zeros(points.len(), self.size);
        for (q, &x) in points.iter().enumerate() {
            self.at(x, |k, value, slope| {
                values[(q, k)] = value;
                slopes[(q, k)] = slope;
            });
        }
        let product = |f: &Matrix<f64>, factor: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = weights.iter().enumerate().map(|(q, w)| w * factor(q)).collect();
            let mut out = Matrix::zeros(self.size, self.size);
            Gram::new().add_weighted(1.0, f.as_slice(), &weights, &mut out)?;
            Ok(out)
        };
        let matrix = |factor: &Factor| {
            if *factor == Factor::Kinetic {
                return product(&slopes, &|_| 1.0);
            }
            let at: Vec<f64> = points.iter().map(|&x| factor.value(x).unwrap_or(f64::NAN)).collect();
            if let Some(bad) = at.iter().position(|v| !v.is_finite()) {
                let reason = format!("{} at x = {}; shift or cap what is singular", at[bad], points[bad]);
                return Err(Error::invalid(format!("factor {factor:?}"), reason));
            }
            product(&values, &|q| at[q])
        };
        factors.iter().map(matrix).collect()
    }
}
