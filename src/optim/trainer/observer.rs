//! What may look on while a training runs, and end it.

use std::ops::ControlFlow;

use crate::optim::OptimizerState;

use super::TrainingState;

/// What an [`Observer`] sees after each step.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StepReport<'a, T> {
    /// Steps made since the start, this one included.
    pub step: u64,
    /// Steps there will be at most.
    pub steps: u64,
    /// The loss of this step, before its update.
    pub loss: T,
    /// Euclidean norm of the gradient, before clipping.
    pub gradient_norm: f64,
    /// The learning rate of this step.
    pub rate: f64,
    /// The monitored value, in the steps in which it was looked at.
    pub monitored: Option<f64>,
    /// How often the training went back to an earlier state because of NaN or infinity.
    pub recoveries: u32,
    /// Whether a checkpoint was written after this step.
    pub checkpointed: bool,
    /// θ after the update, `[n]`.
    pub parameters: &'a [T],
    /// The average of θ, `[n]`.
    pub average: Option<&'a [T]>,
    /// The training.
    pub state: &'a TrainingState<T>,
    /// What the optimiser remembers.
    pub optimizer: &'a OptimizerState<T>,
}

/// Looks on while a training runs: for progress bars, metrics, plots, and for stopping early.
///
/// A closure `FnMut(&StepReport<'_, T>) -> ControlFlow<()>` is an observer, and `()` is the one that does nothing.
pub trait Observer<T> {
    /// Called after each step. [`ControlFlow::Break`] ends the training in good order.
    fn on_step(&mut self, report: &StepReport<'_, T>) -> ControlFlow<()>;
}

impl<T, F: FnMut(&StepReport<'_, T>) -> ControlFlow<()>> Observer<T> for F {
    fn on_step(&mut self, report: &StepReport<'_, T>) -> ControlFlow<()> {
        self(report)
    }
}

impl<T> Observer<T> for () {
    fn on_step(&mut self, _: &StepReport<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
