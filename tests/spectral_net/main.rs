//! SpectralNet through the public API.

mod clusters;
mod eigenfunctions;
mod losses;
mod refusals;
mod training;

use std::ops::ControlFlow;

use eigennet::autodiff::Var;
use eigennet::container::Container;
use eigennet::graph::spectral_net::{Doubt, HiddenLayers, Loss, Readout, Sampling, SpectralFunctions, SpectralNetTask};
use eigennet::graph::{
    Affinity, Bandwidth, Graph, KMeans, Laplacian, Neighborhood, Siamese, SpectralNet, accuracy, data,
};
use eigennet::linalg::{Matrix, Qr, jacobi_svd, symmetric_eigen};
use eigennet::nn::{LayerNorm, Mlp};
use eigennet::optim::{RmsProp, Schedule, StepReport, Trainer, TrainingState, TrainingStep};
use eigennet::{Error, Seed, eigen};

/// A connected graph of 40 points of the plane.
fn cloud() -> (Graph<f64>, Matrix<f64>) {
    cloud_of(Affinity::nearest(8))
}

/// All pairs of points are edges, and most of them.
fn dense_clouds() -> [(Graph<f64>, Matrix<f64>); 2] {
    [Affinity { neighborhood: Neighborhood::All, ..Affinity::default() }, Affinity::nearest(28)].map(cloud_of)
}

fn cloud_of(affinity: Affinity) -> (Graph<f64>, Matrix<f64>) {
    let mut stream = Seed(3).into_stream();
    let points = Matrix::from_fn(40, 2, |_, _| stream.normal());
    let graph = Affinity { bandwidth: Bandwidth::Fixed(0.8), ..affinity }.fit(&points).unwrap();
    assert_eq!(graph.components().count(), 1);
    (graph, points)
}

fn circle(count: usize, seed: u64) -> Matrix<f64> {
    data::unit_circle(&data::CircleSampling::Uniform.angles(count, Seed(seed)))
}

fn trainer(steps: u64) -> Trainer {
    Trainer { steps, schedule: Schedule::cosine(2e-3, steps).unwrap().warm_up(20), ..SpectralNet::new(2).trainer }
}

fn small(steps: u64) -> SpectralNet {
    let features = HiddenLayers { widths: vec![16, 16], dropout: 0.1, batch_norm: true, ..HiddenLayers::default() };
    let sampling = Sampling::Edges { edges: 64, nodes: 64 };
    SpectralNet { features, sampling, loss: Loss::Trace, trainer: trainer(steps), ..SpectralNet::new(3) }
}
