//! Eigenvalues and eigenvectors of operators too large, or too implicit, for a dense decomposition,
//! and one door to all solvers of the crate.

mod lanczos;
mod pairs;
mod shift_invert;
pub mod textbook;
mod which;

pub use lanczos::Lanczos;
pub use pairs::{ComplexEigenpairs, Eigenpairs};
pub use shift_invert::ShiftInvert;
pub use which::Which;

#[cfg(test)]
mod tests;
