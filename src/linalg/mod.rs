//! Dense linear algebra.

mod matrix;

pub use matrix::Matrix;
