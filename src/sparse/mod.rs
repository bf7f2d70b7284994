//! Sparse matrices: storage, products, factorisations, and iterative solvers of linear systems.

mod cholesky;
mod compressed;
mod csc;
mod csr;
mod elimination_tree;
mod ldlt;
mod ordering;

pub use cholesky::Cholesky;
pub use csc::Csc;
pub use csr::Csr;
pub use elimination_tree::Symbolic;
pub use ldlt::{Inertia, Ldlt};
pub use ordering::minimum_degree;

#[cfg(test)]
mod tests;
