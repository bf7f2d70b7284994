//! What keeps the flow away from eigenvectors that were found before.

use super::flow::EigenvectorFlow;
use crate::kernels::reduce::{axpy, dot, norm};
use crate::linalg::{Matrix, Qr, checks};
use crate::{Result, Scalar};

/// How eigenvectors found before are kept out of the flow (Theorem B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deflation {
    /// The flow of the whole matrix from a start orthogonal to them, by Gram–Schmidt, and that again after
    /// every step or window. It is needed: rounding in the direction of vᵢ grows as e^{s(λᵢ − λ)t}.
    Projection,
    /// The flow of B = QᵀAQ in coordinates y = Qᵀx, Q `[n, n − k]` an orthonormal basis of the
    /// complement of the k vectors found: there is nothing left to leak.
    #[default]
    Complement,
}

/// The problem that is left after some eigenvectors were found.
#[derive(Debug, Clone)]
pub(super) struct Deflated<T> {
    pub flow: EigenvectorFlow<T>,
    /// Q `[n, m]`; `None` for the identity.
    pub basis: Option<Matrix<T>>,
}

impl<T: Scalar> Deflated<T> {
    pub fn new(flow: &EigenvectorFlow<T>, deflation: Deflation, found: &[Vec<T>]) -> Result<Self> {
        if deflation == Deflation::Projection || found.is_empty() {
            return Ok(Deflated { flow: flow.clone(), basis: None });
        }
        let (n, k) = (flow.order(), found.len());
        let columns = Matrix::from_fn(n, k, |i, j| found[j][i]);
        let basis = Qr::factor(&columns)?.full_q()?.submatrix(0..n, k..n);
        let compressed = basis.t_matmul(&flow.matrix().matmul(&basis)?)?;
        Ok(Deflated { flow: EigenvectorFlow::of(checks::symmetric_part(&compressed)), basis: Some(basis) })
    }

    /// Qᵀx `[m]`.
    pub fn restrict(&self, x: &[T]) -> Result<Vec<T>> {
        self.basis.as_ref().map_or_else(|| Ok(x.to_vec()), |basis| basis.transpose().matvec(x))
    }

    /// Q y `[n]`.
    pub fn lift(&self, y: &[T]) -> Result<Vec<T>> {
        self.basis.as_ref().map_or_else(|| Ok(y.to_vec()), |basis| basis.matvec(y))
    }
}

/// Removes from x its components along unit vectors, twice, so that rounding is removed too.
pub(super) fn project<T: Scalar>(x: &mut [T], found: &[Vec<T>]) {
    for _ in 0..2 {
        found.iter().for_each(|v| axpy(-dot(v, x), v, x));
    }
}

/// Gives x that length; false for a vector that has none.
pub(super) fn rescale<T: Scalar>(x: &mut [T], length: T) -> bool {
    let factor = length / norm(x);
    x.iter_mut().for_each(|v| *v *= factor);
    factor.is_finite()
}
