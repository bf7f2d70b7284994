//! How the minimisation of a sum of squares ended, and what to do about it.

use std::fmt;

use super::FitState;

/// What the optimisers of [`Residuals`](super::Residuals) report after each iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FitProgress<'a, T> {
    /// Iterations made since the start, this one included.
    pub iteration: usize,
    /// Evaluations of the residuals since the start, with or without Jacobian.
    pub evaluations: usize,
    /// f = Σ rᵢ².
    pub value: f64,
    /// max |∂f/∂θᵢ|.
    pub gradient_norm: f64,
    /// The damping λ or μ that the next iteration starts with.
    pub damping: f64,
    /// Multiple of the computed step that was taken, 0 if it was rejected.
    pub step: f64,
    /// θ, `[p]`.
    pub parameters: &'a [T],
    /// Everything needed to go on from here: save it for a checkpoint.
    pub state: &'a FitState<T>,
}

/// The end of the minimisation of a sum of squares. Displays as a sentence, with a warning where the
/// problem leaves parameters undetermined.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct FitOutcome {
    /// f = Σ rᵢ² at the parameters that were left in place.
    pub value: f64,
    /// max |∂f/∂θᵢ| at the last iterate.
    pub gradient_norm: f64,
    /// Iterations made since the start.
    pub iterations: usize,
    /// Those of them that changed the parameters.
    pub accepted: usize,
    /// Evaluations of the residuals since the start, with or without Jacobian.
    pub evaluations: usize,
    /// p.
    pub parameters: usize,
    /// m.
    pub residuals: usize,
    /// Whether there are more parameters than residuals.
    pub underdetermined: bool,
    /// Why it ended.
    pub reason: FitStop,
}

/// Why the minimisation of a sum of squares ended. Displays as a sentence that says what to try next.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FitStop {
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
    /// No step decreases the value, although the linear model says so.
    NoDecrease {
        /// The relative decrease of f that the linear model predicts for the first step refused.
        predicted: f64,
        /// The damping of the last.
        damping: f64,
    },
    /// The residuals or their derivatives are not finite at every step that was tried.
    NonFinite {
        /// The damping of the last of them.
        damping: f64,
    },
    /// The value has grown far beyond the lowest one seen, which is where the parameters are left.
    Diverged {
        /// The value over the lowest one.
        growth: f64,
    },
    /// The observer said so.
    StoppedByObserver,
}

impl FitStop {
    /// Whether a minimum was reached to the tolerances asked, or as well as the arithmetic allows.
    pub fn is_converged(self) -> bool {
        matches!(
            self,
            FitStop::GradientTolerance | FitStop::ValueTolerance | FitStop::StepTolerance | FitStop::RoundingLimit
        )
    }
}

impl fmt::Display for FitStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FitStop::GradientTolerance => write!(f, "converged: the gradient is below its tolerance"),
            FitStop::ValueTolerance => write!(
                f,
                "converged: the value decreases more slowly than its tolerance; lower `value_tolerance` to go on"
            ),
            FitStop::StepTolerance => {
                write!(f, "converged: the parameters move less than their tolerance; lower `step_tolerance` to go on")
            }
            FitStop::RoundingLimit => write!(
                f,
                "converged: what is left to gain is below rounding; compute in f64, or write the residuals without cancellation, for more digits"
            ),
            FitStop::MaxIterations => write!(
                f,
                "stopped before convergence: the iterations are used up; raise `max_iterations` and resume from the state"
            ),
            FitStop::NoDecrease { predicted, damping } => write!(
                f,
                "no step decreases the value, up to a damping of {damping:.1e}, where the linear model predicts a relative decrease of {predicted:.1e}: check the Jacobian against finite differences, and that the residuals are smooth and deterministic"
            ),
            FitStop::NonFinite { damping } => write!(
                f,
                "the residuals or their derivatives are not finite at every step tried, up to a damping of {damping:.1e}: the point lies at the edge of the domain; start elsewhere, or guard logarithms, roots and quotients"
            ),
            FitStop::Diverged { growth } => write!(
                f,
                "diverged: the value grew to {growth:.1e} times the lowest one, whose parameters are kept; lower the learning rate or the momentum, bound the step, or use a line search"
            ),
            FitStop::StoppedByObserver => write!(f, "stopped by the observer; resume from the state to go on"),
        }
    }
}

impl fmt::Display for FitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "value {:.15e}, gradient {:.3e} after {} iterations ({} accepted) and {} evaluations; {}",
            self.value, self.gradient_norm, self.iterations, self.accepted, self.evaluations, self.reason
        )?;
        if self.underdetermined {
            write!(
                f,
                "; warning: more parameters ({}) than residuals ({}): the fit may oscillate between points; add points",
                self.parameters, self.residuals
            )?;
        }
        Ok(())
    }
}
