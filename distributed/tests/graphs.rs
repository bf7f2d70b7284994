//! Graphs and diffusion maps of points that several processes search, here threads that send each other messages.

use eigennet::Seed;
use eigennet::graph::{Affinity, DiffusionMap, NeighborSearch, data};
use eigennet::linalg::Matrix;
use eigennet::par::run_threads;

/// Points of a plane in 3, or of a cloud in 20 coordinates: searched by a tree, and by products.
fn points(dimension: usize) -> Matrix<f64> {
    let mut random = Seed(3).stream("points");
    Matrix::from_fn(700, dimension, |_, _| random.normal())
}

#[test]
fn neighbours_are_those_of_one_process() {
    for dimension in [3, 20] {
        let points = points(dimension);
        let search = NeighborSearch::new(&points).expect("a search");
        let at = Matrix::from_fn(33, dimension, |i, j| ((i * 7 + j) as f64).sin());
        let radius = if dimension == 3 { 0.7 } else { 4.5 };
        let found = || {
            let each = (search.nearest_of_each(9).expect("nearest"), search.within_of_each(radius).expect("within"));
            (each, search.nearest(&at, 5).expect("nearest"), search.within(&at, radius).expect("within"))
        };
        let one = found();
        assert!(one.0.1.count() > 100, "a radius that finds some");
        for processes in [2, 3, 5, 30] {
            assert!(run_threads(processes, found).iter().all(|all| *all == one), "{processes} processes");
        }
    }
}

#[test]
fn approximate_neighbours_are_those_of_one_process() {
    let points = points(30);
    let found =
        || NeighborSearch::approximate(&points, Seed(1)).expect("a search").nearest_of_each(6).expect("nearest");
    let one = found();
    assert!(run_threads(3, found).iter().all(|all| *all == one));
}

#[test]
fn a_diffusion_map_has_the_bits_of_one_process() {
    let angles: Vec<f64> = (0..400).map(|i| f64::from(i) * std::f64::consts::TAU / 400.0).collect();
    let circle = data::unit_circle::<f64>(&angles);
    let map = DiffusionMap { components: 5, affinity: Affinity::nearest(12), ..DiffusionMap::default() };
    let fit = || {
        let fitted = map.fit(&circle).expect("a map");
        (fitted.values().to_vec(), fitted.embedding())
    };
    let one = fit();
    for processes in [2, 4] {
        assert!(run_threads(processes, fit).iter().all(|fitted| *fitted == one), "{processes} processes");
    }
}
