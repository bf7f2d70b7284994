//! Dense linear algebra.

mod block;
mod checks;
mod cholesky;
mod divide_and_conquer;
mod generalized_eigen;
mod householder;
mod jacobi;
mod matrix;
mod qr;
mod secular;
mod symmetric_eigen;
mod triangular;
mod tridiagonal;
mod tridiagonal_ql;

pub use cholesky::Cholesky;
pub use generalized_eigen::generalized_symmetric_eigen;
pub use jacobi::jacobi_eigen;
pub use matrix::Matrix;
pub use qr::Qr;
pub use symmetric_eigen::{EigenRange, SymmetricEigen, symmetric_eigen, symmetric_eigen_range, symmetric_eigenvalues};
pub use triangular::{Triangle, Triangular};

#[cfg(test)]
mod tests;
