//! NeuralEF (Deng, Shi and Zhu, 2022): each function maximises its Rayleigh quotient, with a penalty on what T couples it
//! to those before.
//!
//! With functions of norm 1, f̂ⱼ = fⱼ/‖fⱼ‖ on the batch, and R = ⟨f̂ᵢ, T f̂ⱼ⟩, the loss is
//! −Σⱼ (Rⱼⱼ − Σ_{i<j} Rᵢⱼ²/Rᵢᵢ), in which f̂ᵢ and Rᵢᵢ, i < j, are constants. The penalty is one only for Rᵢᵢ > 0, and strong
//! enough only for λⱼ > 0: T has to be positive on the states sought, through a [`shift`](StochasticTraining::shift) if
//! need be.

use super::stochastic::{Mixing, Moments, Rule, StochasticMethod, StochasticTraining, averaging_weight, follow};
use crate::Result;
use crate::error::Error;

/// The settings of a NeuralEF solve.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::StratifiedPolar;
/// use eigennet::eigenfunctions::{NeuralEf, NeuralEigensolver, Schrodinger};
/// let sampler = StratifiedPolar::new(100.0)?;
/// let solved = NeuralEf::default().solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NeuralEf {
    /// What is trained, and how.
    pub training: StochasticTraining,
}

/// Of the largest |Rᵢᵢ|, what a divisor may not fall below: the first steps know Rᵢᵢ of any size and sign.
const FLOOR: f64 = 1e-2;

/// Decay of the running Rayleigh quotients, as a weight.
const VALUE_WEIGHT: f64 = 0.01;

impl StochasticMethod for NeuralEf {
    fn training(&self) -> StochasticTraining {
        self.training.clone()
    }

    fn rule(&self, expected: Vec<f64>) -> Result<Box<dyn Rule>> {
        Ok(Box::new(NeuralEfRule { values: expected }))
    }
}

#[derive(Debug)]
struct NeuralEfRule {
    /// Running Rayleigh quotients.
    values: Vec<f64>,
}

impl Rule for NeuralEfRule {
    fn cotangents(&mut self, step: u64, Moments { gram, form, .. }: &Moments, mixing: &mut Mixing) -> Result<f64> {
        let quotient = |k| form[(k, k)] / gram[(k, k)];
        follow(&mut self.values, averaging_weight(VALUE_WEIGHT, step), quotient);
        let count = self.values.len();
        let floor = FLOOR * (0..count).map(|k| quotient(k).abs()).fold(0.0, f64::max);
        let norm = |k| gram[(k, k)].sqrt();
        let mut loss = 0.0;
        for j in 0..count {
            let own = norm(j);
            let mut value = quotient(j);
            mixing.images[(j, j)] = -2.0 / (own * own);
            for i in 0..j {
                let other = norm(i);
                let coupling = form[(i, j)] / (other * own);
                let ratio = coupling / quotient(i).max(floor);
                value -= coupling * ratio;
                mixing.images[(i, j)] = 2.0 * ratio / (other * own);
            }
            // The part along f̂ⱼ is taken out: the loss does not change with its norm.
            mixing.functions[(j, j)] = 2.0 * value / (own * own);
            loss -= value;
        }
        Ok(loss)
    }

    fn values(&self) -> &[f64] {
        &self.values
    }

    fn verdict(&self) -> Result<()> {
        above_zero("NeuralEf", &self.values)
    }

    fn state(&self) -> &[f64] {
        &self.values
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }
}

/// Refuses levels of T + c that are not positive.
fn above_zero(method: &str, values: &[f64]) -> Result<()> {
    let Some(level) = values.iter().position(|&value| value <= 0.0) else { return Ok(()) };
    let reason = format!(
        "level {level} of T + shift is {:.3e}, and nothing keeps such functions apart; give a shift that lifts all levels \
         sought above 0, or train longer",
        values[level]
    );
    Err(Error::invalid(format!("shift of {method}"), reason))
}
