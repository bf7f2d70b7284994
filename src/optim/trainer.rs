//! The training loop.

mod observer;
mod outcome;
mod state;
mod step;
#[cfg(test)]
mod tests;

use crate::{Error, Scalar};

use super::objective::is_curable;
use super::optimizer::fraction;
use super::vector::{all_finite, norm};
use super::{Checkpoints, Clip, Optimizer, Schedule, StopReason};
pub use observer::{Observer, StepReport};
pub use outcome::TrainingOutcome;
pub use state::TrainingState;
pub use step::{FullBatch, TrainingStep};

/// How to train: any [`TrainingStep`] with any [`Optimizer`].
///
/// A training can be interrupted after any step, saved, loaded and resumed, and ends in the same
/// bits as one that was not. Loss or gradient that are not finite send it back to its last good
/// state with a lower learning rate. It always says why it ended.
///
/// ```
/// use std::ops::ControlFlow;
/// use eigennet::Seed;
/// use eigennet::optim::{Adam, Clip, Schedule, StepReport, Trainer};
///
/// // Estimate a mean from noisy samples, each step's sample drawn from its number.
/// let mut task = |step: u64, x: &[f64], gradient: &mut [f64]| {
///     let sample = 3.0 + Seed(1).numbered(step).into_stream().normal::<f64>();
///     gradient[0] = x[0] - sample;
///     Ok(0.5 * (x[0] - sample).powi(2))
/// };
/// let trainer = Trainer {
///     steps: 2000,
///     schedule: Schedule::cosine(0.05, 2000)?.warm_up(20),
///     clip: Some(Clip::GlobalNorm(5.0)),
///     average: Some(0.99),
///     ..Trainer::default()
/// };
/// let mut x = [0.0];
/// let mut count = 0;
/// let outcome = trainer.run(&mut task, &mut Adam::default(), &mut x, &mut |report: &StepReport<'_, f64>| {
///     count = report.step;
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!((outcome.iterations, count), (2000, 2000));
/// assert!((x[0] - 3.0).abs() < 0.1);
/// println!("{outcome}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trainer {
    /// The most steps since the start (default 1000).
    pub steps: u64,
    /// The learning rate (default constant 1e-3).
    pub schedule: Schedule,
    /// A limit on the gradient (default none).
    pub clip: Option<Clip>,
    /// Decay in [0, 1) of a bias-corrected [`Average`](super::Average) of the parameters (default
    /// none). If there is one, it is the result of the training.
    pub average: Option<f64>,
    /// When to end before all steps are made (default never).
    pub early_stopping: Option<EarlyStopping>,
    /// Where and when to save the training (default never).
    pub checkpoints: Option<Checkpoints>,
    /// What to do about NaN and infinity.
    pub recovery: Recovery,
}

impl Default for Trainer {
    fn default() -> Self {
        Trainer {
            steps: 1000,
            schedule: Schedule::default(),
            clip: None,
            average: None,
            early_stopping: None,
            checkpoints: None,
            recovery: Recovery::default(),
        }
    }
}

/// Ends a training whose monitored value ([`TrainingStep::validate`]) no longer improves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// Steps between two looks at the value (default 100). Choose a divisor of the trainer's steps,
    /// so that the last look is at the end.
    pub every: u64,
    /// Looks in a row without improvement that end the training (default 10).
    pub patience: u64,
    /// What counts as an improvement: falling below the best value by more than this (default 0).
    pub minimum_improvement: f64,
    /// Whether the result is the parameters of the best value rather than the last (default yes).
    pub keep_best: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping { every: 100, patience: 10, minimum_improvement: 0.0, keep_best: true }
    }
}

/// What to do when loss or gradient are NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery {
    /// How often to go back to a good state before giving up (default 5).
    pub retries: u32,
    /// In (0, 1]: what the learning rate is multiplied by each time, for good (default 0.5).
    pub rate_factor: f64,
    /// Steps between two states that are remembered as good (default 100).
    pub snapshot_every: u64,
}

impl Default for Recovery {
    fn default() -> Self {
        Recovery { retries: 5, rate_factor: 0.5, snapshot_every: 100 }
    }
}

/// How one attempt at a step went.
enum Attempt {
    Made { loss: f64, gradient_norm: f64 },
    NotFinite(Error),
}

impl Trainer {
    /// Trains `parameters` `[n]` in place: afterwards they hold [`TrainingState::trained`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges, [`Error::NonFinite`] if
    /// parameters or first gradient are not finite, [`Error::NoConvergence`] if the retries are used
    /// up (`parameters` are then the last good ones), and errors of `task` and of saving.
    pub fn run<T, S, P, B>(
        &self,
        task: &mut S,
        optimizer: &mut P,
        parameters: &mut [T],
        observer: &mut B,
    ) -> Result<TrainingOutcome, Error>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
        P: Optimizer<T> + ?Sized,
        B: Observer<T> + ?Sized,
    {
        let mut state = self.start(parameters)?;
        let outcome = self.resume(task, optimizer, &mut state, observer);
        parameters.copy_from_slice(state.trained());
        outcome
    }

    /// The state before the first step, for [`resume`](Self::resume).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn start<T: Scalar>(&self, parameters: &[T]) -> Result<TrainingState<T>, Error> {
        self.check()?;
        TrainingState::new(parameters, self.average, self.early_stopping.is_some_and(|e| e.keep_best))
    }

    /// Goes on from `state` until there is a reason to stop. Allocates nothing from step to step,
    /// save for checkpoints and what `task`, `optimizer` and `observer` do.
    ///
    /// `state` may come from [`TrainingState::load`]; the steps that follow repeat those of the
    /// training that wrote it, bit for bit. (Only a recovery may go back to another step than it
    /// would have without the interruption.)
    ///
    /// # Errors
    /// As [`run`](Self::run); `state` then is the last good one.
    pub fn resume<T, S, P, B>(
        &self,
        task: &mut S,
        optimizer: &mut P,
        state: &mut TrainingState<T>,
        observer: &mut B,
    ) -> Result<TrainingOutcome, Error>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
        P: Optimizer<T> + ?Sized,
        B: Observer<T> + ?Sized,
    {
        self.check()?;
        if state.average.is_some() != self.average.is_some() {
            return Err(Error::invalid(
                "average of Trainer",
                "the state was started with other settings; use the same",
            ));
        }
        let reason = loop {
            if state.counters.step >= self.steps {
                break StopReason::StepsDone;
            }
            if self.early_stopping.is_some_and(|e| state.counters.checks_since >= e.patience) {
                break StopReason::EarlyStopped;
            }
            let rate = self.schedule.rate(state.counters.step) * state.rate_factor;
            let (loss, gradient_norm) = match self.attempt(task, optimizer, state, rate)? {
                Attempt::Made { loss, gradient_norm } => (loss, gradient_norm),
                Attempt::NotFinite(cause) => {
                    self.recover(task, optimizer, state, cause)?;
                    continue;
                }
            };
            let monitored = self.monitor(task, state)?;
            let due = self.checkpoints.as_ref().filter(|c| c.every > 0 && state.counters.step.is_multiple_of(c.every));
            if let Some(checkpoints) = due {
                state.save(optimizer, task)?.save(&checkpoints.path)?;
            }
            let report = StepReport {
                step: state.counters.step,
                steps: self.steps,
                loss: T::of(loss),
                gradient_norm,
                rate,
                monitored,
                recoveries: state.recoveries,
                checkpointed: due.is_some(),
                parameters: &state.parameters,
                average: state.average(),
                state,
                optimizer: optimizer.state(),
            };
            if observer.on_step(&report).is_break() {
                break StopReason::StoppedByObserver;
            }
        };
        if let Some(checkpoints) = &self.checkpoints {
            state.save(optimizer, task)?.save(&checkpoints.path)?;
        }
        Ok(TrainingOutcome {
            value: state.counters.loss,
            iterations: state.counters.step,
            best_value: state.counters.best_value,
            best_step: state.counters.best_step,
            recoveries: state.recoveries,
            reason,
        })
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(clip) = &self.clip {
            clip.check()?;
        }
        if let Some(decay) = self.average {
            fraction("average of Trainer", decay, 0.0, 1.0)?;
        }
        if let Some(early) = self.early_stopping {
            fraction("minimum_improvement of EarlyStopping", early.minimum_improvement, 0.0, f64::INFINITY)?;
            if early.every == 0 || early.patience == 0 {
                return Err(Error::invalid("EarlyStopping", "`every` and `patience` have to be at least 1"));
            }
        }
        let Recovery { rate_factor, snapshot_every, .. } = self.recovery;
        if !(rate_factor > 0.0 && rate_factor <= 1.0) {
            return Err(Error::invalid("rate_factor of Recovery", format!("it must lie in (0, 1], not {rate_factor}")));
        }
        if snapshot_every == 0 {
            return Err(Error::invalid("snapshot_every of Recovery", "it has to be at least 1; 100 is usual"));
        }
        Ok(())
    }

    /// One step, unless loss, gradient or the new parameters are not finite.
    fn attempt<T, S, P>(
        &self,
        task: &mut S,
        optimizer: &mut P,
        state: &mut TrainingState<T>,
        rate: f64,
    ) -> Result<Attempt, Error>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
        P: Optimizer<T> + ?Sized,
    {
        let step = state.counters.step;
        let evaluated = task.gradient(step, &state.parameters, &mut state.gradient).and_then(|loss| {
            Error::check_finite("loss of a training step", &[loss])?;
            let length = match &self.clip {
                Some(clip) => clip.apply(&mut state.gradient)?,
                None => norm(&state.gradient),
            };
            if !length.is_finite() {
                Error::check_finite("gradient of a training step", &state.gradient)?;
                Error::check_finite("norm of the gradient of a training step", &[length])?;
            }
            Ok((loss.to_f64(), length))
        });
        let (loss, gradient_norm) = match evaluated {
            Ok(finite) => finite,
            Err(cause) if is_curable(&cause) => return Ok(Attempt::NotFinite(cause)),
            Err(error) => return Err(error),
        };
        // Only now are the parameters known to be good.
        if state.snapshot.is_none() || step.is_multiple_of(self.recovery.snapshot_every) {
            state.take_snapshot(optimizer, task)?;
        }
        optimizer.step(T::of(rate), &mut state.parameters, &state.gradient)?;
        if !all_finite(&state.parameters)
            && let Err(cause) = Error::check_finite("parameters after a training step", &state.parameters)
        {
            return Ok(Attempt::NotFinite(cause));
        }
        if let Some(average) = &mut state.average {
            average.update(&state.parameters)?;
        }
        let counters = &mut state.counters;
        counters.step += 1;
        counters.loss = loss;
        counters.loss_sum += loss;
        counters.loss_count = counters.loss_count.saturating_add(1);
        Ok(Attempt::Made { loss, gradient_norm })
    }

    /// Back to the last good state with a lower rate, or out.
    fn recover<T, S, P>(
        &self,
        task: &mut S,
        optimizer: &mut P,
        state: &mut TrainingState<T>,
        cause: Error,
    ) -> Result<(), Error>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
        P: Optimizer<T> + ?Sized,
    {
        let failed = state.counters.step;
        if !state.restore_snapshot(optimizer, task)? {
            return Err(cause);
        }
        if state.recoveries >= self.recovery.retries {
            return Err(Error::NoConvergence {
                method: "training",
                iterations: usize::try_from(failed).unwrap_or(usize::MAX),
                reason: format!(
                    "{cause}; went back to step {} after {} retries, the last at {} times the scheduled rate; lower the learning rate, clip the gradient, or look for a division, root or logarithm in the loss that can fail there",
                    state.counters.step, state.recoveries, state.rate_factor
                ),
            });
        }
        state.recoveries += 1;
        // A factor that many recoveries have worn down to nothing would only mean standing still.
        state.rate_factor = (state.rate_factor * self.recovery.rate_factor).max(f64::MIN_POSITIVE);
        Ok(())
    }

    /// Looks at the monitored value if it is time to.
    fn monitor<T, S>(&self, task: &mut S, state: &mut TrainingState<T>) -> Result<Option<f64>, Error>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
    {
        let Some(early) = self.early_stopping else { return Ok(None) };
        let step = state.counters.step;
        if !step.is_multiple_of(early.every) {
            return Ok(None);
        }
        let evaluated = state.average.as_ref().map_or(&state.parameters[..], |a| a.values());
        let validated = task.validate(step, evaluated)?;
        let counters = &mut state.counters;
        let value = validated.unwrap_or(counters.loss_sum / counters.loss_count as f64);
        (counters.loss_sum, counters.loss_count) = (0.0, 0);
        if value < counters.best_value - early.minimum_improvement {
            (counters.best_value, counters.best_step, counters.checks_since) = (value, step, 0);
            if let Some(best) = &mut state.best {
                best.copy_from_slice(evaluated);
            }
        } else {
            counters.checks_since = counters.checks_since.saturating_add(1);
        }
        Ok(Some(value))
    }
}
