//! The mass matrix M of M y′ = f(t, y), regular or singular.

use crate::linalg::{Lu, Matrix, Svd, svd_full};
use crate::{Error, Result, Scalar};

/// M = D U S Vᵀ, where D makes the largest entry of every row 1, cut after the rank r.
pub(super) struct Mass<T> {
    pub matrix: Matrix<T>,
    /// S⁻¹ Uᵣᵀ D⁻¹ `[r, n]`: makes f to Vᵣᵀ y′.
    differential: Matrix<T>,
    /// Vᵣᵀ `[r, n]`.
    moving: Matrix<T>,
    /// The rest of Uᵀ D⁻¹ `[n − r, n]`: makes f to the algebraic equations.
    algebraic: Matrix<T>,
}

impl<T: Scalar> Mass<T> {
    pub fn new(matrix: Matrix<T>, n: usize) -> Result<Self> {
        if matrix.shape() != [n; 2] {
            return Err(Error::shape("mass matrix of Radau", &matrix.shape(), &[n; 2]));
        }
        Error::check_finite("mass matrix of Radau", matrix.as_slice())?;
        // Without that an equation written in small units would count as algebraic.
        let scales: Vec<T> = matrix.row_iter().map(|row| row.iter().fold(T::zero(), |m, v| m.max(v.abs()))).collect();
        let scale = |i: usize| if scales[i] > T::zero() { scales[i] } else { T::one() };
        let Svd { u, values, v_transposed } = svd_full(&Matrix::from_fn(n, n, |i, j| matrix[(i, j)] / scale(i)))?;
        let negligible = T::of(n as f64) * T::EPSILON * values.first().copied().unwrap_or(T::zero());
        let rank = values.iter().take_while(|&&v| v > negligible).count();
        let left = |from: usize, rows: usize| Matrix::from_fn(rows, n, |k, i| u[(i, from + k)] / scale(i));
        let mut differential = left(0, rank);
        for (k, &value) in values[..rank].iter().enumerate() {
            differential.row_mut(k).iter_mut().for_each(|v| *v /= value);
        }
        let moving = v_transposed.submatrix(0..rank, 0..n);
        Ok(Mass { algebraic: left(rank, n - rank), matrix, differential, moving })
    }

    /// From f at a state and its Jacobian there: the y′ that it gives if the algebraic equations do not depend on t, and
    /// the change after which, M y kept, they hold to first order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if they do not determine what M leaves open: the index is not 1.
    pub fn slope_and_correction(&self, f: &[T], jacobian: &Matrix<T>) -> Result<[Vec<T>; 2]> {
        let (n, rank) = (f.len(), self.moving.rows());
        // Vᵣᵀ y′ = S⁻¹ Uᵣᵀ D⁻¹ f, and of the rest the derivative, 0 = Nᵀ J y′.
        let mut rows = self.algebraic.matmul(jacobian)?;
        let mut sides = Matrix::zeros(n, 2);
        for (k, v) in self.differential.matvec(f)?.into_iter().enumerate() {
            sides[(k, 0)] = v;
        }
        for (k, v) in self.algebraic.matvec(f)?.into_iter().enumerate() {
            let row = rows.row_mut(k);
            let largest = row.iter().fold(T::zero(), |m, v| m.max(v.abs()));
            let scale = if largest > T::zero() { largest } else { T::one() };
            row.iter_mut().for_each(|v| *v /= scale);
            sides[(rank + k, 1)] = -v / scale;
        }
        let whole = Matrix::from_fn(n, n, |i, j| if i < rank { self.moving[(i, j)] } else { rows[(i - rank, j)] });
        let factors = Lu::factor(&whole)?;
        let threshold = T::of(n as f64) * T::EPSILON;
        factors.check_pivots("Radau", threshold).map_err(|error| {
            let open = if let Error::Singular { pivot, .. } = error { pivot } else { 0 };
            let reason = format!(
                "no equation determines y[{open}] beside the components before it: the {} algebraic equations in M y′ = f do \
                 not fix what M leaves open, so the index is above 1 (differentiate the constraint until they do) or an \
                 equation is missing",
                n - rank
            );
            Error::invalid("mass matrix of Radau", reason)
        })?;
        let solved = factors.substitute(&sides)?;
        Ok([0, 1].map(|side| (0..n).map(|j| solved[(j, side)]).collect()))
    }
}
