//! Differential equations: by networks that meet their conditions by construction (Lagaris, Likas
//! and Fotiadis, 1998), and by classical solvers to compare them with.

mod collocation;
mod domain;
pub mod eigenvector_ode;
mod equation;
mod points;
pub mod runge_kutta;

pub use collocation::Collocation;
pub use domain::{Domain, POINTS};
pub use equation::{Equation, Solution};
