//! The 25 nearest neighbours of each point: exactly, and likely ones.

use std::error::Error;

use eigennet::Seed;
use eigennet::graph::data::{CircleSampling, unit_circle};
use eigennet::graph::{NeighborSearch, Neighbors};
use eigennet::linalg::Matrix;

use super::python::{Python, Race};
use super::table::Table;

const COUNT: usize = 25;
const EXACT: [(&str, &str); 3] =
    [("ckdtree", "SciPy cKDTree"), ("ball_tree", "scikit-learn BallTree"), ("brute", "scikit-learn brute")];

pub fn compare(table: &Table, python: &mut Python) -> Result<(), Box<dyn Error>> {
    let mut stream = Seed(1).into_stream();
    let circle = unit_circle(&CircleSampling::Uniform.angles(10_000, Seed(0)));
    let normal = Matrix::from_fn(100_000, 10, |_, _| stream.normal::<f64>());
    for (name, points) in [("10 000 on a circle", circle), ("100 000 in 10-D", normal)] {
        python.give("points", &points)?;
        let exact = NeighborSearch::new(&points)?.nearest_of_each(COUNT)?;
        for (method, peer) in EXACT {
            let race =
                python.race(&format!("{method} {COUNT}"), || NeighborSearch::new(&points)?.nearest_of_each(COUNT));
            table.race(&format!("neighbours, {name}"), peer, &race, |race| {
                format!("same neighbours {:.6}", recall(&race.answer, &exact))
            });
        }
        // It takes points for f32.
        let single = Matrix::from_fn(points.rows(), points.cols(), |i, j| points[(i, j)] as f32);
        let race: Result<Race<Neighbors<f32>>, _> = python.race(&format!("descent {COUNT}"), || {
            NeighborSearch::approximate(&single, Seed(0))?.nearest_of_each(COUNT)
        });
        table.race(&format!("likely neighbours, {name}, f32"), "pynndescent", &race, |race| {
            let ours: Vec<f64> = race.result.iter().flat_map(|(found, _)| found).map(|&j| f64::from(j)).collect();
            format!("recall {:.4}, theirs {:.4}", recall(&ours, &exact), recall(&race.answer, &exact))
        });
    }
    Ok(())
}

/// The share of the true neighbours among those found.
fn recall(found: &[f64], exact: &Neighbors<f64>) -> f64 {
    let rows = found.chunks_exact(COUNT).zip(exact.iter());
    let right: usize =
        rows.map(|(found, exact)| exact.0.iter().filter(|&&j| found.contains(&f64::from(j))).count()).sum();
    right as f64 / exact.count() as f64
}
