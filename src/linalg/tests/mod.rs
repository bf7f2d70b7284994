//! LAPACK's test ratios over LAPACK's classes of test matrices.

mod classes;
mod divide_and_conquer;
mod factorizations;
mod generalized_eigen;
mod jacobi;
mod orthogonalize;
mod ratios;
mod rectangular_classes;
mod svd;
mod symmetric_eigen;
