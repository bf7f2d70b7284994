//! Finite differences: the classical baseline for equations in one space dimension.
//!
//! [`Diffusion`] marches u_t = κ u_xx by FTCS, BTCS or Crank–Nicolson; [`DifferenceGrid`] is the space half of the
//! [method of lines](super::method_of_lines) for anything nonlinear; [`Thomas`] solves the
//! tridiagonal systems on the way.

mod diffusion;
mod grid;
mod tridiagonal;
mod weights;

pub use diffusion::{Diffusion, DiffusionSolution, Scheme};
pub use grid::{Boundary, DifferenceGrid, End};
pub use tridiagonal::Thomas;
pub use weights::difference_weights;
