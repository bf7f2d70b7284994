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
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_waves_are_exact() {
        for n in [16, 17] {
            let grid = FourierGrid::new(n, -1.0..1.0).unwrap();
            let values: Vec<f64> = grid.points().iter().map(|x| (3.0 * PI * x).sin() + 0.5 * (PI * x).cos()).collect();
            for order in 0..5 {
                let found = grid.derivative(order).matvec(&values).unwrap();
                let turn = order as f64 * PI / 2.0;
                for (&x, v) in grid.points().iter().zip(&found) {
                    let wave = |k: f64, phase: f64| (k * PI).powi(order as i32) * (k * PI * x + phase + turn).sin();
                    let exact = wave(3.0, 0.0) + 0.5 * wave(1.0, PI / 2.0);
                    assert!((v - exact).abs() < 1e-10 * (3.0 * PI).powi(order as i32), "{n} {order} {x}: {v} {exact}");
                }
            }
            for x in [0.123, -0.999, 2.7, grid.points()[3]] {
                let exact = (3.0 * PI * x).sin() + 0.5 * (PI * x).cos();
                assert!((grid.interpolate(&values, x).unwrap() - exact).abs() < 1e-12, "{n} {x}");
            }
        }
    }

    #[test]
    fn hostile_grids_are_refused() {
        assert!(FourierGrid::new(2, 0.0..1.0).is_err());
        assert!(FourierGrid::new(usize::MAX, 0.0..1.0).is_err());
        assert!(FourierGrid::new(8, 1.0..1.0).is_err());
        assert!(FourierGrid::new(8, 0.0..f64::INFINITY).is_err());
        let grid = FourierGrid::new(8, 0.0..1.0).unwrap();
        assert!(grid.interpolate(&[0.0; 7], 0.0).is_err() && grid.interpolate(&[0.0; 8], f64::NAN).is_err());
    }
}
