//! Dense linear algebra.

mod bidiagonal;
mod bidiagonal_divide_and_conquer;
mod bidiagonal_qr;
mod block;
mod checks;
mod cholesky;
mod complex;
mod divide_and_conquer;
mod generalized_eigen;
mod householder;
mod jacobi;
mod jacobi_svd;
mod least_squares;
mod lu;
mod matrix;
mod operator;
mod orthogonalize;
mod pivoted_qr;
mod qr;
mod scaling;
mod secular;
mod singular_secular;
mod strips;
mod svd;
mod symmetric_eigen;
mod triangular;
mod tridiagonal;
mod tridiagonal_ql;

pub use cholesky::Cholesky;
pub use complex::{Complex, ComplexMatrix};
pub use generalized_eigen::generalized_symmetric_eigen;
pub use jacobi::jacobi_eigen;
pub use jacobi_svd::jacobi_svd;
pub use least_squares::{LeastSquares, condition_number, least_squares, pseudo_inverse, rank};
pub use lu::Lu;
pub use matrix::Matrix;
pub use operator::{LinearOperator, Symmetry};
pub use orthogonalize::{GramSchmidt, cholesky_qr, gram_schmidt};
pub use pivoted_qr::PivotedQr;
pub use qr::Qr;
pub use svd::{Svd, singular_values, svd, svd_full};
pub use symmetric_eigen::{EigenRange, SymmetricEigen, symmetric_eigen, symmetric_eigen_range, symmetric_eigenvalues};
pub use triangular::{Triangle, Triangular};

#[cfg(test)]
mod tests;
