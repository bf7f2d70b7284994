//! A minimisation with progress, Ctrl-C and a loss curve that its checkpoint keeps.

use std::ops::ControlFlow;

use eigennet::container::Container;
use eigennet::optim::{self, Lbfgs, Objective, Outcome, SolveState};

use crate::checkpoint::refused;
use crate::curve;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::progress::Phase;

/// Iterations with their losses.
pub type Losses = Vec<(f64, f64)>;

/// Minimises by L-BFGS with progress, Ctrl-C and a checkpoint each `every` iterations, which is resumed by a run of the
/// same `settings` and seed. Returns how it ended, and iterations with their losses.
///
/// # Errors
/// [`Failure::Interrupted`] after Ctrl-C, a checkpoint of another run, and what the objective says.
pub fn minimize(
    context: &Context,
    (name, settings, every): (&str, &str, u64),
    lbfgs: &Lbfgs,
    objective: &mut dyn Objective<f64>,
    parameters: &mut [f64],
) -> Result<(Outcome, Losses), Failure> {
    let mut watch = Watched::new(context, name, lbfgs.max_iterations);
    let checkpoints = context.checkpoints(name, every)?;
    let fingerprint = format!("{settings} from {:?}", context.seed);
    let outcome = checkpoints
        .run(&fingerprint, lbfgs, objective, parameters, &mut watch)
        .map_err(|error| refused(&checkpoints.path, error))?;
    let losses = watch.finish();
    context.check_interrupt()?;
    Ok((outcome, losses))
}

/// Follows a method of [`optim`] from a checkpoint to the next.
pub struct Watched<'a> {
    context: &'a Context,
    phase: Phase,
    losses: Losses,
}

impl<'a> Watched<'a> {
    /// Of so many iterations at most.
    pub fn new(context: &'a Context, name: &str, iterations: usize) -> Self {
        let phase = context.progress.phase(name.to_string(), iterations as u64);
        Watched { context, phase, losses: Vec::new() }
    }

    /// Iterations and losses.
    pub fn finish(self) -> Losses {
        self.phase.finish();
        self.losses
    }
}

impl optim::Watch<f64> for Watched<'_> {
    fn look(&mut self, state: &dyn SolveState<f64>) -> ControlFlow<()> {
        self.losses.push((state.iterations() as f64, state.value()));
        self.phase.update(state.iterations(), state.value());
        if self.context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn save_state(&self, container: &mut Container) -> Result<(), eigennet::Error> {
        curve::insert(container, &self.losses)
    }

    fn restore_state(&mut self, container: &Container) -> Result<(), eigennet::Error> {
        self.losses = curve::read(container)?;
        self.phase.start_at(self.losses.len() as u64);
        Ok(())
    }
}
