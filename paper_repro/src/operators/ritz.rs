//! Neural Ritz on operators of one to three coordinates: settings that suit each, and a checkpointed run.

use eigennet::eigenfunctions::{Domain, Envelope, NeuralRitz, RitzObjective, Schrodinger, Solution, TrialFunctions};
use eigennet::optim::{Lbfgs, Outcome};
use eigennet::quadrature::{EllipticGrid, Quadrature, SphericalGrid};

use super::family::Member;
use super::problem::Operator;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::hydrogen::settings;
use crate::preset::Preset;
use crate::watched::{Losses, minimize};

/// Iterations between two checkpoints.
const CHECKPOINT: u64 = 100;

/// An operator and how to solve it.
#[derive(Debug)]
pub struct Ritz {
    /// Which, and what its family differs in.
    member: Member,
    /// It.
    pub operator: Schrodinger,
    /// How.
    pub solver: NeuralRitz,
    /// Where its functions live.
    pub place: Place,
}

/// Where functions live.
#[derive(Debug)]
pub enum Place {
    /// Where the solver chooses a rule, and in the whole space a box.
    In(Domain),
    /// About charges, on a grid that is dense there.
    About(Quadrature<f64>),
}

impl Member {
    /// Settings for this operator, with a short training where the preset is quick; `None` if it has too many coordinates.
    ///
    /// # Errors
    /// None with these settings.
    pub fn ritz(self, states: usize, preset: Preset) -> Result<Option<Ritz>, Failure> {
        let level = (0..).find(|n| (n + 1) * (n + 1) >= states).unwrap_or(0);
        let space = |length: f64| Place::In(Domain::Space { length });
        let decaying = |length: f64, first: f64| TrialFunctions {
            hidden: vec![32],
            length,
            envelope: Envelope::Exponential { first, last: 0.6 / (2 * level.max(2) + 1) as f64 },
            ..TrialFunctions::default()
        };
        let radius = 22.0 * (2 * level.max(2) + 1) as f64;
        let of = |features: usize, hidden: &[usize], iterations: usize, trial: Option<TrialFunctions>| {
            let iterations = if preset == Preset::Quick { 100 } else { iterations };
            let default = NeuralRitz::default();
            let trial = trial.unwrap_or_else(|| TrialFunctions { hidden: hidden.to_vec(), ..default.trial.clone() });
            let lbfgs = Lbfgs { max_iterations: iterations, max_evaluations: 3 * iterations, ..default.lbfgs };
            NeuralRitz { states, features: features.max(states + 8), trial, lbfgs, ..default }
        };
        if let Some(well) = self.well() {
            // A box is searched of half to 32 times the widths of these wells, and beyond while a state asks for it.
            let solver = of(24, &[32], 1000, None);
            return Ok(Some(Ritz { member: self, operator: well.operator(), solver, place: space(4.0) }));
        }
        let value = self.value();
        let (operator, place, solver) = match self.operator {
            Operator::Oscillator2d => (Schrodinger::oscillator(2), space(5.0), of(30, &[16, 16], 700, None)),
            Operator::Well2d => {
                (Schrodinger::free(2), Place::In(Domain::cube(2, 0.0..value)), of(40, &[40], 800, None))
            }
            Operator::Quartic2d => (Schrodinger::quartic(2), space(3.0), of(28, &[20, 20], 1500, None)),
            Operator::Hydrogen2d => {
                let grids = settings::Grids::for_states(states);
                let solver = settings::neural_ritz(preset, states, &grids);
                (Schrodinger::hydrogen(), Place::About(grids.training.build()?), solver)
            }
            Operator::Hydrogen3d => {
                let grid = SphericalGrid { radius, ..SphericalGrid::default() };
                (Schrodinger::coulomb(3), Place::About(grid.build()?), of(24, &[32], 400, Some(decaying(5.0, 0.8))))
            }
            Operator::H2plus2d => {
                let grid = EllipticGrid { focus: 0.5 * value, radius, ..EllipticGrid::default() };
                let centres = [-0.5, 0.5].map(|side| vec![side * value, 0.0]).to_vec();
                let trial = TrialFunctions { centres, ..decaying(5.0, 1.5) };
                let operator = Schrodinger::hydrogen_molecular_ion(2, value);
                (operator, Place::About(grid.build()?), of(40, &[32], 600, Some(trial)))
            }
            _ => return Ok(None),
        };
        Ok(Some(Ritz { member: self, operator, solver, place }))
    }
}

impl Ritz {
    /// Trains on finer rules and in larger boxes until neither changes a level; with the losses of the last training.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] after Ctrl-C, and what the solver says.
    pub fn run(&self, context: &Context, name: &str) -> Result<(Solution<f64, Outcome>, Losses), Failure> {
        let Ritz { member, operator, solver, place } = self;
        let mut objective: RitzObjective<f64> = match place {
            Place::In(domain) => solver.objective_on(operator, domain, context.seed)?,
            Place::About(grid) => solver.objective(operator, grid, context.seed)?,
        };
        let mut parameters = objective.start().to_vec();
        let mut round = 0;
        loop {
            let name = if round == 0 { name.to_string() } else { format!("{name}-{round}") };
            let task = (&*name, &*format!("{solver:?} for {name}: {member}"), CHECKPOINT);
            let (outcome, losses) = minimize(context, task, &solver.lbfgs, &mut objective, &mut parameters)?;
            let solution = objective.finish(&parameters, outcome)?;
            let next = objective.continued(operator, &solution, &parameters)?;
            let Some(next) = next else { return Ok((solution, losses)) };
            (objective, parameters) = next;
            round += 1;
        }
    }
}
