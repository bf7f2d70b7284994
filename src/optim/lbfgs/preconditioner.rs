//! What an objective knows of its inverse Hessian, asked for now and then.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::container::Container;
use crate::optim::objective::{Objective, Preconditioner};
use crate::optim::vector::all_finite;
use crate::par::dot;
use crate::{Error, Result, Scalar};

/// P of an objective, or the identity where it has none.
#[derive(Clone)]
pub(super) struct Rough<T> {
    operator: Option<Preconditioner<T>>,
    /// The parameters that P was made at, from which a resumed run makes it again; empty where there is none.
    anchor: Vec<T>,
    scratch: Vec<T>,
}

impl<T: fmt::Debug> fmt::Debug for Rough<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rough").field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

impl<T: Scalar> Rough<T> {
    pub fn identity() -> Self {
        Rough { operator: None, anchor: Vec::new(), scratch: Vec::new() }
    }

    /// P of `objective` at `parameters`.
    pub fn at(objective: &mut dyn Objective<T>, parameters: &[T]) -> Result<Self> {
        let Some(operator) = objective.preconditioner(parameters)? else { return Ok(Rough::identity()) };
        let n = parameters.len();
        Error::same_shape("preconditioner of an objective", &[operator.rows(), operator.cols()], &[n, n])?;
        Ok(Rough { operator: Some(operator), anchor: parameters.to_vec(), scratch: vec![T::zero(); n] })
    }

    /// Makes P again where it was read from a file.
    pub fn wake(&mut self, objective: &mut dyn Objective<T>) -> Result<()> {
        if self.operator.is_none() && !self.anchor.is_empty() {
            *self = Rough::at(objective, &self.anchor)?;
        }
        Ok(())
    }

    /// v ← P v
    pub fn apply(&mut self, vector: &mut [T]) -> Result<()> {
        if let Some(operator) = &self.operator {
            operator.apply(vector, &mut self.scratch)?;
            vector.copy_from_slice(&self.scratch);
        }
        Ok(())
    }

    /// vᵀ P v, where there is a P that makes it positive.
    pub fn square(&mut self, vector: &[T]) -> Result<Option<f64>> {
        let Some(operator) = &self.operator else { return Ok(None) };
        operator.apply(vector, &mut self.scratch)?;
        Ok(Some(dot(vector, &self.scratch)).filter(|&square| square.is_normal() && square > 0.0))
    }

    /// Writes nothing for the identity.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        if self.anchor.is_empty() {
            return Ok(());
        }
        container.insert(format!("{prefix}/anchor"), &[self.anchor.len()], &self.anchor)
    }

    pub fn load(container: &Container, prefix: &str, length: usize) -> Result<Self> {
        let name = format!("{prefix}/anchor");
        let anchor = if container.contains(&name) { container.get::<T>(&name)?.to_vec() } else { Vec::new() };
        let fit = (anchor.is_empty() || anchor.len() == length) && all_finite(&anchor);
        Error::intact(fit, format_args!("the parameters under {name} do not fit"))?;
        Ok(Rough { anchor, ..Rough::identity() })
    }
}
