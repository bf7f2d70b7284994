//! Sparse matrices: storage, products, factorisations, and iterative solvers of linear systems.

mod compressed;
mod csc;
mod csr;

pub use csc::Csc;
pub use csr::Csr;

#[cfg(test)]
mod tests;
