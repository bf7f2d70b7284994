//! The labels of scikit-learn's comparison of clustering methods: its own against ours on the same kind of graph.

use std::error::Error;

use eigennet::graph::{SpectralClustering, adjusted_rand_index};
use eigennet::linalg::Matrix;

use super::clusters::{as_scikit_learn, whole};
use super::python::Python;
use super::table::Table;

const SETS: [(&str, usize); 6] =
    [("circles", 2), ("moons", 2), ("varied", 3), ("anisotropic", 3), ("blobs", 3), ("none", 3)];
/// Its own random state in that comparison, and others.
const SEEDS: [u64; 10] = [30, 0, 1, 2, 3, 4, 5, 6, 7, 8];
const NEIGHBORS: usize = 10;

/// Prints adjusted Rand indices.
pub fn compare(python: &mut Python) -> Result<(), Box<dyn Error>> {
    let titles =
        ["500 points", "", "ours and theirs", "ours, truth", "theirs, truth", "defaults, truth", "theirs by seed"];
    let table = Table::new(titles);
    for (name, clusters) in SETS {
        let both = python.ask(&format!("example {name}"))?.values;
        let points = Matrix::from_fn(both.len() / 3, 2, |i, j| both[3 * i + j]);
        let truth: Vec<usize> = both.chunks_exact(3).map(|row| row[2] as usize).collect();
        python.give("points", &points)?;
        let mut theirs = Vec::new();
        for seed in SEEDS {
            theirs.push(whole(&python.ask(&format!("spectral {clusters} {NEIGHBORS} {seed}"))?.values));
        }
        let ours = as_scikit_learn(clusters, NEIGHBORS).fit(&points)?.labels;
        let defaults = SpectralClustering::new(clusters).fit(&points)?.labels;
        let agree = adjusted_rand_index(&ours, &theirs[0])?;
        let mut least = f64::INFINITY;
        for other in &theirs {
            least = least.min(adjusted_rand_index(other, &theirs[0])?);
        }
        let mut row = vec![name.to_string(), format!("{clusters} clusters"), format!("{agree:.4}")];
        for labels in [&ours, &theirs[0], &defaults] {
            row.push(format!("{:.4}", adjusted_rand_index(labels, &truth)?));
        }
        row.push(if least == 1.0 { "the same".to_string() } else { format!("down to {least:.4}") });
        table.row(row);
    }
    Ok(())
}
