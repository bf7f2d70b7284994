//! Steps of SpectralNet as its authors set it, against JAX's, compiled, a call for each step.
//!
//! Ours draws its batches in each step and takes the edges of the graph that lie within them; JAX is given batches that were
//! drawn beforehand, and weighs all their pairs. On a graph of all pairs the two are the same loss.

use std::error::Error;

use eigennet::Seed;
use eigennet::graph::spectral_net::{Loss, Sampling, SpectralNetTask};
use eigennet::graph::{Affinity, Bandwidth, Neighborhood, SpectralNet, data};
use eigennet::linalg::Matrix;
use eigennet::optim::TrainingStep;

use super::python::Python;
use super::table::Table;

const POINTS: usize = 1500;
const SIGMA: f64 = 0.3;
const OUTPUTS: usize = 5;
const STEPS: u64 = 200;
const RATE: f32 = 1e-4;

pub fn compare(table: &Table, python: &mut Python) -> Result<(), Box<dyn Error>> {
    let net = format!("2 128 64 32 {OUTPUTS} {SIGMA}");
    let alike = compare_losses(python, &net).unwrap_or_else(|error| error.to_string());
    let points = give_points(python, POINTS)?;
    let bandwidth = Bandwidth::Fixed(SIGMA);
    let all = Affinity { neighborhood: Neighborhood::All, bandwidth, ..Affinity::default() };
    for batch in [256, 512] {
        for (kind, affinity) in [("25 neighbours", Affinity::default()), ("all pairs", all)] {
            let settings = settings(batch, 512);
            let mut task = settings.task(&affinity.fit(&points)?, &points, Seed(0))?;
            give_parameters(python, &task)?;
            let mut optimizer = settings.optimizer()?;
            let mut parameters = task.start().to_vec();
            let mut gradient = vec![0.0; parameters.len()];
            let mut step = 0;
            let mut steps = || {
                for _ in 0..STEPS {
                    task.gradient(step, &parameters, &mut gradient)?;
                    optimizer.step(RATE, &mut parameters, &gradient)?;
                    step += 1;
                }
                Ok(())
            };
            let race = python.race(&format!("spectral_net {batch} 512 {STEPS} {net}"), &mut steps);
            let name = format!("{STEPS} SpectralNet steps, batches of {batch}, {kind}");
            table.race(&name, "JAX, all pairs", &race, |_| alike.clone());
        }
    }
    Ok(())
}

fn settings(batch: usize, orthonormalized: usize) -> SpectralNet {
    SpectralNet {
        sampling: Sampling::Points { batch },
        loss: Loss::Orthonormalized { batch: orthonormalized },
        held_out: 0.0,
        ..SpectralNet::paper(OUTPUTS)
    }
}

fn give_points(python: &mut Python, count: usize) -> Result<Matrix<f32>, Box<dyn Error>> {
    let points = data::circles::<f32>(count, 0.05, 0.5, Seed(0)).points;
    python.give("points", &points)?;
    Ok(points)
}

/// Layer by layer, weights before biases.
fn give_parameters(python: &mut Python, task: &SpectralNetTask<f32>) -> Result<(), Box<dyn Error>> {
    python.give("parameters", &Matrix::from_vec(task.start().len(), 1, task.start().to_vec())?)
}

/// How loss and gradient differ where a batch is all points there are, on a graph of all pairs.
fn compare_losses(python: &mut Python, net: &str) -> Result<String, Box<dyn Error>> {
    let points = give_points(python, 256)?;
    let bandwidth = Bandwidth::Fixed(SIGMA);
    let graph = Affinity { neighborhood: Neighborhood::All, bandwidth, ..Affinity::default() }.fit(&points)?;
    let mut task = settings(256, 256).task(&graph, &points, Seed(0))?;
    give_parameters(python, &task)?;
    let parameters = task.start().to_vec();
    let mut gradient = vec![0.0; parameters.len()];
    let loss = task.gradient(0, &parameters, &mut gradient)?;
    let theirs = python.ask(&format!("spectral_net_loss {net}"))?.values;
    let [their_loss, slope @ ..] = &theirs[..] else { return Err("no loss".into()) };
    let differences = gradient.iter().zip(slope).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>();
    let norm = slope.iter().map(|b| b * b).sum::<f64>();
    let loss = (f64::from(loss) / their_loss - 1.0).abs();
    Ok(format!("losses differ by {loss:.0e}, gradients by {:.0e}", (differences / norm).sqrt()))
}
