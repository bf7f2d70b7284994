//! Jacobians of a program's result in the parameters: whole, row by row, and products with a vector.

use super::program::{Kind, Program};
use super::workspace::Workspace;
use crate::Scalar;
use crate::autodiff::plan::Plan;
use crate::error::Error;
use crate::linalg::Matrix;

impl<T: Scalar> Program<T> {
    /// The derivative of the result along `direction` in parameter space: `J v`, shaped as the
    /// result.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn jacobian_vector(&self, parameters: &[T], direction: &[T], ws: &mut Workspace<T>) -> Result<Vec<T>, Error> {
        let plan = self.push_forward(parameters, direction, ws)?;
        let mut out = vec![T::zero(); ws.result().len()];
        self.collect_product(plan, parameters, direction, ws, &mut out);
        Ok(out)
    }

    /// [`jacobian_vector`](Self::jacobian_vector) into a slice, without allocating.
    ///
    /// # Errors
    /// As there, and [`Error::Shape`] if `product` does not have the length of the result.
    pub fn jacobian_vector_into(
        &self,
        parameters: &[T],
        direction: &[T],
        ws: &mut Workspace<T>,
        product: &mut [T],
    ) -> Result<(), Error> {
        let plan = self.push_forward(parameters, direction, ws)?;
        if product.len() != ws.result().len() {
            return Err(Error::shape("jacobian_vector_into", &[product.len()], &[ws.result().len()]));
        }
        self.collect_product(plan, parameters, direction, ws, product);
        Ok(())
    }

    fn push_forward(&self, parameters: &[T], direction: &[T], ws: &mut Workspace<T>) -> Result<&Plan, Error> {
        self.check_direction("jacobian_vector", direction)?;
        self.replay(Kind::JacobianVector, parameters, direction, ws)
    }

    fn collect_product(&self, plan: &Plan, parameters: &[T], direction: &[T], ws: &Workspace<T>, out: &mut [T]) {
        match plan.targets.last() {
            Some(Some(value)) => ws.collect(Kind::JacobianVector as usize, value, parameters, direction, out),
            _ => out.fill(T::zero()),
        }
    }

    /// The residuals `[rows · width]` (the result, row after row) and their Jacobian in the
    /// parameters, `[rows · width, parameters]`, for Gauss–Newton and Levenberg–Marquardt.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), or [`Error::Derivative`] if the residuals of one row depend
    /// on other rows of the batch.
    pub fn residual_jacobian(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(Vec<T>, Matrix<T>), Error> {
        let mut jacobian = Matrix::default();
        self.residual_jacobian_into(parameters, ws, &mut jacobian)?;
        Ok((ws.result().to_vec(), jacobian))
    }

    /// [`residual_jacobian`](Self::residual_jacobian) into a matrix that is reused where its shape
    /// fits; the residuals are the output [`RESULT`](crate::autodiff::RESULT).
    ///
    /// # Errors
    /// As there.
    pub fn residual_jacobian_into(
        &self,
        parameters: &[T],
        ws: &mut Workspace<T>,
        jacobian: &mut Matrix<T>,
    ) -> Result<(), Error> {
        let plan = self.replay(Kind::ResidualJacobian, parameters, &[], ws)?;
        let [residuals, total] = [ws.result().len(), self.recording.parameters.len()];
        if jacobian.rows() != residuals || jacobian.cols() != total {
            *jacobian = Matrix::zeros(residuals, total);
        }
        self.collect_rows(plan, parameters, ws, jacobian.as_mut_slice());
        Ok(())
    }

    /// [`residual_jacobian`](Self::residual_jacobian) into a slice `[rows · width, parameters]`, row
    /// after row, such as some rows of a larger matrix.
    ///
    /// # Errors
    /// As there, and [`Error::Shape`] if the slice has another length.
    pub fn residual_jacobian_into_slice(
        &self,
        parameters: &[T],
        ws: &mut Workspace<T>,
        jacobian: &mut [T],
    ) -> Result<(), Error> {
        let plan = self.replay(Kind::ResidualJacobian, parameters, &[], ws)?;
        let [residuals, total] = [ws.result().len(), self.recording.parameters.len()];
        if jacobian.len() != residuals * total {
            return Err(Error::shape("residual_jacobian_into_slice", &[jacobian.len()], &[residuals, total]));
        }
        self.collect_rows(plan, parameters, ws, jacobian);
        Ok(())
    }

    fn collect_rows(&self, plan: &Plan, parameters: &[T], ws: &Workspace<T>, out: &mut [T]) {
        let blocks = self.recording.parameters.blocks();
        let total = self.recording.parameters.len();
        let width = self.recording.tensors.shape(self.recording.result()).cols;
        let pieces = &plan.targets[self.recording.outputs.len()..];
        for (index, piece) in pieces.iter().enumerate() {
            let (column, block) = (index / blocks.len(), &blocks[index % blocks.len()]);
            let Some(value) = piece else {
                // The memory may hold something else.
                for residual in out.chunks_exact_mut(total).skip(column).step_by(width) {
                    residual[block.range()].fill(T::zero());
                }
                continue;
            };
            ws.for_each_row(Kind::ResidualJacobian as usize, value, parameters, |row, head, data| {
                let start = (row * width + column) * total + block.offset + head * data.len();
                out[start..start + data.len()].copy_from_slice(data);
            });
        }
    }
}
