//! What an observer of a least-squares fit sees.

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
