//! Everything a minimisation needs to go on: saved and read back, it continues bit for bit.

use crate::container::Container;
use crate::optim::first_gradient::FirstGradient;
use crate::optim::objective::Objective;
use crate::optim::vector::{all_finite, max_abs};
use crate::{Error, Result, Scalar};

use super::Lbfgs;
use super::memory::Memory;
use super::preconditioner::Rough;

/// A minimisation by [`Lbfgs`](super::Lbfgs) between two iterations.
#[derive(Debug, Clone)]
pub struct LbfgsState<T> {
    pub(super) parameters: Vec<T>,
    pub(super) gradient: Vec<T>,
    pub(super) value: T,
    pub(super) memory: Memory<T>,
    /// P.
    pub(super) rough: Rough<T>,
    pub(super) counts: Counts,
    /// The lowest value seen.
    pub(super) lowest: f64,
    /// The last change of the parameters, relative to their size; infinite before the first.
    pub(super) moved: f64,
    /// max |∂f/∂θᵢ| where the run began.
    pub(super) first_gradient: FirstGradient,
    /// The smallest gradient norm since the value last decreased measurably.
    pub(super) smallest_gradient: f64,
    pub(super) scratch: Scratch<T>,
}

/// What [`Lbfgs`](super::Lbfgs) reports after each iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'a, T> {
    /// Iterations made since the start, this one included.
    pub iteration: usize,
    /// Evaluations of the objective made since the start.
    pub evaluations: usize,
    /// f.
    pub value: T,
    /// max |∂f/∂θᵢ|.
    pub gradient_norm: f64,
    /// Multiple of the search direction that was taken.
    pub step: f64,
    /// θ, `[n]`.
    pub parameters: &'a [T],
    /// Everything needed to go on from here: save it for a checkpoint.
    pub state: &'a LbfgsState<T>,
}

/// How often what has happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Counts {
    pub iterations: u64,
    pub evaluations: u64,
    /// Iterations in a row that decreased the value less than its tolerance.
    pub stalled: u64,
    /// Iterations in a row without a measurable decrease of the value or a smaller gradient.
    pub idle: u64,
    /// Searches that failed where what was left to gain was below rounding.
    pub rounded: u64,
}

/// Vectors that carry nothing from one iteration to the next.
#[derive(Debug, Clone)]
pub(super) struct Scratch<T> {
    pub direction: Vec<T>,
    /// The trial point, and what the objective said there.
    pub parameters: Vec<T>,
    pub gradient: Vec<T>,
    pub value: T,
}

impl<T: Scalar> Scratch<T> {
    fn new(length: usize) -> Self {
        let zeros = || vec![T::zero(); length];
        Scratch { direction: zeros(), parameters: zeros(), gradient: zeros(), value: T::zero() }
    }
}

impl<T: Scalar> LbfgsState<T> {
    /// Evaluates `objective` at `parameters`, the start.
    #[inline(never)]
    pub(super) fn new(objective: &mut dyn Objective<T>, parameters: &[T], settings: &Lbfgs) -> Result<Self> {
        let length = objective.parameter_count();
        Error::same_shape("Lbfgs::start", &[parameters.len()], &[length])?;
        Error::check_finite("parameters that Lbfgs starts from", parameters)?;
        let memory = Memory::new(settings, length)?;
        let mut gradient = vec![T::zero(); length];
        let value = objective.value_and_gradient(parameters, &mut gradient)?;
        Error::check_finite("value of the objective where Lbfgs starts", &[value])?;
        Error::check_finite("gradient of the objective where Lbfgs starts", &gradient)?;
        Ok(LbfgsState {
            first_gradient: FirstGradient::of(&gradient),
            parameters: parameters.to_vec(),
            gradient,
            value,
            memory,
            rough: Rough::identity(),
            counts: Counts { evaluations: 1, ..Counts::default() },
            lowest: value.to_f64(),
            moved: f64::INFINITY,
            smallest_gradient: f64::INFINITY,
            scratch: Scratch::new(length),
        })
    }

    /// θ, `[n]`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// θ: every step of L-BFGS decreases f, up to rounding.
    pub fn best_parameters(&self) -> &[T] {
        &self.parameters
    }

    /// f(θ).
    pub fn value(&self) -> T {
        self.value
    }

    /// max |∂f/∂θᵢ|.
    pub fn gradient_norm(&self) -> f64 {
        max_abs(&self.gradient)
    }

    /// |θᵢ ∂f/∂θᵢ|: what f changes by, to first order, relative to the change of a parameter in proportion.
    pub(super) fn changes(&self) -> impl Iterator<Item = f64> {
        self.parameters.iter().zip(&self.gradient).map(|(&x, &g)| (x.to_f64() * g.to_f64()).abs())
    }

    /// Iterations made.
    pub fn iterations(&self) -> usize {
        self.counts.iterations as usize
    }

    /// Writes the state, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        let n = self.parameters.len();
        container.insert(format!("{prefix}/parameters"), &[n], &self.parameters)?;
        container.insert(format!("{prefix}/gradient"), &[n], &self.gradient)?;
        container.insert_number(format!("{prefix}/value"), self.value)?;
        container.insert(format!("{prefix}/measures"), &[3], &[self.lowest, self.moved, self.smallest_gradient])?;
        self.first_gradient.save(container, prefix)?;
        let Counts { iterations, evaluations, stalled, idle, rounded } = self.counts;
        container.insert(format!("{prefix}/counts"), &[5], &[iterations, evaluations, stalled, idle, rounded])?;
        self.rough.save(container, &format!("{prefix}/preconditioner"))?;
        self.memory.save(container, &format!("{prefix}/history"))
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`], [`Error::NonFinite`] or
    /// [`Error::Corrupt`] if the sections are missing, of another type, or do not fit together.
    #[inline(never)]
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let parameters = container.get::<T>(&get("parameters"))?.to_vec();
        let gradient = container.get::<T>(&get("gradient"))?.to_vec();
        let value = container.number::<T>(&get("value"))?;
        let [lowest, moved, smallest_gradient] = container.array::<f64, 3>(&get("measures"))?;
        let [iterations, evaluations, stalled, idle, rounded] = container.array::<u64, 5>(&get("counts"))?;
        let length = parameters.len();
        Error::intact(gradient.len() == length, format_args!("vectors of different lengths under {prefix}"))?;
        let finite = all_finite(&parameters) && all_finite(&gradient) && value.is_finite() && lowest.is_finite();
        Error::intact(finite, format_args!("a number that is not finite under {prefix}"))?;
        let memory = Memory::load(container, &get("history"), length)?;
        let counts = Counts { iterations, evaluations, stalled, idle, rounded };
        let scratch = Scratch::new(length);
        let rough = Rough::load(container, &get("preconditioner"), length)?;
        let first_gradient = FirstGradient::load(container, prefix)?;
        Ok(LbfgsState {
            parameters,
            gradient,
            value,
            memory,
            rough,
            counts,
            lowest,
            moved,
            first_gradient,
            smallest_gradient,
            scratch,
        })
    }
}
