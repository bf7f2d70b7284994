//! The methods on a problem, with progress, checkpoints and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Instant;

use eigennet::eigenfunctions::{Eigenfunctions, ProductFunctions, Solution, TensorTrain, TensorTrains};
use eigennet::linalg::Matrix;
use eigennet::optim::Outcome;
use eigennet::reference::{Hydrogen2d, sample};

use super::problem::{Problem, Separable};
use super::{Method, Operator};
use crate::experiment::Context;
use crate::failure::Failure;
use crate::watched::minimize;

/// Iterations between two checkpoints of a network.
const CHECKPOINT: u64 = 500;

/// Functions of points that a method found.
#[derive(Debug)]
pub enum Functions {
    /// By a sum of products of networks.
    Products(ProductFunctions<Outcome>),
    /// By a train.
    Train(TensorTrains),
    /// By a network of all coordinates.
    Network(Eigenfunctions<f64>),
    /// Exact ones of the hydrogen atom on the plane, so many.
    Hydrogen(usize),
}

impl Functions {
    /// At points `[rows, d]`: `[rows, states]`.
    ///
    /// # Errors
    /// For points that are none.
    pub fn evaluate(&self, points: &Matrix<f64>) -> Result<Matrix<f64>, Failure> {
        Ok(match self {
            Functions::Products(found) => found.evaluate(points)?,
            Functions::Train(found) => found.evaluate(points)?,
            Functions::Network(found) => found.evaluate(points.as_slice())?.values,
            Functions::Hydrogen(states) => sample(&Hydrogen2d, *states, points.as_slice())?.values,
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
    pub doubt: Option<String>,
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
    pub functions: Option<Functions>,
}

/// What is known, else a train that is larger and cut less than those that are judged.
///
/// # Errors
/// As the solver.
pub fn reference(context: &Context, problem: &Problem) -> Result<Reference, Failure> {
    let small = problem.dimension <= 2;
    let known = |exact: &Vec<f64>, functions| Reference { values: exact.clone(), exact: true, functions };
    let separable = match (&problem.separable, &problem.exact) {
        (None, Some(exact)) => {
            let hydrogen =
                (problem.member.operator == Operator::Hydrogen2d).then_some(Functions::Hydrogen(problem.states));
            return Ok(known(exact, hydrogen));
        }
        (Some(_), Some(exact)) if !small => return Ok(known(exact, None)),
        (Some(separable), _) => separable,
        (None, None) => return Err(Failure::Other(format!("nothing is known of {}", problem.name))),
    };
    let TensorTrain { functions, truncation, tolerance, .. } = separable.train;
    let larger = TensorTrain {
        functions: functions + 3,
        truncation: 0.1 * truncation,
        tolerance: 0.1 * tolerance,
        rank: 140,
        ..separable.train
    };
    let train = sweep(context, &format!("{} reference", problem.name), separable, larger, 6)?;
    let values = problem.exact.clone().unwrap_or_else(|| train.values().to_vec());
    Ok(Reference { values, exact: problem.exact.is_some(), functions: small.then_some(Functions::Train(train)) })
}

fn sweep(
    context: &Context,
    name: &str,
    separable: &Separable,
    settings: TensorTrain,
    more: usize,
) -> Result<TensorTrains, Failure> {
    let settings = TensorTrain { seed: context.seed, ..settings };
    let mut phase = context.progress.phase(name.to_string(), 0);
    let found = settings.solve_observed(&separable.h, &separable.bases(more)?, |sweep| {
        phase.update(sweep.sweep as u64, sweep.values[0]);
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    phase.finish();
    context.check_interrupt()?;
    Ok(found)
}

/// What a network of all coordinates found, with the first of the doubts about it.
fn of_solution<O>(method: Method, solution: Solution<f64, O>, size: String, losses: Vec<(f64, f64)>) -> Found {
    let doubts = [
        solution.doubt().map(|doubt| doubt.to_string()),
        solution.small_box().map(|shift| shift.to_string()),
        solution.cut_level().map(|cut| cut.to_string()),
    ];
    let functions = solution.eigenfunctions;
    let residuals = solution.checked.map(|checked| checked.residuals);
    Found {
        method,
        values: functions.values().iter().map(|value| -value).collect(),
        residuals: residuals.unwrap_or_else(|| vec![f64::NAN; functions.states()]),
        doubt: doubts.into_iter().flatten().next(),
        size,
        losses,
        functions: Functions::Network(functions),
        seconds: 0.0,
    }
}

/// A method at the context's seed.
///
/// # Errors
/// [`Failure::Usage`] for a method that does not [suit](Operator::suits) the operator, [`Failure::Interrupted`] after Ctrl-C,
/// and what the solver says.
pub fn run(context: &Context, problem: &Problem, method: Method) -> Result<Found, Failure> {
    let started = Instant::now();
    let name = format!("{}-{}", method.name(), problem.name);
    let found = match (method, &problem.separable, &problem.ritz, &problem.stochastic) {
        (Method::TensorTrain, Some(separable), ..) => {
            let train = sweep(context, &name, separable, separable.train, 0)?;
            Found {
                method,
                values: train.values().to_vec(),
                residuals: train.checked().residuals.clone(),
                doubt: train.doubt().map(|doubt| doubt.to_string()),
                size: format!("rank {}", train.ranks().iter().max().unwrap_or(&1)),
                losses: Vec::new(),
                functions: Functions::Train(train),
                seconds: 0.0,
            }
        }
        (Method::TensorNetwork, Some(separable), ..) => {
            let settings = &separable.network;
            let mut objective = settings.objective(&separable.h, &separable.coordinates, context.seed)?;
            let mut parameters = objective.start().to_vec();
            let task = (&*name, &*format!("{settings:?} on {}", problem.member), CHECKPOINT);
            let (outcome, losses) = minimize(context, task, &settings.lbfgs, &mut objective, &mut parameters)?;
            let network = objective.finish(&parameters, outcome)?;
            Found {
                method,
                values: network.values().to_vec(),
                residuals: network.checked().residuals.clone(),
                doubt: network.doubt().map(|doubt| doubt.to_string()),
                size: format!("{} products, {} parameters", settings.products, parameters.len()),
                losses,
                functions: Functions::Products(network),
                seconds: 0.0,
            }
        }
        (Method::NeuralRitz, _, Some(ritz), _) => {
            let (solution, losses) = ritz.run(context, &name)?;
            // The least loss is known of the states alone.
            let known = ritz.solver.trained.is_none_or(|trained| trained == problem.states);
            let losses = if known { losses } else { Vec::new() };
            let parameters = solution.eigenfunctions.parameters().len();
            let size = format!("{} features, {parameters} parameters", ritz.solver.features);
            of_solution(method, solution, size, losses)
        }
        (Method::NestedLora | Method::NestedOmm | Method::Spin | Method::NeuralEf, _, _, Some(stochastic)) => {
            let solution = stochastic.run(context, &name, method)?;
            of_solution(method, solution, stochastic.size(), Vec::new())
        }
        _ => return Err(Failure::Usage(format!("--method {}: not for {}", method.name(), problem.name))),
    };
    Ok(Found { seconds: started.elapsed().as_secs_f64(), ..found })
}
