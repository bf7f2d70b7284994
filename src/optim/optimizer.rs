//! What all first-order optimisers share: one step, and a state that can be saved and restored.

#[cfg(test)]
pub(super) mod tests;

use crate::container::Container;
use crate::{Error, Scalar};

use super::vector::all_finite;

/// A first-order optimiser: turns one gradient into one update of the parameters.
///
/// ```
/// use eigennet::optim::{Optimizer, Sgd};
/// let mut sgd = Sgd::default();
/// let mut x = [1.0, 2.0];
/// sgd.step(0.5, &mut x, &[1.0, -2.0])?;
/// assert_eq!(x, [0.5, 3.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub trait Optimizer<T: Scalar>: Send {
    /// The method, such as `"adam"`; a saved state is restored only into the method it came from.
    fn name(&self) -> &'static str {
        self.state().name
    }

    /// One update of `parameters` `[n]` along `gradient` `[n]` with learning rate `rate`. Allocates
    /// in the first step only.
    ///
    /// # Errors
    /// [`Error::Shape`] if the lengths differ from each other or from those of the first step,
    /// [`Error::NonFinite`] for a gradient with a NaN or an infinity, [`Error::InvalidArgument`]
    /// for a rate that is negative or not finite. Parameters and state are then as before.
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<(), Error>;

    /// What the optimiser remembers.
    fn state(&self) -> &OptimizerState<T>;

    /// The same, to be overwritten.
    fn state_mut(&mut self) -> &mut OptimizerState<T>;

    /// Goes back to `state`, so that the steps that follow repeat bit for bit. Allocates nothing if
    /// the optimiser has held a state of this size before.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the state belongs to another method or other settings.
    fn restore(&mut self, state: &OptimizerState<T>) -> Result<(), Error> {
        self.state_mut().copy_from(state)
    }
}

/// What an optimiser remembers between steps: a count and some vectors as long as the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState<T> {
    name: &'static str,
    steps: u64,
    vectors: Vec<Vec<T>>,
}

impl<T: Scalar> OptimizerState<T> {
    /// The state before the first step, of a method that keeps `vectors` vectors.
    pub fn new(name: &'static str, vectors: usize) -> Self {
        OptimizerState { name, steps: 0, vectors: vec![Vec::new(); vectors] }
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The vectors, each `[n]`; empty before the first step.
    pub fn vectors(&self) -> &[Vec<T>] {
        &self.vectors
    }

    /// Checks the arguments of a step, sizes the vectors in the first one, counts it, and lends the
    /// vectors out.
    ///
    /// # Errors
    /// As [`Optimizer::step`].
    pub fn advance(&mut self, rate: T, parameters: &[T], gradient: &[T]) -> Result<&mut [Vec<T>], Error> {
        let n = parameters.len();
        if gradient.len() != n {
            return Err(Error::shape("Optimizer::step", &[n], &[gradient.len()]));
        }
        if self.steps > 0
            && let Some(known) = self.vectors.first().map(Vec::len)
            && known != n
        {
            return Err(Error::shape("Optimizer::step", &[n], &[known]));
        }
        if !(rate >= T::zero() && rate.is_finite()) {
            return Err(Error::invalid(
                "rate of Optimizer::step",
                format!("the learning rate must be finite and not negative, not {rate}; 1e-3 is a usual start"),
            ));
        }
        if !all_finite(gradient) {
            Error::check_finite("gradient given to Optimizer::step", gradient)?;
        }
        if self.steps == 0 {
            for vector in &mut self.vectors {
                vector.clear();
                vector.resize(n, T::zero());
            }
        }
        self.steps = self.steps.saturating_add(1);
        Ok(&mut self.vectors)
    }

    /// Becomes a copy of `other`, in place.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `other` belongs to another method or other settings.
    pub fn copy_from(&mut self, other: &Self) -> Result<(), Error> {
        if self.name != other.name || self.vectors.len() != other.vectors.len() {
            return Err(Error::invalid(
                "state of an optimiser",
                format!(
                    "it holds {} vectors of {}, but the optimiser is {} with {}; restore into the same method with the same settings",
                    other.vectors.len(),
                    other.name,
                    self.name,
                    self.vectors.len()
                ),
            ));
        }
        self.steps = other.steps;
        for (mine, theirs) in self.vectors.iter_mut().zip(&other.vectors) {
            mine.clone_from(theirs);
        }
        Ok(())
    }

    /// Writes the state under `prefix`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<(), Error> {
        container.insert_text(format!("{prefix}/name"), self.name)?;
        container.insert_number(format!("{prefix}/steps"), self.steps)?;
        for (i, vector) in self.vectors.iter().enumerate() {
            container.insert(format!("{prefix}/vector{i}"), &[vector.len()], vector)?;
        }
        Ok(())
    }

    /// Reads what [`save`](Self::save) wrote; `self` says which method is expected.
    ///
    /// # Errors
    /// Missing or ill-typed sections, and the state of another method; `self` is then as before.
    pub fn load(&mut self, container: &Container, prefix: &str) -> Result<(), Error> {
        let name = container.text(&format!("{prefix}/name"))?;
        if name != self.name {
            return Err(Error::invalid(
                "saved optimiser",
                format!("it is {name}, but the optimiser to restore is {}; use the one that was saved", self.name),
            ));
        }
        let steps = container.number(&format!("{prefix}/steps"))?;
        let mut vectors = Vec::with_capacity(self.vectors.len());
        for i in 0..self.vectors.len() {
            vectors.push(container.get::<T>(&format!("{prefix}/vector{i}"))?.to_vec());
        }
        if vectors.iter().any(|v| v.len() != vectors[0].len()) {
            return Err(Error::Corrupt { reason: format!("the vectors under {prefix} differ in length") });
        }
        (self.steps, self.vectors) = (steps, vectors);
        Ok(())
    }
}

/// `value` if it lies in `[low, high)`, else an error that names it.
pub(super) fn fraction(what: &str, value: f64, low: f64, high: f64) -> Result<f64, Error> {
    if value >= low && value < high {
        return Ok(value);
    }
    Err(Error::invalid(what, format!("it must lie in [{low}, {high}), not {value}")))
}

/// A positive number as a `T`: the least normal one where it would round to 0.
pub(super) fn positive<T: Scalar>(value: f64) -> T {
    T::of(value).max(T::min_positive_value())
}
