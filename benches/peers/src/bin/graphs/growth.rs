//! Time and memory of a graph and its clusters with the number of points, each in a process of its own, which alone has a
//! peak of its own.

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use eigennet::Seed;
use eigennet::graph::data::{self, DataSet};
use eigennet::graph::{Affinity, SpectralClustering, adjusted_rand_index};
use eigennet::linalg::Matrix;

use super::table::Table;

const MILLION: usize = 1_000_000;

/// A kind of points, how many of them are tried, clusters sought.
struct Case {
    name: &'static str,
    sizes: &'static [usize],
    clusters: usize,
    make: fn(usize) -> DataSet<f64>,
}

const CASES: [Case; 5] = [
    Case { name: "circles", sizes: &[1000, 10_000, 100_000, MILLION], clusters: 2, make: circles },
    Case { name: "blobs in 2-D", sizes: &[1000, 10_000, 100_000, MILLION], clusters: 10, make: |n| blobs(n, 2, 100.0) },
    Case { name: "blobs in 10-D", sizes: &[1000, 10_000, 100_000], clusters: 10, make: |n| blobs(n, 10, 20.0) },
    Case { name: "copies of one point", sizes: &[MILLION], clusters: 2, make: |n| copies(n, 1) },
    Case { name: "copies of 1000 points", sizes: &[MILLION], clusters: 2, make: |n| copies(n, 1000) },
];

fn circles(n: usize) -> DataSet<f64> {
    data::circles(n, 0.05, 0.5, Seed(0))
}

/// Ten normal distributions around random centres in a cube.
fn blobs(n: usize, dimension: usize, side: f64) -> DataSet<f64> {
    let mut stream = Seed(1).into_stream();
    let centres = Matrix::from_fn(10, dimension, |_, _| side * stream.uniform::<f64>());
    data::blobs(n, &centres, &[1.0; 10], Seed(0))
}

/// Each point of two circles as often as every other.
fn copies(n: usize, different: usize) -> DataSet<f64> {
    let DataSet { points, labels } = circles(different.max(2));
    let labels = (0..n).map(|i| labels[i % different]).collect();
    DataSet { points: Matrix::from_fn(n, 2, |i, j| points[(i % different, j)]), labels }
}

/// Prints a line for each kind and size, measured by this program called with their numbers.
pub fn print() -> Result<(), Box<dyn Error>> {
    let table =
        Table::new(["points", "", "graph, s", "clusters, s", "peak, MiB", "parts", "solver", "adjusted Rand index"]);
    for (number, case) in CASES.iter().enumerate() {
        for size in case.sizes {
            let arguments = ["growth".to_string(), number.to_string(), size.to_string()];
            let output = Command::new(std::env::current_exe()?).args(arguments).output()?;
            let found = String::from_utf8(output.stdout)?;
            let mut row = vec![case.name.to_string(), size.to_string()];
            if output.status.success() {
                row.extend(found.trim_end().split('\t').map(String::from));
            } else {
                row.push(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
            }
            table.row(row);
        }
    }
    Ok(())
}

/// One line of it.
pub fn measure(case: &str, size: &str) -> Result<(), Box<dyn Error>> {
    let case = CASES.get(case.parse::<usize>()?).ok_or("no such case")?;
    let DataSet { points, labels } = (case.make)(size.parse()?);
    let clustering = SpectralClustering::new(case.clusters);
    let start = Instant::now();
    let graph = Affinity::default().fit(&points);
    let graph_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let found = graph.and_then(|graph| clustering.of_graph(graph));
    let clusters_seconds = start.elapsed().as_secs_f64();
    let outcome = match found {
        Ok(found) => {
            let (parts, pairs) = (found.graph().components().count(), &found.pairs);
            let agreement = adjusted_rand_index(&found.labels, &labels)?;
            format!("{parts}\t{}, {} products\t{agreement:.4}", pairs.method, pairs.products)
        }
        Err(refused) => refused.to_string(),
    };
    println!("{graph_seconds:.3}\t{clusters_seconds:.3}\t{}\t{outcome}", peak());
    Ok(())
}

/// The most memory that this process has had, where the system keeps account as Linux does.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.map_or_else(|| "not known here".to_string(), |kib| (kib / 1024).to_string())
}
