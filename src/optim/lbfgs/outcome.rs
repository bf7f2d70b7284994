//! How a minimisation ended, and what to do about it.

use std::fmt;

use super::LbfgsState;

/// What [`Lbfgs`](super::Lbfgs) reports after each iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'a, T> {
    /// Iterations made since the start, this one included.
    pub iteration: usize,
    /// Evaluations of the objective made since the start.
    pub evaluations: usize,
    /// f.
    pub value: T,
    /// max |∂f/∂θᵢ|.
    pub gradient_norm: f64,
    /// Multiple of the search direction that was taken.
    pub step: f64,
    /// θ, `[n]`.
    pub parameters: &'a [T],
    /// Everything needed to go on from here: save it for a checkpoint.
    pub state: &'a LbfgsState<T>,
}

/// The end of a minimisation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Outcome<T> {
    /// f at the parameters that were left in place.
    pub value: T,
    /// max |∂f/∂θᵢ| there.
    pub gradient_norm: f64,
    /// Iterations made since the start.
    pub iterations: usize,
    /// Evaluations of the objective made since the start.
    pub evaluations: usize,
    /// Why it ended.
    pub reason: StopReason,
}

/// Why a minimisation ended. Displays as a sentence that says what to try next.
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
    /// No step decreases the value, not even along the steepest descent.
    LineSearchFailed {
        /// φ′(0) = ∇f · d, which should be negative.
        slope: f64,
        /// The shortest step that was tried.
        smallest_step: f64,
    },
    /// The value or the gradient is not finite at every step that was tried.
    NonFinite {
        /// The shortest step that was tried.
        smallest_step: f64,
    },
    /// The observer said so.
    StoppedByObserver,
}

impl StopReason {
    /// Whether a minimum was reached to the tolerances asked, or as well as the arithmetic allows.
    pub fn is_converged(self) -> bool {
        matches!(
            self,
            StopReason::GradientTolerance
                | StopReason::ValueTolerance
                | StopReason::StepTolerance
                | StopReason::RoundingLimit
        )
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::GradientTolerance => write!(f, "converged: the gradient is below its tolerance"),
            StopReason::ValueTolerance => write!(
                f,
                "converged: the value decreases more slowly than its tolerance; lower `value_tolerance` to go on"
            ),
            StopReason::StepTolerance => {
                write!(f, "converged: the parameters move less than their tolerance; lower `step_tolerance` to go on")
            }
            StopReason::RoundingLimit => write!(
                f,
                "converged: what is left to gain is below rounding; compute in f64 or rewrite the loss without cancellation for more digits"
            ),
            StopReason::MaxIterations => write!(
                f,
                "stopped before convergence: the iterations are used up; raise `max_iterations` and resume from the state"
            ),
            StopReason::MaxEvaluations => write!(
                f,
                "stopped before convergence: the evaluations are used up; raise `max_evaluations` and resume from the state"
            ),
            StopReason::LineSearchFailed { slope, smallest_step } => write!(
                f,
                "the line search failed even along the steepest descent (slope {slope:.3e}, shortest step {smallest_step:.3e}): check the gradient against finite differences, make the loss smooth and deterministic, or raise `noise` if the loss is a difference of large terms"
            ),
            StopReason::NonFinite { smallest_step } => write!(
                f,
                "the loss or its gradient is not finite along the steepest descent down to a step of {smallest_step:.3e}: the start lies at the edge of the domain; start elsewhere, guard logarithms, roots and quotients, or lower `first_step`"
            ),
            StopReason::StoppedByObserver => write!(f, "stopped by the observer; resume from the state to go on"),
        }
    }
}

impl<T: fmt::LowerExp> fmt::Display for Outcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "value {:.15e}, gradient {:.3e} after {} iterations and {} evaluations; {}",
            self.value, self.gradient_norm, self.iterations, self.evaluations, self.reason
        )
    }
}
