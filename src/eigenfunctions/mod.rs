//! Eigenproblems of operators.

pub mod quadrature;
pub mod sampler;
