//! What the optimisers of residuals share: the loop around their iterations, and when it ends.

use std::marker::PhantomData;
use std::ops::ControlFlow;

use crate::optim::optimizer::fraction;
use crate::optim::{Outcome, StopReason};
use crate::par::whole;
use crate::scalar::Family;
use crate::{Error, Scalar};

use super::{FitProgress, FitState, Residuals, StepSolver};

/// How many iterations in a row have to fall short of the value tolerance.
const STALLED: u64 = 5;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub max_iterations: usize,
    pub gradient_tolerance: f64,
    pub value_tolerance: f64,
    pub step_tolerance: f64,
}

/// What an iteration did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Multiple of the computed step that was taken, 0 if it was rejected.
    pub multiple: f64,
}

/// An iterative method for residuals: everything between two looks at the limits.
pub(crate) trait Method<T: Scalar> {
    const NAME: &'static str;

    fn limits(&self) -> Limits;

    /// Whether the settings are in their ranges.
    fn check(&self) -> Result<(), Error>;

    /// The damping to start with.
    fn damping(&self) -> f64;

    fn solver(&self) -> StepSolver;

    /// One iteration on a state that is linearised, and is again in the end.
    fn iterate<R>(&self, residuals: &mut R, state: &mut FitState<T>) -> Result<ControlFlow<StopReason, Step>, Error>
    where
        R: Residuals<T> + ?Sized;

    fn begin<R>(&self, residuals: &mut R, parameters: &[T]) -> Result<FitState<T>, Error>
    where
        R: Residuals<T> + ?Sized,
    {
        self.limits().check(Self::NAME)?;
        self.check()?;
        self.solver().check_for(residuals)?;
        FitState::new(Self::NAME, residuals, parameters, self.damping(), self.solver().dense())
    }

    fn run<R>(
        &self,
        residuals: &mut R,
        state: &mut FitState<T>,
        mut observer: impl FnMut(&FitProgress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Outcome, Error>
    where
        R: Residuals<T> + ?Sized,
    {
        let limits = self.limits();
        limits.check(Self::NAME)?;
        self.check()?;
        self.solver().check_for(residuals)?;
        if state.method != Self::NAME {
            let reason = format!("it belongs to {}; resume with the method that started it", state.method);
            return Err(Error::invalid(format!("state given to {}", Self::NAME), reason));
        }
        let sizes = [residuals.residual_count(), residuals.parameter_count()];
        if sizes != [state.residual_count, state.parameters.len()] {
            return Err(Error::shape("state of a fit", &[state.residual_count, state.parameters.len()], &sizes));
        }
        // What was prepared may have been so for other settings, which scale or multiply it otherwise.
        let (scratch, dense) = (&state.scratch, self.solver().dense());
        if !scratch.linearized || scratch.prepared || (dense && !scratch.dense) {
            let evaluations = state.counts.evaluations;
            state.linearize(residuals, dense, false)?;
            state.counts.evaluations = evaluations;
        }
        let reason = loop {
            if let Some(reason) = limits.reason_to_stop(state) {
                break reason;
            }
            let step = self.iterate(residuals, state)?;
            state.counts.iterations = state.counts.iterations.saturating_add(1);
            let step = match step {
                ControlFlow::Continue(step) => step,
                ControlFlow::Break(reason) => break reason,
            };
            let progress = FitProgress {
                iteration: state.counts.iterations as usize,
                evaluations: state.counts.evaluations as usize,
                value: state.value,
                gradient_norm: state.gradient_norm(),
                damping: state.damping,
                step: step.multiple,
                parameters: &state.parameters,
                state,
            };
            if observer(&progress).is_break() {
                break StopReason::StoppedByObserver;
            }
        };
        // More iterations, or a better Jacobian, are of no use where rounding decides.
        let spent = matches!(reason, StopReason::MaxIterations | StopReason::NoDecrease { .. });
        let reason = if spent && state.is_rounding(residuals)? { StopReason::RoundingLimit } else { reason };
        let count = whole(residuals.reduction(), state.residual_count as f64)? as usize;
        Ok(Outcome {
            value: if state.best.is_empty() { state.value } else { state.lowest },
            gradient_norm: state.gradient_norm(),
            iterations: state.counts.iterations as usize,
            accepted: state.counts.accepted as usize,
            evaluations: state.counts.evaluations as usize,
            parameters: state.parameters.len(),
            residuals: Some(count),
            underdetermined: state.parameters.len() > count,
            reason,
        })
    }
}

impl Limits {
    fn check(&self, name: &str) -> Result<(), Error> {
        for (tolerance, what) in [
            (self.gradient_tolerance, "gradient_tolerance"),
            (self.value_tolerance, "value_tolerance"),
            (self.step_tolerance, "step_tolerance"),
        ] {
            fraction(&format!("{what} of {name}"), tolerance, 0.0, f64::INFINITY)?;
        }
        Ok(())
    }

    /// Depends on the state alone, so that an interrupted run stops where the whole one does.
    fn reason_to_stop<T: Scalar>(&self, state: &FitState<T>) -> Option<StopReason> {
        if state.gradient_norm() <= self.gradient_tolerance {
            Some(StopReason::GradientTolerance)
        } else if state.counts.stalled >= STALLED {
            Some(if self.value_tolerance > 0.0 { StopReason::ValueTolerance } else { StopReason::RoundingLimit })
        } else if state.moved <= self.step_tolerance && self.step_tolerance > 0.0 {
            Some(StopReason::StepTolerance)
        } else if state.counts.iterations >= self.max_iterations as u64 {
            Some(StopReason::MaxIterations)
        } else {
            None
        }
    }
}

/// What a method goes on with, by its scalar.
pub(crate) struct Resume<'a, M>(PhantomData<&'a M>);

/// The arguments of `resume`.
pub(crate) type Arguments<'a, M, T> = <Resume<'a, M> as Family>::Of<T>;

impl<'a, M: 'a> Family for Resume<'a, M> {
    type Of<T: Scalar> = (
        &'a M,
        &'a mut (dyn Residuals<T> + 'a),
        &'a mut FitState<T>,
        &'a mut (dyn FnMut(&FitProgress<'_, T>) -> ControlFlow<()> + 'a),
    );
}

/// The public methods of an optimiser of residuals.
macro_rules! fit_methods {
    ($method:ident) => {
        impl $method {
            /// Trains a problem that knows where to start, such as an equation on points
            /// ([`Equation::on`](crate::differential::Equation::on)), from `seed`.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            pub fn fit<T, P>(
                &self,
                problem: &mut P,
                seed: $crate::Seed,
            ) -> Result<$crate::optim::Fit<P::Trained>, $crate::Error>
            where
                T: $crate::Scalar,
                P: $crate::optim::Residuals<T> + $crate::optim::Trainable<T>,
            {
                let mut parameters = problem.initial(seed);
                let outcome = self.minimize(problem, &mut parameters)?;
                Ok($crate::optim::Fit { outcome, trained: problem.trained(parameters) })
            }

            /// Minimises `f = Σ rᵢ²` from `parameters` `[p]`, and leaves the best point there.
            ///
            /// # Errors
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings outside their ranges
            /// and Jacobians beyond memory, [`Error::Shape`](crate::Error::Shape) if the number of
            /// parameters is not that of the residuals,
            /// [`Error::NonFinite`](crate::Error::NonFinite), naming the index, if parameters,
            /// residuals or derivatives are not finite at the start, and errors of the residuals that no
            /// shorter step can cure.
            pub fn minimize<T, R>(
                &self,
                residuals: &mut R,
                parameters: &mut [T],
            ) -> Result<$crate::optim::Outcome, $crate::Error>
            where
                T: $crate::Scalar,
                R: $crate::optim::Residuals<T> + ?Sized,
            {
                self.minimize_observed(residuals, parameters, |_| std::ops::ControlFlow::Continue(()))
            }

            /// As [`minimize`](Self::minimize), calling `observer` after every iteration; it may end the
            /// minimisation.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            pub fn minimize_observed<T, R>(
                &self,
                residuals: &mut R,
                parameters: &mut [T],
                observer: impl FnMut(&$crate::optim::FitProgress<'_, T>) -> std::ops::ControlFlow<()>,
            ) -> Result<$crate::optim::Outcome, $crate::Error>
            where
                T: $crate::Scalar,
                R: $crate::optim::Residuals<T> + ?Sized,
            {
                let mut state = self.start(residuals, parameters)?;
                let outcome = self.resume(residuals, &mut state, observer);
                parameters.copy_from_slice(state.best_parameters());
                outcome
            }

            /// The state before the first iteration, for [`resume`](Self::resume).
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            pub fn start<T, R>(
                &self,
                residuals: &mut R,
                parameters: &[T],
            ) -> Result<$crate::optim::FitState<T>, $crate::Error>
            where
                T: $crate::Scalar,
                R: $crate::optim::Residuals<T> + ?Sized,
            {
                $crate::optim::least_squares::Method::begin(self, residuals, parameters)
            }

            /// Goes on from `state` until there is a reason to stop. A run that was interrupted, saved and
            /// resumed passes through the same bits as one that was not.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize); `state` then holds the last good point.
            pub fn resume<T, R>(
                &self,
                residuals: &mut R,
                state: &mut $crate::optim::FitState<T>,
                observer: impl FnMut(&$crate::optim::FitProgress<'_, T>) -> std::ops::ControlFlow<()>,
            ) -> Result<$crate::optim::Outcome, $crate::Error>
            where
                T: $crate::Scalar,
                R: $crate::optim::Residuals<T> + ?Sized,
            {
                let (mut residuals, mut observer) = (residuals, observer);
                type Arguments<'a> = $crate::optim::least_squares::Resume<'a, $method>;
                match T::known::<Arguments<'_>>((self, &mut residuals, state, &mut observer)) {
                    $crate::scalar::Known::F32(arguments) => resume_f32(arguments),
                    $crate::scalar::Known::F64(arguments) => resume_f64(arguments),
                }
            }
        }

        fn resume_f32(
            (method, residuals, state, observer): $crate::optim::least_squares::Arguments<'_, $method, f32>,
        ) -> Result<$crate::optim::Outcome, $crate::Error> {
            $crate::optim::least_squares::Method::run(method, residuals, state, observer)
        }

        fn resume_f64(
            (method, residuals, state, observer): $crate::optim::least_squares::Arguments<'_, $method, f64>,
        ) -> Result<$crate::optim::Outcome, $crate::Error> {
            $crate::optim::least_squares::Method::run(method, residuals, state, observer)
        }

        impl<T, R> $crate::optim::Resumable<T, R> for $method
        where
            T: $crate::Scalar,
            R: $crate::optim::Residuals<T> + ?Sized,
        {
            type State = $crate::optim::FitState<T>;
            type Outcome = $crate::optim::Outcome;

            fn name(&self) -> &'static str {
                <Self as $crate::optim::least_squares::Method<T>>::NAME
            }
            fn start(&self, residuals: &mut R, parameters: &[T]) -> Result<Self::State, $crate::Error> {
                self.start(residuals, parameters)
            }
            fn load(
                &self,
                container: &$crate::container::Container,
                prefix: &str,
            ) -> Result<Self::State, $crate::Error> {
                $crate::optim::FitState::load(container, prefix)
            }
            fn resume(
                &self,
                residuals: &mut R,
                state: &mut Self::State,
                observer: &mut dyn FnMut(&dyn $crate::optim::SolveState<T>) -> std::ops::ControlFlow<()>,
            ) -> Result<$crate::optim::Outcome, $crate::Error> {
                self.resume(residuals, state, |progress| observer(progress.state))
            }
        }
    };
}

pub(crate) use fit_methods;
