//! The method of Levenberg and Marquardt.

mod acceleration;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::{Error, Result, Scalar};

use super::least_squares::{FitState, Method, Residuals, StepSolver, settings};
use super::line_search::Trial;
use super::outcome::Iterated;
use super::settings::{defaults, fraction, positive, shrinking};

defaults! {
    /// Levenberg–Marquardt (Levenberg, 1944; Marquardt, 1963): damped Gauss–Newton steps `(JᵀJ + μD) δ = −Jᵀr`, the
    /// damping `μ` lower after a step that decreases `f = Σ rᵢ²`, higher after one that does not and is rejected.
    ///
    /// A step follows a straight line; along the curved valleys that networks have it is bent by a second-order
    /// correction, the geodesic acceleration of Transtrum and Sethna (2012). That costs one evaluation of the
    /// residuals and saves most of the iterations.
    ///
    /// One iteration factors one system and evaluates the residuals once or twice; the Jacobian and its Gram matrix
    /// are computed only after a step was accepted. With more parameters than residuals the same step
    /// comes from the smaller system of the kernel `JJᵀ + μI` (Woodbury, 1950). It never ends silently:
    /// [`Outcome::reason`](super::Outcome::reason) says why.
    ///
    /// ```
    /// use eigennet::linalg::Matrix;
    /// use eigennet::optim::{LevenbergMarquardt, least_squares};
    ///
    /// // y = a e^{bt} through points of 3 e^{−t/2}.
    /// let t: Vec<f64> = (0..10).map(f64::from).collect();
    /// let mut decay = least_squares::from_fn(10, 2, |x: &[f64], r: &mut [f64], mut jacobian: Option<&mut Matrix<f64>>| {
    ///     for (i, t) in t.iter().enumerate() {
    ///         let e = (x[1] * t).exp();
    ///         r[i] = x[0] * e - 3.0 * (-0.5 * t).exp();
    ///         if let Some(j) = &mut jacobian { j.row_mut(i).copy_from_slice(&[e, x[0] * t * e]); }
    ///     }
    ///     Ok(())
    /// });
    /// let mut x = [1.0, 0.0];
    /// let outcome = LevenbergMarquardt::default().minimize(&mut decay, &mut x)?;
    /// assert!(outcome.reason.is_converged(), "{outcome}");
    /// assert!((x[0] - 3.0).abs() < 1e-10 && (x[1] + 0.5).abs() < 1e-10);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct LevenbergMarquardt {
        /// μ at the start, positive (default 1e-3).
        pub damping: f64 = 1e-3,
        /// What μ is multiplied by after a rejected step, above 1 (default 2).
        pub increase: f64 = 2.0,
        /// What μ is multiplied by after an accepted step, in (0, 1] (default ½).
        pub decrease: f64 = 0.5,
        /// The least μ, positive (default 1e-20); in units of the largest entry on the diagonal of `JᵀJ` where that is
        /// below 1.
        pub min_damping: f64 = 1e-20,
        /// The largest μ; the method gives up beyond it (default 1e32); in units of the largest entry on the diagonal of
        /// `JᵀJ` where that is above 1.
        pub max_damping: f64 = 1e32,
        /// The longest acceleration a, as a multiple of the step v that it bends to v + a/2, in [0, 2) (default ¾;
        /// 0: straight steps). A longer one says that v is too long for second order to mean anything, and is left away.
        pub acceleration: f64 = 0.75,
        /// D (default the identity).
        pub scaling: Scaling = Scaling::Identity,
        /// How the step is computed (default by whichever system is smaller).
        pub solver: StepSolver = StepSolver::Auto,
        /// After so many iterations the points are drawn anew (default 0: never), which forbids the fit to oscillate between
        /// them: [`Residuals::draw_points`].
        pub resample: usize = 0,
        /// The most iterations since the start, rejected ones included (default 1000).
        pub max_iterations: usize = 1000,
        /// Ends when max |∂f/∂θᵢ| is at most this times min(1, what it was where the run began) (default 1e-14).
        pub gradient_tolerance: f64 = 1e-14,
        /// Ends when five accepted steps in a row each decrease f by at most this times f (default 0: only
        /// where that is rounding).
        pub value_tolerance: f64 = 0.0,
        /// Ends when max |Δθᵢ| is at most this times max(1, max |θᵢ|) (default 0: never).
        pub step_tolerance: f64 = 0.0,
    }
}

/// The matrix D that Levenberg–Marquardt damps with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Scaling {
    /// The identity (Levenberg): a step depends on the units of the parameters.
    #[default]
    Identity,
    /// The diagonal of `JᵀJ` (Marquardt), 1 where it vanishes: it does not.
    MarquardtDiagonal,
}

impl<T: Scalar> Method<T> for LevenbergMarquardt {
    settings!(LevenbergMarquardt);

    fn check(&self) -> Result<()> {
        positive("min_damping of LevenbergMarquardt", self.min_damping)?;
        fraction("max_damping of LevenbergMarquardt", self.max_damping, self.min_damping, f64::INFINITY)?;
        let &LevenbergMarquardt { damping, increase, min_damping, max_damping, .. } = self;
        let reason = format_args!("it must lie in [min_damping, max_damping], not {damping}; 1e-3 is usual");
        Error::require((min_damping..=max_damping).contains(&damping), "damping of LevenbergMarquardt", reason)?;
        let reason = format_args!("it must be above 1, not {increase}; 2 is usual");
        Error::require(increase > 1.0 && increase.is_finite(), "increase of LevenbergMarquardt", reason)?;
        shrinking("decrease of LevenbergMarquardt", self.decrease, "; 0.5 is usual")?;
        fraction("acceleration of LevenbergMarquardt", self.acceleration, 0.0, 2.0)?;
        let known = self.scaling == Scaling::Identity || self.solver.dense();
        let reason = "a diagonal of JᵀJ takes the matrix; use Scaling::Identity with StepSolver::MatrixFree";
        Error::require(known, "scaling of LevenbergMarquardt", reason)?;
        self.solver.check()
    }

    fn solver(&self) -> StepSolver {
        self.solver
    }

    const CHOOSES_DAMPING: bool = true;

    fn straight_step(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Option<f64>> {
        let predicted = self.step(residuals, state)?;
        self.unscale(&state.scratch.scale, &mut state.scratch.step);
        Ok(predicted)
    }

    fn iterate(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Iterated> {
        let Some(relative) = self.step(residuals, state)? else {
            // The damping is lost in the rounding of the Gram matrix.
            let least = T::EPSILON.to_f64() * state.scratch.damped.largest_diagonal();
            return Ok(self.reject(state, least));
        };
        if state.counts.rejected == 0 {
            state.predicted = relative;
        }
        // Where there is little left to gain, the probe would see rounding.
        if self.acceleration > 0.0 && relative > T::EPSILON.to_f64().sqrt() {
            self.accelerate(residuals, state)?;
        } else {
            self.unscale(&state.scratch.scale, &mut state.scratch.step);
        }
        match state.evaluate(residuals, T::one())? {
            Trial::Inside(value) if value < state.value => {
                let [least, _] = self.bounds(state);
                if state.accept(residuals, Some(value), self.solver.dense(), self.value_tolerance)? {
                    state.damping = (self.decrease * state.damping).max(least);
                    return Ok(ControlFlow::Continue(1.0));
                }
                state.counts.outside = state.counts.outside.saturating_add(1);
            }
            Trial::Inside(_) if relative > 4.0 * T::EPSILON.to_f64() => {}
            Trial::Inside(_) | Trial::Unmoved => return Ok(ControlFlow::Break(state.given_up())),
            Trial::Outside => state.counts.outside = state.counts.outside.saturating_add(1),
        }
        Ok(self.reject(state, 0.0))
    }
}

impl LevenbergMarquardt {
    /// The step for the current damping, in the coordinates in which D is the identity, and the decrease relative to f
    /// that the linear model predicts for it; `None` if the damping is too small for the arithmetic.
    fn step<T: Scalar>(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Option<f64>> {
        if self.scaling == Scaling::MarquardtDiagonal && !state.scratch.prepared {
            scale_columns(state);
        }
        Ok(self.solver.solve(residuals, state)?.then(|| state.predict() / state.value))
    }

    /// The least and the largest μ: in units of JᵀJ where its diagonal is small or large all over, for there only such μ
    /// make a difference.
    fn bounds<T: Scalar>(&self, state: &FitState<T>) -> [f64; 2] {
        let largest = state.scratch.damped.largest_diagonal();
        let unit = if largest > 0.0 && largest.is_finite() { largest } else { 1.0 };
        [self.min_damping * unit.min(1.0), self.max_damping * unit.max(1.0)]
    }

    /// From the coordinates in which D is the identity to the parameters.
    fn unscale<T: Scalar>(&self, scale: &[T], step: &mut [T]) {
        if self.scaling == Scaling::MarquardtDiagonal {
            step.iter_mut().zip(scale).for_each(|(d, s)| *d *= *s);
        }
    }

    /// Raises the damping, to `least` at least.
    fn reject<T: Scalar>(&self, state: &mut FitState<T>, least: f64) -> Iterated {
        state.counts.rejected = state.counts.rejected.saturating_add(1);
        let raised = (self.increase * state.damping).max(least);
        let [_, largest] = self.bounds(state);
        if raised > largest || !T::of(raised).is_finite() {
            return ControlFlow::Break(state.given_up());
        }
        state.damping = raised;
        ControlFlow::Continue(0.0)
    }
}

/// Scales the columns of the Jacobian to length 1 and the descent with them.
fn scale_columns<T: Scalar>(state: &mut FitState<T>) {
    let scratch = &mut state.scratch;
    let scale = &mut scratch.scale;
    scale.clear();
    scale.resize(scratch.descent.len(), T::zero());
    for row in scratch.jacobian.row_iter() {
        scale.iter_mut().zip(row).for_each(|(s, &j)| *s += j * j);
    }
    for s in scale.iter_mut() {
        let length = s.sqrt();
        *s = if length > T::min_positive_value() && length.is_finite() { T::one() / length } else { T::one() };
    }
    let p = scale.len().max(1);
    for row in scratch.jacobian.as_mut_slice().chunks_exact_mut(p) {
        row.iter_mut().zip(&*scale).for_each(|(j, &s)| *j *= s);
    }
    scratch.descent.iter_mut().zip(&*scale).for_each(|(d, &s)| *d *= s);
}
