//! Singular values: reduction to bidiagonal form, then divide and conquer; one-sided Jacobi.

mod bidiagonal;
mod bidiagonal_divide_and_conquer;
mod bidiagonal_qr;
mod jacobi_svd;
mod singular_secular;
pub(crate) mod svd;

pub use jacobi_svd::jacobi_svd;
pub use svd::{Svd, singular_values, svd, svd_full};
