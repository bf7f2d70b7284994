//! Neural Ritz: a network proposes features, linear algebra combines them.
//!
//! With A = ⟨φᵢ, T φⱼ⟩ and M = ⟨φᵢ, φⱼ⟩ on a fixed quadrature, the Ritz values λ of A c = λ M c are lower bounds of the
//! true ones, and −Σ ln λ (or −Σ λ) is lowered by L-BFGS. Its gradient needs no derivative of the eigensolver,
//! dλ = cᵀ(dA − λ dM)c (Hellmann, 1937; Feynman, 1939), and degenerate levels do no harm if they are complete.

mod objective;

use std::ops::ControlFlow;
use std::sync::Arc;

use super::check::Solution;
use super::family::Family;
use super::function_box::FunctionBox;
use super::operator::SelfAdjoint;
use super::rayleigh_ritz::RitzLoss;
use super::trial::{Envelope, Trial, TrialFunctions};
use crate::error::Error;
use crate::optim::{InverseHessian, Lbfgs, Outcome, Progress, StopReason};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar, Seed};
pub use objective::RitzObjective;

/// The settings of a neural Ritz solve.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::quadrature::PolarGrid;
/// use eigennet::eigenfunctions::{NeuralRitz, Schrodinger};
/// let grid = PolarGrid::training().build::<f64>()?;
/// let solved = NeuralRitz::default().solve(&Schrodinger::hydrogen(), &grid, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralRitz {
    /// States that are returned (default 9).
    pub states: usize,
    /// States whose Ritz values are trained (default: as many as returned). Give the end of the
    /// degenerate level that the last state belongs to: cutting a level makes the loss non-smooth.
    pub trained: Option<usize>,
    /// Features that the network proposes (default 40).
    pub features: usize,
    /// The network and its envelope.
    pub trial: TrialFunctions,
    /// What is lowered (default: what fits the sign of the levels).
    pub loss: RitzLoss,
    /// Added to the diagonal of M, whose diagonal is scaled to 1 (default 1e-10).
    pub jitter: f64,
    /// Weight of ‖θ − θ₀‖²: keeps the network from exploiting the quadrature (default 1e-10).
    pub penalty: f64,
    /// The optimiser (default: 600 iterations with the [whole inverse Hessian](InverseHessian::Full), fewer where five in
    /// a row gain 1e-12 of the loss at most).
    pub lbfgs: Lbfgs,
    /// How often [`solve`](Self::solve) goes on with a finer quadrature where an independent one gives other levels
    /// (default 2).
    pub refinements: usize,
}

impl Default for NeuralRitz {
    fn default() -> Self {
        NeuralRitz {
            states: 9,
            trained: None,
            features: 40,
            trial: TrialFunctions {
                hidden: vec![32],
                length: 10.0,
                envelope: Envelope::Exponential { first: 1.5, last: 0.12 },
                ..TrialFunctions::default()
            },
            loss: RitzLoss::Auto,
            jitter: 1e-10,
            penalty: 1e-10,
            lbfgs: Lbfgs {
                max_iterations: 600,
                max_evaluations: 1200,
                inverse_hessian: InverseHessian::Full,
                value_tolerance: 1e-12,
                ..Lbfgs::default()
            },
            refinements: 2,
        }
    }
}

/// The most values of all features on the quadrature: a slip beyond, and 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;

impl NeuralRitz {
    fn trained(&self) -> usize {
        self.trained.unwrap_or(self.states)
    }

    fn fits(&self, points: usize) -> bool {
        points.max(self.features).checked_mul(self.features).is_some_and(|entries| entries <= MAX_ENTRIES)
    }

    fn check(&self) -> Result<()> {
        if self.states == 0 {
            return Err(Error::invalid("states of NeuralRitz", "0; ask for at least one"));
        }
        if self.trained() < self.states || self.features < self.trained() {
            return Err(Error::invalid(
                "states of NeuralRitz",
                format!(
                    "{} states, {} trained, {} features: a basis holds no more states than features; raise features",
                    self.states,
                    self.trained(),
                    self.features
                ),
            ));
        }
        if !(self.jitter >= 0.0 && self.penalty >= 0.0 && self.jitter.is_finite() && self.penalty.is_finite()) {
            return Err(Error::invalid("NeuralRitz", "jitter and penalty have to be finite and not negative"));
        }
        if let RitzLoss::LogSum { floor } = self.loss
            && !(floor > 0.0 && floor.is_finite())
        {
            return Err(Error::invalid("floor of RitzLoss::LogSum", format!("{floor}; give a positive number")));
        }
        Ok(())
    }

    /// Solves for the largest eigenvalues of `operator`, integrating by `quadrature`.
    ///
    /// A network can exploit the gaps between points. So the levels are computed anew by an
    /// [independent](Quadrature::independent) rule; where they differ, the training begins anew with a
    /// [finer](Quadrature::refined) one, up to [`refinements`](Self::refinements) times. If they differ still, or were
    /// not trained for long enough, the [`doubt`](Solution::doubt) of the solution says so.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the optimiser reports.
    #[inline(never)]
    pub fn solve<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<Solution<T, Outcome>> {
        self.solve_observed(operator, quadrature, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
        mut observer: impl FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let objective = self.objective(operator, quadrature, seed)?;
        self.train(objective, operator, &mut observer)
    }

    /// Trains on finer rules, and in larger boxes, until neither changes a level.
    pub(super) fn train<T: Scalar>(
        &self,
        mut objective: RitzObjective<T>,
        operator: &dyn SelfAdjoint,
        observer: &mut dyn FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let mut parameters = objective.start().to_vec();
        loop {
            let outcome = self.lbfgs.minimize_observed(&mut objective, &mut parameters, &mut *observer)?;
            let stopped = outcome.reason == StopReason::StoppedByObserver;
            let solution = objective.finish(&parameters, outcome)?;
            let next = if stopped { None } else { objective.continued(operator, &solution, &parameters)? };
            let Some(next) = next else { return Ok(solution) };
            (objective, parameters) = next;
        }
    }

    /// The loss of functions on a box.
    pub(super) fn objective_in<T: Scalar>(
        &self,
        place: FunctionBox,
        operator: &dyn SelfAdjoint,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        let objective = self.objective_of(&place.functions(&self.trial), operator, &place.rule()?, seed)?;
        Ok(objective.placed(place))
    }

    /// The function that is minimised, for an optimiser of one's own or a checkpointed run.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    #[inline(never)]
    pub fn objective<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        self.objective_of(&self.trial, operator, quadrature, seed)
    }

    /// The same for trial functions of any kind, in place of [`trial`](Self::trial).
    ///
    /// # Errors
    /// As there.
    pub fn objective_of<T: Scalar>(
        &self,
        trial: &dyn Trial,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        self.check()?;
        let reason = format_args!("{} on {} points; at most {MAX_ENTRIES} values fit", self.features, quadrature.len());
        Error::require(self.fits(quadrature.len()), "features of NeuralRitz", reason)?;
        if quadrature.is_empty() {
            return Err(no_points());
        }
        let family = Arc::new(Family::record(operator, trial, self.features)?);
        if quadrature.dimension() != family.dimension {
            return Err(Error::shape("quadrature", &[quadrature.dimension()], &[family.dimension]));
        }
        let start = family.weak.initial(seed.child("neural-ritz"));
        RitzObjective::new(self.clone(), family, start.clone(), quadrature, &start)
    }
}

fn no_points() -> Error {
    Error::invalid("quadrature of NeuralRitz", "it has no points; give at least one")
}
