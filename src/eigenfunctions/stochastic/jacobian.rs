//! Moving averages of the Jacobian of a Gram matrix.

use crate::autodiff::{Output, Pass};
use crate::linalg::Matrix;
use crate::{Result, Scalar};

use super::rule::averaging_weight;

/// Averages of ⟨fⱼ, ∂fᵢ/∂θ⟩ for j ≤ i, one row after the other.
#[derive(Debug)]
pub struct GramJacobian<T> {
    pub decay: f64,
    /// `[functions (functions + 1)/2, parameters]`
    pub averages: Vec<T>,
    row: Vec<T>,
}

/// The pairs j ≤ i as they are stored: (i, j).
fn pairs(functions: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..functions).flat_map(|i| (0..=i).map(move |j| (i, j)))
}

impl<T: Scalar> GramJacobian<T> {
    pub fn new(decay: f64, functions: usize, parameters: usize) -> Self {
        let rows = functions * (functions + 1) / 2;
        GramJacobian { decay, averages: vec![T::zero(); rows * parameters], row: vec![T::zero(); parameters] }
    }

    /// Takes in a batch.
    pub fn update(&mut self, step: u64, functions: Output, weights: &[T], pass: &mut Pass<'_, T>) -> Result<()> {
        let beta = T::of(averaging_weight(self.decay, step));
        let count = pass.value(functions)?.len() / weights.len();
        for ((i, j), averages) in pairs(count).zip(self.averages.chunks_exact_mut(self.row.len().max(1))) {
            let seed = |output, value: &[T], out: &mut [T]| {
                if output == functions {
                    let rows = value.chunks_exact(count).zip(out.chunks_exact_mut(count));
                    rows.zip(weights).for_each(|((f, out), &w)| out[i] = w * f[j]);
                }
            };
            pass.pull_back_with(seed, &mut self.row)?;
            averages.iter_mut().zip(&self.row).for_each(|(average, &new)| *average += beta * (new - *average));
        }
        Ok(())
    }

    /// Adds what the averages contribute for the coefficients `[j, i]`.
    pub fn add_to(&self, coefficients: &Matrix<f64>, gradient: &mut [T]) {
        for ((i, j), averages) in pairs(coefficients.rows()).zip(self.averages.chunks_exact(self.row.len().max(1))) {
            let factor = T::of(coefficients[(j, i)]);
            gradient.iter_mut().zip(averages).for_each(|(gradient, &average)| *gradient += factor * average);
        }
    }
}
