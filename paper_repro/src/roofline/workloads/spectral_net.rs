//! A step of SpectralNet as its authors set it (Shaham et al., 2018): 2-128-64-32-5, ELU, batches of 256 points, made
//! orthonormal on batches of 512, RMSProp.

use eigennet::container::Element;
use eigennet::graph::spectral_net::{Loss, Sampling, SpectralNetTask};
use eigennet::graph::{Affinity, Bandwidth, Neighborhood, SpectralNet, data};
use eigennet::optim::{Optimizer, TrainingStep};
use eigennet::{Scalar, Seed};

use super::{Kind, Problem};
use crate::failure::Failure;
use crate::roofline::flops;
use crate::roofline::measure::Steps;

const POINTS: usize = 1500;
const OUTPUTS: usize = 5;
const WIDTHS: [usize; 5] = [2, 128, 64, 32, OUTPUTS];
const BATCH: usize = 256;
const ORTHONORMALIZED: usize = 512;
const RATE: f64 = 1e-4;
/// The bandwidth of the graph of all pairs.
const SIGMA: f64 = 0.3;

/// The step on a graph of noisy circles.
#[derive(Debug, Clone, Copy)]
pub struct SpectralNetStep {
    /// Whether the graph has all pairs of points as edges, rather than those of 25 neighbours.
    pub all_pairs: bool,
}

impl Problem for SpectralNetStep {
    const KIND: Kind = Kind::Training;

    /// The network forward on one batch, forward and in reverse on the other; the moments of the outputs. Of all pairs of the
    /// batch also squared distances and weighted sums of the outputs, 2 (2 + 2·5) each: 28.7 MFLOP together. Neighbours
    /// within a batch are too few to count.
    fn work(&self) -> f64 {
        let orthonormalized = ORTHONORMALIZED as f64 * flops::forward_pass(&WIDTHS, 1);
        let trained = BATCH as f64 * flops::training_step(&WIDTHS, 1, 1);
        let moments = flops::product(OUTPUTS, ORTHONORMALIZED, OUTPUTS);
        let pairs = flops::product(BATCH, 2 + 2 * OUTPUTS, BATCH);
        orthonormalized + trained + moments + if self.all_pairs { pairs } else { 0.0 }
    }

    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        let points = data::circles::<T>(POINTS, 0.05, 0.5, seed).points;
        let affinity = if self.all_pairs {
            let bandwidth = Bandwidth::Fixed(SIGMA);
            Affinity { neighborhood: Neighborhood::All, bandwidth, ..Affinity::default() }
        } else {
            Affinity::default()
        };
        let settings = SpectralNet {
            sampling: Sampling::Points { batch: BATCH },
            loss: Loss::Orthonormalized { batch: ORTHONORMALIZED },
            held_out: 0.0,
            ..SpectralNet::paper(OUTPUTS)
        };
        let task = settings.task(&affinity.fit(&points)?, &points, seed)?;
        let parameters = task.start().to_vec();
        let gradient = vec![T::zero(); parameters.len()];
        Ok(Box::new(Training { task, optimizer: settings.optimizer()?, parameters, gradient, steps: 0 }))
    }
}

struct Training<T> {
    task: SpectralNetTask<T>,
    optimizer: Box<dyn Optimizer<T>>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    steps: u64,
}

impl<T: Scalar> Steps for Training<T> {
    fn run(&mut self, steps: usize) -> Result<(), Failure> {
        for _ in 0..steps {
            self.task.gradient(self.steps, &self.parameters, &mut self.gradient)?;
            self.optimizer.step(T::of(RATE), &mut self.parameters, &self.gradient)?;
            self.steps += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nominal_work_is_as_documented() {
        assert_eq!((SpectralNetStep { all_pairs: true }.work() / 1e5).round(), 287.0);
    }
}
