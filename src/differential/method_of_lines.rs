//! The method of lines: an equation u_t = F(t, x, u, u_x, u_xx) becomes a system of ordinary differential equations, one
//! for the value at each grid point.

use std::ops::Range;

use super::runge_kutta::{Integrator, Trajectory};
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// A grid in one space dimension that knows how to differentiate: by
/// [finite differences](super::finite_difference::DifferenceGrid), by [Chebyshev](super::chebyshev::ChebyshevGrid) or by
/// [Fourier](super::fourier::FourierGrid) series.
pub trait SpaceGrid<T: Scalar> {
    /// The points `[n]`, ascending.
    fn points(&self) -> &[T];

    /// u_x and u_xx at the points from the values there: all `[n]`.
    ///
    /// # Panics
    /// If a length is not n.
    fn derivatives(&self, u: &[T], first: &mut [T], second: &mut [T]);

    /// Overwrites u_t `[n]` where a boundary condition prescribes it: with 0 where a value is held.
    fn constrain_rate(&self, rate: &mut [T]) {
        let last = rate.len() - 1;
        for (i, held) in [0, last].into_iter().zip(self.end_values()) {
            if held.is_some() {
                rate[i] = T::zero();
            }
        }
    }

    /// The values held at the two ends (default none).
    fn end_values(&self) -> [Option<T>; 2] {
        [None, None]
    }
}

/// `out` = `matrix` · x.
pub(super) fn multiply<T: Scalar>(matrix: &Matrix<T>, x: &[T], out: &mut [T]) {
    out.iter_mut().zip(matrix.row_iter()).for_each(|(out, row)| *out = dot(row, x));
}

/// A function at one point and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Local<T> {
    /// Time.
    pub t: T,
    /// Place.
    pub x: T,
    /// u.
    pub u: T,
    /// ∂u/∂x.
    pub u_x: T,
    /// ∂²u/∂x².
    pub u_xx: T,
}

/// Solves u_t = F(t, x, u, u_x, u_xx) on `grid`, with the boundary conditions of the grid, over `interval` in time from
/// u(t₀, x) = `initial(x)`. The states of the [`Trajectory`] are the values at the grid points.
///
/// Explicit solvers take steps no longer than about 2.8/λ, λ the fastest rate of the discrete equation: for κ u_xx it is
/// 4κ/Δx² by differences of order 2, 0.05 κ n⁴/ℓ² by Chebyshev, κ (π n/ℓ)² by Fourier series.
///
/// ```
/// use eigennet::differential::fourier::FourierGrid;
/// use eigennet::differential::method_of_lines::{Local, method_of_lines};
/// use eigennet::differential::runge_kutta::DormandPrince;
/// // Burgers' equation with a smooth wave that steepens.
/// let grid = FourierGrid::new(64, 0.0..std::f64::consts::TAU)?;
/// let equation = |p: Local<f64>| 0.2 * p.u_xx - p.u * p.u_x;
/// let wave = method_of_lines(&grid, equation, |x| x.sin(), 0.0..1.0, &DormandPrince::default())?;
/// let mass: f64 = wave.end().iter().sum();
/// assert!(mass.abs() < 1e-9); // conserved
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Integrator::integrate_observed`]; [`Error::NonFinite`] for initial data that is not finite,
/// [`Error::InvalidArgument`] if it does not meet the values held at the ends.
pub fn method_of_lines<T: Scalar>(
    grid: &impl SpaceGrid<T>,
    mut equation: impl FnMut(Local<T>) -> T,
    initial: impl FnMut(T) -> T,
    interval: Range<T>,
    solver: &impl Integrator<T>,
) -> Result<Trajectory<T>> {
    let points = grid.points();
    let mut start: Vec<T> = points.iter().copied().map(initial).collect();
    meet_ends("initial data of method_of_lines", grid.end_values(), points, &mut start)?;
    let mut first = vec![T::zero(); points.len()];
    let mut second = first.clone();
    let rate = |t: T, u: &[T], rate: &mut [T]| {
        grid.derivatives(u, &mut first, &mut second);
        for (i, rate) in rate.iter_mut().enumerate() {
            *rate = equation(Local { t, x: points[i], u: u[i], u_x: first[i], u_xx: second[i] });
        }
        grid.constrain_rate(rate);
    };
    solver.integrate(rate, interval, &start)
}

/// Checks that `u` is finite and has the values prescribed at the ends, and puts them there exactly.
pub(super) fn meet_ends<T: Scalar>(what: &str, ends: [Option<T>; 2], points: &[T], u: &mut [T]) -> Result<()> {
    if u.is_empty() {
        return Err(Error::invalid(what, "the grid has no points"));
    }
    Error::check_finite(what, u)?;
    let largest = u.iter().chain(ends.iter().flatten()).fold(T::zero(), |m, v| m.max(v.abs()));
    for (i, end) in [(0, ends[0]), (u.len() - 1, ends[1])] {
        let Some(end) = end else { continue };
        // Boundary values of formulas such as sin π are off by rounding.
        if (u[i] - end).abs() > T::EPSILON.sqrt() * largest {
            let reason = format!("u = {} at x = {}, but the end is held at {end}; make the two agree", u[i], points[i]);
            return Err(Error::invalid(what, reason));
        }
        u[i] = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
