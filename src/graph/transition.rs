//! The random walk on a graph, and what its eigenvectors are elsewhere.

use super::laplacian::{conjugated, reciprocal_roots};
use super::weighted_graph::Graph;
use crate::linalg::Matrix;
use crate::sparse::Csr;
use crate::{Error, Result, Scalar};

/// P = D⁻¹ W by its symmetric conjugate D^(−½) W D^(−½), with what stands on the diagonal of W.
#[derive(Debug)]
pub(super) struct Transition<T> {
    graph: Graph<T>,
    conjugate: Csr<T>,
    /// √dᵢ, as shares: their squares add up to 1.
    roots: Vec<T>,
}

impl<T: Scalar> Transition<T> {
    #[inline(never)]
    pub fn new(graph: Graph<T>) -> Result<Self> {
        let degrees = graph.degrees();
        Error::check_finite("degrees of a graph", &degrees)?;
        let inverses = reciprocal_roots(&degrees);
        let kernel = graph.kernel();
        let mut conjugate = Csr::empty(graph.len(), kernel.nnz());
        for (i, (others, row)) in kernel.row_iter().enumerate() {
            conjugate.push_line(
                others.iter().zip(row).map(|(&j, &w)| (j, conjugated(w, inverses[i], inverses[j as usize]))),
            );
        }
        drop(kernel);
        let total = degrees.iter().fold(T::zero(), |sum, &d| sum + d).sqrt();
        let roots = degrees.iter().map(|&d| d.sqrt() / total).collect();
        Ok(Transition { graph, conjugate, roots })
    }

    pub fn graph(&self) -> &Graph<T> {
        &self.graph
    }

    pub fn conjugate(&self) -> &Csr<T> {
        &self.conjugate
    }

    /// √dᵢ, their squares adding up to 1.
    pub fn roots(&self) -> &[T] {
        &self.roots
    }

    /// ψ = D^(−½) v of orthonormal eigenvectors v of the conjugate `[n, k]`: Σ dᵢ ψᵢ² = Σ dᵢ. Without neighbours it is 0.
    pub fn functions(&self, vectors: &Matrix<T>) -> Matrix<T> {
        let over = |root: T| if root > T::zero() { root.recip() } else { T::zero() };
        Matrix::from_fn(vectors.rows(), vectors.cols(), |i, j| vectors[(i, j)] * over(self.roots[i]))
    }

    /// Nyström: Σⱼ p(x, xⱼ) ψ(xⱼ)/μ for each row x of `at`.
    pub fn extend(&self, at: &Matrix<T>, functions: &Matrix<T>, values: &[T]) -> Result<Matrix<T>> {
        let least = T::EPSILON.sqrt();
        if let Some(j) = values.iter().position(|&mu| mu.abs() <= least) {
            let reason = format!("eigenvalue {j} is {}: functions of so small ones are not known elsewhere", values[j]);
            return Err(Error::invalid("Nyström extension", reason));
        }
        let walk = self.graph.walk_from(at)?;
        let mut out = Matrix::zeros(at.rows(), values.len());
        for (i, (others, row)) in walk.row_iter().enumerate() {
            let out = out.row_mut(i);
            for (&j, &p) in others.iter().zip(row) {
                out.iter_mut().zip(functions.row(j as usize)).for_each(|(sum, &psi)| *sum += p * psi);
            }
            out.iter_mut().zip(values).for_each(|(sum, &mu)| *sum /= mu);
        }
        Ok(out)
    }
}
