//! Explicit Runge–Kutta methods as tables of numbers.

use super::integrator::RightHandSide;
use crate::kernels::reduce::axpy;
use crate::{Result, Scalar};

/// kᵢ = f(t + cᵢ h, y + h Σ_{j<i} a_ij kⱼ); y(t + h) ≈ y + h Σ bᵢ kᵢ.
#[derive(Debug)]
pub(super) struct Tableau {
    /// cᵢ of the stages after the first, for which c = 0.
    pub nodes: &'static [f64],
    /// Rows a_i, of the stages after the first.
    pub rows: &'static [&'static [f64]],
    /// bᵢ.
    pub weights: &'static [f64],
}

/// The stages of one step, and room for them.
#[derive(Debug)]
pub(super) struct Stages<T> {
    tableau: &'static Tableau,
    /// kᵢ, one after another.
    pub slopes: Vec<Vec<T>>,
    /// Where the last stage was evaluated.
    pub point: Vec<T>,
}

impl<T: Scalar> Stages<T> {
    pub fn new(tableau: &'static Tableau, dimension: usize) -> Self {
        let zeros = vec![T::zero(); dimension];
        Stages { tableau, slopes: vec![zeros.clone(); tableau.rows.len() + 1], point: zeros }
    }

    /// Evaluates the stages after the first, which the caller has put in `slopes[0]`.
    pub fn evaluate(&mut self, rhs: &mut RightHandSide<'_, '_, T>, t: T, h: T, y: &[T]) -> Result<()> {
        for (i, (&node, row)) in self.tableau.nodes.iter().zip(self.tableau.rows).enumerate() {
            let (before, rest) = self.slopes.split_at_mut(i + 1);
            combine(h, y, before, row, &mut self.point);
            rhs.evaluate(t + T::of(node) * h, &self.point, &mut rest[0])?;
        }
        Ok(())
    }

    /// `out` = y + h Σ bᵢ kᵢ.
    pub fn advance(&self, h: T, y: &[T], out: &mut [T]) {
        combine(h, y, &self.slopes, self.tableau.weights, out);
    }

    /// `out` = h Σ bᵢ kᵢ.
    pub fn increment(&self, h: T, out: &mut [T]) {
        out.fill(T::zero());
        add(h, &self.slopes, self.tableau.weights, out);
    }
}

/// `out` = y + h Σ wᵢ kᵢ.
fn combine<T: Scalar>(h: T, y: &[T], slopes: &[Vec<T>], weights: &[f64], out: &mut [T]) {
    out.copy_from_slice(y);
    add(h, slopes, weights, out);
}

/// `out` += h Σ wᵢ kᵢ.
fn add<T: Scalar>(h: T, slopes: &[Vec<T>], weights: &[f64], out: &mut [T]) {
    for (slope, &weight) in slopes.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        axpy(h * T::of(weight), slope, out);
    }
}
