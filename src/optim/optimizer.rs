//! What all first-order optimisers share: one step, and a state that can be saved and restored.

#[cfg(test)]
pub(super) mod tests;

use crate::container::Container;
use crate::{Error, Result, Scalar};

use super::vector::check_finite;

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
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<()>;

    /// What the optimiser remembers.
    fn state(&self) -> &OptimizerState<T>;

    /// The same, to be overwritten.
    fn state_mut(&mut self) -> &mut OptimizerState<T>;

    /// Goes back to `state`, so that the steps that follow repeat bit for bit. Allocates nothing if
    /// the optimiser has held a state of this size before.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the state belongs to another method or other settings.
    fn restore(&mut self, state: &OptimizerState<T>) -> Result<()> {
        self.state_mut().copy_from(state)
    }
}

/// A first-order method by its settings: [`Sgd`](super::Sgd), [`RmsProp`](super::RmsProp), [`Adam`](super::Adam).
#[derive(Debug, Clone)]
pub struct FirstOrder<S, T> {
    settings: S,
    state: OptimizerState<T>,
}

/// What tells one [`FirstOrder`] method from another.
pub trait Rule: Default + Send {
    /// The name of the method.
    const NAME: &'static str;

    /// Whether the settings are in their ranges.
    fn check(&self) -> Result<()>;

    /// How many vectors it keeps.
    fn vectors(&self) -> usize;

    /// Step `t`, counted from 1, on arguments that were checked.
    fn update<T: Scalar>(&self, t: f64, rate: T, parameters: &mut [T], gradient: &[T], vectors: &mut [Vec<T>]);
}

impl<S: Rule, T: Scalar> FirstOrder<S, T> {
    /// The optimiser of these settings.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges.
    pub fn new(settings: S) -> Result<Self> {
        settings.check()?;
        Ok(Self::from_valid(settings))
    }

    fn from_valid(settings: S) -> Self {
        let state = OptimizerState::new(S::NAME, settings.vectors());
        FirstOrder { settings, state }
    }
}

impl<S: Rule, T: Scalar> Default for FirstOrder<S, T> {
    fn default() -> Self {
        Self::from_valid(S::default())
    }
}

impl<S: Rule, T: Scalar> Optimizer<T> for FirstOrder<S, T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<()> {
        let t = self.state.steps() as f64 + 1.0;
        let vectors = self.state.advance(rate, parameters, gradient)?;
        self.settings.update(t, rate, parameters, gradient, vectors);
        Ok(())
    }

    fn state(&self) -> &OptimizerState<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut OptimizerState<T> {
        &mut self.state
    }
}

/// What an optimiser remembers between steps: a count, some vectors as long as the parameters, and numbers beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState<T> {
    name: &'static str,
    steps: u64,
    vectors: Vec<Vec<T>>,
    beside: Vec<T>,
}

impl<T: Scalar> OptimizerState<T> {
    /// The state before the first step, of a method that keeps `vectors` vectors.
    pub fn new(name: &'static str, vectors: usize) -> Self {
        OptimizerState { name, steps: 0, vectors: vec![Vec::new(); vectors], beside: Vec::new() }
    }

    /// The same with numbers that belong to no single parameter, such as averages of matrices.
    pub fn with_beside(self, beside: Vec<T>) -> Self {
        OptimizerState { beside, ..self }
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The vectors, each `[n]`; empty before the first step.
    pub fn vectors(&self) -> &[Vec<T>] {
        &self.vectors
    }

    /// The vectors and the numbers beside them, to be changed in a step.
    pub fn parts_mut(&mut self) -> (&mut [Vec<T>], &mut [T]) {
        (&mut self.vectors, &mut self.beside)
    }

    /// Checks the arguments of a step, sizes the vectors in the first one, counts it, and lends the vectors out.
    ///
    /// # Errors
    /// As [`Optimizer::step`].
    pub fn advance(&mut self, rate: T, parameters: &[T], gradient: &[T]) -> Result<&mut [Vec<T>]> {
        let n = parameters.len();
        Error::same_shape("Optimizer::step", &[n], &[gradient.len()])?;
        if self.steps > 0
            && let Some(known) = self.vectors.first()
        {
            Error::same_shape("Optimizer::step", &[n], &[known.len()])?;
        }
        let reason =
            format_args!("the learning rate must be finite and not negative, not {rate}; 1e-3 is a usual start");
        Error::require(rate >= T::zero() && rate.is_finite(), "rate of Optimizer::step", reason)?;
        check_finite("gradient given to Optimizer::step", gradient)?;
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
    pub fn copy_from(&mut self, other: &Self) -> Result<()> {
        let ((ours, mine), (theirs, its)) = ((self.name, self.vectors.len()), (other.name, other.vectors.len()));
        let reason = format_args!(
            "it holds {its} vectors of {theirs}, but the optimiser is {ours} with {mine}; restore into the same method with the same settings"
        );
        Error::require((ours, mine) == (theirs, its), "state of an optimiser", reason)?;
        Error::same_shape("state of an optimiser", &[self.beside.len()], &[other.beside.len()])?;
        self.steps = other.steps;
        self.beside.copy_from_slice(&other.beside);
        for (mine, theirs) in self.vectors.iter_mut().zip(&other.vectors) {
            mine.clone_from(theirs);
        }
        Ok(())
    }

    /// Writes the state under `prefix`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        container.insert_text(format!("{prefix}/name"), self.name)?;
        container.insert_number(format!("{prefix}/steps"), self.steps)?;
        for (i, vector) in self.vectors.iter().enumerate() {
            container.insert(format!("{prefix}/vector{i}"), &[vector.len()], vector)?;
        }
        if !self.beside.is_empty() {
            container.insert(format!("{prefix}/beside"), &[self.beside.len()], &self.beside)?;
        }
        Ok(())
    }

    /// Reads what [`save`](Self::save) wrote; `self` says which method is expected.
    ///
    /// # Errors
    /// Missing or ill-typed sections, and the state of another method; `self` is then as before.
    pub fn load(&mut self, container: &Container, prefix: &str) -> Result<()> {
        let name = container.text(&format!("{prefix}/name"))?;
        let reason =
            format_args!("it is {name}, but the optimiser to restore is {}; use the one that was saved", self.name);
        Error::require(name == self.name, "saved optimiser", reason)?;
        let steps = container.number(&format!("{prefix}/steps"))?;
        let vector = |i: usize| Ok(container.get::<T>(&format!("{prefix}/vector{i}"))?.to_vec());
        let vectors = (0..self.vectors.len()).map(vector).collect::<Result<Vec<_>>>()?;
        let alike = vectors.iter().all(|v| v.len() == vectors[0].len());
        Error::intact(alike, format_args!("the vectors under {prefix} differ in length"))?;
        if !self.beside.is_empty() {
            let beside = container.get::<T>(&format!("{prefix}/beside"))?;
            let (theirs, ours) = (beside.len(), self.beside.len());
            let reason = format_args!(
                "it holds {theirs} numbers beside its vectors, the optimiser {ours}; resume with the same settings"
            );
            Error::require(theirs == ours, "saved optimiser", reason)?;
            self.beside.copy_from_slice(beside);
        }
        (self.steps, self.vectors) = (steps, vectors);
        Ok(())
    }
}
