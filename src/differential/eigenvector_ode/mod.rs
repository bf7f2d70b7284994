//! Eigenvectors of a symmetric matrix as the limits of an ordinary differential equation (Yi, Fu and
//! Tang, 2004), and networks that solve it.
//!
//! [`EigenvectorOde`] finds eigenpairs one after another, by a [`MarchingNetwork`], forward Euler, an
//! adaptive Runge–Kutta method or the closed form. [`EigenvectorFlow`] is the equation itself.
//! [`WholeIntervalNetwork`] and [`RandomSearch`] are what a report tried before (Puleo, Svejda and
//! Breitenstein, 2022), which its equation numbers refer to, with the fault of its code on request.

mod closed_form;
mod deflation;
mod flow;
mod integrate;
mod marching;
mod measure;
mod search;
mod solver;
#[cfg(test)]
mod tests;
mod trajectory;
mod whole_interval;
mod window;

pub use closed_form::ClosedForm;
pub use deflation::Deflation;
pub use flow::EigenvectorFlow;
pub use marching::MarchingNetwork;
pub use measure::{PairError, compare};
pub use search::{Landing, RandomSearch, SearchResult, SearchRun};
pub use solver::{EigenvectorOde, End, FlowProgress, Method, Pair, Spectrum};
pub use trajectory::{Stop, Trajectory};
pub use whole_interval::{TimeDerivative, WholeIntervalNetwork, WholeIntervalSolution};
pub use window::Window;
