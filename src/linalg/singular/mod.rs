//! Singular values: reduction to bidiagonal form, then divide and conquer; one-sided Jacobi.

mod bidiagonal;
mod bidiagonal_divide_and_conquer;
mod bidiagonal_qr;
mod bordered_diagonal;
mod jacobi_svd;
pub(crate) mod svd;

pub use jacobi_svd::jacobi_svd;
pub use svd::{Svd, singular_values, svd, svd_full};
