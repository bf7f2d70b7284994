//! `(A − σ I)⁻¹` of an operator small enough to be written out.

use crate::Scalar;
use crate::error::Error;
use crate::linalg::{LinearOperator, Lu, Matrix};

/// The largest order that is written out.
const LARGEST: usize = 1500;
const OPERATION: &str = "Arnoldi (the number to be near to is an eigenvalue; move it a little)";

/// `(A − σ I)⁻¹` by LU.
pub(super) struct Inverse<T> {
    factors: Lu<T>,
    n: usize,
}

impl<T: Scalar> Inverse<T> {
    /// Factors `A − σ I`.
    pub(super) fn of(operator: &dyn LinearOperator<T>, sigma: T) -> Result<Self, Error> {
        let n = operator.rows();
        if n > LARGEST {
            let reason = format!(
                "order {n} is too large to be inverted densely (the limit is {LARGEST}); give (A − σI)⁻¹ as `inverse`, \
                 such as a sparse factorisation or an iterative solver"
            );
            return Err(Error::invalid("which of Arnoldi", reason));
        }
        let mut shifted = Matrix::zeros(n, n);
        operator.apply_block(&Matrix::identity(n), &mut shifted)?;
        (0..n).for_each(|i| shifted[(i, i)] -= sigma);
        let rounding = T::EPSILON * shifted.max_abs();
        let factors = Lu::factor_in_place(shifted)?;
        factors.check_pivots(OPERATION, rounding)?;
        Ok(Inverse { factors, n })
    }
}

impl<T: Scalar> LinearOperator<T> for Inverse<T> {
    fn rows(&self) -> usize {
        self.n
    }

    fn cols(&self) -> usize {
        self.n
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let solution = self.factors.substitute(&Matrix::from_vec(x.len(), 1, x.to_vec())?)?;
        y.copy_from_slice(solution.as_slice());
        Ok(())
    }
}
