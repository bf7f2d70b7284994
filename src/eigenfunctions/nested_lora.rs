//! NestedLoRA: eigenfunctions by nested low-rank approximation (Ryu, Xu, Erol, Bu, Zheng and
//! Wornell, 2024), trained on random batches.
//!
//! The functions f₁ … f_L are driven to √λ_ℓ φ_ℓ. With respect to the function values the gradient is
//! ∂L/∂f_ℓ = 4 [−m_ℓ T f_ℓ + Σ_ℓ′ M_ℓℓ′ ⟨f_ℓ′, f_ℓ⟩ f_ℓ′]. *Joint* nesting has m_ℓ = Σ_{i≥ℓ} 1/L and
//! M_ℓℓ′ = m_max(ℓ,ℓ′). *Sequential* nesting has m_ℓ = 1 and M_ℓℓ′ = 1 for ℓ′ ≤ ℓ, else 0: each function
//! sees those before it as constants, so off-diagonal terms count fully (with half of them f₂ would
//! fall back onto φ₁). Because T is self-adjoint the parameter gradient need not pass through T f.

mod task;

pub use task::NestedLoraTask;

use super::check::Solution;
use super::operator::SelfAdjoint;
use super::sampler::Sampler;
use super::trial::TrialFunctions;
use crate::autodiff::Initializer;
use crate::container::Element;
use crate::error::Error;
use crate::optim::{Adam, AdamSettings, Observer, Optimizer, Schedule, Trainer, TrainingOutcome};
use crate::{Result, Scalar, Seed};

/// How the ordered structure is imposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One loss, the mean of the low-rank losses of the first ℓ functions.
    Joint,
    /// Each function takes those before it as constants.
    Sequential,
}

/// How ⟨f, T f⟩ enters the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// T f by second derivatives, a constant to the gradient.
    Strong,
    /// The weak form, with a gradient through the first derivatives.
    Weak,
}

/// Where the Gram matrix of the gradient comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GramEstimate {
    /// The same batch as the rest: cheaper, biased by the batch's own fluctuation.
    Shared,
    /// A second, independent draw: unbiased.
    Independent,
}

/// A weight on the off-diagonal Gram terms that grows during training. At the solution these terms
/// vanish, so it stays where it is; away from it, an overlap of f_ℓ with a stronger φ is pushed out
/// more firmly than noise in that φ pulls it in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OffDiagonalWeight {
    /// The weight at the end; it starts at 1.
    pub last: f64,
    /// Share of the steps after which it begins to grow.
    pub begin: f64,
    /// Share of the steps after which it has its last value.
    pub end: f64,
}

impl OffDiagonalWeight {
    /// The weight 1 throughout: the gradient of the paper.
    pub const PLAIN: Self = OffDiagonalWeight { last: 1.0, begin: 0.0, end: 1.0 };

    fn at(self, progress: f64) -> f64 {
        let share = (progress - self.begin) / (self.end - self.begin).max(f64::MIN_POSITIVE);
        1.0 + (self.last - 1.0) * share.clamp(0.0, 1.0)
    }
}

/// The settings of a NestedLoRA solve.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::StratifiedPolar;
/// use eigennet::eigenfunctions::{NestedLora, Schrodinger};
/// let sampler = StratifiedPolar::new(100.0)?;
/// let solved = NestedLora::default().solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NestedLora {
    /// Number of functions L (default 9).
    pub states: usize,
    /// Default joint.
    pub nesting: Nesting,
    /// Default strong.
    pub form: Form,
    /// Default the same batch.
    pub gram: GramEstimate,
    /// The networks and their envelope.
    pub trial: TrialFunctions,
    /// Points of a batch (default 512).
    pub batch: usize,
    /// Steps (default 8000).
    pub steps: u64,
    /// Peak learning rate of Adam (default 5e-3), after 200 steps of warm-up, with cosine decay.
    pub rate: f64,
    /// Decay of the average of the parameters that is the result (default .99).
    pub average: f64,
    /// Weight of off-diagonal Gram terms (default 1, growing to 2).
    pub off_diagonal: OffDiagonalWeight,
    /// Divides the gradient of f_ℓ by m_ℓ and a running estimate of λ_ℓ, so that all functions learn
    /// at one pace (default yes). It rescales each function's gradient and moves no fixed point.
    pub balanced: bool,
}

impl Default for NestedLora {
    fn default() -> Self {
        NestedLora {
            states: 9,
            nesting: Nesting::Joint,
            form: Form::Strong,
            gram: GramEstimate::Shared,
            // Batches are not symmetric, so functions that are odd at the start need not stay so.
            trial: TrialFunctions { scaled: true, biases: Initializer::Constant(0.0), ..TrialFunctions::default() },
            batch: 512,
            steps: 8000,
            rate: 5e-3,
            average: 0.99,
            off_diagonal: OffDiagonalWeight { last: 2.0, begin: 0.3, end: 0.6 },
            balanced: true,
        }
    }
}

impl NestedLora {
    /// The training loop of these settings: Adam's schedule and the average.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a rate or number of steps that makes no schedule.
    pub fn trainer(&self) -> Result<Trainer> {
        let reason = format_args!("{}: Adam moves every parameter by so much in a step; give 1 or less", self.rate);
        Error::require(self.rate <= 1.0, "rate of NestedLora", reason)?;
        let warm_up = (self.steps / 10).min(200);
        Ok(Trainer {
            steps: self.steps,
            schedule: Schedule::cosine(self.rate, self.steps)?.warm_up(warm_up),
            average: Some(self.average),
            ..Trainer::default()
        })
    }

    /// Adam with the quick second moment (β₂ = .99) that these gradients need: with .999 functions
    /// that are still small stay so.
    ///
    /// # Errors
    /// None with these settings.
    pub fn optimizer<T: Scalar + Element>(&self) -> Result<Adam<T>> {
        Adam::new(AdamSettings { beta2: 0.99, ..AdamSettings::default() })
    }

    /// Solves for the largest eigenvalues of `operator` on batches of `sampler`. Ask the solution for its
    /// [`doubt`](Solution::doubt), which comes from a fresh draw: small batches and short trainings leave functions that
    /// are far from eigenfunctions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the trainer reports.
    pub fn solve<T: Scalar + Element>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &dyn Sampler<T>,
        seed: Seed,
    ) -> Result<Solution<T, TrainingOutcome>> {
        let mut observer = |_: &crate::optim::StepReport<'_, T>| std::ops::ControlFlow::Continue(());
        self.solve_observed(operator, sampler, seed, &mut observer)
    }

    /// [`solve`](Self::solve) with a look at each step.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed<T: Scalar + Element>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &dyn Sampler<T>,
        seed: Seed,
        observer: &mut dyn Observer<T>,
    ) -> Result<Solution<T, TrainingOutcome>> {
        let mut task = self.task(operator, sampler, seed)?;
        let mut parameters = task.start();
        let mut optimizer: Box<dyn Optimizer<T>> = Box::new(self.optimizer()?);
        let outcome = self.trainer()?.run(&mut task, &mut *optimizer, &mut parameters, observer)?;
        let functions = task.eigenfunctions(&parameters)?;
        Ok(Solution::new(&functions, functions.states(), outcome, Some(&task.fresh_points()?)))
    }
}
