//! Fourier collocation for periodic problems (Trefethen, *Spectral Methods in MATLAB*, 2000, chapter 3).

use std::f64::consts::{PI, TAU};
use std::ops::Range;

use super::method_of_lines::SpaceGrid;
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::{Error, Result};

/// The most points of a grid: its matrices are dense.
pub const MAX_POINTS: usize = 4096;

/// n equidistant points on one period, the end left out, with the derivatives of the trigonometric polynomial through
/// values there.
///
/// ```
/// use eigennet::differential::fourier::FourierGrid;
/// use eigennet::differential::runge_kutta::{Integrator, Radau};
/// // Kuramoto–Sivashinsky: u_t + u u_x + u_xx + u_xxxx = 0, which is stiff.
/// let grid = FourierGrid::new(32, 0.0..22.0)?;
/// let (slope, linear) = (grid.derivative(1), grid.derivative(2).add(&grid.derivative(4))?);
/// let dot = |row: &[f64], u: &[f64]| row.iter().zip(u).map(|(a, b)| a * b).sum::<f64>();
/// let rate = |_: f64, u: &[f64], rate: &mut [f64]| {
///     for (i, rate) in rate.iter_mut().enumerate() {
///         *rate = -dot(linear.row(i), u) - u[i] * dot(slope.row(i), u);
///     }
/// };
/// let start: Vec<f64> = grid.points().iter().map(|x| (std::f64::consts::TAU * x / 22.0).cos()).collect();
/// let waves = Radau::default().integrate(rate, 0.0..5.0, &start)?;
/// assert!(grid.interpolate(waves.end(), 11.1)?.abs() < 5.0);
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
        if !(3..=MAX_POINTS).contains(&points) {
            return Err(Error::invalid(
                "points of FourierGrid",
                format!("{points} will not do; give 3 to {MAX_POINTS}"),
            ));
        }
        let Range { start, end } = interval;
        if !(start < end && (end - start).is_finite() && (1.0 / (end - start)).is_finite()) {
            return Err(Error::invalid(
                "interval of FourierGrid",
                format!("{start}..{end} has no finite positive length; give start < end"),
            ));
        }
        let place = |i: usize| start + (end - start) * (i as f64 / points as f64);
        let empty = Matrix::zeros(0, 0);
        let points = (0..points).map(place).collect();
        let mut grid = FourierGrid { interval, points, first: empty.clone(), second: empty };
        (grid.first, grid.second) = (grid.derivative(1), grid.derivative(2));
        Ok(grid)
    }

    /// Number of points n.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// False: there are at least 3 points.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The points `[n]`, ascending.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// One period.
    pub fn interval(&self) -> Range<f64> {
        self.interval.clone()
    }

    /// The matrix `[n, n]` of derivative `order` (0: the identity). For even n the fastest wave, whose sign alternates
    /// from point to point, has no odd derivatives.
    pub fn derivative(&self, order: usize) -> Matrix<f64> {
        let n = self.len();
        let unit = TAU / (self.interval.end - self.interval.start);
        // Circulant: entry (i, j) is Σ_k (ik)^order e^{ik(x_i − x_j)}/n over |k| < n/2, and k = n/2 if even.
        let waves: Vec<f64> = (1..=n / 2)
            .map(|k| {
                let fastest = 2 * k == n;
                let weight = if fastest && !order.is_multiple_of(2) {
                    0.0
                } else if fastest {
                    1.0
                } else {
                    2.0
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
        if values.len() != self.len() {
            return Err(Error::shape("FourierGrid::interpolate", &[values.len()], &[self.len()]));
        }
        Error::check_finite("x of FourierGrid::interpolate", &[x])?;
        let unit = PI / (self.interval.end - self.interval.start);
        let (mut above, mut below) = (0.0, 0.0);
        for (j, (point, value)) in self.points.iter().zip(values).enumerate() {
            let (sine, cosine) = (unit * (x - point)).sin_cos();
            if sine == 0.0 {
                return Ok(*value);
            }
            let sign = if j.is_multiple_of(2) { 1.0 } else { -1.0 };
            let weight = if self.len().is_multiple_of(2) { sign * cosine / sine } else { sign / sine };
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
        for (i, (first, second)) in first.iter_mut().zip(second).enumerate() {
            *first = dot(self.first.row(i), u);
            *second = dot(self.second.row(i), u);
        }
    }

    fn constrain_rate(&self, _: &mut [f64]) {}

    fn end_values(&self) -> [Option<f64>; 2] {
        [None, None]
    }
}

#[cfg(test)]
mod tests;
