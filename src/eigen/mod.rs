//! Eigenvalues and eigenvectors of operators too large, or too implicit, for a dense decomposition,
//! and one door to all solvers of the crate.

mod basis;
pub(crate) mod checks;
mod gathered;
mod golub_kahan_lanczos;
mod jacobi_davidson;
mod krylov_schur;
mod lanczos;
mod lobpcg;
mod method;
mod pairs;
mod shift_invert;
mod solve;
pub mod textbook;
mod which;

pub use golub_kahan_lanczos::GolubKahanLanczos;
pub use jacobi_davidson::JacobiDavidson;
pub use krylov_schur::Arnoldi;
pub use lanczos::Lanczos;
pub use lobpcg::{Lobpcg, Locking};
pub use method::Method;
pub use pairs::{ComplexEigenpairs, Eigenpairs, SingularTriplets};
pub use shift_invert::ShiftInvert;
pub use solve::{Eigenproblem, Eigensystem, largest, largest_magnitude, nearest_to, smallest, solve};
pub use which::Which;

#[cfg(test)]
mod tests;
