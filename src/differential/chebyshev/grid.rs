//! Chebyshev–Gauss–Lobatto points and what can be done with values there.

use std::f64::consts::PI;
use std::ops::Range;

use crate::differential::checks;
use crate::differential::method_of_lines::{SpaceGrid, multiply};
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::{Error, Result};

/// The points xⱼ = (a + b)/2 − (b − a)/2 · cos(πj/(n − 1)) on [a, b], ascending, with the derivatives of the polynomial
/// through values there.
#[derive(Debug, Clone)]
pub struct ChebyshevGrid {
    interval: Range<f64>,
    points: Vec<f64>,
    /// xᵢ − xⱼ without cancellation `[n, n]`.
    differences: Matrix<f64>,
    first: Matrix<f64>,
    second: Matrix<f64>,
}

impl ChebyshevGrid {
    /// `points` ≥ 3 points on `interval`, ends included.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for fewer than 3 or more than [`MAX_POINTS`](super::MAX_POINTS) points, or an interval
    /// that is empty or not finite.
    pub fn new(points: usize, interval: Range<f64>) -> Result<Self> {
        checks::spectral_grid("ChebyshevGrid", points, &interval)?;
        let Range { start, end } = interval;
        let half = 0.5 * (end - start);
        let angle = |i: usize| PI * i as f64 / (points - 1) as f64;
        // cos A − cos B = 2 sin((A + B)/2) sin((B − A)/2); the sine of an angle near π by its mirror image.
        let difference = |i: usize, j: usize| {
            let sum = i + j;
            let mirrored = sum.min(2 * (points - 1) - sum);
            2.0 * half * (0.5 * angle(mirrored)).sin() * (0.5 * (angle(i) - angle(j))).sin()
        };
        let differences = Matrix::from_fn(points, points, difference);
        let place = |i: usize| {
            // From the nearer end, so that the grid is symmetric and exact at both.
            let from_end = |i: usize| (end - start) * (0.5 * angle(i)).sin().powi(2);
            if 2 * i < points { start + from_end(i) } else { end - from_end(points - 1 - i) }
        };
        let identity = Matrix::identity(points);
        let first = next_derivative(&differences, &identity, 1);
        let second = next_derivative(&differences, &first, 2);
        Ok(ChebyshevGrid { interval, points: (0..points).map(place).collect(), differences, first, second })
    }

    /// The points `[n]`, ascending.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// The matrix `[n, n]` that takes values at the points to the first derivative there.
    pub fn first_derivative(&self) -> &Matrix<f64> {
        &self.first
    }

    /// The matrix `[n, n]` of the second derivative.
    pub fn second_derivative(&self) -> &Matrix<f64> {
        &self.second
    }

    /// The matrix `[n, n]` of derivative `order` (0: the identity), by the recursion of Welfert (1997); its diagonal is
    /// minus the sum of the row, so that constants have no derivative (Baltensperger and Trummer, 2003).
    pub fn derivative(&self, order: usize) -> Matrix<f64> {
        let identity = Matrix::identity(self.points.len());
        // Beyond the degree of the polynomial all derivatives vanish.
        if order >= self.points.len() {
            return Matrix::zeros(self.points.len(), self.points.len());
        }
        (1..=order).fold(identity, |lower, k| next_derivative(&self.differences, &lower, k))
    }

    /// The collocation matrix `[n, n]` of u ↦ p(x) u″ + q(x) u′ + r(x) u.
    pub fn operator(&self, p: impl Fn(f64) -> f64, q: impl Fn(f64) -> f64, r: impl Fn(f64) -> f64) -> Matrix<f64> {
        let mut out = Matrix::zeros(self.points.len(), self.points.len());
        for (i, &x) in self.points.iter().enumerate() {
            let (p, q) = (p(x), q(x));
            let derivatives = self.second.row(i).iter().zip(self.first.row(i));
            for (entry, (second, first)) in out.row_mut(i).iter_mut().zip(derivatives) {
                *entry = p * second + q * first;
            }
            out[(i, i)] += r(x);
        }
        out
    }

    /// The polynomial through `values` `[n]`, at `x`, by the barycentric formula (Berrut and Trefethen, 2004).
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of values, [`Error::InvalidArgument`] for x outside the interval.
    pub fn interpolate(&self, values: &[f64], x: f64) -> Result<f64> {
        checks::length("ChebyshevGrid::interpolate", values.len(), self.points.len())?;
        let Range { start, end } = self.interval;
        if !(start <= x && x <= end) {
            return Err(Error::invalid("x of ChebyshevGrid::interpolate", format!("{x} lies outside {start}..{end}")));
        }
        let (mut above, mut below) = (0.0, 0.0);
        for (j, (&point, &value)) in self.points.iter().zip(values).enumerate() {
            if x == point {
                return Ok(value);
            }
            let weight = barycentric(j, self.points.len()) / (x - point);
            above += weight * value;
            below += weight;
        }
        Ok(above / below)
    }

    /// The coefficients of T₀ … T_{n−1}, on the interval, in the polynomial through `values` `[n]`.
    pub(super) fn coefficients(&self, values: &[f64]) -> Vec<f64> {
        let last = self.points.len() - 1;
        let half = |k: usize| if k == 0 || k == last { 0.5 } else { 1.0 };
        let of = |k: usize| {
            // Point j is at −cos(πj/last).
            let term = |(j, value): (usize, &f64)| {
                let turn = (k * (last - j)) % (2 * last);
                half(j) * value * (PI * turn as f64 / last as f64).cos()
            };
            2.0 * half(k) / last as f64 * values.iter().enumerate().map(term).sum::<f64>()
        };
        (0..=last).map(of).collect()
    }

    /// Weights `[n]` of Clenshaw and Curtis (1960): ∫ u ≈ Σ wⱼ u(xⱼ), exact for polynomials of degree below n.
    pub fn quadrature_weights(&self) -> Vec<f64> {
        let last = self.points.len() - 1;
        let length = self.interval.end - self.interval.start;
        let weight = |j: usize| {
            let cosines = (1..=last / 2).map(|k| {
                let factor = if 2 * k == last { 1.0 } else { 2.0 };
                let twice = (2 * k * j) % (2 * last);
                factor * (PI * twice as f64 / last as f64).cos() / (4 * k * k - 1) as f64
            });
            let ends = if j == 0 || j == last { 0.5 } else { 1.0 };
            length * ends * (1.0 - cosines.sum::<f64>()) / last as f64
        };
        (0..=last).map(weight).collect()
    }

    /// ∫ u over the interval, from `values` `[n]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of values.
    pub fn integrate(&self, values: &[f64]) -> Result<f64> {
        checks::length("ChebyshevGrid::integrate", values.len(), self.points.len())?;
        Ok(dot(&self.quadrature_weights(), values))
    }
}

/// The barycentric weight of point `j`: (−1)ʲ, half at the ends.
fn barycentric(j: usize, n: usize) -> f64 {
    let sign = if j.is_multiple_of(2) { 1.0 } else { -1.0 };
    if j == 0 || j + 1 == n { 0.5 * sign } else { sign }
}

/// The matrix of derivative `order` from the one below.
fn next_derivative(differences: &Matrix<f64>, lower: &Matrix<f64>, order: usize) -> Matrix<f64> {
    let n = lower.rows();
    let mut out = Matrix::zeros(n, n);
    for i in 0..n {
        let mut sum = 0.0;
        for j in (0..n).filter(|&j| j != i) {
            let ratio = barycentric(j, n) / barycentric(i, n);
            let entry = order as f64 / differences[(i, j)] * (ratio * lower[(i, i)] - lower[(i, j)]);
            out[(i, j)] = entry;
            sum += entry;
        }
        out[(i, i)] = -sum;
    }
    out
}

/// The ends keep the values they start with.
impl SpaceGrid<f64> for ChebyshevGrid {
    fn points(&self) -> &[f64] {
        &self.points
    }

    fn derivatives(&self, u: &[f64], first: &mut [f64], second: &mut [f64]) {
        multiply(&self.first, u, first);
        multiply(&self.second, u, second);
    }

    fn constrain_rate(&self, rate: &mut [f64]) {
        let last = rate.len() - 1;
        (rate[0], rate[last]) = (0.0, 0.0);
    }
}
