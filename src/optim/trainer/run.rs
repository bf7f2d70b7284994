//! The loop around the steps of a training.

use std::ops::ControlFlow;

use crate::container::Container;
use crate::optim::objective::is_curable;
use crate::optim::outcome::until_stopped;
use crate::optim::vector::{check_finite, norm};
use crate::optim::{Optimizer, StopReason};
use crate::{Error, Result, Scalar};

use super::state::Point;
use super::{Observer, StepReport, Trainer, TrainingOutcome, TrainingState, TrainingStep};

/// A training at work.
pub(super) struct Run<'a, T, S: ?Sized, P: ?Sized> {
    pub trainer: &'a Trainer,
    pub task: &'a mut S,
    pub optimizer: &'a mut P,
    pub state: &'a mut TrainingState<T>,
}

impl<T: Scalar, S: TrainingStep<T> + ?Sized, P: Optimizer<T> + ?Sized> Run<'_, T, S, P> {
    /// Trains, and says how it went.
    pub fn go_on(mut self, observer: &mut (impl Observer<T> + ?Sized)) -> Result<TrainingOutcome> {
        let reason = until_stopped(|| self.iterate(observer))?;
        self.save()?;
        let held_out = self.task.held_out(self.state.trained())?;
        let TrainingState { point, recoveries, .. } = self.state;
        Ok(TrainingOutcome {
            value: point.counters.loss,
            iterations: point.counters.step,
            best_value: point.counters.stopping.best_value,
            best_step: point.counters.stopping.best_step,
            recoveries: *recoveries,
            held_out,
            reason,
        })
    }

    /// A step and what goes with it, unless there is a reason to stop.
    fn iterate(&mut self, observer: &mut (impl Observer<T> + ?Sized)) -> Result<ControlFlow<StopReason>> {
        let trainer = self.trainer;
        let counters = &self.state.point.counters;
        if counters.step >= trainer.steps {
            return Ok(ControlFlow::Break(StopReason::StepsDone));
        }
        if trainer.early_stopping.is_some_and(|early| counters.stopping.checks_since >= early.patience) {
            return Ok(ControlFlow::Break(StopReason::EarlyStopped));
        }
        let plateau = trainer.plateau.map_or(1.0, |plateau| plateau.factor.powf(counters.drops as f64));
        let rate = trainer.schedule.rate(counters.step) * plateau * self.state.rate_factor;
        let Some((loss, gradient_norm)) = self.step(rate)? else { return Ok(ControlFlow::Continue(())) };
        let monitored = self.monitor()?;
        let step = self.state.step();
        let checkpointed = trainer.checkpoints.as_ref().is_some_and(|c| c.every > 0 && step.is_multiple_of(c.every));
        if checkpointed {
            self.save()?;
        }
        let report = StepReport {
            step,
            steps: trainer.steps,
            loss: T::of(loss),
            gradient_norm,
            rate,
            monitored,
            recoveries: self.state.recoveries,
            checkpointed,
            parameters: self.state.parameters(),
            average: self.state.average(),
            state: self.state,
            optimizer: self.optimizer.state(),
        };
        Ok(observer.on_step(&report).map_break(|()| StopReason::StoppedByObserver))
    }

    /// Writes the checkpoint, if there is to be one.
    fn save(&self) -> Result<()> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        self.state.save(self.optimizer, self.task)?.save(&checkpoints.path)
    }

    /// One step: its loss and the norm of its gradient. If these or the new parameters are not finite, `None`, back at
    /// the last good state.
    fn step(&mut self, rate: f64) -> Result<Option<(f64, f64)>> {
        let (loss, gradient_norm) = match self.evaluate() {
            Err(cause) if is_curable(&cause) => return self.recover(cause),
            evaluated => evaluated?,
        };
        // Only now are the parameters known to be good.
        if self.state.snapshot.is_none() || self.state.step().is_multiple_of(self.trainer.recovery.snapshot_every) {
            let mut own = Container::new();
            self.task.save_state(&mut own)?;
            self.state.take_snapshot(self.optimizer.state(), own)?;
        }
        let TrainingState { point, gradient, .. } = &mut *self.state;
        self.optimizer.step(T::of(rate), &mut point.parameters, gradient)?;
        if let Err(cause) = check_finite("parameters after a training step", &point.parameters) {
            return self.recover(cause);
        }
        if let Some(average) = &mut point.average {
            average.update(&point.parameters)?;
        }
        let counters = &mut point.counters;
        counters.step += 1;
        counters.loss = loss;
        [&mut counters.stopping, &mut counters.plateau].into_iter().for_each(|monitor| monitor.add(loss));
        Ok(Some((loss, gradient_norm)))
    }

    /// The gradient, clipped; returns the loss and the norm that the gradient had, both finite.
    fn evaluate(&mut self) -> Result<(f64, f64)> {
        let TrainingState { point, gradient, .. } = &mut *self.state;
        let loss = self.task.gradient(point.counters.step, &point.parameters, gradient)?;
        check_finite("loss of a training step", &[loss])?;
        let length = match &self.trainer.clip {
            Some(clip) => clip.apply(gradient)?,
            None => norm(gradient),
        };
        if !length.is_finite() {
            check_finite("gradient of a training step", gradient)?;
            check_finite("norm of the gradient of a training step", &[length])?;
        }
        Ok((loss.to_f64(), length))
    }

    /// Back to the last good state with a lower rate, or out.
    fn recover<V>(&mut self, cause: Error) -> Result<Option<V>> {
        let failed = self.state.step();
        let Some(good) = self.state.restore_snapshot() else { return Err(cause) };
        self.optimizer.restore(&good.optimizer)?;
        self.task.restore_state(&good.task)?;
        let state = &mut *self.state;
        // Once the factor has been worn down to nothing, another try would only stand still.
        if state.recoveries >= self.trainer.recovery.retries || state.rate_factor <= f64::MIN_POSITIVE {
            return Err(Error::NoConvergence {
                method: "training",
                iterations: usize::try_from(failed).unwrap_or(usize::MAX),
                reason: format!(
                    "{cause}; went back to step {} after {} retries, the last at {} times the scheduled rate; lower the learning rate, clip the gradient, or look for a division, root or logarithm in the loss that can fail there",
                    state.step(),
                    state.recoveries,
                    state.rate_factor
                ),
            });
        }
        state.recoveries += 1;
        state.rate_factor = (state.rate_factor * self.trainer.recovery.rate_factor).max(f64::MIN_POSITIVE);
        Ok(None)
    }

    /// Looks at the monitored value if it is time to.
    fn monitor(&mut self) -> Result<Option<f64>> {
        let Point { parameters, average, best, counters } = &mut self.state.point;
        let step = counters.step;
        let early = self.trainer.early_stopping.filter(|early| step.is_multiple_of(early.every));
        let plateau = self.trainer.plateau.filter(|plateau| step.is_multiple_of(plateau.every));
        if early.is_none() && plateau.is_none() {
            return Ok(None);
        }
        let evaluated = average.as_ref().map_or(&parameters[..], |average| average.values());
        let validated = self.task.validate(step, evaluated)?;
        let mut monitored = None;
        if let Some(plateau) = plateau {
            monitored = Some(counters.plateau.look(step, validated, plateau.minimum_improvement).0);
            if counters.plateau.checks_since >= plateau.patience {
                counters.drops = counters.drops.saturating_add(1);
                counters.plateau.checks_since = 0;
            }
        }
        if let Some(early) = early {
            let (value, improved) = counters.stopping.look(step, validated, early.minimum_improvement);
            if improved && let Some(best) = best {
                best.copy_from_slice(evaluated);
            }
            monitored = Some(value);
        }
        Ok(monitored)
    }
}
