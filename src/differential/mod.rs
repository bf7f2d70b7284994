//! Differential equations: by networks that meet their conditions by construction (Lagaris, Likas
//! and Fotiadis, 1998), and by classical solvers to compare them with.

pub mod chebyshev;
pub mod eigenvector_ode;
pub mod finite_difference;
pub mod fourier;
pub mod method_of_lines;
pub mod runge_kutta;

mod between;
mod checks;
mod collocation;
mod domain;
mod equation;
mod form;
mod linear;
mod marching;
mod points;
mod random_features;
mod region;
mod relative_error;
mod trained;

pub use collocation::Collocation;
pub use domain::{Domain, POINTS};
pub use equation::Equation;
pub use form::{Data, Form, FormBuilder, Side, field};
pub use linear::{LinearLeastSquares, LinearOutcome};
pub use marching::{Marched, MarchedWindow, Marching};
pub use random_features::RandomFeatures;
pub use region::{Ball, Region};
pub use relative_error::relative_l2;
pub use trained::Trained;
