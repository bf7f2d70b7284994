//! The methods that train on random batches, on operators of one to three coordinates.

use std::ops::{ControlFlow, Range};

use eigennet::Scalar;
use eigennet::autodiff::{Graph, Initializer, Var};
use eigennet::eigenfunctions::sampler::{KroneckerBox, Mapped, Sampler, StratifiedPolar};
use eigennet::eigenfunctions::{
    Envelope, NestedLora, NestedOmm, Nesting, NeuralEf, NeuralEigensolver, Schrodinger, SelfAdjoint, Solution, Spin,
    StochasticMethod, StochasticTraining, Trial, TrialFunctions, squared_radius,
};
use eigennet::optim::TrainingOutcome;

use super::Method;
use super::family::Member;
use super::problem::Operator;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::hydrogen::settings;
use crate::preset::Preset;
use crate::training::{self, OfRun};

/// An operator T = −H, its functions and where their batches come from.
#[derive(Debug)]
pub struct Stochastic {
    member: Member,
    operator: Schrodinger,
    trial: Centred,
    sampler: Box<dyn Sampler<f64>>,
    training: StochasticTraining,
    /// Of T: what lifts the levels sought above 0.
    lift: f64,
    /// Of T: what takes all of it below 0.
    sink: f64,
}

/// Functions about a centre; in a box times e^(−α_k r²/2), with a trainable rate for each function: else all would have to
/// learn to vanish where the potential is high.
#[derive(Debug, Clone)]
struct Centred {
    trial: TrialFunctions,
    centre: f64,
    /// At the start.
    rate: f64,
    /// A constant factor.
    scale: f64,
}

/// The rate at the start, in half-widths.
const RATE: f64 = 8.0;

impl Trial for Centred {
    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
        let x: Vec<Var<'g>> = x.iter().map(|&x| x - self.centre).collect();
        let f = self.scale * self.trial.record(g, &x, count);
        if self.rate == 0.0 {
            return f;
        }
        let rate = g.parameter("rate", [1, count], Initializer::Constant(self.rate.ln())).exp();
        f * (-0.5 * squared_radius(&x) * rate).exp()
    }

    fn check(&self) -> eigennet::Result<()> {
        self.trial.check()
    }

    fn expected(&self, count: usize) -> Vec<f64> {
        self.trial.expected(count)
    }
}

/// The last state has fallen to e^−7 at the ends of an interval: to e^−14 of a level.
const FALLEN: f64 = 7.0;

impl Member {
    /// The settings for this operator, whose levels are `exact` where they are known, with a short training where the preset
    /// is quick; `None` if it has more coordinates.
    ///
    /// # Errors
    /// None with these settings.
    pub fn stochastic(
        self,
        states: usize,
        exact: Option<&[f64]>,
        preset: Preset,
    ) -> Result<Option<Stochastic>, Failure> {
        let value = self.value();
        let (operator, side, [lift, sink]): (_, Range<f64>, _) = match (self.operator, self.well()) {
            (_, Some(well)) => (well.operator(), well.interval(states, FALLEN), well.shifts(states)),
            (Operator::Oscillator2d, _) => (Schrodinger::oscillator(2), -5.0..5.0, [16.0, 0.0]),
            (Operator::Well2d, _) => (Schrodinger::free(2), 0.0..value, [250.0 / value.powi(2), 0.0]),
            (Operator::Quartic2d, _) => (Schrodinger::quartic(2), -3.5..3.5, [13.0, 0.0]),
            (Operator::Hydrogen2d | Operator::Hydrogen3d | Operator::H2plus2d, _) => {
                return self.about_charges(states, exact, preset).map(Some);
            }
            _ => return Ok(None),
        };
        let walls = self.operator == Operator::Well2d;
        let half_width = 0.5 * (side.end - side.start);
        let trial = TrialFunctions {
            length: 0.25 * half_width,
            radius_input: false,
            envelope: Envelope::Box { half_width },
            biases: Initializer::Uniform { low: -2.0, high: 2.0 },
            ..TrialFunctions::default()
        };
        let (steps, batch) = if preset == Preset::Quick { (600, 256) } else { (8000, 2048) };
        let training = StochasticTraining { states, steps, batch, ..StochasticTraining::default() };
        let sampler = Box::new(KroneckerBox::new(&vec![side.clone(); operator.dimension()])?);
        let rate = if walls { 0.0 } else { RATE / half_width.powi(2) };
        // Between walls a function of norm 1 is as large as 1/√volume.
        let scale = if walls { value.recip() } else { 1.0 };
        let trial = Centred { trial, centre: 0.5 * (side.start + side.end), rate, scale };
        Ok(Some(Stochastic { member: self, operator, trial, sampler, training, lift, sink }))
    }

    /// About one charge or two, where T is positive on what is sought and points are dense.
    fn about_charges(self, states: usize, exact: Option<&[f64]>, preset: Preset) -> Result<Stochastic, Failure> {
        let grids = settings::Grids::for_states(states);
        let mut training = settings::nested_lora(preset, states, Nesting::Sequential, &grids).training;
        let radius = grids.independent.radius;
        // The last is somewhat more than the highest level of T.
        let (operator, sampler, highest): (_, Box<dyn Sampler<f64>>, _) = match self.operator {
            Operator::Hydrogen3d => (Schrodinger::coulomb(3), Box::new(Mapped::ball(radius)?), 0.25),
            Operator::H2plus2d => {
                let focus = 0.5 * self.value();
                training.trial.centres = vec![vec![-focus, 0.0], vec![focus, 0.0]];
                let operator = Schrodinger::hydrogen_molecular_ion(2, self.value());
                // That of the united charges is 4, and none is higher.
                let level = exact.and_then(|levels| levels.first()).map_or(4.0, |level| -level);
                (operator, Box::new(Mapped::ellipse(focus, radius)?), 1.016 * level)
            }
            _ => (Schrodinger::hydrogen(), Box::new(StratifiedPolar::new(radius)?), 1.0),
        };
        let trial = Centred { trial: training.trial.clone(), centre: 0.0, rate: 0.0, scale: 1.0 };
        Ok(Stochastic {
            member: self,
            operator,
            trial,
            sampler,
            training,
            lift: 0.0,
            sink: settings::RESOLVENT * highest,
        })
    }
}

impl Stochastic {
    /// A method on it; `None` if it does not train on random batches.
    fn solver(&self, method: Method) -> Option<Box<dyn StochasticMethod>> {
        let with = |shift: f64| StochasticTraining { shift, ..self.training.clone() };
        Some(match method {
            Method::NestedLora => {
                let nesting = Nesting::Sequential;
                Box::new(NestedLora { training: with(self.lift), nesting, ..NestedLora::default() })
            }
            Method::NeuralEf => Box::new(NeuralEf { training: with(self.lift) }),
            Method::Spin => Box::new(Spin { training: with(0.0), ..Spin::default() }),
            // Below 0 it has a resolvent, whose loss is bounded on every account.
            Method::NestedOmm => {
                Box::new(NestedOmm { training: with(self.sink), nesting: Nesting::Sequential, resolvent: true })
            }
            Method::TensorNetwork | Method::TensorTrain | Method::NeuralRitz => return None,
        })
    }

    /// Its networks and its training, in words.
    pub fn size(&self) -> String {
        let StochasticTraining { steps, batch, .. } = self.training;
        format!("hidden layers {:?}, {steps} steps of {batch} points", self.trial.trial.hidden)
    }

    /// Trains, with checkpoints.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] after Ctrl-C, and what the solver says.
    pub fn run(
        &self,
        context: &Context,
        name: &str,
        method: Method,
    ) -> Result<Solution<f64, TrainingOutcome>, Failure> {
        let not = || Failure::Usage(format!("--method {}: it has no batches", method.name()));
        let solver = self.solver(method).ok_or_else(not)?;
        // NestedLoRA seeks functions of the norm √(λ + c), the others of norm 1 or any.
        let scale = if method == Method::NestedLora { self.lift.max(1.0).sqrt() } else { 1.0 };
        let trial = Centred { scale: scale * self.trial.scale, ..self.trial.clone() };
        let mut task = solver.task_of(&trial, &self.operator, &*self.sampler, context.seed)?;
        let (start, mut optimizer) = (task.start(), solver.optimizer(&task)?);
        let trainer = solver.trainer()?;
        let run = self.member.to_string();
        let mut labelled = OfRun { run: &run, task: &mut task };
        let mut phase = context.progress.phase(name.to_string(), self.training.steps);
        let (state, outcome) =
            training::run(context, name, trainer, &mut labelled, &mut *optimizer, &start, |report| {
                phase.update(report.step, Scalar::to_f64(report.loss));
                ControlFlow::Continue(())
            })?;
        phase.finish();
        Ok(task.finish(state.trained(), outcome)?)
    }
}
