//! SpectralNet with progress, checkpoints and Ctrl-C.

use std::ops::ControlFlow;

use eigennet::container::Element;
use eigennet::graph::spectral_net::SpectralNetFit;
use eigennet::graph::{Graph, SpectralNet};
use eigennet::linalg::Matrix;
use eigennet::{Scalar, Seed};

use crate::curve::Recorded;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::training;

/// A trained network.
#[derive(Debug)]
pub struct Trained<T> {
    /// Its functions, and what speaks against them.
    pub fit: SpectralNetFit<T>,
    /// The parameters it was left with.
    pub parameters: Vec<T>,
    /// Steps and loss.
    pub losses: Vec<(f64, f64)>,
    /// Seconds of the processes that the training went on from.
    pub before: f64,
}

/// Trains on a graph, or goes on from the checkpoint `name`; `run` is what two runs that share it have in common.
///
/// # Errors
/// As [`training::run`].
pub fn train<T: Scalar + Element>(
    context: &Context,
    name: &str,
    settings: &SpectralNet,
    graph: &Graph<T>,
    points: &Matrix<T>,
    run: &str,
    seed: Seed,
) -> Result<Trained<T>, Failure> {
    let task = settings.task(graph, points, seed)?;
    let mut phase = context.progress.phase(name.to_string(), settings.trainer.steps);
    let start = task.start().to_vec();
    let mut task = Recorded::new(task, settings.trainer.steps).of_run(run);
    let trainer = settings.trainer.clone();
    let mut optimizer = settings.optimizer()?;
    let (state, outcome) = training::run(context, name, trainer, &mut task, &mut *optimizer, &start, |report| {
        phase.update(report.step, Scalar::to_f64(report.loss));
        ControlFlow::Continue(())
    })?;
    phase.finish();
    let fit = task.step.finish(state.parameters(), outcome)?;
    let before = task.before();
    Ok(Trained { fit, parameters: state.parameters().to_vec(), losses: task.into_points(), before })
}
