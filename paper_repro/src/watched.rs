//! A minimisation with progress, Ctrl-C and a loss curve that its checkpoint keeps.

use std::ops::ControlFlow;

use eigennet::container::Container;
use eigennet::optim::{self, SolveState};

use crate::curve;
use crate::experiment::Context;
use crate::progress::Phase;

/// Follows a method of [`optim`] from a checkpoint to the next.
pub struct Watched<'a> {
    context: &'a Context,
    phase: Phase,
    losses: Vec<(f64, f64)>,
}

impl<'a> Watched<'a> {
    /// Of so many iterations at most.
    pub fn new(context: &'a Context, name: &str, iterations: usize) -> Self {
        let phase = context.progress.phase(name.to_string(), iterations as u64);
        Watched { context, phase, losses: Vec::new() }
    }

    /// Iterations and losses.
    pub fn finish(self) -> Vec<(f64, f64)> {
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
