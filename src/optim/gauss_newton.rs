//! Gauss–Newton steps with a line search; energy natural gradient descent among them.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::par::dot;
use crate::{Result, Scalar};

use super::least_squares::{FitState, LineSearch, Method, Residuals, Searched, StepSolver, settings};
use super::outcome::Iterated;
use super::settings::{defaults, not_negative};

/// How often the damping is raised within an iteration before giving up, and by which factor.
const ATTEMPTS: usize = 8;
const RAISE: f64 = 100.0;

defaults! {
    /// Gauss–Newton with Tikhonov damping and a line search: `θ ← θ + ηδ`, where
    /// `(JᵀJ + λI) δ = −Jᵀr` and η decreases `f = Σ rᵢ²`.
    ///
    /// For the energy `E(u) = ½ ‖residual(u)‖²` of a physics-informed network, with residuals weighted by
    /// the quadrature, `JᵀJ` is the Gram matrix of energy natural gradient descent (Müller and Zeinhofer,
    /// 2023) and `−Jᵀr` its right-hand side: the two methods are one, with two line searches.
    /// [`energy_natural_gradient`](Self::energy_natural_gradient) has theirs. By
    /// [`StepSolver::Kernel`] the step comes from the kernel `JJᵀ + λI` (as minSR does: Chen and Heyl, 2024),
    /// and [`StepSolver::MatrixFree`] never forms a matrix (Hessian-free: Martens, 2010).
    ///
    /// Where the arithmetic does not bear λ, or the search fails, the iteration is tried again with more of
    /// it. It never ends silently: [`Outcome::reason`](super::Outcome::reason) says why.
    ///
    /// ```
    /// use eigennet::linalg::Matrix;
    /// use eigennet::optim::{GaussNewton, least_squares};
    /// // A circle and a line: x² + y² = 5, x − y = 1 meet at (2, 1).
    /// let mut meeting = least_squares::from_fn(2, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
    ///     r.copy_from_slice(&[x[0] * x[0] + x[1] * x[1] - 5.0, x[0] - x[1] - 1.0]);
    ///     if let Some(j) = jacobian { j.as_mut_slice().copy_from_slice(&[2.0 * x[0], 2.0 * x[1], 1.0, -1.0]); }
    ///     Ok(())
    /// });
    /// let mut x = [3.0, 3.0];
    /// let outcome = GaussNewton::energy_natural_gradient().minimize(&mut meeting, &mut x)?;
    /// assert!(outcome.reason.is_converged(), "{outcome}");
    /// assert!((x[0] - 2.0).abs() < 1e-12 && (x[1] - 1.0).abs() < 1e-12);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct GaussNewton {
        /// How the step is computed (default by whichever system is smaller).
        pub solver: StepSolver = StepSolver::Auto,
        /// λ is this plus [`value_damping`](Self::value_damping) times f (default 1e-12).
        pub damping: f64 = 1e-12,
        /// See `damping`; λ proportional to f fades out as the fit becomes good (Yamashita
        /// and Fukushima, 2001) (default 0).
        pub value_damping: f64 = 0.0,
        /// How η is chosen (default Armijo's).
        pub line_search: LineSearch = LineSearch::Armijo { decrease: 1e-4, max_trials: 40 },
        /// After so many iterations the points are drawn anew (default 0: never), which forbids the fit to oscillate between
        /// them: [`Residuals::draw_points`].
        pub resample: usize = 0,
        /// The most iterations since the start (default 500).
        pub max_iterations: usize = 500,
        /// Ends when max |∂f/∂θᵢ| is at most this times min(1, what it was where the run began) (default 1e-14).
        pub gradient_tolerance: f64 = 1e-14,
        /// Ends when five iterations in a row each decrease f by at most this times f (default 0: only
        /// where that is rounding).
        pub value_tolerance: f64 = 0.0,
        /// Ends when max |Δθᵢ| is at most this times max(1, max |θᵢ|) (default 0: never).
        pub step_tolerance: f64 = 0.0,
    }
}

impl GaussNewton {
    /// Energy natural gradient descent (Müller and Zeinhofer, 2023): the best of the step lengths 2⁻ᵏ, k = 0 … 30.
    pub fn energy_natural_gradient() -> Self {
        GaussNewton { line_search: LineSearch::Grid { halvings: 30 }, ..GaussNewton::default() }
    }
}

impl<T: Scalar> Method<T> for GaussNewton {
    settings!(GaussNewton);

    fn check(&self) -> Result<()> {
        not_negative("damping of GaussNewton", self.damping)?;
        not_negative("value_damping of GaussNewton", self.value_damping)?;
        self.solver.check()?;
        self.line_search.check("GaussNewton")
    }

    fn solver(&self) -> StepSolver {
        self.solver
    }

    fn iterate(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Iterated> {
        state.damping = self.damping + self.value_damping * state.value;
        for attempt in 0..ATTEMPTS {
            if self.solver.solve(residuals, state)? {
                let scratch = &state.scratch;
                let descent = dot(&scratch.step, &scratch.descent);
                let predicted = descent + state.damping * dot(&scratch.step, &scratch.step);
                let relative = predicted / state.value;
                if attempt == 0 {
                    state.predicted = relative;
                }
                match self.line_search.search(residuals, state, -2.0 * descent)? {
                    Searched::Found(multiple, value) => {
                        if state.accept(residuals, Some(value), self.solver.dense(), self.value_tolerance)? {
                            return Ok(ControlFlow::Continue(multiple));
                        }
                        state.counts.outside = state.counts.outside.saturating_add(1);
                    }
                    Searched::Failed { .. } if relative <= 4.0 * T::EPSILON.to_f64() => break,
                    Searched::Failed { all_outside } => {
                        state.counts.outside = state.counts.outside.saturating_add(u64::from(all_outside));
                    }
                }
            }
            state.counts.rejected = state.counts.rejected.saturating_add(1);
            // Below its rounding error the Gram matrix knows no damping.
            let least = T::EPSILON.to_f64() * state.scratch.damped.largest_diagonal().max(1e-3);
            state.damping = (RAISE * state.damping).max(least);
        }
        Ok(ControlFlow::Break(state.given_up()))
    }
}
