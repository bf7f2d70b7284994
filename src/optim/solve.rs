//! The doors to every method: in one go, watched, interrupted and resumed, from a file.

use std::ops::ControlFlow;

use crate::container::Container;
use crate::{Result, Scalar, Seed};

use super::least_squares::Method;
use super::{
    Chain, ChainOutcome, ChainProgress, ChainState, Fit, FitProgress, FitState, GaussNewton, Lbfgs, LbfgsState,
    LevenbergMarquardt, Objective, Outcome, Progress, Residuals, Resumable, SolveState, Spring, Trainable,
};

/// The public methods of a solver with the private ones `begin` and `run`, from the documentation of `minimize`. `run`
/// takes the problem behind `dyn` and is a door: the library compiles it once (`src/lib.rs`).
macro_rules! solver {
    ($(#[$minimize:meta])* $method:ident on $problem:ident: $state:ident, $progress:ident, $outcome:ident) => {
        impl $method {
            $(#[$minimize])*
            pub fn minimize<T, P>(&self, problem: &mut P, parameters: &mut [T]) -> Result<$outcome>
            where
                T: Scalar,
                P: $problem<T> + ?Sized,
            {
                self.minimize_observed(problem, parameters, |_| ControlFlow::Continue(()))
            }

            /// As [`minimize`](Self::minimize), calling `observer` after every iteration; it may end the minimisation.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            pub fn minimize_observed<T, P>(
                &self,
                problem: &mut P,
                parameters: &mut [T],
                observer: impl FnMut(&$progress<'_, T>) -> ControlFlow<()>,
            ) -> Result<$outcome>
            where
                T: Scalar,
                P: $problem<T> + ?Sized,
            {
                let mut state = self.start(problem, parameters)?;
                let outcome = self.resume(problem, &mut state, observer);
                parameters.copy_from_slice(state.best_parameters());
                outcome
            }

            /// The state before the first iteration, for [`resume`](Self::resume).
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            pub fn start<T, P>(&self, mut problem: &mut P, parameters: &[T]) -> Result<$state<T>>
            where
                T: Scalar,
                P: $problem<T> + ?Sized,
            {
                self.begin(&mut problem, parameters)
            }

            /// Goes on from `state` until there is a reason to stop. A run that was interrupted, saved and resumed
            /// passes through the same bits as one that was not. Allocates nothing from iteration to iteration.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize), and [`Error::InvalidArgument`](crate::Error::InvalidArgument) for the
            /// state of another method, or for `Lbfgs` of an objective with another value there; `state` then holds the
            /// last good point.
            pub fn resume<T, P>(
                &self,
                mut problem: &mut P,
                state: &mut $state<T>,
                mut observer: impl FnMut(&$progress<'_, T>) -> ControlFlow<()>,
            ) -> Result<$outcome>
            where
                T: Scalar,
                P: $problem<T> + ?Sized,
            {
                self.run(&mut problem, state, &mut observer)
            }
        }

        impl<T: Scalar, P: $problem<T> + ?Sized> Resumable<T, P> for $method {
            type State = $state<T>;
            type Outcome = $outcome;

            fn name(&self) -> &'static str {
                stringify!($method)
            }
            fn start(&self, problem: &mut P, parameters: &[T]) -> Result<$state<T>> {
                self.start(problem, parameters)
            }
            fn load(&self, container: &Container, prefix: &str) -> Result<$state<T>> {
                $state::load(container, prefix)
            }
            fn resume(
                &self,
                problem: &mut P,
                state: &mut $state<T>,
                observer: &mut dyn FnMut(&dyn SolveState<T>) -> ControlFlow<()>,
            ) -> Result<$outcome> {
                self.resume(problem, state, |progress| observer(progress.state))
            }
        }
    };
}

solver! {
    /// Minimises `problem` from `parameters` `[n]`, and leaves the best point there.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings outside their ranges,
    /// [`Error::Shape`](crate::Error::Shape) if the number of parameters is not the objective's,
    /// [`Error::NonFinite`](crate::Error::NonFinite) if parameters, value or gradient are not finite at the start, and
    /// errors of the objective that no shorter step can cure.
    Lbfgs on Objective: LbfgsState, Progress, Outcome
}

solver! {
    /// Minimises `f = Σ rᵢ²` from `parameters` `[p]`, and leaves the last stage's result there.
    ///
    /// A stage that fails in a way that another may cure (values that are not finite, no convergence)
    /// hands on what it reached, and says so in its reason.
    ///
    /// # Errors
    /// Those of the stages' settings and of the residuals;
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a chain without stages.
    Chain on Residuals: ChainState, ChainProgress, ChainOutcome
}

/// The public methods of an optimiser of residuals.
macro_rules! fit {
    ($method:ident) => {
        impl $method {
            /// Trains a problem that knows where to start, such as an equation on points
            /// ([`Equation::on`](crate::differential::Equation::on)), from `seed`.
            ///
            /// # Errors
            /// As [`minimize`](Self::minimize).
            #[inline(never)]
            pub fn fit<T, P>(&self, problem: &mut P, seed: Seed) -> Result<Fit<P::Trained>>
            where
                T: Scalar,
                P: Residuals<T> + Trainable<T>,
            {
                let mut parameters = problem.initial(seed);
                let outcome = self.minimize(problem, &mut parameters)?;
                Ok(Fit { outcome, trained: problem.trained(parameters) })
            }
        }

        solver! {
            /// Minimises `f = Σ rᵢ²` from `parameters` `[p]`, and leaves the best point there.
            ///
            /// # Errors
            /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings outside their ranges and
            /// Jacobians beyond memory, [`Error::Shape`](crate::Error::Shape) if the number of parameters is not that
            /// of the residuals, [`Error::NonFinite`](crate::Error::NonFinite), naming the index, if parameters,
            /// residuals or derivatives are not finite at the start, and errors of the residuals that no shorter step
            /// can cure.
            $method on Residuals: FitState, FitProgress, Outcome
        }
    };
}

fit!(LevenbergMarquardt);
fit!(GaussNewton);
fit!(Spring);

/// Makes a [`SolveState`] of a state with methods of these names.
macro_rules! solve_state {
    ($state:ident) => {
        impl<T: Scalar> SolveState<T> for $state<T> {
            fn iterations(&self) -> u64 {
                self.iterations() as u64
            }
            fn value(&self) -> f64 {
                Scalar::to_f64(self.value())
            }
            fn parameters(&self) -> &[T] {
                self.parameters()
            }
            fn best_parameters(&self) -> &[T] {
                self.best_parameters()
            }
            fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
                self.save(container, prefix)
            }
        }
    };
}

solve_state!(LbfgsState);
solve_state!(FitState);
solve_state!(ChainState);
