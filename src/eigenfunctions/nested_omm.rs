//! NestedOMM: the orbital minimisation method, which needs no orthogonality (Mauri, Galli and Car, 1993; Ordejón,
//! Drabold, Grumbach and Martin, 1993), nested so that functions come in order, as NestedLoRA's are (Ryu et al., 2024).
//!
//! The loss −2 tr Π + tr(Σ Π) is least, −Σ λ, for orthonormal functions of the span sought. An eigenfunction that is there
//! with mass s contributes λ(s² − 2s): where λ < 0 that falls without bound for s > 2. T has to be positive, through a
//! [`shift`](StochasticTraining::shift) c if need be; a differential operator is positive on no account, as −∇² takes
//! any value, but from functions that begin with little mass and few waves the minimum at Σ = 1 is reached
//! before that matters. A training that runs away is told, not returned.
//!
//! What is positive on every account is the *resolvent* (−T − c)⁻¹ of an operator below −c. In the inner product
//! ⟨f, (−T − c) f⟩ it is symmetric, and its matrices are known without an inverse: Σ there is −Π here, and Π there is Σ. The
//! loss −2 tr Σ − tr(Σ Π) is least, −Σ 1/(−λ − c), for the same functions.

use super::nesting::Nesting;
use super::stochastic::{Mixing, Moments, Rule, StochasticMethod, StochasticTraining, averaging_weight, follow};
use crate::Result;
use crate::error::Error;

/// The settings of a NestedOMM solve.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::StratifiedPolar;
/// use eigennet::eigenfunctions::{NestedOmm, NeuralEigensolver, Schrodinger};
/// let sampler = StratifiedPolar::new(100.0)?;
/// let solved = NestedOmm::default().solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NestedOmm {
    /// What is trained, and how.
    pub training: StochasticTraining,
    /// Default sequential.
    pub nesting: Nesting,
    /// Whether T gives way to its resolvent (−T − c)⁻¹ (default no): bounded below whatever T is, for a shift c that lies
    /// below −λ₁.
    pub resolvent: bool,
}

impl Default for NestedOmm {
    fn default() -> Self {
        NestedOmm { training: StochasticTraining::default(), nesting: Nesting::Sequential, resolvent: false }
    }
}

/// The mass of a function with a negative quotient that counts as running away; beyond 2 the loss falls with it, and the
/// solution has 1.
const RUNAWAY: f64 = 10.0;

/// Weight of a batch in the running averages.
const AVERAGE_WEIGHT: f64 = 0.01;

impl StochasticMethod for NestedOmm {
    fn training(&self) -> StochasticTraining {
        self.training.clone()
    }

    fn rule(&self, expected: Vec<f64>) -> Result<Box<dyn Rule>> {
        let (&NestedOmm { nesting, resolvent, .. }, count) = (self, expected.len());
        let mut state = expected;
        state.resize(2 * count, 1.0);
        Ok(Box::new(NestedOmmRule { nesting, resolvent, count, state }))
    }
}

#[derive(Debug)]
struct NestedOmmRule {
    nesting: Nesting,
    resolvent: bool,
    count: usize,
    /// Running Rayleigh quotients, then masses ⟨f, f⟩.
    state: Vec<f64>,
}

impl NestedOmmRule {
    /// Refuses functions whose quotient is not positive, and whose mass is above `mass`; of a resolvent those whose
    /// quotient is not negative.
    fn check(&self, mass: f64) -> Result<()> {
        let (values, masses) = self.state.split_at(self.count);
        if self.resolvent {
            let Some(k) = (0..self.count).find(|&k| values[k] >= 0.0 && masses[k] > mass) else { return Ok(()) };
            let reason =
                format!("T + shift is {:.3e} on function {k}; give a smaller one, so that it is negative", values[k]);
            return Err(Error::invalid("shift of NestedOmm with a resolvent", reason));
        }
        let Some(k) = (0..self.count).find(|&k| values[k] <= 0.0 && masses[k] > mass) else { return Ok(()) };
        let reason = format!(
            "function {k} has the mass {:.3e} where T + shift is {:.3e}: its loss has no lower bound there; give a larger \
             shift, a smaller rate, or trial functions of norm below 1 to begin with",
            masses[k], values[k]
        );
        Err(Error::invalid("shift of NestedOmm", reason))
    }
}

impl Rule for NestedOmmRule {
    fn cotangents(&mut self, step: u64, Moments { gram, form, .. }: &Moments, mixing: &mut Mixing) -> Result<f64> {
        let (n, weight) = (self.count, averaging_weight(AVERAGE_WEIGHT, step));
        let (values, masses) = self.state.split_at_mut(n);
        follow(values, weight, |k| form[(k, k)] / gram[(k, k)]);
        follow(masses, weight, |k| gram[(k, k)]);
        self.check(RUNAWAY)?;
        let (sign, single) = if self.resolvent { (-1.0, gram) } else { (1.0, form) };
        let mut loss = 0.0;
        for i in 0..n {
            let mask = self.nesting.mask(n, i);
            loss -= 2.0 * mask * single[(i, i)];
            for j in 0..n {
                let pair = 2.0 * sign * self.nesting.mask_pair(n, i, j);
                mixing.functions[(j, i)] = pair * form[(j, i)];
                mixing.images[(j, i)] = pair * gram[(j, i)];
                loss += sign * self.nesting.mask_pair(n, i.max(j), i.min(j)) * gram[(i, j)] * form[(i, j)];
            }
            let own = if self.resolvent { &mut mixing.functions } else { &mut mixing.images };
            own[(i, i)] -= 4.0 * mask;
        }
        Ok(loss)
    }

    fn values(&self) -> &[f64] {
        &self.state[..self.count]
    }

    fn verdict(&self) -> Result<()> {
        self.check(0.0)
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.state
    }
}
