//! What is trained: a loss seen through one batch at a time.

use crate::container::Container;
use crate::optim::{HeldOut, Objective};
use crate::{Error, Result, Scalar};

/// One stochastic gradient a step.
///
/// Draw batches and noise from the step number (`seed.numbered(step)`) and there is nothing to save; what state there
/// must be goes through [`save_state`](Self::save_state) and [`restore_state`](Self::restore_state). A closure
/// `FnMut(u64, &[T], &mut [T]) -> Result<T>` is a training step, and [`FullBatch`] makes one of an [`Objective`].
pub trait TrainingStep<T: Scalar> {
    /// Returns the loss of step `step` (counted from 0) at `parameters` `[n]`, and overwrites
    /// `gradient` `[n]` with an estimate of its gradient.
    ///
    /// A value that is not finite, or one of the errors that other parameters can cure
    /// ([`Error::NonFinite`], [`Error::NotPositiveDefinite`], [`Error::Singular`],
    /// [`Error::NoConvergence`]), sends the training back to its last good state.
    ///
    /// # Errors
    /// Whatever keeps the loss from being computed.
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T>;

    /// A value to be monitored for early stopping after `step` steps, lower being better, at the averaged parameters if
    /// there is an average. `None` (the default) monitors the mean loss since the last check.
    ///
    /// # Errors
    /// Whatever keeps the value from being computed; ends the training.
    fn validate(&mut self, step: u64, parameters: &[T]) -> Result<Option<f64>> {
        let _ = (step, parameters);
        Ok(None)
    }

    /// As [`Residuals::held_out`](crate::optim::Residuals::held_out), in the end.
    ///
    /// # Errors
    /// As there.
    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        let _ = parameters;
        Ok(None)
    }

    /// Adds to `container` whatever later steps depend on besides step number and parameters.
    ///
    /// # Errors
    /// Those of [`Container::insert`].
    fn save_state(&self, container: &mut Container) -> Result<()> {
        let _ = container;
        Ok(())
    }

    /// Goes back to what [`save_state`](Self::save_state) added.
    ///
    /// # Errors
    /// If something is missing or does not fit.
    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let _ = container;
        Ok(())
    }
}

impl<T: Scalar, F: FnMut(u64, &[T], &mut [T]) -> Result<T>> TrainingStep<T> for F {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self(step, parameters, gradient)
    }
}

/// Trains on a whole [`Objective`] at once: every step sees the same loss.
#[derive(Debug, Clone, Copy)]
pub struct FullBatch<O>(pub O);

impl<T: Scalar, O: Objective<T>> TrainingStep<T> for FullBatch<O> {
    fn gradient(&mut self, _: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        Error::same_shape("FullBatch", &[parameters.len()], &[self.0.parameter_count()])?;
        self.0.value_and_gradient(parameters, gradient)
    }

    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        self.0.held_out(parameters)
    }
}
