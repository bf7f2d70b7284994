//! Runs the methods with progress and Ctrl-C.

use std::ops::ControlFlow;
use std::time::Instant;

use eigennet::differential::eigenvector_ode::{Deflation, EigenvectorOde, End, FlowState, Method, Spectrum};

use super::errors::{PairError, compare};
use super::problem::Problem;
use super::published::START;
use super::whole_interval::{WholeIntervalNetwork, WholeIntervalSolution};
use crate::checkpoint;
use crate::experiment::Context;
use crate::failure::Failure;

/// Points a window on which the network is held against the closed form; none of them but the ends is a node.
const POINTS: usize = 101;

/// Eigenpairs one after another, and what is wrong with them.
#[derive(Debug)]
pub struct Solved {
    pub name: &'static str,
    pub spectrum: Spectrum<f64>,
    pub errors: Vec<PairError>,
    /// max ‖x̃ − x‖ / |x₀|, one for each pair.
    pub trajectory_errors: Vec<f64>,
    /// The lowest eigenvalue by the flow of −A, and its error (Theorem A).
    pub lowest: (f64, PairError),
    pub seconds: f64,
}

impl Solved {
    /// How many pairs came in the order that the theorems predict, before the first that did not.
    pub fn in_order(&self) -> usize {
        let n = self.errors.len();
        self.errors.iter().enumerate().take_while(|(i, error)| error.index + 1 + i == n).count()
    }

    /// The largest of something over all pairs.
    pub fn largest(&self, of: impl Fn(&PairError) -> f64) -> f64 {
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
    let settings = format!("{solver:?} from {:?}", context.seed);
    let mut state = match checkpoint::to_resume(context, name, &settings)? {
        Some(container) => FlowState::load(&container, "flow")?,
        None => FlowState::default(),
    };
    let mut saved = Ok(());
    let spectrum = solver.resume(&problem.matrix, &START, context.seed, &mut state, |progress| {
        phase.update(progress.pair as u64, progress.residual);
        // The other methods are done before there is anything worth to be saved.
        if matches!(solver.method, Method::Network { .. }) {
            saved = checkpoint::of_run(&settings).and_then(|mut container| {
                progress.save(&mut container, "flow")?;
                container.save(context.checkpoint(name))
            });
        }
        if saved.is_err() || context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    saved?;
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
    let lowest = solver.solve(&problem.matrix, &START, context.seed.child("lowest"))?;
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
    pub solution: WholeIntervalSolution,
    /// x̃(t_f) and its Rayleigh quotient.
    pub end: Vec<f64>,
    pub value: f64,
    pub error: PairError,
    /// max ‖x̃ − x‖ / |x₀| on [0, t_f].
    pub trajectory_error: f64,
    pub seconds: f64,
}

/// The report's network from x₀.
pub fn whole_interval(context: &Context, problem: &Problem, network: WholeIntervalNetwork) -> Result<Whole, Failure> {
    let started = Instant::now();
    let iterations = network.refine.map_or(0, |method| method.max_iterations as u64);
    let mut phase = context.progress.phase(network.name(), network.epochs + iterations);
    let seed = context.seed.child("whole interval");
    let solution = network.train(context, &network.name(), &problem.flow, &START, seed, |epoch, loss| {
        phase.update(epoch, loss);
    })?;
    phase.finish();
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
