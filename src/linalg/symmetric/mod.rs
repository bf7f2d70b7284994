//! Symmetric eigenproblems: reduction to tridiagonal form, then divide and conquer.

pub(crate) mod divide_and_conquer;
mod generalized_eigen;
pub(crate) mod jacobi;
pub(crate) mod rank_one_update;
mod symmetric_eigen;
pub(crate) mod tridiagonal;
pub(crate) mod tridiagonal_ql;

pub use generalized_eigen::generalized_symmetric_eigen;
pub use jacobi::jacobi_eigen;
pub use symmetric_eigen::{EigenRange, SymmetricEigen, symmetric_eigen, symmetric_eigen_range, symmetric_eigenvalues};
