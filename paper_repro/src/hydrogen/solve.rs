//! Runs the solvers with progress, checkpoints and Ctrl-C.

use std::ops::ControlFlow;

use eigennet::Scalar;
use eigennet::container::Element;
use eigennet::eigenfunctions::comparison::{Comparison, compare};
use eigennet::eigenfunctions::sampler::{Sampler, StratifiedPolar, TruncatedGaussian};
use eigennet::eigenfunctions::{Eigenfunctions, NestedLora, NeuralEigensolver, NeuralRitz, Schrodinger};
use eigennet::optim::{Optimizer, RmsProp};
use eigennet::quadrature::Quadrature;
use eigennet::reference::{ExactSpectrum, Hydrogen2d};

use super::methods::{Points, Published, Stochastic};
use super::settings::{self, Grids};
use crate::curve::Recorded;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::training;
use crate::watched::minimize;

/// Checkpoints of neural Ritz.
const RITZ_CHECKPOINTS: u64 = 5;

/// A solved method: what tables and figures are made of.
#[derive(Debug)]
pub struct Solved {
    /// Name in metrics and headings, such as `"neural-ritz"`.
    pub name: String,
    /// Whether it was trained on random batches.
    pub stochastic: bool,
    /// Its networks and its training, in words.
    pub settings: [String; 2],
    /// The least value of its loss.
    pub least_loss: f64,
    /// What its authors report.
    pub published: Option<Published>,
    /// Against the exact spectrum, on the independent grid.
    pub comparison: Comparison,
    /// Values on the independent grid, `[points, states]`.
    pub values: Vec<f64>,
    /// Values on the plotting points of each level, level after level, `[points, states]`.
    pub panels: Vec<f64>,
    /// Steps or iterations, and the loss.
    pub losses: Vec<(f64, f64)>,
    /// Why training stopped.
    pub stopped: String,
}

fn measure<T: Scalar>(
    name: &str,
    functions: &Eigenfunctions<T>,
    grid: &Quadrature<T>,
    panels: &[T],
    losses: Vec<(f64, f64)>,
    stopped: String,
) -> Result<Solved, Failure> {
    let on_grid = functions.evaluate(grid.points())?;
    let [dx, dy] = &on_grid.gradients[..] else {
        return Err(Failure::Other("the functions are not of two coordinates".to_string()));
    };
    let comparison = compare(&Hydrogen2d, grid, on_grid.values.as_slice(), [dx.as_slice(), dy.as_slice()])?;
    let wide = |values: &[T]| values.iter().map(|&v| Scalar::to_f64(v)).collect();
    Ok(Solved {
        name: name.to_string(),
        stochastic: true,
        settings: [String::new(), String::new()],
        least_loss: 0.0,
        published: None,
        comparison,
        values: wide(on_grid.values.as_slice()),
        panels: wide(functions.evaluate(panels)?.values.as_slice()),
        losses,
        stopped,
    })
}

/// Neural Ritz at the context's seed.
pub fn neural_ritz(context: &Context, solver: &NeuralRitz, grids: &Grids, panels: &[f64]) -> Result<Solved, Failure> {
    let name = "neural-ritz";
    let grid = grids.training.build::<f64>()?;
    let mut objective = solver.objective(&Schrodinger::hydrogen(), &grid, context.seed)?;
    let mut parameters = objective.start().to_vec();
    let every = (solver.lbfgs.max_iterations as u64 / RITZ_CHECKPOINTS).max(1);
    let task = (name, &*format!("{solver:?} on {:?}", grids.training), every);
    let (outcome, losses) = minimize(context, task, &solver.lbfgs, &mut objective, &mut parameters)?;
    let functions = objective.eigenfunctions(&parameters)?;
    save_model(context, name, &functions)?;
    let independent = grids.independent.build()?;
    let measured = measure(name, &functions, &independent, panels, losses, outcome.reason.to_string())?;
    let network =
        format!("{} features, hidden layers {:?}, {:?}", solver.features, solver.trial.hidden, solver.trial.activation);
    let training = format!(
        "L-BFGS, at most {} iterations on {} × {} points",
        solver.lbfgs.max_iterations, grids.training.radial, grids.training.angular
    );
    let trained = solver.trained.unwrap_or(solver.states);
    let least_loss = -(0..trained).map(|state| Hydrogen2d.eigenvalue(state).ln()).sum::<f64>();
    Ok(Solved { stochastic: false, settings: [network, training], least_loss, ..measured })
}

/// A method on random batches at the context's seed.
pub fn stochastic(context: &Context, method: &Stochastic, grids: &Grids, panels: &[f64]) -> Result<Solved, Failure> {
    let solved = if let Some(settings) = method.rms_prop {
        let optimizer: Box<dyn Optimizer<f32>> = Box::new(RmsProp::new(settings)?);
        let panels: Vec<f32> = panels.iter().map(|&x| x as f32).collect();
        train(context, method, Some(optimizer), grids, &panels)?
    } else {
        train::<f64>(context, method, None, grids, panels)?
    };
    let settings = [method.network(), method.training()];
    Ok(Solved { settings, least_loss: method.least_loss, published: method.published, ..solved })
}

/// `optimizer` in place of the method's own.
fn train<T: Scalar + Element>(
    context: &Context,
    method: &Stochastic,
    optimizer: Option<Box<dyn Optimizer<T>>>,
    grids: &Grids,
    panels: &[T],
) -> Result<Solved, Failure> {
    let (name, solver) = (method.name, &*method.solver);
    let stratified = StratifiedPolar::new(grids.independent.radius)?;
    let gaussian = TruncatedGaussian::new(settings::PAPER_SIGMA, settings::PAPER_BOX)?;
    let sampler: &dyn Sampler<T> = match method.points {
        Points::Stratified => &stratified,
        Points::Gaussian => &gaussian,
    };
    let steps = solver.training().steps;
    let task = solver.task(&Schrodinger::hydrogen(), sampler, context.seed)?;
    let mut optimizer = optimizer.map_or_else(|| solver.optimizer(&task), Ok)?;
    let mut task = Recorded::new(task, steps);
    let start = task.step.start();
    let mut phase = context.progress.phase(name.to_string(), steps);
    let mut begun = false;
    let (state, outcome) =
        training::run(context, name, solver.trainer()?, &mut task, &mut *optimizer, &start, |report| {
            if !std::mem::replace(&mut begun, true) {
                // The time that is left is not told by steps of an earlier run.
                phase.start_at(report.step);
            }
            phase.update(report.step, Scalar::to_f64(report.loss));
            ControlFlow::Continue(())
        })?;
    phase.finish();
    let functions = task.step.eigenfunctions(state.trained())?;
    save_model(context, name, &functions)?;
    let independent = grids.independent.build()?;
    measure(name, &functions, &independent, panels, task.points().to_vec(), outcome.reason.to_string())
}

/// A short NestedLoRA training, for comparisons between its variants.
pub fn nested_lora_variant(
    context: &Context,
    name: &str,
    checkpoint: &str,
    solver: &NestedLora,
    grids: &Grids,
) -> Result<Comparison, Failure> {
    let sampler = StratifiedPolar::new(grids.independent.radius)?;
    let mut phase = context.progress.phase(name.to_string(), solver.training.steps);
    let mut task = solver.task(&Schrodinger::hydrogen(), &sampler, context.seed)?;
    let (start, mut optimizer) = (task.start(), solver.optimizer(&task)?);
    let (state, _) =
        training::run(context, checkpoint, solver.trainer()?, &mut task, &mut *optimizer, &start, |report| {
            phase.update(report.step, report.loss);
            ControlFlow::Continue(())
        })?;
    phase.finish();
    let functions = task.eigenfunctions(state.trained())?;
    let grid = grids.independent.build()?;
    Ok(measure(name, &functions, &grid, &[1.0, 0.0], Vec::new(), String::new())?.comparison)
}

/// Stores the trained functions beside the report.
fn save_model<T: Scalar + Element>(
    context: &Context,
    name: &str,
    functions: &Eigenfunctions<T>,
) -> Result<(), Failure> {
    functions.save()?.save(context.out.path(&format!("{name}.model")))?;
    Ok(())
}
