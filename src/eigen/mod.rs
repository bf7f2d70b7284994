//! Eigenvalues and eigenvectors of operators too large, or too implicit, for a dense decomposition,
//! and one door to all solvers of the crate.

mod basis;
mod checks;
mod lobpcg;
mod pairs;
mod which;

pub use lobpcg::{Lobpcg, Locking};
pub use pairs::{ComplexEigenpairs, Eigenpairs, SingularTriplets};
pub use which::Which;

#[cfg(test)]
mod tests;
