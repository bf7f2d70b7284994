//! Differential equations: by networks that meet their conditions by construction (Lagaris, Likas
//! and Fotiadis, 1998), and by classical solvers to compare them with.

mod collocation;
mod domain;
mod equation;
mod form;
mod points;
mod region;

pub use collocation::Collocation;
pub use domain::{Domain, POINTS};
pub use equation::{Equation, Solution};
pub use form::{Data, Field, Form, FormBuilder, Side, field};
pub use region::{Ball, Region};
