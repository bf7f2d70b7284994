//! The training loop.

mod monitor;
mod observer;
mod outcome;
mod run;
mod state;
mod step;
#[cfg(test)]
mod tests;

use crate::{Error, Result, Scalar};

use super::settings::{defaults, fraction, not_negative, shrinking};
use super::{Checkpoints, Clip, Optimizer, Schedule};
pub use observer::{Observer, StepReport};
pub use outcome::TrainingOutcome;
use run::Run;
pub use state::TrainingState;
pub use step::{FullBatch, TrainingStep};

defaults! {
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
        pub steps: u64 = 1000,
        /// The learning rate (default constant 1e-3).
        pub schedule: Schedule = Schedule::default(),
        /// What lowers the learning rate beside its schedule, when it helps no more (default nothing).
        pub plateau: Option<ReduceOnPlateau> = None,
        /// A limit on the gradient (default none).
        pub clip: Option<Clip> = None,
        /// Decay in [0, 1) of a bias-corrected [`Average`](super::Average) of the parameters (default
        /// none). If there is one, it is the result of the training.
        pub average: Option<f64> = None,
        /// When to end before all steps are made (default never).
        pub early_stopping: Option<EarlyStopping> = None,
        /// Where and when to save the training (default never).
        pub checkpoints: Option<Checkpoints> = None,
        /// What to do about NaN and infinity.
        pub recovery: Recovery = Recovery::default(),
    }
}

defaults! {
    /// Ends a training whose monitored value ([`TrainingStep::validate`]) no longer improves.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct EarlyStopping {
        /// Steps between two looks at the value (default 100). Choose a divisor of the trainer's steps,
        /// so that the last look is at the end.
        pub every: u64 = 100,
        /// Looks in a row without improvement that end the training (default 10).
        pub patience: u64 = 10,
        /// What counts as an improvement: falling below the best value by more than this (default 0).
        pub minimum_improvement: f64 = 0.0,
        /// Whether the result is the parameters of the best value rather than the last (default yes).
        pub keep_best: bool = true,
    }
}

defaults! {
    /// Lowers the learning rate, for good, whenever the monitored value ([`TrainingStep::validate`]) no longer improves:
    /// the rate is that of the schedule times `factor` to the power of how often that has happened.
    ///
    /// ```
    /// use eigennet::optim::{ReduceOnPlateau, Schedule, Sgd, StepReport, Trainer};
    /// use std::ops::ControlFlow;
    /// // |x| by its slope jumps to and fro over the minimum, as far as the rate: until that is lowered.
    /// let mut kink = |_: u64, x: &[f64], gradient: &mut [f64]| {
    ///     gradient[0] = x[0].signum();
    ///     Ok(x[0].abs())
    /// };
    /// let plateau = ReduceOnPlateau { every: 10, patience: 2, factor: 0.5, ..ReduceOnPlateau::default() };
    /// let trainer = Trainer { schedule: Schedule::constant(0.1)?, plateau: Some(plateau), ..Trainer::default() };
    /// let mut x = [0.99];
    /// let _ = trainer.run(&mut kink, &mut Sgd::default(), &mut x, &mut ())?;
    /// assert!(x[0].abs() < 1e-6);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct ReduceOnPlateau {
        /// Steps between two looks at the value (default 100).
        pub every: u64 = 100,
        /// Looks in a row without improvement that lower the rate, and again as many for the next time (default 10).
        pub patience: u64 = 10,
        /// In (0, 1]: what the rate is multiplied by (default 0.5).
        pub factor: f64 = 0.5,
        /// What counts as an improvement: falling below the best value by more than this (default 0).
        pub minimum_improvement: f64 = 0.0,
    }
}

defaults! {
    /// What to do when loss or gradient are NaN or infinite.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Recovery {
        /// How often to go back to a good state before giving up (default 5).
        pub retries: u32 = 5,
        /// In (0, 1]: what the learning rate is multiplied by each time, for good (default 0.5).
        pub rate_factor: f64 = 0.5,
        /// Steps between two states that are remembered as good (default 100).
        pub snapshot_every: u64 = 100,
    }
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
    ) -> Result<TrainingOutcome>
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
    pub fn start<T: Scalar>(&self, parameters: &[T]) -> Result<TrainingState<T>> {
        self.check()?;
        TrainingState::new(parameters, self.average, self.early_stopping.is_some_and(|e| e.keep_best))
    }

    /// Goes on from `state` until there is a reason to stop. Allocates nothing from step to step,
    /// save for checkpoints and what `task`, `optimizer` and `observer` do.
    ///
    /// `state` may come from [`TrainingState::load`]; the steps that follow repeat those of the training that wrote it,
    /// bit for bit. (Only a recovery may go back to another step than it would have without the interruption.)
    ///
    /// # Errors
    /// As [`run`](Self::run); `state` then is the last good one.
    pub fn resume<T, S, P, B>(
        &self,
        task: &mut S,
        optimizer: &mut P,
        state: &mut TrainingState<T>,
        observer: &mut B,
    ) -> Result<TrainingOutcome>
    where
        T: Scalar,
        S: TrainingStep<T> + ?Sized,
        P: Optimizer<T> + ?Sized,
        B: Observer<T> + ?Sized,
    {
        self.check()?;
        let same = state.point.average.is_some() == self.average.is_some();
        Error::require(same, "average of Trainer", "the state was started with other settings; use the same")?;
        Run { trainer: self, task, optimizer, state }.go_on(observer)
    }

    fn check(&self) -> Result<()> {
        if let Some(clip) = &self.clip {
            clip.check()?;
        }
        if let Some(decay) = self.average {
            fraction("average of Trainer", decay, 0.0, 1.0)?;
        }
        if let Some(early) = self.early_stopping {
            not_negative("minimum_improvement of EarlyStopping", early.minimum_improvement)?;
            let positive = early.every > 0 && early.patience > 0;
            Error::require(positive, "EarlyStopping", "`every` and `patience` have to be at least 1")?;
        }
        if let Some(plateau) = self.plateau {
            not_negative("minimum_improvement of ReduceOnPlateau", plateau.minimum_improvement)?;
            shrinking("factor of ReduceOnPlateau", plateau.factor, "; 0.5 is usual")?;
            let positive = plateau.every > 0 && plateau.patience > 0;
            Error::require(positive, "ReduceOnPlateau", "`every` and `patience` have to be at least 1")?;
        }
        let Recovery { rate_factor, snapshot_every, .. } = self.recovery;
        shrinking("rate_factor of Recovery", rate_factor, "")?;
        Error::require(snapshot_every > 0, "snapshot_every of Recovery", "it has to be at least 1; 100 is usual")
    }
}
