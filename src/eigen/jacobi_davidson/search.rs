//! The search space: its Ritz pairs, ordinary or harmonic, and its thick restart.

use super::super::Which;
use super::super::basis::{Basis, bordered, with_unit_columns};
use super::super::checks::Products;
use super::super::pairs::select;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpy, dot};
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Matrix, Qr, Span, generalized_symmetric_eigen, symmetric_eigen};

/// An approximate eigenpair.
pub(super) struct Candidate<T> {
    pub(super) value: T,
    pub(super) vector: Vec<T>,
    /// `A u − θ u`, without what lies in the span of the eigenvectors found.
    pub(super) residual: Vec<T>,
    /// Of the vector, in the basis of the search space.
    coefficients: Vec<T>,
}

/// An orthonormal basis `V` with `A V` and `Vᵀ A V`.
pub(super) struct Search<T> {
    which: Which<T>,
    basis: Basis<T>,
    images: Basis<T>,
    projected: Matrix<T>,
}

impl<T: Scalar> Search<T> {
    pub(super) fn new(n: usize, which: Which<T>) -> Self {
        Search { which, basis: Basis::new(n), images: Basis::new(n), projected: Matrix::zeros(0, 0) }
    }

    pub(super) fn len(&self) -> usize {
        self.basis.len()
    }

    pub(super) fn basis(&self) -> &Basis<T> {
        &self.basis
    }

    /// Adds a vector of norm one, orthogonal to the others.
    pub(super) fn push(&mut self, x: Vec<T>, a: &mut Products<'_, T>) -> Result<(), Error> {
        let image = a.apply(&x)?;
        self.basis.push(&x);
        self.images.push(&image);
        let border = self.basis.coefficients(&image);
        self.projected = bordered(&self.projected, &border, &border, border[self.len() - 1]);
        Ok(())
    }

    /// Coefficients of the Ritz vectors, best first, one per column `[m, m]`.
    fn ritz(&self) -> Result<Matrix<T>, Error> {
        if let Which::NearestTo(sigma) = self.which
            && let Some(harmonic) = self.harmonic(sigma)?
        {
            return Ok(harmonic);
        }
        let eigen = symmetric_eigen(&self.projected)?;
        Ok(select(&eigen.vectors, &self.which.order(&eigen.values)))
    }

    /// Harmonic Ritz vectors about `sigma`: `Wᵀ V y = μ Wᵀ W y` for `W = (A − σ) V`, `μ = 1 / (θ − σ)`.
    /// `None` where `W` is (nearly) rank deficient: σ is then an eigenvalue, and ordinary Ritz pairs do.
    fn harmonic(&self, sigma: T) -> Result<Option<Matrix<T>>, Error> {
        let m = self.len();
        let mut shifted = Basis::new(self.images.row(0).len());
        for (v, image) in self.basis.rows().zip(self.images.rows()) {
            let mut w = image.to_vec();
            axpy(-sigma, v, &mut w);
            shifted.push(&w);
        }
        let mut left = Matrix::zeros(m, m);
        let mut gram = Matrix::zeros(m, m);
        for i in 0..m {
            for j in 0..=i {
                let projected = self.projected[(i, j)] - if i == j { sigma } else { T::zero() };
                let product = dot(shifted.row(i), shifted.row(j));
                (left[(i, j)], left[(j, i)]) = (projected, projected);
                (gram[(i, j)], gram[(j, i)]) = (product, product);
            }
        }
        let Ok(eigen) = generalized_symmetric_eigen(&left, &gram) else { return Ok(None) };
        let vectors = select(&eigen.vectors, &Which::LargestMagnitude.order(&eigen.values));
        if Error::check_finite("harmonic", vectors.as_slice()).is_err() {
            return Ok(None);
        }
        Ok(Some(with_unit_columns(&Span::whole(vectors.rows()), &vectors)))
    }

    fn candidate(&self, coefficients: Vec<T>, locked: &Basis<T>) -> Candidate<T> {
        let mut vector = self.basis.combination(&coefficients);
        let mut residual = self.images.combination(&coefficients);
        let length = Span::whole(vector.len()).normalize(&mut vector);
        residual.iter_mut().for_each(|v| *v /= length);
        let value = dot(&vector, &residual);
        axpy(-value, &vector, &mut residual);
        locked.remove_from(&mut residual);
        Candidate { value, vector, residual, coefficients }
    }

    /// The best candidate.
    pub(super) fn best(&self, locked: &Basis<T>) -> Result<Candidate<T>, Error> {
        if self.len() == 0 {
            return Err(Error::invalid("JacobiDavidson", "the search space is empty; give another seed"));
        }
        Ok(self.candidate(self.ritz()?.column(0), locked))
    }

    /// The best few candidates, orthonormal to each other.
    pub(super) fn leading(&self, count: usize, locked: &Basis<T>) -> Result<Vec<Candidate<T>>, Error> {
        let eigen = symmetric_eigen(&self.projected)?;
        let order = self.which.order(&eigen.values);
        Ok(order.iter().take(count).map(|&j| self.candidate(eigen.vectors.column(j), locked)).collect())
    }

    /// The largest modulus on the diagonal of the projected matrix: no more than `‖A‖`.
    pub(super) fn largest_value(&self) -> T {
        self.projected.diagonal().iter().fold(T::zero(), |m, v| m.max(v.abs()))
    }

    /// Cuts the space back to its best `keep` vectors.
    pub(super) fn restart(&mut self, keep: usize) -> Result<(), Error> {
        let keep = keep.min(self.len());
        let best = self.ritz()?.submatrix(0..self.len(), 0..keep);
        self.transform(&Qr::factor(&best)?.thin_q()?)
    }

    /// Takes a candidate out: the rest of the space is orthogonal to it.
    pub(super) fn remove(&mut self, candidate: &Candidate<T>) -> Result<(), Error> {
        let m = self.len();
        let column = Matrix::from_vec(m, 1, candidate.coefficients.clone())?;
        let rest = Qr::factor(&column)?.full_q()?.submatrix(0..m, 1..m);
        self.transform(&rest)
    }

    fn transform(&mut self, coefficients: &Matrix<T>) -> Result<(), Error> {
        self.basis = self.basis.combinations(coefficients)?;
        self.images = self.images.combinations(coefficients)?;
        self.projected = symmetric_part(&coefficients.t_matmul(&self.projected.matmul(coefficients)?)?);
        Ok(())
    }
}
