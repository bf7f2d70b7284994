//! What each preset means for the hydrogen atom.

use eigennet::autodiff::Initializer;
use eigennet::eigenfunctions::{
    Envelope, GramEstimate, NestedLora, Nesting, NeuralRitz, OffDiagonalWeight, Sharing, StochasticTraining,
    TrialFunctions,
};
use eigennet::nn::Activation;
use eigennet::optim::Lbfgs;
use eigennet::quadrature::PolarGrid;

use crate::cli::Preset;

/// The shift of NestedOMM's resolvent, in λ₁: it takes all levels below 0.
pub const RESOLVENT: f64 = -1.5;

/// Where the functions live and are measured.
#[derive(Debug, Clone, Copy)]
pub struct Grids {
    /// What neural Ritz integrates on.
    pub training: PolarGrid,
    /// What results are measured on: finer, turned, no point shared with `training`.
    pub independent: PolarGrid,
    /// Number n of the highest level asked for.
    pub top_level: usize,
}

impl Grids {
    /// Grids for the lowest `states`: a level n reaches out to about 22 (2n + 1).
    pub fn for_states(states: usize) -> Self {
        let top_level = (0..).find(|n| (n + 1) * (n + 1) >= states).unwrap_or(0);
        if top_level <= 2 {
            // A disk of 100 takes 6e-11 from the levels.
            let radius = 110.0;
            let training = PolarGrid { radius, ..PolarGrid::training() };
            let independent = PolarGrid { radius, ..PolarGrid::independent() };
            return Grids { training, independent, top_level };
        }
        let radius = 22.0 * (2 * top_level + 1) as f64;
        let training =
            PolarGrid { radius, radial: 21 * top_level, angular: 16 + 4 * top_level, ..PolarGrid::training() };
        let independent =
            PolarGrid { radius, radial: 60 * top_level, angular: training.angular + 32, ..PolarGrid::independent() };
        Grids { training, independent, top_level }
    }
}

/// Neural Ritz. The paper has no such method: its preset is the standard one.
pub fn neural_ritz(preset: Preset, states: usize, grids: &Grids) -> NeuralRitz {
    let (top, default) = (grids.top_level, NeuralRitz::default());
    let complete = (top + 1) * (top + 1);
    let large = top > 2;
    let iterations = match preset {
        Preset::Quick => 100,
        _ if large => 600,
        _ => 800,
    };
    NeuralRitz {
        states,
        trained: Some(complete),
        features: if large { 16 * top } else { default.features },
        trial: TrialFunctions {
            hidden: vec![if large { 40 } else { 32 }],
            length: if large { 15.0 } else { 10.0 },
            envelope: Envelope::Exponential { first: 1.5, last: 0.6 / (2 * top.max(2) + 1) as f64 },
            ..default.trial
        },
        jitter: 1e-12,
        penalty: 1e-11,
        lbfgs: Lbfgs { max_iterations: iterations, max_evaluations: 3 * iterations, ..default.lbfgs },
        ..default
    }
}

/// NestedLoRA: ours, or the paper's own setting.
pub fn nested_lora(preset: Preset, states: usize, nesting: Nesting, grids: &Grids) -> NestedLora {
    let default = StochasticTraining { states, ..StochasticTraining::default() };
    let of = |training| NestedLora { training, nesting, ..NestedLora::default() };
    match preset {
        Preset::Quick => of(StochasticTraining { steps: 2500, batch: 256, ..default }),
        Preset::Standard => {
            let envelope = Envelope::Exponential { first: 0.5, last: 0.6 / (2 * grids.top_level.max(2) + 1) as f64 };
            let trial = TrialFunctions { envelope, ..default.trial.clone() };
            of(StochasticTraining { rate: 3e-3, trial, ..default })
        }
        Preset::Paper => {
            let trial = TrialFunctions {
                hidden: vec![128, 128, 128],
                activation: Activation::Softplus,
                length: 1.0,
                centres: Vec::new(),
                radius_input: false,
                envelope: Envelope::Box { half_width: PAPER_BOX },
                sharing: Sharing::Disjoint,
                weights: Initializer::LecunUniform,
                biases: Initializer::Uniform { low: -0.1, high: 0.1 },
                scaled: false,
            };
            let training = StochasticTraining {
                steps: 500_000,
                batch: 128,
                rate: 1e-3,
                preconditioned: false,
                average: 0.995,
                trial,
                ..default
            };
            published(of(training))
        }
    }
}

/// With the gradient of the paper: unbiased, of plain weights.
pub fn published(lora: NestedLora) -> NestedLora {
    NestedLora { gram: GramEstimate::Independent, off_diagonal: OffDiagonalWeight::PLAIN, balanced: false, ..lora }
}

/// Half-width D of the paper's box.
pub const PAPER_BOX: f64 = 50.0;
/// Standard deviation of the paper's sampling density.
pub const PAPER_SIGMA: f64 = 16.0;
