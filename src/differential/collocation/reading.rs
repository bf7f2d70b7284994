//! What the solution of an equation is read for: its functions at the points and its coefficients.

use super::Collocation;
use crate::autodiff::Output;
use crate::differential::domain::POINTS;
use crate::kernels::reduce::{max_abs, norm};
use crate::{Result, Scalar, Seed};

impl<T: Scalar> Collocation<T> {
    /// [`Residuals::reading`](crate::optim::Residuals::reading): the outputs at the points that are no residuals, or
    /// where there are none the trainable numbers.
    pub(super) fn read(&self, parameters: &[T]) -> Result<Option<Vec<T>>> {
        let mut stream = Seed(0).stream("reading");
        let mut gradient = vec![T::zero(); parameters.len()];
        let functions = self.functions()?;
        if functions.is_empty() {
            // Networks put a dot into the names of theirs.
            let numbers = self.equation.parameters().blocks().iter().filter(|b| b.len() == 1 && !b.name.contains('.'));
            let numbers: Vec<usize> = numbers.map(|block| block.offset).collect();
            let largest = max_abs(&numbers.iter().map(|&k| parameters[k]).collect::<Vec<T>>());
            let size = if largest > T::zero() { largest } else { T::one() };
            numbers.iter().for_each(|&k| gradient[k] = stream.normal::<T>() / size);
            return Ok((!numbers.is_empty()).then_some(gradient));
        }
        let program = self.equation.program().select(&functions)?;
        let mut workspace = program.workspace();
        workspace.set(POINTS, self.points.points())?;
        let fill = |_, value: &[T], out: &mut [T]| {
            let size = norm(value);
            if size > T::zero() && size.is_finite() {
                out.iter_mut().for_each(|v| *v = stream.normal::<T>() / size);
            }
        };
        program.forward_once(parameters, &mut workspace)?.pull_back_with(fill, &mut gradient)?;
        Ok(Some(gradient))
    }

    /// The outputs that can be computed from the points alone, and are no residuals.
    fn functions(&self) -> Result<Vec<Output>> {
        let recording = self.equation.program().recording();
        let mut functions = Vec::new();
        for name in recording.output_names() {
            let output = recording.output(name)?;
            let of_points = recording.output_shape(output)?.0 == Some(POINTS);
            let residual = self.equation.terms.iter().any(|term| term.name == name);
            if of_points && !residual && recording.inputs_of(output)? == [POINTS] {
                functions.push(output);
            }
        }
        Ok(functions)
    }
}
