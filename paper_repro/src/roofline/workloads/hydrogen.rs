//! A training step of the paper's hydrogen experiment (Ryu et al., 2024): disjoint networks with three hidden layers,
//! softplus, NestedLoRA, RMSProp and an average of the parameters.

use std::hint::black_box;

use eigennet::autodiff::{Initializer, Output, Program, Rows, Workspace, record};
use eigennet::container::Element;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Average, Optimizer, RmsProp};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::hydrogen::settings::{PAPER_BOX, PAPER_SIGMA};
use crate::roofline::flops;
use crate::roofline::measure::Steps;

/// Batches drawn beforehand and used in turn.
const BATCHES: usize = 32;
const RATE: f64 = 1e-4;
const DECAY: f64 = 0.995;

/// The step, by its sizes.
#[derive(Debug, Clone, Copy)]
pub struct Hydrogen {
    /// Functions, each a network.
    pub states: usize,
    /// Points of a batch; an even number.
    pub batch: usize,
    /// Units of a hidden layer.
    pub width: usize,
    /// Coordinates of a point.
    pub coordinates: usize,
    /// Whether the gradient goes through the Laplacian, as that of an operator has to that is not self-adjoint.
    pub full: bool,
}

impl Hydrogen {
    /// The paper's.
    pub fn paper() -> Self {
        Hydrogen { states: 9, batch: 128, width: 128, coordinates: 2, full: false }
    }

    fn widths(&self) -> [usize; 5] {
        [self.coordinates, self.width, self.width, self.width, 1]
    }

    /// f / √p and T f / √p, T = Δ + 1/r, with zero boundary values and points drawn from p.
    fn program<T: Scalar>(&self) -> Result<Program<T>, Failure> {
        let range = 1.0 / (self.width as f64).sqrt();
        let networks = Mlp::new("net", self.widths())
            .members(self.states)
            .activation(Activation::Softplus)
            .weights(Initializer::LecunUniform)
            .biases(Initializer::Uniform { low: -range, high: range });
        let recording = record(|g| {
            let x = g.coordinates_slice("points", Rows::named("batch"), self.coordinates);
            let height = (2f64.sqrt() - 1.0) * PAPER_BOX;
            let walls = x.iter().fold(g.constant(1.0), |walls, &x| {
                walls * ((2.0 * PAPER_BOX * PAPER_BOX - x.square()).sqrt() - PAPER_BOX) / height
            });
            let f = walls * networks.call(g.concat(&x));
            let squared_radius = x.iter().fold(g.constant(0.0), |sum, &x| sum + x.square());
            let tf = f.laplacian(&x) + f / squared_radius.sqrt();
            let weight = (squared_radius / (4.0 * PAPER_SIGMA * PAPER_SIGMA)).exp();
            let tf = tf * weight;
            g.output("Tf", if self.full { tf } else { tf.stop_gradient() });
            let f = f * weight;
            g.output("f", f);
            f
        })?;
        Ok(recording.compile())
    }
}

impl Problem for Hydrogen {
    const KIND: Kind = Kind::Training;

    /// Forward: the value, a slope a coordinate and the Laplacian. In reverse the value alone, because T is self-adjoint and T f a
    /// constant to the gradient; or all streams. The Gram matrices are too small to count: the paper's step takes
    /// .456 GFLOP, and .911 through the Laplacian.
    fn work(&self) -> f64 {
        let forward = self.coordinates + 2;
        let backward = if self.full { forward } else { 1 };
        (self.states * self.batch) as f64 * flops::training_step(&self.widths(), forward, backward)
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        let program = self.program::<T>()?;
        let parameters = program.initial(seed);
        let mut stream = seed.stream("points");
        let mut inside = || loop {
            let x = PAPER_SIGMA * stream.normal::<f64>();
            if x.abs() < PAPER_BOX {
                return T::of(x);
            }
        };
        let count = self.coordinates * self.batch;
        let gram = vec![T::zero(); self.states * self.states];
        let cotangents = vec![T::zero(); self.batch * self.states];
        Ok(Box::new(Training {
            step: *self,
            batches: (0..BATCHES).map(|_| (0..count).map(|_| inside()).collect()).collect(),
            f: program.output("f")?,
            tf: program.output("Tf")?,
            workspace: program.workspace(),
            program,
            gram: [gram.clone(), gram],
            of_f: cotangents.clone(),
            of_tf: cotangents,
            packing: Packing::new(),
            gradient: vec![T::zero(); parameters.len()],
            optimizer: RmsProp::default(),
            average: Average::new(DECAY, false, &parameters)?,
            parameters,
            steps: 0,
        }))
    }
}

/// Everything that a training carries from step to step.
struct Training<T: Scalar> {
    step: Hydrogen,
    batches: Vec<Vec<T>>,
    program: Program<T>,
    f: Output,
    tf: Output,
    workspace: Workspace<T>,
    /// M ∘ G of each half of the batch.
    gram: [Vec<T>; 2],
    /// Cotangents of f and of T f.
    of_f: Vec<T>,
    of_tf: Vec<T>,
    packing: Packing<T>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    optimizer: RmsProp<T>,
    average: Average<T>,
    steps: usize,
}

impl<T: Scalar> Training<T> {
    /// The gradient of −2 Σ m ⟨f, T f⟩ + Σ M ∘ G₁ ∘ G₂, with the Gram matrices of the halves of a batch; mₖ is the share of
    /// functions that come no sooner than k, M that of either.
    fn evaluate(&mut self) -> Result<(), Failure> {
        let Hydrogen { states, batch, full, .. } = self.step;
        let nesting = |k: usize, l: usize| (states - k.max(l)) as f64 / states as f64;
        self.workspace.set("points", &self.batches[self.steps % BATCHES])?;
        let mut pass = self.program.forward(&self.parameters, &mut self.workspace)?;
        let (f, tf) = (pass.value(self.f)?, pass.value(self.tf)?);
        // Of ⟨f, T f⟩ both sides have the same gradient where T is self-adjoint.
        let sides = if full { 1.0 } else { 2.0 };
        let factor = |k: usize| T::of(-2.0 * sides * nesting(k, k) / batch as f64);
        let scaled = |by: &[T], out: &mut [T]| {
            for (out, by) in out.chunks_exact_mut(states).zip(by.chunks_exact(states)) {
                out.iter_mut().zip(by).enumerate().for_each(|(k, (out, &by))| *out = factor(k) * by);
            }
        };
        scaled(tf, &mut self.of_f);
        if full {
            scaled(f, &mut self.of_tf);
        }
        let rows = batch / 2;
        let halves = || f.chunks_exact(rows * states).map(|f| MatRef::row_major(f, rows, states));
        for (gram, f) in self.gram.iter_mut().zip(halves()) {
            let mut view = MatMut::row_major(gram, states, states);
            gemm(T::of(1.0 / rows as f64), f.transposed(), f, T::zero(), &mut view, &mut self.packing);
            for (at, entry) in gram.iter_mut().enumerate() {
                *entry *= T::of(nesting(at / states, at % states));
            }
        }
        let of_f = self.of_f.chunks_exact_mut(rows * states);
        for ((f, cotangents), gram) in halves().zip(of_f).zip(self.gram.iter().rev()) {
            let mut cotangents = MatMut::row_major(cotangents, rows, states);
            let gram = MatRef::row_major(gram, states, states);
            gemm(T::of(2.0 / rows as f64), f, gram, T::one(), &mut cotangents, &mut self.packing);
        }
        let cotangents = [(self.f, &self.of_f[..]), (self.tf, &self.of_tf[..])];
        Ok(pass.pull_back(if full { &cotangents } else { &cotangents[..1] }, &mut self.gradient)?)
    }
}

impl<T: Scalar> Steps for Training<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        for _ in 0..steps {
            self.evaluate()?;
            self.steps += 1;
            self.optimizer.step(T::of(RATE), &mut self.parameters, &self.gradient)?;
            self.average.update(&self.parameters)?;
        }
        black_box(self.average.values());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nominal_work_is_the_published_one() {
        let step = Hydrogen::paper();
        assert_eq!((step.work() / 1e6).round(), 456.0);
        assert_eq!((Hydrogen { full: true, ..step }.work() / 1e6).round(), 911.0);
    }
}
