//! LAPACK's test ratios over LAPACK's classes of test matrices.

mod classes;
mod compressed;
mod condition;
mod divide_and_conquer;
mod extremes;
mod factorizations;
mod generalized_eigen;
mod gram;
mod jacobi;
mod ldlt;
mod matrix_functions;
mod nonsymmetric_classes;
mod nonsymmetric_eigen;
mod orthogonalize;
mod ratios;
mod rectangular_classes;
mod schur;
mod subspace;
mod svd;
mod symmetric_eigen;
