//! The tensor-network Ritz method: sums of products of networks of one coordinate each (Wang, Jin and Xie, 2022).
//!
//! φ_h(x) = Π_i f_ih(x_i), with a network for each coordinate that has an output for each h. Integrals in any dimension are
//! products of integrals in one, which a quadrature of some dozens of points does to rounding: nothing is sampled.

mod family;
mod forms;
mod objective;
mod preconditioner;
mod residual;
mod solution;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

pub use objective::ProductObjective;
pub use solution::ProductFunctions;

use super::coordinate::Coordinate;
use super::separable::SeparableSum;
use crate::error::Error;
use crate::optim::{Lbfgs, Outcome, Progress};
use crate::{Result, Seed};

/// The settings of a tensor-network Ritz solve.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::{Coordinate, SeparableSum, TensorNetwork};
/// // −Δ on the unit cube of five dimensions: 5π², 8π², …
/// let h = SeparableSum::kinetic(5, 1.0);
/// let cube = vec![Coordinate::Interval(0.0..1.0); 5];
/// let solver = TensorNetwork { states: 1, products: 4, hidden: vec![8], ..TensorNetwork::default() };
/// let solved = solver.solve(&h, &cube, Seed(0))?;
/// let exact = 5.0 * std::f64::consts::PI.powi(2);
/// assert!((solved.values()[0] / exact - 1.0).abs() < 1e-6 && solved.doubt().is_none());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorNetwork {
    /// States that are returned (default 1).
    pub states: usize,
    /// States whose levels are lowered (default: as many as returned). Give the end of the degenerate level that the last
    /// one belongs to.
    pub trained: Option<usize>,
    /// Products p (default 24).
    pub products: usize,
    /// Widths of the hidden layers of each network (default 24, 24).
    pub hidden: Vec<usize>,
    /// Points of each coordinate (default 64).
    pub points: usize,
    /// Added to the diagonal of the mass matrix, which is scaled to 1 (default 1e-11).
    pub jitter: f64,
    /// Weight of ‖θ − θ₀‖², which keeps networks from exploiting the quadrature (default 1e-9).
    pub penalty: f64,
    /// The optimiser (default: memory 40, 2000 iterations).
    pub lbfgs: Lbfgs,
}

impl Default for TensorNetwork {
    fn default() -> Self {
        TensorNetwork {
            states: 1,
            trained: None,
            products: 24,
            hidden: vec![24, 24],
            points: 64,
            jitter: 1e-11,
            penalty: 1e-9,
            lbfgs: Lbfgs { memory: 40, max_iterations: 2000, ..Lbfgs::default() },
        }
    }
}

/// The most values of all functions on all points: a slip beyond.
const MAX_ENTRIES: f64 = 1e8;

impl TensorNetwork {
    fn check(&self, h: &SeparableSum, coordinates: &[Coordinate]) -> Result<()> {
        let d = h.dimension();
        let some = d > 0 && h.terms() > 0;
        Error::require(some, "SeparableSum", "it has no coordinate or no term; give at least one of each")?;
        Error::same_shape("coordinates of TensorNetwork", &[coordinates.len()], &[d])?;
        coordinates.iter().try_for_each(Coordinate::check)?;
        let trained = self.trained.unwrap_or(self.states);
        let reason = format_args!(
            "{} states, {trained} trained, {} products: give at least one, and as many products as states",
            self.states, self.products
        );
        let sound = self.states > 0 && trained >= self.states && self.products >= trained;
        Error::require(sound, "states of TensorNetwork", reason)?;
        let sound = !self.hidden.contains(&0) && self.points >= 2;
        Error::require(sound, "hidden and points of TensorNetwork", "a layer of width 0, or fewer than 2 points")?;
        let small = self.jitter >= 0.0 && self.penalty >= 0.0 && self.jitter.is_finite() && self.penalty.is_finite();
        Error::require(small, "jitter and penalty of TensorNetwork", "they have to be finite and not negative")?;
        let width = self.hidden.iter().fold(self.products, |most, &width| most.max(width)).max(self.points);
        let entries = width as f64 * self.products as f64 * d as f64;
        Error::require(entries <= MAX_ENTRIES, "size of TensorNetwork", "the functions do not fit; take fewer")
    }

    /// The lowest levels of `h`. Ask the solution for its [`doubt`](ProductFunctions::doubt).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the optimiser reports.
    pub fn solve(&self, h: &SeparableSum, coordinates: &[Coordinate], seed: Seed) -> Result<ProductFunctions<Outcome>> {
        self.solve_observed(h, coordinates, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed(
        &self,
        h: &SeparableSum,
        coordinates: &[Coordinate],
        seed: Seed,
        observer: impl FnMut(&Progress<'_, f64>) -> ControlFlow<()>,
    ) -> Result<ProductFunctions<Outcome>> {
        let mut objective = self.objective(h, coordinates, seed)?;
        let mut parameters = objective.start().to_vec();
        let outcome = self.lbfgs.minimize_observed(&mut objective, &mut parameters, observer)?;
        objective.finish(&parameters, outcome)
    }

    /// The function that is minimised, for an optimiser of one's own or a checkpointed run.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    pub fn objective(&self, h: &SeparableSum, coordinates: &[Coordinate], seed: Seed) -> Result<ProductObjective> {
        self.check(h, coordinates)?;
        ProductObjective::new(self, h, coordinates, seed)
    }
}
