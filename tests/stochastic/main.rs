//! The eigensolvers that train on random batches, through the public API: NestedLoRA first, then the others.

mod gradients;
mod methods;
mod oscillators;
mod refusals;
mod resume;
mod samplers;
mod svd;
mod trained;

use std::ops::ControlFlow;

use eigennet::autodiff::{Graph, Initializer, Var};
use eigennet::container::Container;
use eigennet::eigenfunctions::comparison::compare;
use eigennet::eigenfunctions::sampler::{Sampler, StratifiedPolar, TruncatedGaussian, UniformBox};
use eigennet::eigenfunctions::{
    Eigenfunctions, Envelope, Form, GramEstimate, NestedLora, NestedOmm, Nesting, NeuralEf, NeuralEigensolver,
    OffDiagonalWeight, Schrodinger, SelfAdjoint, Sharing, Spin, StochasticMethod, StochasticTraining, Trial,
    TrialFunctions, WeakTerm,
};
use eigennet::nn::{BatchNorm, Dropout, Linear};
use eigennet::optim::{StepReport, TrainingState, TrainingStep};
use eigennet::quadrature::{PolarGrid, Quadrature};
use eigennet::reference::Hydrogen2d;
use eigennet::{Error, Result, Scalar, Seed};

/// The eigenvalues of [`Diagonal`]. λ₁/2 > λ₂ > λ₃: with half the force of the first function on the
/// second, the second would fall back onto φ₁ (its norm there is λ₁/2 > λ₂).
const SPECTRUM: [f64; 3] = [1.0, 0.4, 0.1];

/// An operator on span{1, x, y} that is diagonal there. On the corners of a square, weighted equally,
/// those three are orthonormal, and linear networks are exactly that span.
#[derive(Debug)]
struct Diagonal;

impl Diagonal {
    /// The parts of f along 1, x and y.
    fn parts<'g>(x: &[Var<'g>], f: Var<'g>) -> [Var<'g>; 3] {
        let [along_x, along_y] = [x[0] * f.d(x[0]), x[1] * f.d(x[1])];
        [f - along_x - along_y, along_x, along_y]
    }
}

impl SelfAdjoint for Diagonal {
    fn dimension(&self) -> usize {
        2
    }

    fn strong<'g>(&self, _: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Var<'g> {
        let [one, x, y] = Self::parts(x, f);
        SPECTRUM[0] * one + SPECTRUM[1] * x + SPECTRUM[2] * y
    }

    fn weak<'g>(&self, _: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Vec<WeakTerm<'g>> {
        let parts = Self::parts(x, f);
        parts.into_iter().zip(SPECTRUM).map(|(value, sign)| WeakTerm { sign, value }).collect()
    }
}

/// The same points and weights in every draw, over and over: the expectation itself.
#[derive(Debug)]
struct Exact<T>(Vec<T>, Vec<T>);

impl<T: Scalar> Exact<T> {
    fn corners() -> Self {
        let points = [1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0];
        Exact(points.map(T::of).to_vec(), vec![T::of(0.25); 4])
    }

    fn of(rule: &Quadrature<T>) -> Self {
        Exact(rule.points().to_vec(), rule.weights().to_vec())
    }
}

impl<T: Scalar> Sampler<T> for Exact<T> {
    fn fill(&self, _: Seed, _: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        let share = T::of(self.1.len() as f64 / weights.len() as f64);
        points.iter_mut().zip(self.0.iter().cycle()).for_each(|(point, &x)| *point = x);
        weights.iter_mut().zip(self.1.iter().cycle()).for_each(|(weight, &w)| *weight = share * w);
        Ok(())
    }
}

/// Three linear functions on the corners of the square, with the paper's plain gradient.
fn linear() -> NestedLora {
    let trial = TrialFunctions {
        hidden: Vec::new(),
        length: 1.0,
        radius_input: false,
        envelope: Envelope::None,
        sharing: Sharing::Disjoint,
        biases: Initializer::Uniform { low: -0.5, high: 0.5 },
        scaled: false,
        ..TrialFunctions::default()
    };
    NestedLora {
        training: StochasticTraining { states: 3, batch: 4, steps: 3000, trial, ..StochasticTraining::default() },
        off_diagonal: OffDiagonalWeight::PLAIN,
        balanced: false,
        ..NestedLora::default()
    }
}

/// A small solver of the hydrogen atom.
fn hydrogen() -> NestedLora {
    let default = StochasticTraining::default();
    let envelope = Envelope::Exponential { first: 0.5, last: 0.17 };
    let trial = TrialFunctions { hidden: vec![16], envelope, ..default.trial.clone() };
    let training = StochasticTraining { states: 4, batch: 64, steps: 400, trial, ..default };
    NestedLora { training, ..NestedLora::default() }
}

/// The solver with some of its training changed.
fn with(mut solver: NestedLora, change: impl FnOnce(&mut StochasticTraining)) -> NestedLora {
    change(&mut solver.training);
    solver
}

const NESTINGS: [Nesting; 2] = [Nesting::Joint, Nesting::Sequential];

/// NeuralEF, SpIN and NestedOMM in both nestings with the same training.
fn rivals(training: &StochasticTraining) -> Vec<Box<dyn StochasticMethod>> {
    let training = || training.clone();
    vec![
        Box::new(NeuralEf { training: training() }),
        Box::new(Spin { training: training(), ..Spin::default() }),
        Box::new(NestedOmm { training: training(), nesting: Nesting::Joint, ..NestedOmm::default() }),
        Box::new(NestedOmm { training: training(), ..NestedOmm::default() }),
    ]
}

/// SpIN with moving averages.
fn averaged(training: &StochasticTraining) -> Spin {
    Spin { training: training.clone(), decay: 0.01 }
}

/// NestedOMM on the resolvent of an operator below 1.5.
fn resolvent(training: &StochasticTraining, nesting: Nesting) -> NestedOmm {
    NestedOmm { training: StochasticTraining { shift: -1.5, ..training.clone() }, nesting, resolvent: true }
}
