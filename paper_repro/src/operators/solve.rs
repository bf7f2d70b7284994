//! The methods on a problem, with progress, checkpoints and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Instant;

use eigennet::eigenfunctions::{Doubt, ProductFunctions, TensorTrain, TensorTrains};
use eigennet::linalg::Matrix;
use eigennet::optim::Outcome;

use super::problem::Problem;
use super::{Method, Operator};
use crate::checkpoint::refused;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::watched::Watched;

/// Iterations between two checkpoints of a network.
const CHECKPOINT: u64 = 500;

/// Functions of points that a method found.
#[derive(Debug)]
pub enum Functions {
    /// By a network.
    Network(ProductFunctions<Outcome>),
    /// By a train.
    Train(TensorTrains),
}

impl Functions {
    /// At points `[rows, d]`: `[rows, states]`.
    ///
    /// # Errors
    /// For points that are none.
    pub fn evaluate(&self, points: &Matrix<f64>) -> Result<Matrix<f64>, Failure> {
        Ok(match self {
            Functions::Network(found) => found.evaluate(points)?,
            Functions::Train(found) => found.evaluate(points)?,
        })
    }
}

/// What a method found.
#[derive(Debug)]
pub struct Found {
    /// The method.
    pub method: Method,
    /// The levels, ascending.
    pub values: Vec<f64>,
    /// ‖Hψ − Eψ‖ on points that were not used.
    pub residuals: Vec<f64>,
    /// What speaks against it.
    pub doubt: Option<Doubt>,
    /// The functions.
    pub functions: Functions,
    /// Iterations and losses, of a training.
    pub losses: Vec<(f64, f64)>,
    /// How large it is.
    pub size: String,
    /// How long it took.
    pub seconds: f64,
}

/// The levels of a problem and its functions, exact or by a larger train.
#[derive(Debug)]
pub struct Reference {
    /// The levels.
    pub values: Vec<f64>,
    /// Whether they are known in closed form.
    pub exact: bool,
    /// The functions, of problems that have few coordinates.
    pub train: Option<TensorTrains>,
}

/// Whether a network can hold it.
pub fn has_network(operator: Operator) -> bool {
    !matches!(operator, Operator::Henon20d | Operator::Coupled64d)
}

/// A train that is larger and cut less than those that are judged.
///
/// # Errors
/// As the solver.
pub fn reference(context: &Context, problem: &Problem) -> Result<Reference, Failure> {
    let small = problem.coordinates.len() <= 2;
    if let Some(exact) = problem.exact.clone().filter(|_| !small) {
        return Ok(Reference { values: exact, exact: true, train: None });
    }
    let TensorTrain { functions, truncation, tolerance, .. } = problem.train;
    let larger = TensorTrain {
        functions: functions + 3,
        truncation: 0.1 * truncation,
        tolerance: 0.1 * tolerance,
        rank: 140,
        ..problem.train
    };
    let train = sweep(context, &format!("{} reference", problem.name), problem, larger, 6)?;
    let values = problem.exact.clone().unwrap_or_else(|| train.values().to_vec());
    Ok(Reference { values, exact: problem.exact.is_some(), train: small.then_some(train) })
}

fn sweep(
    context: &Context,
    name: &str,
    problem: &Problem,
    settings: TensorTrain,
    more: usize,
) -> Result<TensorTrains, Failure> {
    let settings = TensorTrain { seed: context.seed, ..settings };
    let mut phase = context.progress.phase(name.to_string(), 0);
    let found = settings.solve_observed(&problem.h, &problem.bases(more)?, |sweep| {
        phase.update(sweep.sweep as u64, sweep.values[0]);
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    phase.finish();
    context.check_interrupt()?;
    Ok(found)
}

/// A method at the context's seed.
///
/// # Errors
/// [`Failure::Interrupted`] after Ctrl-C, and what the solver says.
pub fn run(context: &Context, problem: &Problem, method: Method) -> Result<Found, Failure> {
    let started = Instant::now();
    let name = format!("{}-{}", method.name(), problem.name);
    let found = match method {
        Method::TensorTrain => {
            let train = sweep(context, &name, problem, problem.train, 0)?;
            Found {
                method,
                values: train.values().to_vec(),
                residuals: train.checked().residuals.clone(),
                doubt: train.doubt(),
                size: format!("rank {}", train.ranks().iter().max().unwrap_or(&1)),
                losses: Vec::new(),
                functions: Functions::Train(train),
                seconds: 0.0,
            }
        }
        Method::TensorNetwork => {
            let settings = &problem.network;
            let mut objective = settings.objective(&problem.h, &problem.coordinates, context.seed)?;
            let fingerprint = format!("{settings:?} on {} from {:?}", problem.name, context.seed);
            let mut watch = Watched::new(context, &name, settings.lbfgs.max_iterations);
            let mut parameters = objective.start().to_vec();
            let checkpoints = context.checkpoints(&name, CHECKPOINT)?;
            let outcome = checkpoints
                .run(&fingerprint, &settings.lbfgs, &mut objective, &mut parameters, &mut watch)
                .map_err(|error| refused(&checkpoints.path, error))?;
            let losses = watch.finish();
            context.check_interrupt()?;
            let network = objective.finish(&parameters, outcome)?;
            Found {
                method,
                values: network.values().to_vec(),
                residuals: network.checked().residuals.clone(),
                doubt: network.doubt(),
                size: format!("{} products, {} parameters", settings.products, parameters.len()),
                losses,
                functions: Functions::Network(network),
                seconds: 0.0,
            }
        }
    };
    Ok(Found { seconds: started.elapsed().as_secs_f64(), ..found })
}
