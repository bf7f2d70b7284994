//! NestedLoRA: eigenfunctions by nested low-rank approximation (Ryu, Xu, Erol, Bu, Zheng and
//! Wornell, 2024), trained on random batches.
//!
//! The functions f₁ … f_L are driven to √λ_ℓ φ_ℓ. With respect to the function values the gradient is
//! ∂L/∂f_ℓ = 4 [−m_ℓ T f_ℓ + Σ_ℓ′ M_ℓℓ′ ⟨f_ℓ′, f_ℓ⟩ f_ℓ′]. *Joint* nesting has m_ℓ = Σ_{i≥ℓ} 1/L and
//! M_ℓℓ′ = m_max(ℓ,ℓ′). *Sequential* nesting has m_ℓ = 1 and M_ℓℓ′ = 1 for ℓ′ ≤ ℓ, else 0: each function
//! sees those before it as constants, so off-diagonal terms count fully (with half of them f₂ would
//! fall back onto φ₁). Because T is self-adjoint the parameter gradient need not pass through T f.

use super::nesting::Nesting;
use super::stochastic::{Mixing, Moments, Rule, StochasticMethod, StochasticTraining, follow};
use crate::Result;
use crate::error::Error;

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
/// use eigennet::eigenfunctions::{NestedLora, NeuralEigensolver, Schrodinger};
/// let sampler = StratifiedPolar::new(100.0)?;
/// let solved = NestedLora::default().solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NestedLora {
    /// What is trained, and how. Only positive eigenvalues of T + c can be found.
    pub training: StochasticTraining,
    /// Default joint.
    pub nesting: Nesting,
    /// Default the same batch.
    pub gram: GramEstimate,
    /// Weight of off-diagonal Gram terms (default 1, growing to 2).
    pub off_diagonal: OffDiagonalWeight,
    /// Divides the gradient of f_ℓ by m_ℓ and a running estimate of λ_ℓ, so that all functions learn
    /// at one pace (default yes). It rescales each function's gradient and moves no fixed point.
    pub balanced: bool,
}

impl Default for NestedLora {
    fn default() -> Self {
        NestedLora {
            training: StochasticTraining::default(),
            nesting: Nesting::Joint,
            gram: GramEstimate::Shared,
            off_diagonal: OffDiagonalWeight { last: 2.0, begin: 0.3, end: 0.6 },
            balanced: true,
        }
    }
}

/// Decay of the running Rayleigh quotients.
const VALUE_DECAY: f64 = 0.99;

impl StochasticMethod for NestedLora {
    fn training(&self) -> StochasticTraining {
        self.training.clone()
    }

    fn rule(&self, expected: Vec<f64>) -> Result<Box<dyn Rule>> {
        let OffDiagonalWeight { last, begin, end } = self.off_diagonal;
        let reason = format_args!("weight {last} from {begin} to {end}; give a positive weight and shares begin ≤ end");
        let fits = last.is_finite() && last > 0.0 && begin.is_finite() && end.is_finite() && begin <= end;
        Error::require(fits, "off_diagonal of NestedLora", reason)?;
        let floors = expected.iter().map(|v| 0.1 * v).collect();
        Ok(Box::new(NestedLoraRule { settings: self.clone(), values: expected, floors }))
    }
}

#[derive(Debug)]
struct NestedLoraRule {
    settings: NestedLora,
    /// Running Rayleigh quotients, and what they may not fall below in the balance.
    values: Vec<f64>,
    floors: Vec<f64>,
}

impl Rule for NestedLoraRule {
    /// The loss Σ −2 m_ℓ ⟨f_ℓ, T f_ℓ⟩ + Σ M_ℓℓ′ ⟨f_ℓ, f_ℓ′⟩².
    fn cotangents(&mut self, step: u64, moments: &Moments, mixing: &mut Mixing) -> Result<f64> {
        let NestedLora { nesting, balanced, off_diagonal, ref training, .. } = self.settings;
        let l = self.values.len();
        let weight = off_diagonal.at(step as f64 / training.steps.max(1) as f64);
        follow(&mut self.values, 1.0 - VALUE_DECAY, |k| moments.form[(k, k)] / moments.gram[(k, k)]);
        let mut loss = 0.0;
        for i in 0..l {
            let mask = nesting.mask(l, i);
            let pace = if balanced { 4.0 / (mask * self.values[i].max(self.floors[i])) } else { 4.0 };
            mixing.images[(i, i)] = -pace * mask;
            loss -= 2.0 * mask * moments.form[(i, i)];
            for j in 0..l {
                let overlap = moments.second[(i, j)];
                loss += nesting.mask_pair(l, i.max(j), i.min(j)) * overlap * overlap;
                let own = if i == j { 1.0 } else { weight };
                mixing.functions[(j, i)] = pace * own * nesting.mask_pair(l, i, j) * overlap;
            }
        }
        Ok(loss)
    }

    fn values(&self) -> &[f64] {
        &self.values
    }

    fn second_draw(&self) -> bool {
        self.settings.gram == GramEstimate::Independent
    }

    fn state(&self) -> &[f64] {
        &self.values
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }
}
