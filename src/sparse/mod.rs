//! Sparse matrices: storage, products, factorisations, and iterative solvers of linear systems.

mod cholesky;
mod compressed;
mod conjugate_gradient;
mod csc;
mod csr;
mod elimination_tree;
mod inertia;
mod iteration;
mod ldlt;
mod minres;
mod multifrontal;
mod ordering;
mod preconditioner;
mod supernodes;

pub use cholesky::Cholesky;
pub use conjugate_gradient::ConjugateGradient;
pub use csc::Csc;
pub use csr::Csr;
pub use elimination_tree::Symbolic;
pub use inertia::{Inertia, count_eigenvalues};
pub use iteration::{Solved, Stop};
pub use ldlt::Ldlt;
pub use minres::Minres;
pub use ordering::minimum_degree;
pub use preconditioner::{IncompleteCholesky, Jacobi};

#[cfg(test)]
mod tests;
