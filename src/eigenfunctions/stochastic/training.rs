//! The settings that all methods share.

use crate::autodiff::Initializer;
use crate::container::Element;
use crate::eigenfunctions::trial::TrialFunctions;
use crate::error::Error;
use crate::optim::{Adam, AdamSettings, Optimizer, Schedule, Soap, SoapSettings, Trainer};
use crate::{Result, Scalar};

/// How ⟨f, T f⟩ enters the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// T f by second derivatives, a constant to the gradient.
    Strong,
    /// The weak form, with a gradient through the first derivatives.
    Weak,
}

/// What is trained, and how: the settings that all methods share.
///
/// ```
/// use eigennet::eigenfunctions::{NeuralEf, StochasticTraining};
/// let training = StochasticTraining { states: 4, steps: 2000, ..StochasticTraining::default() };
/// let solver = NeuralEf { training };
/// # assert_eq!(solver.training.states, 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StochasticTraining {
    /// Number of functions L (default 9).
    pub states: usize,
    /// Default strong.
    pub form: Form,
    /// The networks and their envelope.
    pub trial: TrialFunctions,
    /// Points of a batch (default 512).
    pub batch: usize,
    /// Steps (default 8000).
    pub steps: u64,
    /// Peak learning rate (default 5e-3), after 200 steps of warm-up, with cosine decay.
    pub rate: f64,
    /// Whether steps are those of [`Soap`] rather than [`Adam`] (default yes). Where batches have little noise that takes
    /// a fifth of the steps or less.
    pub preconditioned: bool,
    /// Decay of the average of the parameters that is the result (default .99).
    pub average: f64,
    /// c, for training with T + c (default 0). The eigenvalues that are returned are those of T. Methods for positive
    /// operators need one that lifts the levels sought above 0.
    pub shift: f64,
}

impl Default for StochasticTraining {
    fn default() -> Self {
        StochasticTraining {
            states: 9,
            form: Form::Strong,
            trial: TrialFunctions { scaled: true, biases: Initializer::Constant(0.0), ..TrialFunctions::default() },
            batch: 512,
            steps: 8000,
            rate: 5e-3,
            preconditioned: true,
            average: 0.99,
            shift: 0.0,
        }
    }
}

/// So many steps at a rate that rises, and falls as a cosine; the average of the parameters is the result.
pub(in crate::eigenfunctions) fn trainer(steps: u64, rate: f64, average: f64) -> Result<Trainer> {
    let reason = format_args!("{rate}: parameters move by so much in a step; give 1 or less");
    Error::require(rate <= 1.0, "rate of a stochastic eigensolver", reason)?;
    let schedule = Schedule::cosine(rate, steps)?.warm_up((steps / 10).min(200));
    Ok(Trainer { steps, schedule, average: Some(average), ..Trainer::default() })
}

/// Adam with the quick second moment (β₂ = .99) that these gradients need: with .999 functions that are still small stay
/// so.
pub(in crate::eigenfunctions) fn adam<T: Scalar + Element>() -> Result<Adam<T>> {
    Adam::new(AdamSettings { beta2: 0.99, ..AdamSettings::default() })
}

/// The most values of all functions on a batch: a slip beyond, and 2 GB in `f64`.
pub(super) const MAX_ENTRIES: usize = 1 << 28;

impl StochasticTraining {
    /// The training loop of these settings: schedule and average.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a rate or number of steps that makes no schedule.
    pub fn trainer(&self) -> Result<Trainer> {
        trainer(self.steps, self.rate, self.average)
    }

    /// The optimiser of parameters of these `shapes`, `[count, rows, cols]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for shapes beyond memory.
    pub fn optimizer<T: Scalar + Element>(
        &self,
        shapes: impl IntoIterator<Item = [usize; 3]>,
    ) -> Result<Box<dyn Optimizer<T>>> {
        if self.preconditioned {
            return Ok(Box::new(Soap::new(SoapSettings::default(), shapes)?));
        }
        Ok(Box::new(adam()?))
    }

    /// Refuses settings that make no batch.
    pub(super) fn check(&self) -> Result<()> {
        let StochasticTraining { states, batch, shift, .. } = *self;
        let what = "states and batch of a stochastic eigensolver";
        let reason = format_args!("{states} states on batches of {batch}; both have to be positive");
        Error::require(states > 0 && batch > 0, what, reason)?;
        let fits = batch.max(states).checked_mul(states).is_some_and(|entries| entries <= MAX_ENTRIES);
        let reason = format_args!("{states} states on batches of {batch}; at most {MAX_ENTRIES} values fit");
        Error::require(fits, what, reason)?;
        let reason = format_args!("{shift}; give a finite number that lifts the levels sought above 0");
        Error::require(shift.is_finite(), "shift of a stochastic eigensolver", reason)
    }
}
