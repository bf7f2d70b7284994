//! What the optimisers of residuals share: the loop around their iterations, and when it ends.

use std::ops::ControlFlow;

use crate::optim::outcome::{Iterated, first_of, until_stopped};
use crate::optim::settings::tolerances;
use crate::optim::{Outcome, StopReason};
use crate::{Error, Result, Scalar};

use super::rounding::LessDamped;
use super::{FitProgress, FitState, Residuals, StepSolver};

/// What the settings of every method say alike.
macro_rules! settings {
    ($method:ident) => {
        const NAME: &'static str = stringify!($method);

        fn limits(&self) -> $crate::optim::least_squares::Limits {
            let &$method { resample, max_iterations, gradient_tolerance, value_tolerance, step_tolerance, .. } = self;
            let tolerances = [gradient_tolerance, value_tolerance, step_tolerance];
            $crate::optim::least_squares::Limits { resample, max_iterations, tolerances }
        }

        fn damping(&self) -> f64 {
            self.damping
        }
    };
}
pub(crate) use settings;

/// How many iterations in a row have to fall short of the value tolerance.
const STALLED: u64 = 5;

/// When to draw points, and when to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// After how many iterations; 0 never.
    pub resample: usize,
    pub max_iterations: usize,
    /// Of the gradient, the value and the step.
    pub tolerances: [f64; 3],
}

/// An iterative method for residuals: everything between two looks at the limits.
pub(crate) trait Method<T: Scalar> {
    const NAME: &'static str;

    fn limits(&self) -> Limits;

    /// Whether the settings are in their ranges.
    fn check(&self) -> Result<()>;

    /// The damping to start with.
    fn damping(&self) -> f64;

    fn solver(&self) -> StepSolver;

    /// Whether the damping is the method's to choose, not that of its settings.
    const CHOOSES_DAMPING: bool = false;

    /// The step for the damping of the state, and the decrease relative to f that the linear model predicts for it; `None`
    /// if the damping is too small for the arithmetic.
    fn straight_step(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Option<f64>> {
        Ok(self.solver().solve(residuals, state)?.then(|| state.predict() / state.value))
    }

    /// One iteration on a state that is linearised, and is again in the end.
    fn iterate(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Iterated>;

    fn check_all(&self) -> Result<()> {
        tolerances(Self::NAME, self.limits().tolerances)?;
        self.check()
    }

    fn begin(&self, residuals: &mut dyn Residuals<T>, parameters: &[T]) -> Result<FitState<T>> {
        self.check_all()?;
        let state = FitState::new(Self::NAME, residuals, parameters, self.damping(), self.solver().dense())?;
        if self.limits().resample > 0 {
            // Whether there are points to draw is to be known before the work starts.
            residuals.draw_points(parameters, 1)?;
            residuals.draw_points(parameters, 0)?;
        }
        Ok(state)
    }

    #[inline(never)]
    fn run(
        &self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
        observer: &mut dyn FnMut(&FitProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        self.check_all()?;
        let reason = format_args!("it belongs to {}; resume with the method that started it", state.method);
        Error::require(state.method == Self::NAME, format_args!("state given to {}", Self::NAME), reason)?;
        let sizes = [residuals.residual_count(), residuals.parameter_count()];
        Error::same_shape("state of a fit", &[state.residual_count, state.parameters.len()], &sizes)?;
        let drawn = self.limits().resample > 0;
        if drawn && state.counts.draws > 0 {
            residuals.draw_points(&state.drawn_at, state.counts.draws)?;
        }
        let outcome = self.run_on(residuals, state, observer);
        // Whoever comes next, a stage of a chain or an interrupted fit, finds the points it knows.
        if drawn {
            residuals.draw_points(&state.parameters, 0)?;
        }
        outcome
    }

    /// As `run`, on the points that the state has come to.
    fn run_on(
        &self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
        observer: &mut dyn FnMut(&FitProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        // What was prepared may have been so for other settings, which scale or multiply it otherwise.
        let (scratch, dense) = (&state.scratch, self.solver().dense());
        if !scratch.linearized || scratch.prepared || (dense && !scratch.dense) {
            let evaluations = state.counts.evaluations;
            state.linearize(residuals, dense, false)?;
            state.counts.evaluations = evaluations;
        }
        let reason = until_stopped(|| {
            let step = match self.limits().reason_to_stop(state) {
                Some(reason) => ControlFlow::Break(reason),
                None => {
                    if state.is_due(self.limits().resample) {
                        state.draw_points(residuals, self.solver().dense())?;
                    }
                    let step = self.iterate(residuals, state)?;
                    state.counts.iterations = state.counts.iterations.saturating_add(1);
                    step
                }
            };
            let step = match step {
                ControlFlow::Break(StopReason::RoundingLimit) => self.doubt_rounding(residuals, state)?,
                step => step,
            };
            let step = match step {
                ControlFlow::Continue(step) => step,
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            };
            let progress = FitProgress {
                iteration: state.counts.iterations as usize,
                evaluations: state.counts.evaluations as usize,
                value: state.value,
                gradient_norm: state.gradient_norm(),
                damping: state.damping,
                step,
                parameters: &state.parameters,
                state,
            };
            Ok(observer(&progress).map_break(|()| StopReason::StoppedByObserver))
        })?;
        // More iterations, or a better Jacobian, are of no use where rounding decides.
        let spent = matches!(reason, StopReason::MaxIterations | StopReason::NoDecrease { .. });
        let rounding = spent && state.is_rounding(residuals)? && state.less_damped(self, residuals)?.is_none();
        let reason = if rounding { StopReason::RoundingLimit } else { reason };
        let count = state.residual_count;
        Ok(Outcome {
            value: if state.best.is_empty() { state.value } else { state.lowest },
            gradient_norm: state.gradient_norm(),
            iterations: state.counts.iterations as usize,
            accepted: state.counts.accepted as usize,
            evaluations: state.counts.evaluations as usize,
            parameters: state.parameters.len(),
            residuals: Some(count),
            underdetermined: state.parameters.len() > count,
            held_out: residuals.held_out(state.best_parameters())?,
            reason,
        })
    }

    /// Goes on with less damping where that still gains what can be measured: then rounding is no reason to stop.
    fn doubt_rounding(&self, residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<Iterated> {
        let limits = self.limits();
        let Some(LessDamped { damping, predicted, value }) = state.less_damped(self, residuals)? else {
            return Ok(ControlFlow::Break(StopReason::RoundingLimit));
        };
        if !Self::CHOOSES_DAMPING {
            return Ok(ControlFlow::Break(StopReason::NoDecrease { predicted }));
        }
        if state.counts.iterations >= limits.max_iterations as u64 {
            return Ok(ControlFlow::Break(StopReason::MaxIterations));
        }
        let [_, tolerance, _] = limits.tolerances;
        state.counts.evaluations = state.counts.evaluations.saturating_add(1);
        if !state.accept(residuals, Some(value), self.solver().dense(), tolerance)? {
            return Ok(ControlFlow::Break(StopReason::RoundingLimit));
        }
        state.counts.iterations = state.counts.iterations.saturating_add(1);
        (state.damping, state.predicted) = (damping, predicted);
        Ok(ControlFlow::Continue(1.0))
    }
}

impl Limits {
    /// Depends on the state alone, so that an interrupted run stops where the whole one does.
    fn reason_to_stop<T: Scalar>(&self, state: &FitState<T>) -> Option<StopReason> {
        let [gradient, value, step] = self.tolerances;
        let stalled = if value > 0.0 { StopReason::ValueTolerance } else { StopReason::RoundingLimit };
        first_of([
            (state.first_gradient.has_fallen_to(state.gradient_norm(), gradient), StopReason::GradientTolerance),
            (state.counts.stalled >= STALLED, stalled),
            (state.moved <= step && step > 0.0, StopReason::StepTolerance),
            (state.counts.iterations >= self.max_iterations as u64, StopReason::MaxIterations),
        ])
    }
}
