//! The methods that train on random batches, and what was published of them.

use eigennet::eigenfunctions::{
    NestedLora, NestedOmm, Nesting, NeuralEf, Sharing, Spin, StochasticMethod, StochasticTraining, TrialFunctions,
};
use eigennet::optim::RmsPropSettings;
use eigennet::reference::{ExactSpectrum, Hydrogen2d};

use super::settings::{self, Grids, RESOLVENT};
use crate::cli::Preset;

/// A method by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    NestedLora(Nesting),
    Spin,
    NeuralEf,
    NestedOmm(Nesting),
}

/// Where a batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    /// One point in each ring of the disk.
    Stratified,
    /// The paper's independent points from a truncated Gaussian.
    Gaussian,
}

/// A method ready to run.
#[derive(Debug)]
pub struct Stochastic {
    /// In metrics, headings and names of files.
    pub name: &'static str,
    pub solver: Box<dyn StochasticMethod>,
    pub points: Points,
    /// Descent by RMSProp in single precision, as published, rather than by the solver's own optimiser.
    pub rms_prop: Option<RmsPropSettings>,
    /// The least value of its loss, which the exact functions have.
    pub least_loss: f64,
    pub published: Option<Published>,
}

/// What the authors' bar chart shows of a method, batch 128.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    pub error: f64,
    pub angle: f64,
    pub distance: f64,
    pub orthogonality: f64,
}

impl Kind {
    /// The method as it stands alone.
    pub fn alone(self, preset: Preset, states: usize, grids: &Grids) -> Stochastic {
        let lora = settings::nested_lora(preset, states, Nesting::Sequential, grids);
        let points = if preset == Preset::Paper { Points::Gaussian } else { Points::Stratified };
        let name = match self {
            Kind::NestedLora(_) => "nested-lora",
            Kind::Spin => "spin",
            Kind::NeuralEf => "neural-ef",
            Kind::NestedOmm(_) => "nested-omm",
        };
        self.with(name, lora, points, preset)
    }

    /// The method in the comparison: all have the same networks, batches, steps and optimiser, with the rate, the points
    /// and the plain gradients of the paper's text, unless they are the published ones altogether.
    pub fn compared(self, preset: Preset, states: usize, grids: &Grids) -> Stochastic {
        let lora = settings::nested_lora(preset, states, Nesting::Sequential, grids);
        let lora = match preset {
            Preset::Paper => lora,
            Preset::Quick | Preset::Standard => {
                let steps = if preset == Preset::Quick { 300 } else { 20_000 };
                let equal =
                    StochasticTraining { steps, batch: 128, rate: 1e-3, preconditioned: false, ..lora.training };
                settings::published(NestedLora { training: equal, ..lora })
            }
        };
        let name = match self {
            Kind::NestedLora(Nesting::Joint) => "nested-lora-joint",
            Kind::NestedLora(Nesting::Sequential) => "nested-lora-sequential",
            other => other.alone(preset, states, grids).name,
        };
        self.with(name, lora, Points::Gaussian, preset)
    }

    /// The method with the settings of a NestedLoRA.
    fn with(self, name: &'static str, lora: NestedLora, points: Points, preset: Preset) -> Stochastic {
        let paper = preset == Preset::Paper;
        let training = lora.training.clone();
        let states = training.states;
        let solver: Box<dyn StochasticMethod> = match self {
            Kind::NestedLora(nesting) => Box::new(NestedLora { nesting, ..lora }),
            Kind::Spin => {
                // Of single batches of independent points the Gram matrix of nine functions is singular at times.
                let decay = if points == Points::Gaussian { 0.01 } else { Spin::default().decay };
                Box::new(Spin { training: if paper { published_spin(training) } else { training }, decay })
            }
            Kind::NeuralEf => Box::new(NeuralEf { training }),
            Kind::NestedOmm(nesting) => {
                let training = StochasticTraining { shift: RESOLVENT, ..training };
                Box::new(NestedOmm { training, nesting, resolvent: true })
            }
        };
        let alpha = if self == Kind::Spin { 0.999 } else { RmsPropSettings::default().alpha };
        Stochastic {
            name,
            solver,
            points,
            rms_prop: paper.then_some(RmsPropSettings { alpha, ..RmsPropSettings::default() }),
            least_loss: self.least_loss(states),
            published: self.published(),
        }
    }

    fn least_loss(self, states: usize) -> f64 {
        let mask = |nesting: Nesting, k: usize| match nesting {
            Nesting::Joint => (states - k) as f64 / states as f64,
            Nesting::Sequential => 1.0,
        };
        let of = |k: usize| {
            let exact = Hydrogen2d.eigenvalue(k);
            match self {
                Kind::NestedLora(nesting) => mask(nesting, k) * exact * exact,
                Kind::Spin | Kind::NeuralEf => exact,
                Kind::NestedOmm(nesting) => mask(nesting, k) / (-RESOLVENT - exact),
            }
        };
        -(0..states).map(of).sum::<f64>()
    }

    fn published(self) -> Option<Published> {
        let of =
            |[error, angle, distance, orthogonality]: [f64; 4]| Published { error, angle, distance, orthogonality };
        match self {
            Kind::Spin => Some(of([0.84, 0.16, 0.068, 1.4e-4])),
            Kind::NeuralEf => Some(of([0.068, 0.23, 0.15, 7.9e-4])),
            Kind::NestedLora(Nesting::Joint) => Some(of([0.019, 0.022, 2.9e-3, 2.3e-4])),
            Kind::NestedLora(Nesting::Sequential) => Some(of([0.0090, 0.013, 4.7e-4, 2.3e-5])),
            Kind::NestedOmm(_) => None,
        }
    }
}

/// The networks, rate and steps of SpIN's authors.
fn published_spin(training: StochasticTraining) -> StochasticTraining {
    let trial = TrialFunctions { hidden: vec![64; 3], sharing: Sharing::Trunk, ..training.trial };
    StochasticTraining { trial, rate: 1e-5, steps: 1_000_000, ..training }
}

impl Stochastic {
    /// Its networks, in words.
    pub fn network(&self) -> String {
        let trial = self.solver.training().trial;
        format!("{:?} of hidden layers {:?}, {:?}", trial.sharing, trial.hidden, trial.activation)
    }

    /// Its training, in words.
    pub fn training(&self) -> String {
        let training = self.solver.training();
        let points = match self.points {
            Points::Stratified => "stratified",
            Points::Gaussian => "independent Gaussian",
        };
        let optimizer = match (self.rms_prop, training.preconditioned) {
            (Some(_), _) => "RMSProp",
            (None, true) => "SOAP",
            (None, false) => "Adam",
        };
        let shift = if training.shift == 0.0 { String::new() } else { format!(", shift {}", training.shift) };
        format!(
            "{} steps of {optimizer} at {} on {} {points} points{shift}",
            training.steps, training.rate, training.batch
        )
    }
}
