//! What makes a method: the cotangents of the functions, from what a batch says of them.

use std::fmt;

use crate::Result;
use crate::linalg::Matrix;

/// What a batch says of the functions, all `[functions, functions]` and symmetric.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Σ = ⟨fᵢ, fⱼ⟩.
    pub gram: Matrix<f64>,
    /// Π = ⟨fᵢ, (T + c) fⱼ⟩, the symmetric part of it.
    pub form: Matrix<f64>,
    /// Σ on a [second draw](Rule::second_draw); the same as `gram` for a rule that asks for none.
    pub second: Matrix<f64>,
}

/// The cotangent of each function: `∂L/∂fᵢ = Σⱼ fⱼ functions[j, i] + (T + c) fⱼ images[j, i]`, with respect to the inner
/// product that the batch estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixing {
    /// A `[functions, functions]`, 0 to begin with.
    pub functions: Matrix<f64>,
    /// B `[functions, functions]`, 0 to begin with.
    pub images: Matrix<f64>,
}

/// How the cotangents follow from a batch.
///
/// T is self-adjoint, so `dΣᵢⱼ = ⟨dfᵢ, fⱼ⟩ + ⟨fᵢ, dfⱼ⟩` and `dΠᵢⱼ = ⟨dfᵢ, T fⱼ⟩ + ⟨T fᵢ, dfⱼ⟩`: no gradient passes
/// through T f.
pub trait Rule: fmt::Debug + Send {
    /// Writes the cotangents of step `step`, and returns the loss. Allocates nothing.
    ///
    /// # Errors
    /// For functions that the method can do nothing with; those that [`TrainingStep::gradient`] names send the training
    /// back to its last good state.
    ///
    /// [`TrainingStep::gradient`]: crate::optim::TrainingStep::gradient
    fn cotangents(&mut self, step: u64, moments: &Moments, mixing: &mut Mixing) -> Result<f64>;

    /// Running estimates of the eigenvalues of T + c, `[functions]`.
    fn values(&self) -> &[f64];

    /// The combinations of the functions that are the eigenfunctions, `[functions, functions]`; `None` if they are that
    /// themselves.
    ///
    /// # Errors
    /// For functions that are dependent.
    fn coefficients(&self) -> Result<Option<Matrix<f64>>> {
        Ok(None)
    }

    /// Whether Σ is wanted on a second, independent draw as well.
    fn second_draw(&self) -> bool {
        false
    }

    /// β, if the functions' part of the gradient comes from moving averages: of the Jacobian ⟨fⱼ, ∂fᵢ/∂θ⟩, j ≤ i, rather
    /// than that of the batch. It costs a pull-back for each pair of functions.
    fn jacobian_decay(&self) -> Option<f64> {
        None
    }

    /// Refuses a result that the method cannot stand for.
    ///
    /// # Errors
    /// What is wrong with it.
    fn verdict(&self) -> Result<()> {
        Ok(())
    }

    /// Everything that later steps depend on.
    fn state(&self) -> &[f64];

    /// The same, to be restored.
    fn state_mut(&mut self) -> &mut [f64];
}

/// The weight of step `step` in a moving average that begins as a plain mean.
pub fn averaging_weight(decay: f64, step: u64) -> f64 {
    decay.max(1.0 / (step as f64 + 1.0))
}

/// Moves running averages towards `current`, where that is finite.
pub fn follow(averages: &mut [f64], weight: f64, current: impl Fn(usize) -> f64) {
    for (k, average) in averages.iter_mut().enumerate() {
        let current = current(k);
        if current.is_finite() {
            *average = (1.0 - weight) * *average + weight * current;
        }
    }
}
