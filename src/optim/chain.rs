//! Several optimisers one after another, each starting where the one before has ended.

mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;

use crate::{Error, Result, Scalar};

use super::held_out::{HeldOut, warn};
use super::least_squares::{FitProgress, Method, value_of};
use super::objective::is_curable;
use super::{
    Adam, FullBatch, GaussNewton, Lbfgs, LevenbergMarquardt, Optimizer, Progress, Residuals, Schedule, SolveState,
    Spring, StepReport, StopReason, SumOfSquares, Trainer,
};
pub use state::ChainState;
use state::{Current, Part, Training, View};

/// Optimisers one after another on the same residuals: a robust one finds the valley, a fast one its bottom.
///
/// ```
/// use eigennet::linalg::Matrix;
/// use eigennet::optim::{Chain, least_squares};
/// let mut rosenbrock = least_squares::from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
///     r.copy_from_slice(&[1.0 - x[0], 10.0 * (x[1] - x[0] * x[0])]);
///     if let Some(j) = jacobian { j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, -20.0 * x[0], 10.0]); }
///     Ok(())
/// });
/// let mut x = [-1.2, 1.0];
/// let chain = Chain::new().adam(200, 5e-3).lbfgs(5).levenberg_marquardt(100);
/// let outcome = chain.minimize(&mut rosenbrock, &mut x)?;
/// assert!(outcome.value < 1e-24 && outcome.stages.len() == 3, "{outcome}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chain {
    stages: Vec<Stage>,
    /// What was wrong with the first stage that could not be built.
    refused: Option<Error>,
}

/// An optimiser in a [`Chain`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Stage {
    /// [`Adam`] with its default settings on the sum of squares, as the trainer says.
    Adam(Trainer),
    /// L-BFGS on the sum of squares.
    Lbfgs(Lbfgs),
    /// Levenberg–Marquardt.
    LevenbergMarquardt(LevenbergMarquardt),
    /// Gauss–Newton, energy natural gradient descent.
    GaussNewton(GaussNewton),
    /// SPRING.
    Spring(Spring),
}

/// What a [`Chain`] reports after each iteration of each stage.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChainProgress<'a, T> {
    /// The stage, such as `"lbfgs"`.
    pub stage: &'static str,
    /// Its place in the chain, counted from 0.
    pub index: usize,
    /// Iterations of this stage, this one included.
    pub iteration: usize,
    /// The most iterations of this stage.
    pub total: usize,
    /// f = Σ rᵢ².
    pub value: f64,
    /// max |∂f/∂θᵢ|, but the Euclidean norm during Adam.
    pub gradient_norm: f64,
    /// θ, `[p]`.
    pub parameters: &'a [T],
    /// Everything needed to go on from here: save it for a checkpoint.
    pub state: &'a dyn SolveState<T>,
}

/// How one stage of a [`Chain`] ended. Displays as one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StageOutcome {
    /// The stage, such as `"lbfgs"`.
    pub name: &'static str,
    /// Iterations it made.
    pub iterations: usize,
    /// f before it.
    pub before: f64,
    /// f after it.
    pub value: f64,
    /// Why it ended.
    pub reason: StopReason,
    /// What it ended with if the reason is [`StopReason::Failed`].
    pub error: Option<String>,
}

/// How a [`Chain`] ended. Displays one line a stage, behind warnings as an [`Outcome`](super::Outcome)'s.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct ChainOutcome {
    /// f at the parameters that were left in place.
    pub value: f64,
    /// Iterations that all stages made.
    pub iterations: usize,
    /// The number of parameters.
    pub parameters: usize,
    /// The number of residuals.
    pub residuals: usize,
    /// Whether there are more parameters than residuals.
    pub underdetermined: bool,
    /// The residual on points that no stage was trained on, if they can be moved.
    pub held_out: Option<HeldOut>,
    /// Why the last stage ended.
    pub reason: StopReason,
    /// The stages that ran.
    pub stages: Vec<StageOutcome>,
}

impl Stage {
    const NAMES: [&'static str; 5] = ["adam", "lbfgs", "levenberg_marquardt", "gauss_newton", "spring"];

    /// `"adam"`, `"lbfgs"`, `"levenberg_marquardt"`, `"gauss_newton"` or `"spring"`.
    pub fn name(&self) -> &'static str {
        match self {
            Stage::Adam(_) => "adam",
            Stage::Lbfgs(_) => "lbfgs",
            Stage::LevenbergMarquardt(_) => "levenberg_marquardt",
            Stage::GaussNewton(_) => "gauss_newton",
            Stage::Spring(_) => "spring",
        }
    }

    /// The most iterations that it makes.
    pub fn max_iterations(&self) -> usize {
        match self {
            Stage::Adam(trainer) => usize::try_from(trainer.steps).unwrap_or(usize::MAX),
            Stage::Lbfgs(lbfgs) => lbfgs.max_iterations,
            Stage::LevenbergMarquardt(method) => method.max_iterations,
            Stage::GaussNewton(method) => method.max_iterations,
            Stage::Spring(method) => method.max_iterations,
        }
    }
}

/// Makes a stage of the settings of each method.
macro_rules! stages {
    ($($settings:ident => $stage:ident),*) => {$(
        impl From<$settings> for Stage {
            fn from(settings: $settings) -> Self {
                Stage::$stage(settings)
            }
        }
    )*};
}

stages!(Trainer => Adam, Lbfgs => Lbfgs, LevenbergMarquardt => LevenbergMarquardt, GaussNewton => GaussNewton, Spring => Spring);

impl Chain {
    /// An empty chain.
    pub fn new() -> Self {
        Chain::default()
    }

    /// The optimisers, in the order in which they run.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Then a stage with settings of its own.
    #[must_use]
    pub fn then(mut self, stage: impl Into<Stage>) -> Self {
        self.stages.push(stage.into());
        self
    }

    /// Then `steps` steps of Adam, the learning rate falling from `rate` along a cosine.
    ///
    /// A rate that is not positive and finite, or no steps, is an error when the chain runs.
    #[must_use]
    pub fn adam(mut self, steps: u64, rate: f64) -> Self {
        match Schedule::cosine(rate, steps) {
            Ok(schedule) => self.then(Trainer { steps, schedule, ..Trainer::default() }),
            Err(error) => {
                self.refused.get_or_insert(error);
                self
            }
        }
    }

    /// Then at most `iterations` iterations of L-BFGS.
    #[must_use]
    pub fn lbfgs(self, iterations: usize) -> Self {
        self.then(Lbfgs { max_iterations: iterations, ..Lbfgs::default() })
    }

    /// Then at most `iterations` iterations of Levenberg–Marquardt.
    #[must_use]
    pub fn levenberg_marquardt(self, iterations: usize) -> Self {
        self.then(LevenbergMarquardt { max_iterations: iterations, ..LevenbergMarquardt::default() })
    }

    /// Then at most `iterations` iterations of Gauss–Newton.
    #[must_use]
    pub fn gauss_newton(self, iterations: usize) -> Self {
        self.then(GaussNewton { max_iterations: iterations, ..GaussNewton::default() })
    }

    /// Then at most `iterations` iterations of energy natural gradient descent.
    #[must_use]
    pub fn energy_natural_gradient(self, iterations: usize) -> Self {
        self.then(GaussNewton { max_iterations: iterations, ..GaussNewton::energy_natural_gradient() })
    }

    pub(super) fn begin<T: Scalar>(&self, residuals: &mut dyn Residuals<T>, parameters: &[T]) -> Result<ChainState<T>> {
        self.check()?;
        let (m, p) = (residuals.residual_count(), residuals.parameter_count());
        Error::same_shape("Chain::start", &[parameters.len()], &[p])?;
        Error::check_finite("parameters that Chain starts from", parameters)?;
        let mut values = vec![T::zero(); m];
        residuals.residuals(parameters, &mut values)?;
        Error::check_finite("residuals where Chain starts", &values)?;
        let value = value_of(&values);
        Ok(ChainState { parameters: parameters.to_vec(), value, done: Vec::new(), current: Current::Waiting })
    }

    #[inline(never)]
    pub(super) fn run<T: Scalar>(
        &self,
        residuals: &mut dyn Residuals<T>,
        state: &mut ChainState<T>,
        observer: &mut dyn FnMut(&ChainProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<ChainOutcome> {
        self.check()?;
        let (m, p) = (residuals.residual_count(), residuals.parameter_count());
        Error::same_shape("Chain::resume", &[state.parameters.len()], &[p])?;
        let known = self.stages.iter().map(|stage| Some(stage.name())).chain(std::iter::repeat(None));
        if state.done.iter().zip(known).any(|(done, known)| Some(done.name) != known) {
            return Err(another_chain());
        }
        let mut values = vec![T::zero(); m];
        let mut stopped = None;
        while let Some(stage) = self.stages.get(state.done.len()) {
            let (reason, error) = match run(stage, residuals, state, observer) {
                Ok(reason) => (reason, None),
                Err(error) if is_curable(&error) => (StopReason::Failed, Some(error.to_string())),
                Err(error) => return Err(error),
            };
            residuals.residuals(state.best_parameters(), &mut values)?;
            let (name, before, value) = (stage.name(), state.value, value_of(&values));
            let outcome = StageOutcome { name, iterations: state.stage_iterations(), before, value, reason, error };
            if reason == StopReason::StoppedByObserver {
                stopped = Some(outcome);
                break;
            }
            (state.parameters, state.value) = (state.best_parameters().to_vec(), value);
            state.current = Current::Waiting;
            state.done.push(outcome);
        }
        let stages: Vec<StageOutcome> = state.done.iter().cloned().chain(stopped).collect();
        let iterations = stages.iter().fold(0, |sum: usize, stage| sum.saturating_add(stage.iterations));
        let (value, reason) =
            stages.last().map_or((state.value, StopReason::StepsDone), |stage| (stage.value, stage.reason));
        let (underdetermined, held_out) = (p > m, residuals.held_out(state.best_parameters())?);
        Ok(ChainOutcome { value, iterations, parameters: p, residuals: m, underdetermined, held_out, reason, stages })
    }

    fn check(&self) -> Result<()> {
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        let reason = "it has no stages; add some, such as `.levenberg_marquardt(1000)`";
        Error::require(!self.stages.is_empty(), "Chain", reason)
    }
}

/// Runs one stage on from where it is: why it ended.
fn run<T: Scalar>(
    stage: &Stage,
    residuals: &mut dyn Residuals<T>,
    state: &mut ChainState<T>,
    observer: &mut dyn FnMut(&ChainProgress<'_, T>) -> ControlFlow<()>,
) -> Result<StopReason> {
    let ChainState { parameters: start, value: before, done, current } = state;
    let (start, before, done) = (&start[..], *before, &done[..]);
    let mut watch = |current: Part<'_, T>, value: f64, gradient_norm: f64| {
        let (name, index, total) = (stage.name(), done.len(), stage.max_iterations());
        let state = &View { parameters: start, value: before, done, current: Some(current) };
        let (iteration, parameters) = (current.1.iterations() as usize, current.1.parameters());
        observer(&ChainProgress { stage: name, index, iteration, total, value, gradient_norm, parameters, state })
    };
    match stage {
        Stage::LevenbergMarquardt(method) => fit(method, residuals, start, current, watch),
        Stage::GaussNewton(method) => fit(method, residuals, start, current, watch),
        Stage::Spring(method) => fit(method, residuals, start, current, watch),
        Stage::Lbfgs(lbfgs) => {
            let mut objective = SumOfSquares::new(residuals);
            if let Current::Waiting = current {
                *current = Current::Lbfgs(Box::new(lbfgs.begin(&mut objective, start)?));
            }
            let Current::Lbfgs(state) = current else { return Err(another_chain()) };
            let mut observer = |p: &Progress<'_, T>| watch(("lbfgs", p.state), p.value.to_f64(), p.gradient_norm);
            Ok(lbfgs.run(&mut objective, state, &mut observer)?.reason)
        }
        Stage::Adam(trainer) => {
            let mut adam = Adam::default();
            if let Current::Waiting = current {
                *current = Current::Training(Training(Box::new(trainer.start(start)?), adam.state().clone()));
            }
            let Current::Training(Training(state, memory)) = current else { return Err(another_chain()) };
            adam.restore(memory)?;
            let mut step = FullBatch(SumOfSquares::new(residuals));
            let outcome = trainer.resume(&mut step, &mut adam, state, &mut |p: &StepReport<'_, T>| {
                watch(("training", &Training(p.state, p.optimizer)), p.loss.to_f64(), p.gradient_norm)
            });
            memory.copy_from(adam.state())?;
            Ok(outcome?.reason)
        }
    }
}

/// [`run`] for a method of residuals.
fn fit<T: Scalar>(
    method: &impl Method<T>,
    residuals: &mut dyn Residuals<T>,
    start: &[T],
    current: &mut Current<T>,
    mut watch: impl FnMut(Part<'_, T>, f64, f64) -> ControlFlow<()>,
) -> Result<StopReason> {
    if let Current::Waiting = current {
        *current = Current::Fit(Box::new(method.begin(residuals, start)?));
    }
    let Current::Fit(state) = current else { return Err(another_chain()) };
    let mut observer = |p: &FitProgress<'_, T>| watch(("fit", p.state), p.value, p.gradient_norm);
    Ok(method.run(residuals, state, &mut observer)?.reason)
}

fn another_chain() -> Error {
    Error::invalid(
        "state given to Chain",
        "it belongs to another chain; resume with the stages that it was started with",
    )
}

impl fmt::Display for StageOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:.6e} -> {:.6e} in {} iterations; {}",
            self.name, self.before, self.value, self.iterations, self.reason
        )?;
        self.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl fmt::Display for ChainOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        warn(f, self.held_out, self.parameters, Some(self.residuals))?;
        for (index, stage) in self.stages.iter().enumerate() {
            write!(f, "{}{stage}", if index > 0 { "\n" } else { "" })?;
        }
        self.held_out.map_or(Ok(()), |held_out| write!(f, "\n{held_out}"))
    }
}
