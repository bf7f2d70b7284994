//! Spectral clustering of circles, by the graph that scikit-learn makes of nearest neighbours.

use std::error::Error;

use eigennet::Seed;
use eigennet::graph::{Affinity, Bandwidth, Embedding, SpectralClustering, adjusted_rand_index, data};

use super::python::Python;
use super::table::Table;

pub fn compare(table: &Table, python: &mut Python) -> Result<(), Box<dyn Error>> {
    let circles = data::circles::<f64>(10_000, 0.05, 0.5, Seed(0));
    python.give("points", &circles.points)?;
    for neighbors in [10, 25] {
        let clustering = as_scikit_learn(2, neighbors);
        let race = python.race(&format!("spectral 2 {neighbors} 0"), || clustering.fit(&circles.points));
        let name = format!("spectral clustering, 10 000 on circles, {neighbors} neighbours");
        table.race(&name, "scikit-learn", &race, |race| {
            let index = |labels: &[usize]| adjusted_rand_index(labels, &circles.labels).unwrap_or(f64::NAN);
            format!("adjusted Rand index {:.4}, theirs {:.4}", index(&race.result.labels), index(&whole(&race.answer)))
        });
    }
    Ok(())
}

/// Its `SpectralClustering(affinity="nearest_neighbors")`: each point is the first of its own neighbours, their weights are
/// 1, or ½ where one side only has them, and its coordinates are the eigenvectors over √degree.
pub fn as_scikit_learn(clusters: usize, neighbors: usize) -> SpectralClustering {
    // So wide that all weights are 1.
    let bandwidth = Bandwidth::Fixed(1e100);
    let affinity = Affinity { bandwidth, ..Affinity::nearest(neighbors - 1) };
    SpectralClustering { affinity, embedding: Embedding::ShiMalik, ..SpectralClustering::new(clusters) }
}

/// Labels of numbers.
pub fn whole(labels: &[f64]) -> Vec<usize> {
    labels.iter().map(|&label| label as usize).collect()
}
