//! Eigenvalues and eigenvectors of operators too large, or too implicit, for a dense decomposition,
//! and one door to all solvers of the crate.

mod pairs;
pub mod textbook;
mod which;

pub use pairs::{ComplexEigenpairs, Eigenpairs};
pub use which::Which;
