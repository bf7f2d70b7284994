//! What an observer of L-BFGS sees.

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
