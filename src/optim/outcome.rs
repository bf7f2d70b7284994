//! How a minimisation ended, and what to do about it.

use std::fmt;
use std::ops::ControlFlow;

use crate::Result;
use crate::par::with_crew;

use super::held_out::{HeldOut, warn};

/// The end of a minimisation. Displays as a sentence, behind a warning where the residual is larger between its points
/// than on them, or the problem leaves parameters undetermined.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct Outcome {
    /// f at the parameters that were left in place.
    pub value: f64,
    /// max |∂f/∂θᵢ| at the last iterate.
    pub gradient_norm: f64,
    /// Iterations made since the start.
    pub iterations: usize,
    /// Those of them that changed the parameters.
    pub accepted: usize,
    /// Evaluations since the start of what is minimised, with or without derivatives.
    pub evaluations: usize,
    /// The number of parameters.
    pub parameters: usize,
    /// The number of residuals, if f is a sum of their squares.
    pub residuals: Option<usize>,
    /// Whether there are more parameters than residuals.
    pub underdetermined: bool,
    /// The residual on points it was not trained on, if f is of points that can be moved, as an equation's can.
    pub held_out: Option<HeldOut>,
    /// Why it ended.
    pub reason: StopReason,
}

/// Why an optimiser ended. Displays as a sentence that says what to try next.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum StopReason {
    /// The gradient is as small as was asked.
    GradientTolerance,
    /// The value decreases no faster than was asked.
    ValueTolerance,
    /// The parameters move no further than was asked.
    StepTolerance,
    /// What is left to gain is below the rounding error of the value or of the parameters.
    RoundingLimit,
    /// The iterations are used up.
    MaxIterations,
    /// The evaluations are used up.
    MaxEvaluations,
    /// All steps of a training are made.
    StepsDone,
    /// The monitored value of a training has not improved for as many looks as the patience allows.
    EarlyStopped,
    /// No step decreases the value, although the derivatives say so.
    NoDecrease {
        /// The relative decrease of f that they predict for the first step refused.
        predicted: f64,
    },
    /// The value or its derivatives are not finite at every step that was tried.
    NonFinite,
    /// The value has grown far beyond the lowest one seen, which is where the parameters are left.
    Diverged {
        /// The value over the lowest one.
        growth: f64,
    },
    /// The value falls without end along the last direction; the parameters are left where it was tried from.
    Unbounded,
    /// An error that another method may not meet ended it.
    Failed,
    /// The observer said so.
    StoppedByObserver,
}

impl StopReason {
    /// Whether a minimum was reached to the tolerances asked, or as well as the arithmetic allows.
    pub fn is_converged(self) -> bool {
        use StopReason::{GradientTolerance, RoundingLimit, StepTolerance, ValueTolerance};
        matches!(self, GradientTolerance | ValueTolerance | StepTolerance | RoundingLimit)
    }
}

/// What an iteration did: the multiple of the computed step that was taken, 0 if it was rejected, or why there is none.
pub(super) type Iterated = ControlFlow<StopReason, f64>;

/// Iterates until there is a reason to stop, the threads of the pool kept awake from one iteration to the next.
pub(super) fn until_stopped(mut iterate: impl FnMut() -> Result<ControlFlow<StopReason>>) -> Result<StopReason> {
    with_crew(|crew| {
        loop {
            crew.call();
            if let ControlFlow::Break(reason) = iterate()? {
                return Ok(reason);
            }
        }
    })
}

/// The first reason that applies.
pub(super) fn first_of<const N: usize>(reasons: [(bool, StopReason); N]) -> Option<StopReason> {
    reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
}

/// The reasons without a number, by their code in a file; [`StopReason::NoDecrease`], [`StopReason::Diverged`] and
/// [`StopReason::Unbounded`] follow.
const PLAIN: [StopReason; 11] = [
    StopReason::GradientTolerance,
    StopReason::ValueTolerance,
    StopReason::StepTolerance,
    StopReason::RoundingLimit,
    StopReason::MaxIterations,
    StopReason::MaxEvaluations,
    StopReason::StepsDone,
    StopReason::EarlyStopped,
    StopReason::NonFinite,
    StopReason::Failed,
    StopReason::StoppedByObserver,
];

impl StopReason {
    /// Code and number, for a file.
    pub(super) fn encode(self) -> (u64, f64) {
        let plain = PLAIN.iter().position(|plain| *plain == self);
        match (self, plain) {
            (StopReason::NoDecrease { predicted }, _) => (PLAIN.len() as u64, predicted),
            (StopReason::Diverged { growth }, _) => (PLAIN.len() as u64 + 1, growth),
            (StopReason::Unbounded, _) => (PLAIN.len() as u64 + 2, 0.0),
            (_, code) => (code.unwrap_or_default() as u64, 0.0),
        }
    }

    /// What [`encode`](Self::encode) wrote, if it did.
    pub(super) fn decode(code: u64, number: f64) -> Option<Self> {
        let code = usize::try_from(code).ok()?;
        match code.checked_sub(PLAIN.len()) {
            None => PLAIN.get(code).copied().filter(|_| number.to_bits() == 0),
            Some(0) => Some(StopReason::NoDecrease { predicted: number }),
            Some(1) => Some(StopReason::Diverged { growth: number }),
            Some(2) if number.to_bits() == 0 => Some(StopReason::Unbounded),
            Some(_) => None,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopReason::GradientTolerance => "converged: the gradient is below its tolerance",
            StopReason::ValueTolerance => {
                "converged: the value decreases more slowly than its tolerance; lower `value_tolerance` to go on"
            }
            StopReason::StepTolerance => {
                "converged: the parameters move less than their tolerance; lower `step_tolerance` to go on"
            }
            StopReason::RoundingLimit => {
                "converged: what is left to gain is below rounding; compute in f64, or write the loss without cancellation, for more digits"
            }
            StopReason::MaxIterations => {
                "stopped before convergence: the iterations are used up; raise `max_iterations` and resume from the state"
            }
            StopReason::MaxEvaluations => {
                "stopped before convergence: the evaluations are used up; raise `max_evaluations` and resume from the state"
            }
            StopReason::StepsDone => "all steps are made; raise `steps` and resume to go on",
            StopReason::EarlyStopped => {
                "the monitored value no longer improves; raise the patience or lower the learning rate to go on"
            }
            StopReason::NoDecrease { predicted } if predicted.is_infinite() => {
                "no step could be computed: the products of the derivatives overflow, or leave no damping that the arithmetic bears; scale the residuals down, or use Scaling::MarquardtDiagonal, StepSolver::Qr or f64"
            }
            StopReason::NoDecrease { predicted } => {
                return write!(
                    f,
                    "no step decreases the value, although its derivatives promise a relative decrease of {predicted:.1e}: check them against finite differences, and that the loss is smooth and deterministic; for a loss that is a difference of large terms raise the `noise` of Lbfgs; where residuals are small for the units of the parameters lower the `damping`"
                );
            }
            StopReason::NonFinite => {
                "the value or its derivatives are not finite at every step tried: the point lies at the edge of the domain; start elsewhere, or guard logarithms, roots and quotients"
            }
            StopReason::Diverged { growth } => {
                return write!(
                    f,
                    "diverged: the value grew to {growth:.1e} times the lowest one, whose parameters are kept; lower the learning rate or the momentum, bound the step, or use a line search"
                );
            }
            StopReason::Unbounded => {
                "the value falls without end: the loss has no minimum; check its sign, or bound the parameters by a penalty"
            }
            StopReason::Failed => "an error ended it; go on with another method, or from another start",
            StopReason::StoppedByObserver => "stopped by the observer; resume from the state to go on",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { value, gradient_norm, iterations, accepted, evaluations, held_out, reason, .. } = self;
        warn(f, *held_out, self.parameters, self.residuals)?;
        write!(
            f,
            "value {value:.15e}, gradient {gradient_norm:.3e} after {iterations} iterations ({accepted} accepted) "
        )?;
        write!(f, "and {evaluations} evaluations; ")?;
        held_out.map_or(Ok(()), |held_out| write!(f, "{held_out}; "))?;
        reason.fmt(f)
    }
}
