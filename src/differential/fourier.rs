//! Fourier collocation for periodic problems (Trefethen, *Spectral Methods in MATLAB*, 2000, chapter 3).

use std::f64::consts::{PI, TAU};
use std::ops::Range;

use super::checks;
pub use super::checks::MAX_POINTS;
use super::method_of_lines::{SpaceGrid, multiply};
use crate::linalg::Matrix;
use crate::{Error, Result};

/// n equidistant points on one period, the end left out, with the derivatives of the trigonometric polynomial through
/// values there.
///
/// ```
/// use eigennet::differential::fourier::FourierGrid;
/// let grid = FourierGrid::new(32, 0.0..std::f64::consts::TAU)?;
/// let waves: Vec<f64> = grid.points().iter().map(|x| (3.0 * x).sin()).collect();
/// let third = grid.derivative(3).matvec(&waves)?;
/// assert!((grid.interpolate(&third, 0.7)? + 27.0 * 2.1f64.cos()).abs() < 1e-8);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FourierGrid {
    interval: Range<f64>,
    points: Vec<f64>,
    first: Matrix<f64>,
    second: Matrix<f64>,
}

impl FourierGrid {
    /// `points` ≥ 3 points on one period `interval`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for fewer than 3 or more than [`MAX_POINTS`] points, or an interval that is empty or
    /// not finite.
    pub fn new(points: usize, interval: Range<f64>) -> Result<Self> {
        checks::spectral_grid("FourierGrid", points, &interval)?;
        let Range { start, end } = interval;
        let place = |i: usize| start + (end - start) * (i as f64 / points as f64);
        let empty = Matrix::zeros(0, 0);
        let points = (0..points).map(place).collect();
        let mut grid = FourierGrid { interval, points, first: empty.clone(), second: empty };
        (grid.first, grid.second) = (grid.derivative(1), grid.derivative(2));
        Ok(grid)
    }

    /// The points `[n]`, ascending.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// The matrix `[n, n]` of derivative `order` (0: the identity). For even n the fastest wave, whose sign alternates
    /// from point to point, has no odd derivatives.
    pub fn derivative(&self, order: usize) -> Matrix<f64> {
        let n = self.points.len();
        let unit = TAU / (self.interval.end - self.interval.start);
        // Circulant: entry (i, j) is Σ_k (ik)^order e^{ik(x_i − x_j)}/n over |k| < n/2, and k = n/2 if even.
        let waves: Vec<f64> = (1..=n / 2)
            .map(|k| {
                let weight = match (2 * k == n, order % 2) {
                    (false, _) => 2.0,
                    (true, 0) => 1.0,
                    (true, _) => 0.0,
                };
                weight * (unit * k as f64).powi(order.min(i32::MAX as usize) as i32) / n as f64
            })
            .collect();
        let constant = if order == 0 { 1.0 / n as f64 } else { 0.0 };
        let entry = |shift: usize| {
            let sum = waves.iter().zip(1_usize..).map(|(wave, k)| {
                let angle = TAU * ((k * shift) % n) as f64 / n as f64;
                wave * match order % 4 {
                    0 => angle.cos(),
                    1 => -angle.sin(),
                    2 => -angle.cos(),
                    _ => angle.sin(),
                }
            });
            constant + sum.sum::<f64>()
        };
        let column: Vec<f64> = (0..n).map(entry).collect();
        Matrix::from_fn(n, n, |i, j| column[(n + i - j) % n])
    }

    /// The trigonometric polynomial through `values` `[n]`, at any `x`, by its barycentric formula (Henrici, 1979).
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of values, [`Error::NonFinite`] for x.
    pub fn interpolate(&self, values: &[f64], x: f64) -> Result<f64> {
        checks::length("FourierGrid::interpolate", values.len(), self.points.len())?;
        Error::check_finite("x of FourierGrid::interpolate", &[x])?;
        let unit = PI / (self.interval.end - self.interval.start);
        let (mut above, mut below) = (0.0, 0.0);
        for (j, (point, value)) in self.points.iter().zip(values).enumerate() {
            let (sine, cosine) = (unit * (x - point)).sin_cos();
            if sine == 0.0 {
                return Ok(*value);
            }
            let sign = if j.is_multiple_of(2) { 1.0 } else { -1.0 };
            let weight = if self.points.len().is_multiple_of(2) { sign * cosine / sine } else { sign / sine };
            above += weight * value;
            below += weight;
        }
        Ok(above / below)
    }
}

impl SpaceGrid<f64> for FourierGrid {
    fn points(&self) -> &[f64] {
        &self.points
    }

    fn derivatives(&self, u: &[f64], first: &mut [f64], second: &mut [f64]) {
        multiply(&self.first, u, first);
        multiply(&self.second, u, second);
    }
}

#[cfg(test)]
mod tests;
