//! Eigenvectors of a symmetric matrix as the limits of an ordinary differential equation (Yi, Fu and
//! Tang, 2004), and networks that solve it.
//!
//! [`EigenvectorOde`] finds eigenpairs one after another, by a [`MarchingNetwork`], forward Euler, an
//! adaptive Runge–Kutta method or the closed form. [`EigenvectorFlow`] is the equation itself.

mod closed_form;
mod deflation;
mod flow;
mod integrate;
mod marching;
mod solver;
#[cfg(test)]
mod tests;
mod trajectory;
mod window;

pub use closed_form::ClosedForm;
pub use deflation::Deflation;
pub use flow::EigenvectorFlow;
pub use marching::MarchingNetwork;
pub use solver::{EigenvectorOde, End, FlowProgress, Method, Pair, Spectrum};
pub use trajectory::{Stop, Trajectory};
pub use window::Window;
