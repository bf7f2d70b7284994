//! The random walk on a graph, and what its eigenvectors are elsewhere.

use super::graph::Graph;
use super::laplacian::reciprocal_roots;
use crate::linalg::Matrix;
use crate::sparse::Csr;
use crate::{Error, Result, Scalar};

/// P = D⁻¹ K_α, K_α = (W + s I)/(qᵢ qⱼ)^α, by its symmetric conjugate D^(−½) K_α D^(−½).
#[derive(Debug)]
pub(super) struct Transition<T> {
    graph: Graph<T>,
    conjugate: Csr<T>,
    /// qᵢ^(−α)
    density: Vec<T>,
    /// √dᵢ, as shares: their squares add up to 1.
    roots: Vec<T>,
}

impl<T: Scalar> Transition<T> {
    /// With s on the diagonal.
    pub fn new(graph: Graph<T>, alpha: T, itself: T) -> Result<Self> {
        let n = graph.len();
        let density: Vec<T> = graph.degrees().into_iter().map(|q| (q + itself).powf(-alpha)).collect();
        let mut kernel = Csr::empty(n, graph.weights().nnz() + n);
        let mut degrees = Vec::with_capacity(n);
        for (i, (others, row)) in graph.weights().row_iter().enumerate() {
            let before = others.partition_point(|&j| (j as usize) < i);
            let entries = || others.iter().zip(row).map(|(&j, &w)| (j, w * density[i] * density[j as usize]));
            let own = (itself != T::zero()).then(|| (i as u32, itself * density[i] * density[i]));
            kernel.push_line(entries().take(before).chain(own).chain(entries().skip(before)));
            let (_, row) = kernel.row(i);
            degrees.push(row.iter().fold(T::zero(), |sum, &k| sum + k));
        }
        Error::check_finite("degrees of the kernel: alpha is too large for so different densities; degrees", &degrees)?;
        let inverses = reciprocal_roots(&degrees);
        let mut conjugate = Csr::empty(n, kernel.nnz());
        for (i, (others, row)) in kernel.row_iter().enumerate() {
            conjugate.push_line(others.iter().zip(row).map(|(&j, &k)| (j, k * (inverses[i] * inverses[j as usize]))));
        }
        let total = degrees.iter().fold(T::zero(), |sum, &d| sum + d);
        let roots = degrees.iter().map(|&d| (d / total).sqrt()).collect();
        Ok(Transition { graph, conjugate, density, roots })
    }

    pub fn graph(&self) -> &Graph<T> {
        &self.graph
    }

    pub fn conjugate(&self) -> &Csr<T> {
        &self.conjugate
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
        let walk = self.graph.walk_from(at, &self.density)?;
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
