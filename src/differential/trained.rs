//! Equations whose parameters have been found.

use super::collocation::Collocation;
use super::equation::Equation;
use crate::autodiff::Function;
use crate::optim::Trainable;
use crate::{Result, Scalar, Seed};

/// An equation whose parameters have been found.
#[derive(Debug, Clone)]
pub struct Trained<T> {
    equation: Equation<T>,
    parameters: Vec<T>,
}

impl<T: Scalar> Trained<T> {
    /// The parameters, `[p]`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// An output as a function of the coordinates: [`Equation::solution`].
    ///
    /// # Errors
    /// As there.
    pub fn function(&self, name: &str) -> Result<Function<T>> {
        self.equation.solution(name, &self.parameters)
    }

    /// A trainable number: [`Equation::coefficient`].
    ///
    /// # Errors
    /// As there.
    pub fn coefficient(&self, name: &str) -> Result<T> {
        self.equation.coefficient(name, &self.parameters)
    }
}

impl<T: Scalar> Trainable<T> for Collocation<T> {
    type Trained = Trained<T>;

    fn initial(&self, seed: Seed) -> Vec<T> {
        self.equation().initial(seed)
    }

    fn trained(&self, parameters: Vec<T>) -> Trained<T> {
        Trained { equation: self.equation().clone(), parameters }
    }
}
