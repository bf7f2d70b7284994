//! The second-order correction of a step.

#[cfg(test)]
mod tests;

use crate::optim::least_squares::{FitState, Residuals, multiply};
use crate::optim::line_search::Trial;
use crate::par::dot;
use crate::{Result, Scalar};

use super::LevenbergMarquardt;

/// How far along the step the curvature is probed: rounding weighs as the inverse square of it.
const PROBE: f64 = 0.1;

impl LevenbergMarquardt {
    /// Unscales the step `v` of `state` and bends it to `v + a/2`, where `(JᵀJ + μD) a = −Jᵀ r_vv` and `r_vv` is the second derivative
    /// of the residuals along `v`, from their difference to the linear model. Where they cannot be evaluated, or `a`
    /// is too long, the step stays straight.
    pub(super) fn accelerate<T: Scalar>(
        &self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
    ) -> Result<()> {
        let (count, scratch) = (state.residual_count, &mut state.scratch);
        let [slope, _] = &mut scratch.large;
        slope.resize(count, T::zero());
        match self.solver.dense() {
            true => multiply(&scratch.jacobian, &scratch.step, slope)?,
            false => residuals.jacobian_vector(&state.parameters, &scratch.step, slope)?,
        }
        let square = dot(&scratch.step, &scratch.step);
        self.unscale(&scratch.scale, &mut scratch.step);
        let Trial::Inside(_) = state.evaluate(residuals, T::of(PROBE))? else { return Ok(()) };
        let (here, scratch) = (&state.residuals, &mut state.scratch);
        for ((slope, &there), &here) in scratch.large[0].iter_mut().zip(&scratch.residuals).zip(here) {
            *slope = T::of(2.0 / PROBE) * ((there - here) / T::of(PROBE) - *slope);
        }
        if !self.solver.solve_again(residuals, state)? {
            return Ok(());
        }
        let scratch = &mut state.scratch;
        let correction = &mut scratch.small[2];
        // Both lengths are those of the coordinates in which D is the identity. NaN says no.
        if dot(correction, correction) <= self.acceleration.powi(2) * square {
            self.unscale(&scratch.scale, correction);
            scratch.step.iter_mut().zip(correction).for_each(|(v, a)| *v += T::of(0.5) * *a);
        }
        Ok(())
    }
}
