//! Chebyshev collocation (Trefethen, *Spectral Methods in MATLAB*, 2000): the strong reference for smooth problems.
//!
//! A [`ChebyshevGrid`] holds points, differentiation matrices, quadrature weights and interpolation on an interval. On it
//! live linear [boundary-value problems](ChebyshevGrid::solve_boundary_value), linear
//! [evolution equations](ChebyshevGrid::evolve), the [Poisson equation](poisson_rectangle) on a rectangle and, through
//! the [method of lines](super::method_of_lines), nonlinear equations.
//!
//! ```
//! use eigennet::differential::chebyshev::{ChebyshevGrid, EndCondition};
//! // u″ + u = 0, u(0) = 0, u′(1) = cos 1: the sine.
//! let grid = ChebyshevGrid::new(16, 0.0..1.0)?;
//! let operator = grid.operator(|_| 1.0, |_| 0.0, |_| 1.0);
//! let ends = [EndCondition::dirichlet(0.0), EndCondition::neumann(1f64.cos())];
//! let u = grid.solve_boundary_value(&operator, &[0.0; 16], ends)?;
//! assert!((grid.interpolate(&u, 0.3)? - 0.3f64.sin()).abs() < 1e-13);
//! # Ok::<(), eigennet::Error>(())
//! ```

mod boundary_value;
mod evolution;
mod grid;
mod poisson;
mod rounding;
#[cfg(test)]
mod tests;

pub use super::checks::MAX_POINTS;
pub use boundary_value::EndCondition;
pub use grid::ChebyshevGrid;
pub use poisson::poisson_rectangle;
