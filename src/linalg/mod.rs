//! Dense linear algebra.

mod aggressive_deflation;
mod balance;
mod block;
pub(crate) mod checks;
mod cholesky;
mod complex;
mod divide_and_conquer;
mod francis;
mod generalized_eigen;
mod hessenberg;
mod householder;
mod jacobi;
mod ldlt;
mod least_squares;
mod lu;
mod matrix;
mod matrix_exponential;
mod multishift;
mod nonsymmetric_eigen;
mod null_space;
mod operator;
mod orthogonalize;
mod pivoted_qr;
mod polynomial;
mod qr;
mod quasi_triangular_eigenvectors;
pub(crate) mod scaling;
mod schur;
mod schur_reorder;
mod secular;
mod small_bulges;
mod standard_block;
mod svd;
mod symmetric_eigen;
mod triangular;
mod tridiagonal;
mod tridiagonal_ql;

pub use cholesky::Cholesky;
pub use complex::{Complex, ComplexMatrix};
pub use generalized_eigen::generalized_symmetric_eigen;
pub use jacobi::jacobi_eigen;
pub use ldlt::{Inertia, Ldlt};
pub use least_squares::{LeastSquares, condition_number, least_squares, pseudo_inverse, rank};
pub use lu::Lu;
pub use matrix::Matrix;
pub use matrix_exponential::matrix_exponential;
pub use nonsymmetric_eigen::{NonsymmetricEigen, NonsymmetricOptions, nonsymmetric_eigen, nonsymmetric_eigenvalues};
pub use null_space::{eigenvectors_of, is_eigenvector, null_space};
pub use operator::{LinearOperator, Symmetry};
pub use orthogonalize::{GramSchmidt, cholesky_qr, gram_schmidt};
pub use pivoted_qr::PivotedQr;
pub use polynomial::{
    MAX_CHARACTERISTIC_ORDER, MAX_POLYNOMIAL_DEGREE, characteristic_polynomial, polynomial_roots,
};
pub use qr::Qr;
pub(crate) use quasi_triangular_eigenvectors::right_eigenvectors;
pub use schur::{Schur, schur};
pub use svd::{Svd, singular_values, svd, svd_full};
pub use symmetric_eigen::{EigenRange, SymmetricEigen, symmetric_eigen, symmetric_eigen_range, symmetric_eigenvalues};
pub use triangular::{Triangle, Triangular};

#[cfg(test)]
mod tests;
