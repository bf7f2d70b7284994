//! Limited-memory BFGS, and the whole matrix in place of the memory.

mod broyden;
mod curvature;
mod history;
mod memory;
mod preconditioner;
mod state;
#[cfg(test)]
mod tests;
mod triangle;

use std::ops::ControlFlow;

use crate::par::dot;
use crate::{Error, Result, Scalar};

use super::line_search::{Found, Point, Trial, Wolfe};
use super::objective::{Objective, in_domain};
use super::outcome::{Iterated, Outcome, StopReason, first_of, until_stopped};
use super::settings::{defaults, not_negative, positive, tolerances, wolfe};
use super::vector::{norm, place, relative_change};
use curvature::descends;
use preconditioner::Rough;
use state::Scratch;
pub use state::{LbfgsState, Progress};

/// How many iterations in a row have to fall short of the value tolerance, and how many may pass
/// below the rounding error without a smaller gradient.
const STALLED: u64 = 5;
const IDLE: u64 = 20;

/// What a quasi-Newton method keeps of the inverse Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InverseHessian {
    /// The last [`memory`](Lbfgs::memory) steps, for any number of parameters.
    Limited,
    /// A matrix `[n, n]` of all steps, by self-scaled updates of Broyden's class (Al-Baali, 1998): at a few thousand
    /// parameters at most it goes on where the others stall. Networks of coordinates come ten to a hundred times nearer in
    /// as many iterations (Urbán, Stefanou and Pons, 2025), each of which costs 10 n² operations more.
    Full,
}

defaults! {
    /// L-BFGS (Liu and Nocedal, 1989): a quasi-Newton method for smooth, deterministic objectives of any
    /// number of parameters, with a strong-Wolfe line search.
    ///
    /// The inverse Hessian is approximated from the last [`memory`](Self::memory) steps, scaled after
    /// Shanno and Phua (1978). Close to the minimum, where differences of the value drown in rounding,
    /// the search goes by the gradient (Hager and Zhang, 2005), so that the gradient keeps shrinking
    /// long after the value has reached its last digit. When a search fails, the memory is dropped and
    /// the steepest descent tried before giving up. It never ends silently: [`Outcome::reason`] says why.
    ///
    /// ```
    /// use eigennet::optim::{Lbfgs, objective};
    /// let mut rosenbrock = objective::from_fn(2, |x: &[f64], g: &mut [f64]| {
    ///     let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
    ///     g[0] = -2.0 * a - 400.0 * x[0] * b;
    ///     g[1] = 200.0 * b;
    ///     Ok(a * a + 100.0 * b * b)
    /// });
    /// let mut x = [-1.2, 1.0];
    /// let outcome = Lbfgs::default().minimize(&mut rosenbrock, &mut x)?;
    /// assert!(outcome.reason.is_converged(), "{}", outcome.reason);
    /// assert!((x[0] - 1.0).abs() < 1e-10 && (x[1] - 1.0).abs() < 1e-10);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Lbfgs {
        /// Pairs remembered (default 30). 0 is the steepest descent.
        pub memory: usize = 30,
        /// What is kept of the inverse Hessian (default: those pairs).
        pub inverse_hessian: InverseHessian = InverseHessian::Limited,
        /// Iterations after which a [preconditioner](Objective::preconditioner) is asked for anew, the memory kept
        /// (default 100; 0: only at the start).
        pub refresh: usize = 100,
        /// The most iterations since the start (default 1000).
        pub max_iterations: usize = 1000,
        /// The most evaluations since the start (default unlimited).
        pub max_evaluations: usize = usize::MAX,
        /// Ends when max |∂f/∂θᵢ| is at most this times min(1, what it was where the run began) (default 1e-12).
        pub gradient_tolerance: f64 = 1e-12,
        /// Ends when five iterations in a row each decrease f by at most this times |f| (default 0: never).
        pub value_tolerance: f64 = 0.0,
        /// Ends when max |Δθᵢ| is at most this times max(1, max |θᵢ|) (default 0: never).
        pub step_tolerance: f64 = 0.0,
        /// c₁ of the Wolfe conditions, in (0, ½) (default 1e-4).
        pub decrease: f64 = 1e-4,
        /// c₂ of the Wolfe conditions, in (c₁, 1) (default 0.9).
        pub curvature: f64 = 0.9,
        /// The most trials of one line search (default 40).
        pub max_trials: usize = 40,
        /// Euclidean length of the very first step, where no curvature is known (default 1); it is
        /// shorter if the gradient is.
        pub first_step: f64 = 1.0,
        /// The rounding error of f relative to |f|, in units of the machine epsilon (default 16). Raise
        /// it for an f that is a small difference of large terms.
        pub noise: f64 = 16.0,
    }
}

impl Lbfgs {
    pub(super) fn begin<T: Scalar>(&self, objective: &mut dyn Objective<T>, parameters: &[T]) -> Result<LbfgsState<T>> {
        self.check()?;
        LbfgsState::new(objective, parameters, self)
    }

    /// Allocates nothing.
    #[inline(never)]
    pub(super) fn run<T: Scalar>(
        &self,
        objective: &mut dyn Objective<T>,
        state: &mut LbfgsState<T>,
        observer: &mut dyn FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        self.check()?;
        Error::same_shape("Lbfgs::resume", &[state.parameters.len()], &[objective.parameter_count()])?;
        state.memory.require_of(self)?;
        Self::check_same(objective, state)?;
        state.rough.wake(objective)?;
        let reason = until_stopped(|| {
            let step = match self.reason_to_stop(state) {
                Some(reason) => ControlFlow::Break(reason),
                None => self.iterate(objective, state)?,
            };
            let step = match step {
                ControlFlow::Break(StopReason::RoundingLimit) => self.doubt_rounding(objective, state)?,
                step => step,
            };
            let step = match step {
                ControlFlow::Continue(step) => step,
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            };
            let progress = Progress {
                iteration: state.counts.iterations as usize,
                evaluations: state.counts.evaluations as usize,
                value: state.value,
                gradient_norm: state.gradient_norm(),
                step,
                parameters: &state.parameters,
                state,
            };
            Ok(observer(&progress).map_break(|()| StopReason::StoppedByObserver))
        })?;
        // Where nothing has been gained lately but rounding, more iterations would gain no more.
        let spent = matches!(reason, StopReason::MaxIterations | StopReason::MaxEvaluations);
        let rounding = spent && state.counts.idle >= STALLED && self.unitless_step(objective, state)?.is_none();
        let reason = if rounding { StopReason::RoundingLimit } else { reason };
        Ok(Outcome {
            value: state.value.to_f64(),
            gradient_norm: state.gradient_norm(),
            iterations: state.counts.iterations as usize,
            accepted: state.counts.iterations as usize,
            parameters: state.parameters.len(),
            residuals: None,
            underdetermined: false,
            held_out: objective.held_out(&state.parameters)?,
            evaluations: state.counts.evaluations as usize,
            reason,
        })
    }

    fn check(&self) -> Result<()> {
        wolfe("Lbfgs", self.decrease, self.curvature, self.max_trials)?;
        tolerances("Lbfgs", [self.gradient_tolerance, self.value_tolerance, self.step_tolerance])?;
        not_negative("noise of Lbfgs", self.noise)?;
        positive("first_step of Lbfgs", self.first_step)
    }

    /// Refuses a state that has gone on from its start if the objective has another value there: all it holds belongs to
    /// another one, and where that had ended nothing else would show it.
    fn check_same<T: Scalar>(objective: &mut dyn Objective<T>, state: &mut LbfgsState<T>) -> Result<()> {
        if state.counts.iterations == 0 {
            return Ok(());
        }
        let here = objective.value_and_gradient(&state.parameters, &mut state.scratch.gradient)?.to_f64();
        let (there, epsilon) = (state.value.to_f64(), T::EPSILON.to_f64());
        // Another machine rounds otherwise.
        let rounding = epsilon.sqrt() * here.abs().max(there.abs()) + 100.0 * epsilon * state.changes().sum::<f64>();
        let reason = format_args!(
            "the objective is {here} at its parameters and was {there}: it belongs to another one; begin with `start`"
        );
        Error::require((here - there).abs() <= rounding, "state given to Lbfgs", reason)
    }

    /// Depends on the state alone, so that an interrupted run stops where the whole one does.
    fn reason_to_stop<T: Scalar>(&self, state: &LbfgsState<T>) -> Option<StopReason> {
        let counts = state.counts;
        let small = state.first_gradient.has_fallen_to(state.gradient_norm(), self.gradient_tolerance);
        first_of([
            (small, StopReason::GradientTolerance),
            (counts.stalled >= STALLED && self.value_tolerance > 0.0, StopReason::ValueTolerance),
            (counts.idle >= IDLE, StopReason::RoundingLimit),
            (state.moved <= self.step_tolerance && self.step_tolerance > 0.0, StopReason::StepTolerance),
            (counts.iterations >= self.max_iterations as u64, StopReason::MaxIterations),
            (counts.evaluations >= self.max_evaluations as u64, StopReason::MaxEvaluations),
        ])
    }

    /// One iteration: a direction, a search along it, and again along the steepest descent if need
    /// be. Returns the step taken or why there is none.
    fn iterate<T: Scalar>(&self, objective: &mut dyn Objective<T>, state: &mut LbfgsState<T>) -> Result<Iterated> {
        let noise = self.rounding(state.value);
        let mut rounded = false;
        if state.counts.iterations.is_multiple_of(self.refresh as u64) {
            state.rough = Rough::at(objective, &state.parameters)?;
        }
        loop {
            let steepest = state.memory.is_empty();
            state.memory.direction(&state.gradient, &mut state.rough, &mut state.scratch.direction)?;
            let slope = dot(&state.gradient, &state.scratch.direction);
            if !steepest && !descends(slope, &state.gradient, &state.scratch.direction) {
                state.memory.clear();
                continue;
            }
            let length = norm(&state.scratch.direction);
            let first = if steepest { (self.first_step / length).min(1.0) } else { state.memory.reach() };
            match self.search(objective, state, slope, first, noise)? {
                Found::Accepted(step) => {
                    self.accept(state, step)?;
                    return Ok(ControlFlow::Continue(step));
                }
                Found::Decreased(step) => {
                    // A decrease without the curvature condition, at a trial that was not the last.
                    state.counts.evaluations = state.counts.evaluations.saturating_add(1);
                    let trial = evaluate(objective, &state.parameters, &mut state.scratch, step)?;
                    if matches!(trial, Trial::Inside(..)) {
                        self.accept(state, step)?;
                        return Ok(ControlFlow::Continue(step));
                    }
                    return Ok(ControlFlow::Break(StopReason::NonFinite));
                }
                Found::Unbounded => return Ok(ControlFlow::Break(StopReason::Unbounded)),
                Found::Failed { .. } if state.counts.evaluations >= self.max_evaluations as u64 => {
                    return Ok(ControlFlow::Break(StopReason::MaxEvaluations));
                }
                Found::Failed { all_outside } => {
                    // Along a Newton step the gain is half the slope. The last digits of the parameters, whatever their
                    // units, are as good as that.
                    let resolution = 100.0 * T::EPSILON.to_f64() * state.changes().sum::<f64>();
                    let fine = 0.5 * slope.abs() <= noise.max(resolution);
                    if !steepest && fine {
                        rounded = true;
                        state.counts.rounded = state.counts.rounded.saturating_add(1);
                    }
                    // Nor is an f below what those digits change a matter of derivatives.
                    let drowned = steepest && resolution >= state.value.to_f64().abs();
                    if drowned || (rounded && (steepest || state.counts.rounded > 1)) {
                        return Ok(ControlFlow::Break(StopReason::RoundingLimit));
                    }
                    if steepest {
                        return Ok(ControlFlow::Break(if all_outside {
                            StopReason::NonFinite
                        } else {
                            StopReason::NoDecrease { predicted: 0.5 * first * slope.abs() / state.value.to_f64().abs() }
                        }));
                    }
                    state.memory.clear();
                }
            }
        }
    }

    /// What directions promise says little of what is left where the units of the parameters differ by more than the
    /// arithmetic resolves. So the method goes on where a step that knows no units gains what can be measured.
    fn doubt_rounding<T: Scalar>(
        &self,
        objective: &mut dyn Objective<T>,
        state: &mut LbfgsState<T>,
    ) -> Result<Iterated> {
        let Some(step) = self.unitless_step(objective, state)? else {
            return Ok(ControlFlow::Break(StopReason::RoundingLimit));
        };
        if state.counts.iterations >= self.max_iterations as u64 {
            return Ok(ControlFlow::Break(StopReason::MaxIterations));
        }
        state.memory.clear();
        self.accept(state, step)?;
        state.counts.rounded = 0;
        Ok(ControlFlow::Continue(step))
    }

    /// A step along `−θ² ∘ ∇f`, the steepest descent of the logarithms of the parameters, that decreases f by more than √ε
    /// of itself: it was evaluated last. The state is left as it was.
    fn unitless_step<T: Scalar>(
        &self,
        objective: &mut dyn Objective<T>,
        state: &mut LbfgsState<T>,
    ) -> Result<Option<f64>> {
        for ((d, &x), &g) in state.scratch.direction.iter_mut().zip(&state.parameters).zip(&state.gradient) {
            *d = -(x * g) * x;
        }
        let slope = dot(&state.gradient, &state.scratch.direction);
        // By this step some parameter changes by as much as its size.
        let first = state.changes().fold(0.0, f64::max).recip();
        let noise = self.rounding(state.value);
        let enough = noise.max(T::EPSILON.to_f64().sqrt() * state.value.to_f64().abs());
        let promising = slope < 0.0 && first.is_finite() && -first * slope > enough;
        if !promising {
            return Ok(None);
        }
        let evaluations = state.counts.evaluations;
        let found = self.search(objective, state, slope, first, noise)?;
        let step = match found {
            Found::Accepted(step) => Some(step),
            Found::Decreased(step) => {
                let trial = evaluate(objective, &state.parameters, &mut state.scratch, step)?;
                matches!(trial, Trial::Inside(_)).then_some(step)
            }
            _ => None,
        };
        let step = step.filter(|_| state.value.to_f64() - state.scratch.value.to_f64() > enough);
        if step.is_none() {
            state.counts.evaluations = evaluations;
        }
        Ok(step)
    }

    fn search<T: Scalar>(
        &self,
        objective: &mut dyn Objective<T>,
        state: &mut LbfgsState<T>,
        slope: f64,
        first: f64,
        noise: f64,
    ) -> Result<Found> {
        let LbfgsState { parameters, scratch, counts, value, lowest, .. } = state;
        let left = (self.max_evaluations as u64).saturating_sub(counts.evaluations);
        let wolfe = Wolfe {
            decrease: self.decrease,
            curvature: self.curvature,
            noise,
            lowest: *lowest,
            evaluations: self.max_trials.min(usize::try_from(left).unwrap_or(usize::MAX)),
        };
        let origin = Point { step: 0.0, value: value.to_f64(), slope };
        wolfe.search(origin, first, |step| {
            let trial = evaluate(objective, parameters, scratch, step)?;
            counts.evaluations = counts.evaluations.saturating_add(u64::from(!matches!(trial, Trial::Unmoved)));
            Ok(trial)
        })
    }

    /// Makes the trial point the current one, `step` times the direction away.
    fn accept<T: Scalar>(&self, state: &mut LbfgsState<T>, step: f64) -> Result<()> {
        let scratch = &mut state.scratch;
        let points = [&*state.parameters, &*scratch.parameters];
        state.memory.push(points, [&*state.gradient, &*scratch.gradient], step, &mut state.rough)?;
        let (old, new) = (state.value.to_f64(), scratch.value.to_f64());
        let stalled = old - new <= self.value_tolerance * old.abs().max(new.abs());
        state.counts.stalled = if stalled { state.counts.stalled.saturating_add(1) } else { 0 };
        state.counts.iterations = state.counts.iterations.saturating_add(1);
        state.moved = relative_change(&state.parameters, &scratch.parameters);
        state.value = scratch.value;
        std::mem::swap(&mut state.parameters, &mut scratch.parameters);
        std::mem::swap(&mut state.gradient, &mut scratch.gradient);

        // Below the rounding error of the value, a smaller gradient is the only progress there is.
        let (gradient, noise) = (state.gradient_norm(), self.rounding(state.value));
        if new < state.lowest - noise || gradient < 0.9 * state.smallest_gradient {
            (state.smallest_gradient, state.counts.idle) = (gradient, 0);
        } else {
            state.counts.idle = state.counts.idle.saturating_add(1);
        }
        state.lowest = state.lowest.min(new);
        Ok(())
    }

    /// What differences of values near `value` cannot be trusted below.
    fn rounding<T: Scalar>(&self, value: T) -> f64 {
        self.noise * T::EPSILON.to_f64() * value.to_f64().abs()
    }
}

/// φ and φ′ at `parameters + step · direction`.
fn evaluate<T: Scalar>(
    objective: &mut dyn Objective<T>,
    parameters: &[T],
    scratch: &mut Scratch<T>,
    step: f64,
) -> Result<Trial<(f64, f64)>> {
    if !place(&mut scratch.parameters, parameters, T::of(step), &scratch.direction) {
        return Ok(Trial::Unmoved);
    }
    let computed = objective.value_and_gradient(&scratch.parameters, &mut scratch.gradient);
    let Some(value) = in_domain(computed)? else { return Ok(Trial::Outside) };
    scratch.value = value;
    // A gradient that is not finite shows in its product with the direction.
    let (value, slope) = (value.to_f64(), dot(&scratch.gradient, &scratch.direction));
    Ok(if value.is_finite() && slope.is_finite() { Trial::Inside((value, slope)) } else { Trial::Outside })
}
