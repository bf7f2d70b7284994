//! The Krylov–Schur decomposition `A V = V S + v bᵀ`.

use super::super::basis::{Basis, bordered, orthonormalize, random_direction};
use super::super::checks::Products;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{Complex, ComplexMatrix, Matrix, Schur, Span, right_eigenvectors, schur};
use crate::rng::Stream;

/// `A V = V S + v bᵀ` with orthonormal `V` `[n, m]` and a unit vector `v ⊥ V`.
pub(super) struct Decomposition<T> {
    span: Span,
    basis: Basis<T>,
    projected: Matrix<T>,
    /// `b`: how far `V` is from invariant.
    pub(super) coupling: Vec<T>,
    /// `v`; none where `V` is all of the space.
    pub(super) next: Option<Vec<T>>,
    /// The longest image seen of a unit vector, for `‖A‖`.
    pub(super) scale: T,
}

impl<T: Scalar> Decomposition<T> {
    pub(super) fn new(span: &Span) -> Self {
        Decomposition {
            span: span.clone(),
            basis: Basis::over(span),
            projected: Matrix::zeros(0, 0),
            coupling: Vec::new(),
            next: None,
            scale: T::zero(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.basis.len()
    }

    /// A random `v ⊥ V`.
    pub(super) fn randomize_next(&mut self, stream: &mut Stream) {
        self.next = random_direction(&self.span, stream, &[&self.basis]);
    }

    /// Appends Krylov vectors up to dimension `m`.
    pub(super) fn extend(&mut self, a: &mut Products<'_, T>, stream: &mut Stream, m: usize) -> Result<(), Error> {
        while self.len() < m {
            let Some(v) = self.next.take() else { break };
            let j = self.len();
            let mut w = a.apply(&v)?;
            let before = self.span.norm(&w);
            self.scale = self.scale.max(before);
            self.basis.push(&v);
            let column = self.basis.remove_from(&mut w);
            self.projected = bordered(&self.projected, &column, &self.coupling, column[j]);
            self.coupling = vec![T::zero(); j + 1];
            let beta = self.span.normalize(&mut w);
            let negligible = beta <= T::EPSILON * T::of(16.0) * self.scale;
            if negligible || !orthonormalize(&self.span, &mut w, &[&self.basis]) {
                // An invariant subspace: go on beside it.
                self.randomize_next(stream);
            } else {
                self.coupling[j] = beta;
                self.next = Some(w);
            }
        }
        Ok(())
    }

    /// Brings `S` to real Schur form with ascending ranks along the diagonal, and returns its eigenvalues.
    pub(super) fn sort(&mut self, rank: impl Fn(Complex<T>) -> T) -> Result<Vec<Complex<T>>, Error> {
        let mut form = schur(&self.projected)?;
        match form.reorder_by(rank) {
            // Values too close to be exchanged are too close for their order to matter.
            Ok(()) | Err(Error::NoConvergence { .. }) => {}
            Err(error) => return Err(error),
        }
        let values = form.values();
        self.basis = self.basis.combinations(&form.q)?;
        self.coupling = (0..self.coupling.len())
            .map(|j| self.coupling.iter().enumerate().map(|(i, &b)| b * form.q[(i, j)]).sum())
            .collect();
        self.projected = form.t;
        Ok(values)
    }

    /// Keeps the first `m` Schur vectors.
    pub(super) fn cut(&mut self, m: usize) -> Result<(), Error> {
        self.projected = self.projected.submatrix(0..m, 0..m);
        self.coupling.truncate(m);
        self.basis.truncate(m);
        Ok(())
    }

    /// Eigenvalues and eigenvectors, of norm one, of the first `m` Schur vectors.
    pub(super) fn eigenvectors(&self, m: usize) -> Result<(Vec<Complex<T>>, ComplexMatrix<T>), Error> {
        let t = self.projected.submatrix(0..m, 0..m);
        let values = Schur { t: t.clone(), q: Matrix::identity(m) }.values();
        let packed = right_eigenvectors(&t, &values)?;
        let mut first = self.basis.clone();
        first.truncate(m);
        let images = first.combinations(&packed)?;
        let n = self.span.len();
        let mut vectors = ComplexMatrix::zeros(n, m);
        let mut j = 0;
        while j < m {
            let paired = values[j].im != T::zero() && j + 1 < m;
            let re = images.row(j).to_vec();
            let im = if paired { images.row(j + 1).to_vec() } else { vec![T::zero(); n] };
            let length = self.span.norm(&re).hypot(self.span.norm(&im));
            for i in 0..n {
                let entry = Complex::new(re[i] / length, im[i] / length);
                vectors.set(i, j, entry);
                if paired {
                    vectors.set(i, j + 1, entry.conj());
                }
            }
            j += if paired { 2 } else { 1 };
        }
        Ok((values, vectors))
    }
}
