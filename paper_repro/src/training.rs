//! A training that outlives its process.

use std::ops::ControlFlow;

use eigennet::Scalar;
use eigennet::container::Container;
use eigennet::optim::{
    Checkpoints, HeldOut, Optimizer, StepReport, StopReason, Trainer, TrainingOutcome, TrainingState, TrainingStep,
};

use crate::checkpoint::{another_run, refused};
use crate::experiment::Context;
use crate::failure::Failure;

/// The most steps between two checkpoints; a short training has ten of them.
const CHECKPOINT: u64 = 1000;

/// Trains from `start`, or goes on from the checkpoint `name`, and saves there every so many steps, at the end and at
/// Ctrl-C.
///
/// # Errors
/// [`Failure::Interrupted`] after Ctrl-C, [`Failure::Usage`] for a checkpoint of another run, and the trainer's own.
pub fn run<T, S, P>(
    context: &Context,
    name: &str,
    trainer: Trainer,
    task: &mut S,
    optimizer: &mut P,
    start: &[T],
    mut watch: impl FnMut(&StepReport<'_, T>) -> ControlFlow<()>,
) -> Result<(TrainingState<T>, TrainingOutcome), Failure>
where
    T: Scalar,
    S: TrainingStep<T>,
    P: Optimizer<T> + ?Sized,
{
    let every = (trainer.steps / 10).clamp(1, CHECKPOINT);
    let trainer = Trainer { checkpoints: Some(Checkpoints { path: context.checkpoint(name), every }), ..trainer };
    let mut state = match context.checkpoint_to_resume(name)? {
        Some(path) => {
            let state = TrainingState::load(&Container::load(&path)?, optimizer, task)
                .map_err(|error| refused(&path, error))?;
            if state.parameters().len() != start.len() {
                return Err(another_run(&path));
            }
            state
        }
        None => trainer.start(start)?,
    };
    let outcome = trainer.resume(task, optimizer, &mut state, &mut |report: &StepReport<'_, T>| {
        let wish = watch(report);
        if context.interrupted() { ControlFlow::Break(()) } else { wish }
    })?;
    if outcome.reason == StopReason::StoppedByObserver {
        context.check_interrupt()?;
    }
    Ok((state, outcome))
}

/// A task whose checkpoints know the run they are of, where the task itself knows less than what it depends on.
#[derive(Debug)]
pub struct OfRun<'a, S> {
    /// The run, in words.
    pub run: &'a str,
    /// The task.
    pub task: &'a mut S,
}

/// Where a checkpoint has them.
const RUN: &str = "training.run";

impl<T: Scalar, S: TrainingStep<T>> TrainingStep<T> for OfRun<'_, S> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> eigennet::Result<T> {
        self.task.gradient(step, parameters, gradient)
    }

    fn validate(&mut self, step: u64, parameters: &[T]) -> eigennet::Result<Option<f64>> {
        self.task.validate(step, parameters)
    }

    fn held_out(&mut self, parameters: &[T]) -> eigennet::Result<Option<HeldOut>> {
        self.task.held_out(parameters)
    }

    fn save_state(&self, container: &mut Container) -> eigennet::Result<()> {
        container.insert_text(RUN, self.run)?;
        self.task.save_state(container)
    }

    fn restore_state(&mut self, container: &Container) -> eigennet::Result<()> {
        let theirs = container.text(RUN)?;
        if theirs != self.run {
            let reason = format!("it is of {theirs}, not of {}", self.run);
            return Err(eigennet::Error::invalid("checkpoint of a training", reason));
        }
        self.task.restore_state(container)
    }
}
