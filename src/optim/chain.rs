//! Several optimisers one after another, each starting where the one before has ended.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;

use crate::par::whole;
use crate::{Error, Scalar};

use super::least_squares::{FitProgress, value_of};
use super::objective::is_curable;
use super::outcome::warn_of_freedom;
use super::{
    Adam, FullBatch, GaussNewton, Lbfgs, LevenbergMarquardt, Outcome, Progress, Residuals, Schedule, Spring,
    StepReport, StopReason, SumOfSquares, Trainer,
};

/// Optimisers one after another on the same residuals: a robust one finds the valley, a fast one its
/// bottom.
///
/// ```
/// use eigennet::linalg::Matrix;
/// use eigennet::optim::{Chain, least_squares};
/// let mut rosenbrock = least_squares::from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
///     r.copy_from_slice(&[1.0 - x[0], 10.0 * (x[1] - x[0] * x[0])]);
///     if let Some(j) = jacobian {
///         j.as_mut_slice().copy_from_slice(&[-1.0, 0.0, -20.0 * x[0], 10.0]);
///     }
///     Ok(())
/// });
/// let mut x = [-1.2, 1.0];
/// let chain = Chain::new().adam(200, 5e-3).lbfgs(5).levenberg_marquardt(100);
/// let outcome = chain.minimize(&mut rosenbrock, &mut x)?;
/// assert!(outcome.value < 1e-24, "{outcome}");
/// assert_eq!(outcome.stages.len(), 3);
/// println!("{outcome}");
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
    pub error: Option<Error>,
}

/// How a [`Chain`] ended. Displays one line a stage.
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
    /// Why the last stage ended.
    pub reason: StopReason,
    /// The stages that ran.
    pub stages: Vec<StageOutcome>,
}

impl Stage {
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

    fn total(&self) -> usize {
        match self {
            Stage::Adam(trainer) => usize::try_from(trainer.steps).unwrap_or(usize::MAX),
            Stage::Lbfgs(lbfgs) => lbfgs.max_iterations,
            Stage::LevenbergMarquardt(method) => method.max_iterations,
            Stage::GaussNewton(method) => method.max_iterations,
            Stage::Spring(method) => method.max_iterations,
        }
    }
}

impl From<Lbfgs> for Stage {
    fn from(lbfgs: Lbfgs) -> Self {
        Stage::Lbfgs(lbfgs)
    }
}

impl From<LevenbergMarquardt> for Stage {
    fn from(method: LevenbergMarquardt) -> Self {
        Stage::LevenbergMarquardt(method)
    }
}

impl From<GaussNewton> for Stage {
    fn from(method: GaussNewton) -> Self {
        Stage::GaussNewton(method)
    }
}

impl From<Spring> for Stage {
    fn from(method: Spring) -> Self {
        Stage::Spring(method)
    }
}

impl From<Trainer> for Stage {
    fn from(trainer: Trainer) -> Self {
        Stage::Adam(trainer)
    }
}

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

    /// Minimises `f = Σ rᵢ²` from `parameters` `[p]`, and leaves the last stage's result there.
    ///
    /// A stage that fails in a way that another may cure (values that are not finite, no convergence)
    /// hands on what it reached, and says so in its reason.
    ///
    /// # Errors
    /// Those of the stages' settings and of the residuals; [`Error::InvalidArgument`] for a chain
    /// without stages.
    pub fn minimize<T, R>(&self, residuals: &mut R, parameters: &mut [T]) -> Result<ChainOutcome, Error>
    where
        T: Scalar,
        R: Residuals<T> + ?Sized,
    {
        self.minimize_observed(residuals, parameters, |_| ControlFlow::Continue(()))
    }

    /// As [`minimize`](Self::minimize), calling `observer` after every iteration of every stage; it may
    /// end the chain.
    ///
    /// # Errors
    /// As [`minimize`](Self::minimize).
    pub fn minimize_observed<T, R>(
        &self,
        residuals: &mut R,
        parameters: &mut [T],
        mut observer: impl FnMut(&ChainProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<ChainOutcome, Error>
    where
        T: Scalar,
        R: Residuals<T> + ?Sized,
    {
        let (m, p) = (residuals.residual_count(), residuals.parameter_count());
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        if self.stages.is_empty() {
            return Err(Error::invalid("Chain", "it has no stages; add some, such as `.levenberg_marquardt(1000)`"));
        }
        if parameters.len() != p {
            return Err(Error::shape("Chain::minimize", &[parameters.len()], &[p]));
        }
        Error::check_finite("parameters that Chain starts from", parameters)?;
        let mut values = vec![T::zero(); m];
        residuals.residuals(parameters, &mut values)?;
        Error::check_finite("residuals where Chain starts", &values)?;
        let mut value = value_of(residuals, &values)?;
        let mut stages = Vec::with_capacity(self.stages.len());
        let mut reason = StopReason::Failed;
        for (index, stage) in self.stages.iter().enumerate() {
            let mut made = 0;
            let mut watch = |iteration: usize, value: f64, gradient_norm: f64, parameters: &[T]| {
                let (stage, total) = (stage.name(), stage.total());
                made = iteration;
                observer(&ChainProgress { stage, index, iteration, total, value, gradient_norm, parameters })
            };
            let ended = run(stage, residuals, parameters, &mut watch);
            let error = match ended {
                Ok(ended) => {
                    reason = ended;
                    None
                }
                Err(error) if is_curable(&error) => {
                    reason = StopReason::Failed;
                    Some(error)
                }
                Err(error) => return Err(error),
            };
            residuals.residuals(parameters, &mut values)?;
            let before = std::mem::replace(&mut value, value_of(residuals, &values)?);
            stages.push(StageOutcome { name: stage.name(), iterations: made, before, value, reason, error });
            if reason == StopReason::StoppedByObserver {
                break;
            }
        }
        let m = whole(residuals.reduction(), m as f64)? as usize;
        let iterations = stages.iter().map(|stage| stage.iterations).sum();
        Ok(ChainOutcome { value, iterations, parameters: p, residuals: m, underdetermined: p > m, reason, stages })
    }
}

/// Runs one stage: why it ended.
fn run<T, R>(
    stage: &Stage,
    residuals: &mut R,
    parameters: &mut [T],
    watch: &mut impl FnMut(usize, f64, f64, &[T]) -> ControlFlow<()>,
) -> Result<StopReason, Error>
where
    T: Scalar,
    R: Residuals<T> + ?Sized,
{
    let fitted = |outcome: Outcome| outcome.reason;
    let fit = |p: &FitProgress<'_, T>| watch(p.iteration, p.value, p.gradient_norm, p.parameters);
    match stage {
        Stage::LevenbergMarquardt(method) => method.minimize_observed(residuals, parameters, fit).map(fitted),
        Stage::GaussNewton(method) => method.minimize_observed(residuals, parameters, fit).map(fitted),
        Stage::Spring(method) => method.minimize_observed(residuals, parameters, fit).map(fitted),
        Stage::Lbfgs(lbfgs) => {
            let mut objective = SumOfSquares::new(residuals);
            let outcome = lbfgs.minimize_observed(&mut objective, parameters, |p: &Progress<'_, T>| {
                watch(p.iteration, p.value.to_f64(), p.gradient_norm, p.parameters)
            })?;
            Ok(outcome.reason)
        }
        Stage::Adam(trainer) => {
            let mut step = FullBatch(SumOfSquares::new(residuals));
            let mut observer = |report: &StepReport<'_, T>| {
                let iteration = usize::try_from(report.step).unwrap_or(usize::MAX);
                watch(iteration, report.loss.to_f64(), report.gradient_norm, report.parameters)
            };
            let outcome = trainer.run(&mut step, &mut Adam::default(), parameters, &mut observer)?;
            Ok(outcome.reason)
        }
    }
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
        for (index, stage) in self.stages.iter().enumerate() {
            write!(f, "{}{stage}", if index > 0 { "\n" } else { "" })?;
        }
        warn_of_freedom(f, self.parameters, Some(self.residuals))
    }
}
