//! An operator that is spread over processes, as one that each has as a whole.

use crate::Scalar;
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Span, Symmetry};

/// All rows of the operator on every process, by a message for every product: for problems so small that each process solves
/// them as a whole.
pub(super) struct Gathered<'a, T> {
    operator: &'a dyn LinearOperator<T>,
    span: Span,
}

impl<'a, T: Scalar> Gathered<'a, T> {
    pub(super) fn new(operator: &'a dyn LinearOperator<T>) -> Self {
        Gathered { operator, span: operator.span() }
    }
}

impl<T: Scalar> LinearOperator<T> for Gathered<'_, T> {
    fn rows(&self) -> usize {
        self.span.total()
    }

    fn cols(&self) -> usize {
        self.span.total()
    }

    fn symmetry(&self) -> Symmetry {
        self.operator.symmetry()
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let mut image = Matrix::zeros(y.len(), 1);
        self.apply_block(&Matrix::from_vec(x.len(), 1, x.to_vec())?, &mut image)?;
        y.copy_from_slice(image.as_slice());
        Ok(())
    }

    fn apply_block(&self, x: &Matrix<T>, y: &mut Matrix<T>) -> Result<(), Error> {
        let mut image = Matrix::zeros(self.operator.rows(), x.cols());
        self.operator.apply_block(&self.span.own(x)?, &mut image)?;
        *y = self.span.gathered(&image)?;
        Ok(())
    }
}
