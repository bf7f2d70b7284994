//! A preconditioner that solves a few known directions exactly.

use crate::Scalar;
use crate::error::Error;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Cholesky, LinearOperator, Matrix, Qr, Symmetry, Triangular};

/// The balancing preconditioner of a coarse space spanned by the columns of `U`,
/// `M⁻¹ = (I − Q A) M₁⁻¹ (I − A Q) + Q` with `Q = U (Uᵀ A U)⁻¹ Uᵀ` (Mandel, 1993), the symmetric form of deflation
/// (Nicolaides, 1987; Frank and Vuik, 2001).
///
/// On the coarse space it is the inverse of `A`; on the rest it leaves `A` to `M₁`. Where `U` spans the eigenvectors of the
/// smallest eigenvalues `λ₁ … λₖ`, the condition that conjugate gradients meet falls from `λₙ/λ₁` to `λₙ/λₖ₊₁`; nearly so
/// where the Ritz values of `U` are near to them. It is symmetric positive definite whatever `U` is. A product takes `4 n k`
/// multiplications and none with `A`, whose image of `U` is kept.
///
/// ```
/// use eigennet::linalg::Matrix;
/// use eigennet::sparse::{CoarseCorrection, ConjugateGradient, Csr};
/// // Ten groups of twenty, stiff within, each tied to the ground by little.
/// let entry = |i: usize, j: usize| if i == j { 19.0 + 1e-3 * (1 + i / 20) as f64 } else { -1.0 };
/// let entries: Vec<_> = (0..200).flat_map(|i| (0..20).map(move |j| (i, i / 20 * 20 + j))).collect();
/// let a = Csr::from_triplets(200, 200, &entries.iter().map(|&(i, j)| (i, j, entry(i, j))).collect::<Vec<_>>())?;
/// let b: Vec<f64> = (0..200).map(|i| (i * i % 7) as f64).collect();
/// let plain = ConjugateGradient::default().solve(&a, &b)?;
/// // What moves slowly is known: a group as a whole.
/// let groups = Matrix::from_fn(200, 10, |i, j| f64::from(u8::from(i / 20 == j)));
/// let corrected = ConjugateGradient::default().solve_preconditioned(&a, &CoarseCorrection::new(&a, &groups)?, &b)?;
/// assert!(2 * corrected.iterations < plain.iterations);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone)]
pub struct CoarseCorrection<'a, T> {
    /// `U` `[n, k]` with `Uᵀ A U = I`, so that `Q = U Uᵀ`.
    space: Matrix<T>,
    /// `A U` `[n, k]`
    image: Matrix<T>,
    fine: Option<&'a dyn LinearOperator<T>>,
}

impl<'a, T: Scalar> CoarseCorrection<'a, T> {
    /// Of a symmetric positive definite operator and the span of the columns of `space` `[n, k]`, in the place of
    /// dependent ones any others; `M₁` is the identity.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the operator is square, of the order of the columns, and k ≤ n; [`Error::NonFinite`] for
    /// NaN and infinities, given or met; [`Error::InvalidArgument`] for an operator that does not say that it is
    /// symmetric; [`Error::NotPositiveDefinite`] where it is singular or indefinite on the span: shift it.
    pub fn new(a: &(impl LinearOperator<T> + ?Sized), space: &Matrix<T>) -> Result<Self, Error> {
        let (operation, n) = ("CoarseCorrection::new", a.rows());
        if a.cols() != n || space.rows() != n || space.cols() > n {
            return Err(Error::shape(operation, &[n, a.cols()], &space.shape()));
        }
        if a.symmetry() != Symmetry::Symmetric {
            let reason = "it does not say that it is symmetric; implement LinearOperator::symmetry";
            return Err(Error::invalid("operator of CoarseCorrection", reason));
        }
        let basis = Qr::factor(space)?.thin_q()?;
        let mut image = Matrix::zeros(n, basis.cols());
        a.apply_block(&basis, &mut image)?;
        Error::check_finite("operator of CoarseCorrection", image.as_slice())?;
        let restricted = symmetric_part(&basis.t_matmul(&image)?);
        let factor = Cholesky::factor(&restricted).map_err(|error| error.of(operation))?;
        // A pivot that rounding may have made says nothing of the operator.
        let rounding = T::of(basis.cols() as f64) * T::EPSILON * restricted.max_abs();
        if let Some(pivot) = factor.lower().diagonal().iter().position(|&l| l * l <= rounding) {
            return Err(Error::NotPositiveDefinite { operation, pivot });
        }
        let scaled = |columns: &Matrix<T>| Triangular::lower().transpose().solve_right(factor.lower(), columns);
        Ok(CoarseCorrection { space: scaled(&basis)?, image: scaled(&image)?, fine: None })
    }

    /// With another `M₁`, symmetric positive definite.
    ///
    /// # Errors
    /// [`Error::Shape`] if it is of another order.
    pub fn with(self, fine: &'a dyn LinearOperator<T>) -> Result<Self, Error> {
        let n = self.space.rows();
        if [fine.rows(), fine.cols()] != [n, n] {
            return Err(Error::shape("CoarseCorrection::with", &[fine.rows(), fine.cols()], &[n, n]));
        }
        Ok(CoarseCorrection { fine: Some(fine), ..self })
    }
}

impl<T: Scalar> LinearOperator<T> for CoarseCorrection<'_, T> {
    fn rows(&self) -> usize {
        self.space.rows()
    }

    fn cols(&self) -> usize {
        self.space.rows()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let n = self.rows();
        if x.len() != n || y.len() != n {
            return Err(Error::shape("CoarseCorrection::apply", &[x.len(), y.len()], &[n]));
        }
        let mut image = Matrix::zeros(n, 1);
        self.apply_block(&Matrix::from_vec(n, 1, x.to_vec())?, &mut image)?;
        y.copy_from_slice(image.as_slice());
        Ok(())
    }

    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        if x.rows() != self.rows() || y.shape() != x.shape() {
            return Err(Error::shape("CoarseCorrection::apply_block", &x.shape(), &y.shape()));
        }
        let coarse = self.space.t_matmul(x)?;
        let rest = x.sub(&self.image.matmul(&coarse)?)?;
        match self.fine {
            Some(fine) => fine.apply_block(&rest, y)?,
            None => y.as_mut_slice().copy_from_slice(rest.as_slice()),
        }
        let coarse = coarse.sub(&self.image.t_matmul(y)?)?;
        *y = y.add(&self.space.matmul(&coarse)?)?;
        Ok(())
    }
}
