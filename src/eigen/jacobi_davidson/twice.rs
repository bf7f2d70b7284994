//! An operator applied twice: its inner eigenvalues become the smallest.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;
use crate::linalg::LinearOperator;

/// `((A − σ)/u)²` in a unit u, a power of two that keeps squares in range, or, of a preconditioner, its square.
pub(super) struct Twice<'a, T> {
    pub operator: &'a dyn LinearOperator<T>,
    pub shift: T,
    pub unit: T,
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
        once.iter_mut().for_each(|once| *once /= self.unit);
        self.operator.apply(&once, y)?;
        axpy(-self.shift, &once, y);
        y.iter_mut().for_each(|y| *y /= self.unit);
        Ok(())
    }
}
