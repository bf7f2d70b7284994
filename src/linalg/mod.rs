//! Dense linear algebra.

mod block;
mod checks;
mod cholesky;
mod generalized_eigen;
mod householder;
mod matrix;
mod qr;
mod symmetric_eigen;
mod triangular;
mod tridiagonal;
mod tridiagonal_ql;

pub use cholesky::Cholesky;
pub use generalized_eigen::generalized_symmetric_eigen;
pub use matrix::Matrix;
pub use qr::Qr;
pub use symmetric_eigen::{SymmetricEigen, symmetric_eigen, symmetric_eigenvalues};
pub use triangular::{Triangle, Triangular};

#[cfg(test)]
mod tests;
