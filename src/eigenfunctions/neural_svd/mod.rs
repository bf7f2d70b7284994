//! NeuralSVD: singular functions by nested low-rank approximation (Ryu, Xu, Erol, Bu, Zheng and Wornell, 2024).
//!
//! Two networks, right functions f_ℓ and left functions g_ℓ, lower ‖T − Σ g_ℓ ⟨f_ℓ, ·⟩‖², nested so that they come in
//! order: the gradient is `∂L/∂f_ℓ = 2 [−m_ℓ T* g_ℓ + Σ M_ℓℓ′ ⟨g_ℓ, g_ℓ′⟩ f_ℓ′]`, and the same with T, f, g exchanged for T*, g, f.
//! At the minimum `‖f_ℓ‖ ‖g_ℓ‖ = σ_ℓ`.

mod objective;
mod sides;
mod singular_functions;
mod task;

pub use objective::SvdObjective;
pub use singular_functions::SingularFunctions;
pub use task::SvdTask;

use std::ops::ControlFlow;

use super::check::{Checked, Doubt};
use super::nesting::Nesting;
use super::sampled_operator::SampledOperator;
use super::stochastic::{adam, trainer};
use super::trial::{Envelope, Sharing, Trial, TrialFunctions};
use crate::autodiff::Initializer;
use crate::container::Element;
use crate::error::Error;
use crate::optim::{Adam, Lbfgs, Observer, Optimizer, Outcome, StepReport, Trainer, TrainingOutcome};
use crate::{Result, Scalar, Seed};

/// The settings of a NeuralSVD solve.
///
/// ```
/// use eigennet::eigenfunctions::{NeuralSvd, SampledOperator};
/// use eigennet::{Seed, quadrature::Quadrature};
/// // A kernel of rank 1: T f = y ∫ eˣ f(x) dx, so σ = ‖y‖ ‖eˣ‖.
/// let rule = Quadrature::<f64>::gauss_legendre(20, 0.0..1.0)?;
/// let product = SampledOperator::kernel(|y, x| y[0] * x[0].exp(), &rule, &rule)?;
/// let solver = NeuralSvd { states: 1, oversampling: 0, steps: 500, ..NeuralSvd::default() };
/// let solved = solver.solve(&product, Seed(0))?;
/// let exact = ((2.0_f64.exp() - 1.0) / 2.0 / 3.0).sqrt();
/// assert!((solved.singular.values()[0] / exact - 1.0).abs() < 1e-3);
/// assert!(solved.doubt().is_none());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralSvd {
    /// Number of singular triplets wanted (default 6).
    pub states: usize,
    /// Functions trained beyond those (default 4): the last of them are the least accurate, and the
    /// [Ritz step](SingularFunctions::ritz) draws on all.
    pub oversampling: usize,
    /// Default sequential.
    pub nesting: Nesting,
    /// The networks f of the inputs (default one for each function, 32-32 wide).
    pub right: TrialFunctions,
    /// The networks g of the outputs (default the same).
    pub left: TrialFunctions,
    /// Points of each side in a batch (default 256); all of them where there are no more.
    pub batch: usize,
    /// Steps (default 2000).
    pub steps: u64,
    /// Peak learning rate of Adam (default 5e-3), after a warm-up, with cosine decay.
    pub rate: f64,
    /// Decay of the average of the parameters that is the result (default .99).
    pub average: f64,
    /// How the [Ritz step](SingularFunctions::ritz) on the whole sample that ends the solve is
    /// [trained](SvdObjective) (default 300 iterations; with none it is made with the functions as they are). `None`
    /// leaves the functions as the batches have trained them.
    pub ritz: Option<Lbfgs>,
}

impl Default for NeuralSvd {
    fn default() -> Self {
        let plain = TrialFunctions {
            hidden: vec![32, 32],
            sharing: Sharing::Disjoint,
            length: 1.0,
            radius_input: false,
            envelope: Envelope::None,
            biases: Initializer::Uniform { low: -1.0, high: 1.0 },
            ..TrialFunctions::default()
        };
        NeuralSvd {
            states: 6,
            oversampling: 4,
            nesting: Nesting::Sequential,
            right: plain.clone(),
            left: plain,
            batch: 256,
            steps: 2000,
            rate: 5e-3,
            average: 0.99,
            ritz: Some(Lbfgs { max_iterations: 300, ..Lbfgs::default() }),
        }
    }
}

/// What a solve returns.
#[derive(Debug, Clone)]
pub struct SingularSolution<T> {
    /// The triplets, by singular value from the largest down.
    pub singular: SingularFunctions<T>,
    /// How the training on batches ended.
    pub outcome: TrainingOutcome,
    /// How that of the [Ritz step](NeuralSvd::ritz) did, if there was one.
    pub ritz: Option<Outcome>,
    /// What [other points](SampledOperator::checked_on) say of them: the quotients `⟨g, T f⟩ / ‖f‖ ‖g‖` and the
    /// [residuals](SingularFunctions::residuals). Of a kernel on data without others, whose sample is the operator, the
    /// residuals on all of it, which bound the error whatever was trained. `None` for pairs without others: those that
    /// trained them say nothing.
    pub checked: Option<Checked>,
    /// Whether the residuals are standard errors.
    statistical: bool,
}

/// So many standard errors are no accident.
const ERRORS: f64 = 3.0;

impl<T: Scalar> SingularSolution<T> {
    /// The first singular value that is not to be trusted, if there is one: as [`Checked::doubt`]; of pairs, one that is
    /// off by more than three standard errors on those that were held out, or whose standard error is a third of it.
    /// `None` as well where nothing was [checked](Self::checked).
    #[inline(never)]
    pub fn doubt(&self) -> Option<Doubt> {
        let checked = self.checked.as_ref()?;
        if !self.statistical {
            return checked.doubt(self.singular.values());
        }
        checked.all(self.singular.values()).find(|doubt| {
            let allowed = ERRORS * doubt.residual;
            let near = (doubt.trained - doubt.checked).abs() <= allowed && allowed <= doubt.trained.abs();
            // NaN is doubted as well.
            !near
        })
    }
}

impl NeuralSvd {
    /// Functions of each side.
    fn functions(&self) -> usize {
        self.states.saturating_add(self.oversampling)
    }

    /// The training loop of these settings: Adam's schedule and the average.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a rate or number of steps that makes no schedule.
    pub fn trainer(&self) -> Result<Trainer> {
        trainer(self.steps, self.rate, self.average)
    }

    /// Adam with β₂ = .99.
    ///
    /// # Errors
    /// None with these settings.
    pub fn optimizer<T: Scalar + Element>(&self) -> Result<Adam<T>> {
        adam()
    }

    /// One stochastic gradient a step, for a training loop of one's own, with trial functions of one's own: those of the
    /// inputs, then those of the outputs.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    pub fn task_of<'s, T: Scalar>(
        &self,
        trials: [&dyn Trial; 2],
        operator: &'s SampledOperator<T>,
        seed: Seed,
    ) -> Result<SvdTask<'s, T>> {
        let what = "states and batch of NeuralSvd";
        let reason = format_args!("{} states on batches of {}; both have to be positive", self.states, self.batch);
        Error::require(self.states > 0 && self.batch > 0, what, reason)?;
        SvdTask::new(self, trials, operator, seed)
    }

    /// What the Ritz step is trained by, for an optimiser of one's own.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    pub fn objective<'s, T: Scalar>(
        &self,
        trials: [&dyn Trial; 2],
        operator: &'s SampledOperator<T>,
    ) -> Result<SvdObjective<'s, T>> {
        SvdObjective::new(self, trials, operator)
    }

    /// Solves for the largest singular values of `operator`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, what the trainer reports, and as
    /// [`SingularFunctions::ritz`].
    pub fn solve<T: Scalar + Element>(&self, operator: &SampledOperator<T>, seed: Seed) -> Result<SingularSolution<T>> {
        self.solve_observed(operator, seed, &mut |_: &StepReport<'_, T>| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each step.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed<T: Scalar + Element>(
        &self,
        operator: &SampledOperator<T>,
        seed: Seed,
        observer: &mut dyn Observer<T>,
    ) -> Result<SingularSolution<T>> {
        let mut task = self.task_of([&self.right, &self.left], operator, seed)?;
        let mut parameters = task.start();
        let mut optimizer: Box<dyn Optimizer<T>> = Box::new(self.optimizer()?);
        let outcome = self.trainer()?.run(&mut task, &mut *optimizer, &mut parameters, observer)?;
        let mut singular = task.singular_functions(&parameters)?;
        let mut ritz = None;
        if let Some(lbfgs) = self.ritz {
            if lbfgs.max_iterations > 0 {
                let mut objective = self.objective([&self.right, &self.left], operator)?;
                ritz = Some(lbfgs.minimize(&mut objective, &mut parameters)?);
                singular = task.singular_functions(&parameters)?;
            }
            singular = singular.ritz(operator)?;
        }
        let singular = singular.first(self.states);
        let others = operator.others();
        let others = others.as_ref().or(Some(operator).filter(|operator| !operator.is_paired()));
        let checked = others.map(|others| singular.check(others)).transpose()?;
        Ok(SingularSolution { singular, outcome, ritz, checked, statistical: operator.is_paired() })
    }
}
