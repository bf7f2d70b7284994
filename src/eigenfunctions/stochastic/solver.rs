//! What a caller does with any method.

use std::fmt;
use std::ops::ControlFlow;

use super::rule::Rule;
use super::task::StochasticTask;
use super::training::StochasticTraining;
use crate::container::Element;
use crate::eigenfunctions::check::Solution;
use crate::eigenfunctions::operator::SelfAdjoint;
use crate::eigenfunctions::sampler::Sampler;
use crate::eigenfunctions::trial::Trial;
use crate::optim::{Observer, Optimizer, StepReport, Trainer, TrainingOutcome};
use crate::{Result, Scalar, Seed};

/// A method: settings of the training and a [`Rule`]. That makes it a [`NeuralEigensolver`].
///
/// The `Debug` form has to tell all settings: a checkpoint is resumed only if it is the same.
pub trait StochasticMethod: fmt::Debug + Send + Sync {
    /// What is trained, and how.
    fn training(&self) -> StochasticTraining;

    /// The rule before the first step, for functions whose eigenvalues of T + c are `expected` to start so.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings that do not fit.
    fn rule(&self, expected: Vec<f64>) -> Result<Box<dyn Rule>>;
}

/// Solving for the largest eigenvalues of an operator by functions trained on random batches, by any [`StochasticMethod`].
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::StratifiedPolar;
/// use eigennet::eigenfunctions::{
///     NestedOmm, NeuralEf, NeuralEigensolver, Schrodinger, Spin, StochasticMethod, StochasticTraining,
/// };
/// let training = StochasticTraining { states: 1, batch: 64, steps: 300, ..StochasticTraining::default() };
/// let methods: [Box<dyn StochasticMethod>; 3] = [
///     Box::new(NeuralEf { training: training.clone() }),
///     Box::new(Spin { training: training.clone(), ..Spin::default() }),
///     Box::new(NestedOmm { training, ..NestedOmm::default() }),
/// ];
/// let sampler = StratifiedPolar::new(30.0)?;
/// for method in &methods {
///     let solved = method.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
///     let ground = solved.checked.expect("checked").levels[0];
///     assert!((ground - 1.0).abs() < 0.1, "{method:?}: {ground}");
/// }
/// # Ok::<(), eigennet::Error>(())
/// ```
pub trait NeuralEigensolver: StochasticMethod {
    /// The training loop of the settings: schedule and average.
    ///
    /// # Errors
    /// As [`StochasticTraining::trainer`].
    fn trainer(&self) -> Result<Trainer> {
        self.training().trainer()
    }

    /// The optimiser of the settings, for the parameters of `task`.
    ///
    /// # Errors
    /// As [`StochasticTraining::optimizer`].
    fn optimizer<T: Scalar + Element>(&self, task: &StochasticTask<'_, T>) -> Result<Box<dyn Optimizer<T>>> {
        self.training().optimizer(task.shapes())
    }

    /// One stochastic gradient a step, for a training loop of one's own.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings that do not fit.
    fn task<'s, T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &'s dyn Sampler<T>,
        seed: Seed,
    ) -> Result<StochasticTask<'s, T>> {
        self.task_of(&self.training().trial, operator, sampler, seed)
    }

    /// [`task`](Self::task) with trial functions of one's own in place of those of the settings. They are trained
    /// in training mode: batch statistics and dropout are at work, and running statistics are learned.
    ///
    /// # Errors
    /// As there.
    fn task_of<'s, T: Scalar>(
        &self,
        trial: &dyn Trial,
        operator: &dyn SelfAdjoint,
        sampler: &'s dyn Sampler<T>,
        seed: Seed,
    ) -> Result<StochasticTask<'s, T>> {
        let training = self.training();
        training.check()?;
        let expected = trial.expected(training.states).iter().map(|value| value + training.shift).collect();
        let (rule, settings) = (self.rule(expected)?, format!("{self:?}"));
        StochasticTask::new((training, settings), rule, (operator, trial), sampler, seed)
    }

    /// Solves for the largest eigenvalues of `operator` on batches of `sampler`. Ask the solution for its
    /// [`doubt`](Solution::doubt), which comes from a fresh draw: small batches and short trainings leave functions that
    /// are far from eigenfunctions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings that do not fit, and what trainer and
    /// [rule](Rule::verdict) report.
    #[inline(never)]
    fn solve<T: Scalar + Element>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &dyn Sampler<T>,
        seed: Seed,
    ) -> Result<Solution<T, TrainingOutcome>> {
        self.solve_observed(operator, sampler, seed, &mut |_: &StepReport<'_, T>| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each step.
    ///
    /// # Errors
    /// As there.
    fn solve_observed<T: Scalar + Element>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &dyn Sampler<T>,
        seed: Seed,
        observer: &mut dyn Observer<T>,
    ) -> Result<Solution<T, TrainingOutcome>> {
        let mut task = self.task(operator, sampler, seed)?;
        let mut parameters = task.start();
        let mut optimizer = self.optimizer(&task)?;
        let outcome = self.trainer()?.run(&mut task, &mut *optimizer, &mut parameters, observer)?;
        task.finish(&parameters, outcome)
    }
}

impl<M: StochasticMethod + ?Sized> NeuralEigensolver for M {}
