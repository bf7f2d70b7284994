//! Matrices of which only the nonzero entries are stored; made public as [`sparse`](crate::sparse).

mod arithmetic;
mod products;
mod storage;

pub(crate) use storage::check_permutation;
pub use storage::{Compressed, Csc, Csr};
