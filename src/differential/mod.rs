//! Differential equations: by networks that meet their conditions by construction (Lagaris, Likas
//! and Fotiadis, 1998), and by classical solvers to compare them with.

mod collocation;
mod domain;
mod equation;
mod linear;
mod points;
mod random_features;

pub use collocation::Collocation;
pub use domain::{Domain, POINTS};
pub use equation::{Equation, Solution};
pub use linear::{LinearLeastSquares, LinearOutcome};
pub use random_features::RandomFeatures;
