//! Eigenproblems of operators.

pub mod alignment;
pub mod comparison;
pub mod functions;
pub mod metrics;
pub mod quadrature;
pub mod radial;
pub mod sampler;
