//! Sparse matrices: storage, products, factorisations, and iterative solvers of linear systems.
//!
//! [`Csr`] and [`Csc`] are one mechanism read by rows or by columns. A symmetric system is solved by [`Cholesky`] or
//! [`Ldlt`], which order it by [`minimum_degree`] and eliminate dense fronts, or by [`ConjugateGradient`] and
//! [`Minres`], which need products only; [`IncompleteCholesky`], [`Jacobi`] and [`CoarseCorrection`] precondition them.
//!
//! ```
//! use eigennet::sparse::{Cholesky, ConjugateGradient, Csr, IncompleteCholesky};
//! // −u″ = 1 on (0, 1), zero at both ends: u = x (1 − x) / 2.
//! let n = 99;
//! let diagonal = (0..n).map(|i| (i, i, 2.0));
//! let beside = (1..n).flat_map(|i| [(i - 1, i, -1.0), (i, i - 1, -1.0)]);
//! let a = Csr::from_triplets(n, n, &diagonal.chain(beside).collect::<Vec<_>>())?;
//! let b = vec![1.0 / ((n + 1) * (n + 1)) as f64; n];
//! let direct = Cholesky::factor(&a)?.solve(&b)?;
//! let incomplete = IncompleteCholesky::new(&a)?;
//! let iterated = ConjugateGradient::default().solve_preconditioned(&a, &incomplete, &b)?;
//! assert!((direct[49] - 0.125).abs() < 1e-12 && (iterated.x[49] - 0.125).abs() < 1e-9);
//! # Ok::<(), eigennet::Error>(())
//! ```

mod cholesky;
mod coarse_correction;
mod conjugate_gradient;
mod count_eigenvalues;
mod elimination_tree;
mod iteration;
mod ldlt;
mod minres;
mod multifrontal;
mod ordering;
mod preconditioner;
mod supernodes;
mod symbolic;

pub use crate::linalg::compressed::{Compressed, Csc, Csr};
pub use cholesky::Cholesky;
pub use coarse_correction::CoarseCorrection;
pub use conjugate_gradient::ConjugateGradient;
pub use count_eigenvalues::count_eigenvalues;
pub use iteration::{Solved, Stop};
pub use ldlt::Ldlt;
pub use minres::Minres;
pub use ordering::minimum_degree;
pub use preconditioner::{IncompleteCholesky, Jacobi};
pub use symbolic::Symbolic;

#[cfg(test)]
mod tests;
