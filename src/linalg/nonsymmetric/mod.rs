//! Nonsymmetric eigenproblems: balancing, Hessenberg form, real Schur form, eigenvectors.

mod aggressive_deflation;
mod balance;
mod exchange;
mod francis;
mod hessenberg;
mod multishift;
mod nonsymmetric_eigen;
mod quasi_triangular_eigenvectors;
mod schur;
mod schur_reorder;
mod small_bulges;
mod standard_block;

pub use nonsymmetric_eigen::{NonsymmetricEigen, NonsymmetricOptions, nonsymmetric_eigen, nonsymmetric_eigenvalues};
pub(crate) use quasi_triangular_eigenvectors::right_eigenvectors;
pub use schur::{Schur, schur};
