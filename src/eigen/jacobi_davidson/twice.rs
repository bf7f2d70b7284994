//! An operator applied twice: its inner eigenvalues become the smallest.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;
use crate::linalg::LinearOperator;

/// `(A − σ)²`, or, of a preconditioner, its square.
pub(super) struct Twice<'a, T> {
    pub operator: &'a dyn LinearOperator<T>,
    pub shift: T,
}

impl<T: Scalar> LinearOperator<T> for Twice<'_, T> {
    fn rows(&self) -> usize {
        self.operator.rows()
    }

    fn cols(&self) -> usize {
        self.operator.cols()
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let mut once = vec![T::zero(); x.len()];
        self.operator.apply(x, &mut once)?;
        axpy(-self.shift, x, &mut once);
        self.operator.apply(&once, y)?;
        axpy(-self.shift, &once, y);
        Ok(())
    }
}
