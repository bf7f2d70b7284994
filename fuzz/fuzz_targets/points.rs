//! Points of any bits through the graphs: neighbours are those that sorting finds, weights are symmetric and in [0, 1],
//! components are what edges join, clusters and diffusion maps are finite or refused.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::graph::{
    Affinity, Bandwidth, DiffusionMap, Index, KMeans, Laplacian, NeighborSearch, Neighborhood, SpectralClustering,
    Symmetrization,
};
use eigennet::linalg::Matrix;
use eigennet::{Seed, linalg::LinearOperator};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Clone, Arbitrary)]
struct Case {
    dimension: u8,
    /// Small whole numbers, among which many are equal; or raw bits.
    entries: Vec<i8>,
    raw: Vec<f64>,
    count: u8,
    neighborhood: u8,
    bandwidth: u8,
    size: f64,
    symmetrization: u8,
    approximate: bool,
    clusters: u8,
    alpha: i8,
    seed: u8,
}

fuzz_target!(|case: Case| {
    let dimension = usize::from(case.dimension % 20) + 1;
    let exact = case.raw.is_empty();
    let values: Vec<f64> = if exact { case.entries.iter().map(|&v| f64::from(v)).collect() } else { case.raw.clone() };
    let rows = (values.len() / dimension).min(120);
    let points = Matrix::from_vec(rows, dimension, values[..rows * dimension].to_vec()).expect("so many");
    let count = usize::from(case.count);
    neighbours(&points, count, exact);
    let affinity = Affinity {
        neighborhood: match case.neighborhood % 4 {
            0 => Neighborhood::Nearest(count),
            1 => Neighborhood::Within(case.size),
            2 => Neighborhood::Reach(count),
            _ => Neighborhood::All,
        },
        bandwidth: match case.bandwidth % 4 {
            0 => Bandwidth::Fixed(case.size),
            1 => Bandwidth::Median { neighbor: count, fraction: 0.5 },
            2 => Bandwidth::Local(count),
            _ => Bandwidth::Cutoff { neighbor: count, tolerance: 1e-8 },
        },
        symmetrization: match case.symmetrization % 3 {
            0 => Symmetrization::Mean,
            1 => Symmetrization::Either,
            _ => Symmetrization::Mutual,
        },
        index: if case.approximate { Index::Approximate { seed: Seed(case.seed.into()) } } else { Index::Exact },
    };
    let clusters = usize::from(case.clusters % 8);
    if let Ok(fit) = KMeans::new(clusters).fit(&points, Seed(case.seed.into())) {
        assert!(fit.labels.iter().all(|&label| label < clusters) && fit.inertia >= 0.0);
    }
    let Ok(graph) = affinity.fit(&points) else { return };
    let weights = graph.weights();
    assert!(weights.is_symmetric(0.0) && weights.entries().iter().all(|&w| w > 0.0 && w <= 1.0));
    let components = graph.components();
    for (i, (others, _)) in weights.row_iter().enumerate() {
        assert!(others.iter().all(|&j| components.labels()[i] == components.labels()[j as usize]));
    }
    // The Laplacian of a constant is 0.
    let mut image = vec![1.0; rows];
    graph.laplacian(Laplacian::Unnormalized).apply(&vec![1.0; rows], &mut image).expect("finite");
    assert!(image.iter().all(|v| v.abs() <= 1e-12 * rows as f64));
    let partition = graph.partition(components.labels()).expect("labels of its own");
    assert_eq!(partition.cut(), 0.0);
    if let Ok(fit) = SpectralClustering::new(clusters).of_graph(graph) {
        assert!(fit.labels.len() == rows && fit.labels.iter().all(|&label| label < clusters));
        // The smallest eigenvalues of the Laplacian are no more than any cut.
        let bound: f64 = fit.pairs.values.iter().map(|mu| 1.0 - mu).sum();
        let cut = fit.graph().partition(&fit.labels).expect("labels of its own").normalized_cut();
        let whole = fit.graph().degrees().iter().all(|&d| d > 0.0);
        let used = fit.labels.iter().max().map_or(0, |last| last + 1);
        assert!(!whole || used < clusters || cut >= bound - 1e-6, "{cut} below {bound}");
    }
    let alpha = f64::from(case.alpha) / 64.0;
    let map = DiffusionMap { alpha, components: clusters, affinity, ..DiffusionMap::default() };
    if let Ok(map) = map.fit(&points) {
        assert!(map.values().iter().all(|mu| mu.abs() <= 1.0 + 1e-8), "{:?}", map.values());
        assert!(map.functions().as_slice().iter().all(|v| v.is_finite()));
    }
});

fn neighbours(points: &Matrix<f64>, count: usize, exact: bool) {
    let Ok(search) = NeighborSearch::new(points) else { return };
    let Ok(found) = search.nearest_of_each(count) else { return };
    assert!(count > 0 && count < points.rows());
    for (i, (others, distances)) in found.iter().enumerate() {
        assert!(others.len() == count && distances.is_sorted() && !others.contains(&(i as u32)));
        let distance = |j: usize| points.row(i).iter().zip(points.row(j)).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
        if exact {
            let mut all: Vec<(f64, u32)> =
                (0..points.rows()).filter(|&j| j != i).map(|j| (distance(j), j as u32)).collect();
            all.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
            assert!(others.iter().zip(&all).all(|(&found, &(_, right))| found == right));
        }
    }
}
