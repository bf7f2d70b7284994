//! Dense linear algebra.

mod block;
pub(crate) mod checks;
pub(crate) mod cholesky;
mod complex;
pub(crate) mod compressed;
mod condition;
mod gram;
mod halves;
mod householder;
mod ldlt;
mod least_squares;
mod lu;
mod matrix;
pub(crate) mod matrix_exponential;
mod minimum_norm;
mod nonsymmetric;
mod null_space;
mod operator;
mod orthogonalize;
mod pivoted_qr;
mod places;
mod polynomial;
mod pool;
mod qr;
pub(crate) mod scaling;
mod secular;
mod singular;
mod span;
mod strips;
mod subspace;
mod symmetric;
mod triangular;

pub use cholesky::Cholesky;
pub use complex::{Complex, ComplexMatrix};
pub use gram::{Gram, gram, row_gram};
pub use ldlt::{Inertia, Ldlt};
pub use least_squares::{LeastSquares, condition_number, least_squares, pseudo_inverse, rank};
pub use lu::Lu;
pub use matrix::Matrix;
pub use matrix_exponential::matrix_exponential;
pub(crate) use minimum_norm::OrthogonalFactors;
pub use minimum_norm::{MinimumNorm, minimum_norm};
pub(crate) use nonsymmetric::right_eigenvectors;
pub use nonsymmetric::{
    NonsymmetricEigen, NonsymmetricOptions, Schur, nonsymmetric_eigen, nonsymmetric_eigenvalues, schur,
};
pub use null_space::{eigenvectors_of, is_eigenvector, null_space};
pub use operator::{LinearOperator, Storage, Symmetry};
pub use orthogonalize::{GramSchmidt, cholesky_qr, gram_schmidt};
pub use pivoted_qr::PivotedQr;
pub(crate) use places::sort_places;
pub use polynomial::{MAX_CHARACTERISTIC_ORDER, MAX_POLYNOMIAL_DEGREE, characteristic_polynomial, polynomial_roots};
pub use pool::Pool;
pub use qr::Qr;
pub use singular::{Svd, jacobi_svd, singular_values, svd, svd_full};
pub use span::Span;
pub use subspace::{aligned_distance, grassmann_distance, polar_factor, principal_angles, projection_error};
pub(crate) use symmetric::jacobi::sweep as jacobi_sweep;
pub use symmetric::{
    EigenRange, SymmetricEigen, generalized_symmetric_eigen, jacobi_eigen, symmetric_eigen, symmetric_eigen_range,
    symmetric_eigenvalues,
};
pub use triangular::{Triangle, Triangular};

#[cfg(test)]
mod tests;
