//! Eigenvectors of a symmetric matrix as the limits of an ordinary differential equation (Yi, Fu and
//! Tang, 2004), and networks that solve it.
//!
//! [`EigenvectorOde`] finds eigenpairs one after another, by networks on [marching](super::Marching) windows, forward
//! Euler, an adaptive Runge–Kutta method or the closed form. [`EigenvectorFlow`] is the equation itself.

mod closed_form;
mod deflation;
mod flow;
mod integrate;
mod solver;
#[cfg(test)]
mod tests;
mod trajectory;

pub use closed_form::ClosedForm;
pub use deflation::Deflation;
pub use flow::EigenvectorFlow;
pub use solver::{EigenvectorOde, End, FlowProgress, FlowState, Method, Pair, Spectrum};
pub use trajectory::{Stop, Trajectory};
