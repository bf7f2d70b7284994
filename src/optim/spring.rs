//! Subsampled projected-increment natural gradient descent: kernel steps with momentum.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::kernels::reduce::axpy;
use crate::par::dot;
use crate::{Error, Result, Scalar};

use super::Schedule;
use super::least_squares::{
    FitState, LineSearch, Method, Residuals, Searched, StepSolver, multiply, multiply_transposed, settings,
};
use super::objective::in_domain;
use super::outcome::{Iterated, StopReason};
use super::settings::{defaults, fraction, positive};
use super::vector::norm;

/// How often a step that leads outside the domain is halved.
const HALVINGS: u32 = 40;
/// How often the damping is raised where the arithmetic does not bear it, and by which factor.
const ATTEMPTS: usize = 8;
const RAISE: f64 = 100.0;

defaults! {
    /// SPRING (Goldshlager, Abrahamsen and Lin, 2024), as used for physics-informed networks by
    /// Guzmán-Cordero, Dangel, Goldshlager and Zeinhofer (2025): the step regularised towards a multiple of
    /// the one before,
    /// `φₖ = argmin |Jφ + r|² + λ|φ − μφₖ₋₁|² = μφₖ₋₁ + Jᵀ(JJᵀ + λI)⁻¹(−r − μJφₖ₋₁)`,
    /// then `θ ← θ + ηφₖ`.
    ///
    /// What one batch of residuals says nothing about is thus remembered from the batches before: made for residuals
    /// that are resampled. With `μ = 0` it is minSR (Chen and Heyl, 2024). f may climb; the best parameters seen are
    /// the result. It never ends silently: [`Outcome::reason`](super::Outcome::reason) says why.
    ///
    /// ```
    /// use eigennet::linalg::Matrix;
    /// use eigennet::optim::{LineSearch, Spring, least_squares};
    /// // One residual, two parameters: x + 2y = 5.
    /// let mut line = least_squares::from_fn(1, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
    ///     r[0] = x[0] + 2.0 * x[1] - 5.0;
    ///     if let Some(j) = jacobian { j.as_mut_slice().copy_from_slice(&[1.0, 2.0]); }
    ///     Ok(())
    /// });
    /// let mut x = [0.0, 0.0];
    /// let spring = Spring { line_search: Some(LineSearch::Grid { halvings: 30 }), ..Spring::default() };
    /// let outcome = spring.minimize(&mut line, &mut x)?;
    /// assert!(outcome.reason.is_converged() && outcome.underdetermined, "{outcome}");
    /// assert!((x[0] + 2.0 * x[1] - 5.0).abs() < 1e-7);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Spring {
        /// λ (default 1e-6).
        pub damping: f64 = 1e-6,
        /// μ, in [0, 1) (default 0.9).
        pub momentum: f64 = 0.9,
        /// η where there is no line search (default constant 0.1).
        pub schedule: Schedule = Schedule::constant(0.1).unwrap_or_default(),
        /// How η is chosen instead (default not at all). Where it finds none, the momentum is dropped.
        pub line_search: Option<LineSearch> = None,
        /// The largest Euclidean length of `ηφ` (default unbounded). It bounds the step that a line search
        /// starts from, too.
        pub max_length: f64 = f64::INFINITY,
        /// Ends when f has grown to this times its lowest value, above 1 (default 1e6).
        pub max_growth: f64 = 1e6,
        /// After so many iterations the points are drawn anew (default 0: never), which forbids the fit to oscillate between
        /// them: [`Residuals::draw_points`].
        pub resample: usize = 0,
        /// The most iterations since the start (default 1000).
        pub max_iterations: usize = 1000,
        /// Ends when max |∂f/∂θᵢ| is at most this times min(1, what it was where the run began) (default 1e-14).
        pub gradient_tolerance: f64 = 1e-14,
        /// Ends when five iterations in a row each change f by at most this times f (default 0: only where
        /// that is rounding).
        pub value_tolerance: f64 = 0.0,
        /// Ends when max |Δθᵢ| is at most this times max(1, max |θᵢ|) (default 0: never).
        pub step_tolerance: f64 = 0.0,
    }
}

impl<T: Scalar> Method<T> for Spring {
    settings!(Spring);

    fn check(&self) -> Result<()> {
        positive("damping of Spring", self.damping)?;
        fraction("momentum of Spring", self.momentum, 0.0, 1.0)?;
        let &Spring { max_length, max_growth, .. } = self;
        let reason = format_args!("it must be positive, or infinite for none, not {max_length}");
        Error::require(max_length > 0.0, "max_length of Spring", reason)?;
        let reason = format_args!("it must be above 1, not {max_growth}; 1e6 is usual");
        Error::require(max_growth > 1.0, "max_growth of Spring", reason)?;
        self.line_search.map_or(Ok(()), |search| search.check("Spring"))
    }

    fn solver(&self) -> StepSolver {
        StepSolver::Auto
    }

    fn iterate(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Iterated> {
        if state.best.is_empty() {
            state.best.clone_from(&state.parameters);
        }
        state.momentum.resize(state.parameters.len(), T::zero());
        let rate = self.schedule.rate(state.counts.iterations);
        for restart in [false, true] {
            if restart {
                state.momentum.fill(T::zero());
            }
            if !self.step(residuals, state)? {
                break;
            }
            let scratch = &state.scratch;
            let descent = dot(&scratch.step, &scratch.descent);
            state.predicted = (2.0 * descent - jacobian_square(state)) / state.value;
            let scratch = &mut state.scratch;
            state.momentum.copy_from_slice(&scratch.step);
            let length = norm(&scratch.step);
            let base = if self.line_search.is_some() { 1.0 } else { rate };
            let bounded = base.min(self.max_length / length);
            scratch.step.iter_mut().for_each(|d| *d *= T::of(bounded));
            match self.advance(residuals, state, -2.0 * bounded * descent)? {
                ControlFlow::Continue(multiple) => {
                    if state.value > self.max_growth * state.lowest {
                        return Ok(ControlFlow::Break(StopReason::Diverged { growth: state.value / state.lowest }));
                    }
                    return Ok(ControlFlow::Continue(multiple * bounded));
                }
                ControlFlow::Break(all_outside) => {
                    state.counts.rejected = state.counts.rejected.saturating_add(1);
                    state.counts.outside = state.counts.outside.saturating_add(u64::from(all_outside));
                }
            }
        }
        Ok(ControlFlow::Break(state.given_up()))
    }
}

impl Spring {
    /// φₖ into the step; `false` if the arithmetic bears no damping tried.
    fn step<T: Scalar>(&self, problem: &dyn Residuals<T>, state: &mut FitState<T>) -> Result<bool> {
        let system = StepSolver::Auto.system(problem);
        state.damping = self.damping;
        let FitState { scratch, residuals, momentum, damping, .. } = state;
        if !scratch.prepared {
            scratch.damped.prepare(system, &scratch.jacobian)?;
            scratch.prepared = true;
        }
        // r + μJφ and −Jᵀ(r + μJφ).
        let (mu, jacobian) = (T::of(self.momentum), &scratch.jacobian);
        let ([shifted, _], [descent, ..]) = (&mut scratch.large, &mut scratch.small);
        shifted.resize(residuals.len(), T::zero());
        descent.resize(momentum.len(), T::zero());
        multiply(jacobian, momentum, shifted)?;
        shifted.iter_mut().zip(&*residuals).for_each(|(s, &r)| *s = r + mu * *s);
        multiply_transposed(jacobian, shifted, descent)?;
        descent.iter_mut().for_each(|d| *d = -*d);
        for _ in 0..ATTEMPTS {
            let lambda = T::of(*damping);
            let solved = scratch.damped.solve(system, jacobian, shifted, descent, lambda, &mut scratch.step);
            if in_domain(solved)?.is_some() {
                axpy(mu, momentum, &mut scratch.step);
                return Ok(true);
            }
            let least = T::EPSILON.to_f64() * scratch.damped.largest_diagonal();
            *damping = (RAISE * *damping).max(least);
        }
        Ok(false)
    }

    /// Goes along the step, as the line search or nothing but the domain says; breaks with whether all
    /// trials were outside it.
    fn advance<T: Scalar>(
        &self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
        slope: f64,
    ) -> Result<ControlFlow<bool, f64>> {
        if let Some(search) = self.line_search {
            if slope.is_nan() || slope >= 0.0 {
                return Ok(ControlFlow::Break(false));
            }
            return Ok(match search.search(residuals, state, slope)? {
                Searched::Found(multiple, value) => {
                    match state.accept(residuals, Some(value), true, self.value_tolerance)? {
                        true => ControlFlow::Continue(multiple),
                        false => ControlFlow::Break(true),
                    }
                }
                Searched::Failed { all_outside } => ControlFlow::Break(all_outside),
            });
        }
        let mut multiple = 1.0;
        for _ in 0..HALVINGS {
            if !state.place(T::of(multiple)) {
                return Ok(ControlFlow::Break(multiple < 1.0));
            }
            if state.accept(residuals, None, true, self.value_tolerance)? {
                return Ok(ControlFlow::Continue(multiple));
            }
            multiple *= 0.5;
        }
        Ok(ControlFlow::Break(true))
    }
}

/// |Jφ|² of the step.
fn jacobian_square<T: Scalar>(state: &FitState<T>) -> f64 {
    let scratch = &state.scratch;
    scratch.jacobian.row_iter().map(|row| dot(row, &scratch.step).powi(2)).sum()
}
