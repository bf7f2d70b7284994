//! Runs the methods with progress and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Instant;

use eigennet::differential::eigenvector_ode::{
    ClosedForm, Deflation, EigenvectorFlow, EigenvectorOde, End, Method, PairError, RandomSearch, SearchResult,
    Spectrum, TimeDerivative, WholeIntervalNetwork, WholeIntervalSolution, compare,
};
use eigennet::linalg::{Matrix, SymmetricEigen, symmetric_eigen};

use super::published::START;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::solvers::problems;

/// Points a window on which the network is held against the closed form; none of them but the ends is a node.
const POINTS: usize = 101;

/// Matrix (26), its spectrum by our symmetric eigensolver, and the exact solution from x₀.
#[derive(Debug)]
pub struct Problem {
    pub matrix: Matrix<f64>,
    pub reference: SymmetricEigen<f64>,
    pub flow: EigenvectorFlow<f64>,
    pub exact: ClosedForm<f64>,
}

impl Problem {
    /// As printed in the report.
    pub fn of_report() -> Result<Self, Failure> {
        let matrix = problems::Problem::report()?.matrix;
        let flow = EigenvectorFlow::new(&matrix)?;
        let exact = flow.closed_form(&START)?;
        Ok(Problem { reference: symmetric_eigen(&matrix)?, matrix, flow, exact })
    }

    /// Eigenvector `index` (ascending), with that length and the sign of `like`.
    pub fn level(&self, index: usize, like: &[f64], length: f64) -> Vec<f64> {
        let vector = self.reference.vectors.column(index);
        let overlap: f64 = vector.iter().zip(like).map(|(a, b)| a * b).sum();
        vector.iter().map(|v| v * length * overlap.signum()).collect()
    }
}

/// Eigenpairs one after another, and what is wrong with them.
#[derive(Debug)]
pub struct Solved {
    pub name: &'static str,
    pub spectrum: Spectrum<f64>,
    pub errors: Vec<PairError<f64>>,
    /// max ‖x̃ − x‖ / |x₀|, one for each pair.
    pub trajectory_errors: Vec<f64>,
    /// The lowest eigenvalue by the flow of −A, and its error (Theorem A).
    pub lowest: (f64, PairError<f64>),
    pub seconds: f64,
}

impl Solved {
    /// How many pairs came in the order that the theorems predict, before the first that did not.
    pub fn in_order(&self) -> usize {
        let n = self.errors.len();
        self.errors.iter().enumerate().take_while(|(i, error)| error.index + 1 + i == n).count()
    }

    /// The largest of something over all pairs.
    pub fn largest(&self, of: impl Fn(&PairError<f64>) -> f64) -> f64 {
        self.errors.iter().map(of).fold(0.0, f64::max)
    }

    /// The largest trajectory error of all pairs.
    pub fn trajectory_error(&self) -> f64 {
        self.trajectory_errors.iter().copied().fold(0.0, f64::max)
    }
}

/// All six pairs, largest first.
pub fn diagonalise(
    context: &Context,
    problem: &Problem,
    name: &'static str,
    method: Method,
    deflation: Deflation,
) -> Result<Solved, Failure> {
    let started = Instant::now();
    let solver = EigenvectorOde { method, deflation, ..EigenvectorOde::default() };
    let mut phase = context.progress.phase(name, problem.flow.order() as u64);
    let spectrum = solver.solve_observed(&problem.matrix, &START, context.seed, |progress| {
        phase.update(progress.pair as u64, progress.residual);
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    phase.update(spectrum.pairs.len() as u64, spectrum.pairs.iter().map(|p| p.residual).fold(0.0, f64::max));
    phase.finish();
    context.check_interrupt()?;
    let seconds = started.elapsed().as_secs_f64();
    let (mut errors, mut trajectory_errors) = (Vec::new(), Vec::new());
    for pair in &spectrum.pairs {
        errors.push(compare(pair.value, &pair.vector, &problem.reference)?);
        trajectory_errors.push(pair.trajectory.max_error(POINTS)?);
    }
    let solver = EigenvectorOde { end: End::Smallest, pairs: Some(1), ..solver };
    let lowest = solver.solve_observed(&problem.matrix, &START, context.seed.child("lowest"), |_| {
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    context.check_interrupt()?;
    let Some(lowest) = lowest.pairs.first() else {
        return Err(Failure::Other("the flow of −A found no pair".to_string()));
    };
    let lowest = (lowest.value, compare(lowest.value, &lowest.vector, &problem.reference)?);
    Ok(Solved { name, spectrum, errors, trajectory_errors, lowest, seconds })
}

/// The report's network after training.
#[derive(Debug)]
pub struct Whole {
    pub network: WholeIntervalNetwork,
    pub solution: WholeIntervalSolution<f64>,
    /// x̃(t_f) and its Rayleigh quotient.
    pub end: Vec<f64>,
    pub value: f64,
    pub error: PairError<f64>,
    /// max ‖x̃ − x‖ / |x₀| on [0, t_f].
    pub trajectory_error: f64,
    pub seconds: f64,
}

/// The suffix of names of what was trained with that derivative.
pub fn suffix(derivative: TimeDerivative) -> &'static str {
    match derivative {
        TimeDerivative::Components => "",
        TimeDerivative::SumAsPublished => "-as-published",
    }
}

/// The name of a training of the report's network in metrics and files.
pub fn whole_name(network: &WholeIntervalNetwork) -> String {
    let refined = if network.refine.is_some() { "-lm" } else { "" };
    format!("whole-interval{refined}{}", suffix(network.derivative))
}

/// The report's network from x₀.
pub fn whole_interval(context: &Context, problem: &Problem, network: WholeIntervalNetwork) -> Result<Whole, Failure> {
    let started = Instant::now();
    let iterations = network.refine.map_or(0, |method| method.max_iterations as u64);
    let mut phase = context.progress.phase(whole_name(&network), network.epochs + iterations);
    let seed = context.seed.child("whole interval");
    let solution = network.train_observed(&problem.flow, &START, seed, |epoch, loss| {
        phase.update(epoch, loss);
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    phase.finish();
    context.check_interrupt()?;
    let seconds = started.elapsed().as_secs_f64();
    let end = solution.end()?;
    let value = problem.flow.rayleigh_quotient(&end);
    let error = compare(value, &end, &problem.reference)?;
    let mut trajectory_error = 0.0_f64;
    for i in 0..=1000 {
        let t = network.time * f64::from(i) / 1000.0;
        let (ours, exact) = (solution.at(t)?, problem.exact.at(t)?);
        let square: f64 = ours.iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum();
        trajectory_error = trajectory_error.max(square.sqrt() / problem.exact.length());
    }
    Ok(Whole { network, solution, end, value, error, trajectory_error, seconds })
}

/// A finished search.
#[derive(Debug)]
pub struct Searched {
    pub search: RandomSearch,
    pub result: SearchResult<f64>,
    pub seconds: f64,
}

/// The report's network from many starts.
pub fn search(context: &Context, problem: &Problem, search: RandomSearch) -> Result<Searched, Failure> {
    let started = Instant::now();
    let epochs = search.starts as u64 * search.network.epochs;
    let mut phase = context.progress.phase(format!("search{}", suffix(search.network.derivative)), epochs);
    let result = search.run_observed(&problem.flow, context.seed.child("search"), |epoch| {
        phase.update(epoch, f64::NAN);
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    phase.finish();
    context.check_interrupt()?;
    Ok(Searched { search, result, seconds: started.elapsed().as_secs_f64() })
}
