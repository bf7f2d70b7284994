//! Laplacians `D − W` of graphs with spectra in closed form (Brouwer and Haemers, Spectra of Graphs, 2012).

use std::f64::consts::PI;

use crate::sparse::Csr;

/// A Laplacian and all its eigenvalues, ascending.
pub struct Graph {
    pub name: String,
    pub laplacian: Csr<f64>,
    pub spectrum: Vec<f64>,
}

impl Graph {
    fn new(name: &str, n: usize, edges: impl IntoIterator<Item = (usize, usize)>, mut spectrum: Vec<f64>) -> Self {
        let edge = |(i, j)| [(i, i, 1.0), (j, j, 1.0), (i, j, -1.0), (j, i, -1.0)];
        let triplets: Vec<_> = edges.into_iter().flat_map(edge).collect();
        spectrum.sort_by(f64::total_cmp);
        assert_eq!(spectrum.len(), n);
        Graph { name: format!("{name} {n}"), laplacian: Csr::from_triplets(n, n, &triplets).unwrap(), spectrum }
    }
}

fn path_values(n: usize) -> Vec<f64> {
    (0..n).map(|j| 2.0 - 2.0 * (PI * j as f64 / n as f64).cos()).collect()
}

pub fn path(n: usize) -> Graph {
    Graph::new("path", n, (1..n).map(|i| (i - 1, i)), path_values(n))
}

/// All eigenvalues but the ends are double.
pub fn cycle(n: usize) -> Graph {
    let values = (0..n).map(|j| 2.0 - 2.0 * (2.0 * PI * j as f64 / n as f64).cos()).collect();
    Graph::new("cycle", n, (0..n).map(|i| (i, (i + 1) % n)), values)
}

/// The square grid: sums of two path eigenvalues, most of them double.
pub fn grid(m: usize) -> Graph {
    let rows = (0..m * m).filter(move |i| i % m > 0).map(|i| (i - 1, i));
    let columns = (m..m * m).map(|i| (i - m, i));
    let values = path_values(m);
    let sums = values.iter().flat_map(|a| values.iter().map(move |b| a + b)).collect();
    Graph::new("grid", m * m, rows.chain(columns), sums)
}

/// The torus: sums of two cycle eigenvalues, most of them four- and eightfold.
pub fn torus(m: usize) -> Graph {
    let right = (0..m * m).map(move |i| (i, i / m * m + (i + 1) % m));
    let down = (0..m * m).map(move |i| (i, (i + m) % (m * m)));
    let values = cycle(m).spectrum;
    let sums = values.iter().flat_map(|a| values.iter().map(move |b| a + b)).collect();
    Graph::new("torus", m * m, right.chain(down), sums)
}

/// 0, then 1 for all but one of the leaves, then n.
pub fn star(n: usize) -> Graph {
    let mut values = vec![1.0; n];
    (values[0], values[n - 1]) = (0.0, n as f64);
    Graph::new("star", n, (1..n).map(|i| (0, i)), values)
}

/// 0, then n for all others.
pub fn complete(n: usize) -> Graph {
    let mut values = vec![n as f64; n];
    values[0] = 0.0;
    Graph::new("complete", n, (0..n).flat_map(|i| (0..i).map(move |j| (j, i))), values)
}

/// Copies of the cycle side by side: every multiplicity is times the copies.
pub fn cycles(copies: usize, n: usize) -> Graph {
    let edges = (0..copies).flat_map(|c| (0..n).map(move |i| (c * n + i, c * n + (i + 1) % n)));
    let values = cycle(n).spectrum.iter().flat_map(|&v| vec![v; copies]).collect();
    Graph::new("cycles", copies * n, edges, values)
}

pub fn all() -> Vec<Graph> {
    vec![path(150), cycle(120), grid(13), torus(14), star(130), complete(90), cycles(4, 40)]
}
