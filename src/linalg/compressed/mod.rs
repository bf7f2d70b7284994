//! Matrices of which only the nonzero entries are stored; made public as [`sparse`](crate::sparse).

mod csc;
mod csr;
mod storage;

pub use csc::Csc;
pub use csr::Csr;
pub(crate) use storage::{Compressed, check_permutation};
