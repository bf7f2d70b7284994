use super::operators::*;
use crate::Seed;
use crate::eigen::{JacobiDavidson, Which};
use crate::error::Error;
use crate::linalg::{Matrix, symmetric_eigen};

fn solver<'a>(k: usize, which: Which<f64>) -> JacobiDavidson<'a, f64> {
    JacobiDavidson { k, which, tolerance: 1e-9, ..JacobiDavidson::default() }
}

fn nearest(spectrum: &[f64], sigma: f64, k: usize) -> Vec<f64> {
    let mut values = spectrum.to_vec();
    values.sort_by(|a, b| (a - sigma).abs().total_cmp(&(b - sigma).abs()));
    values.truncate(k);
    values
}

#[test]
fn graphs_have_their_spectra_with_all_multiplicities() {
    let cases: [(&str, Laplacian, Vec<f64>); 5] = [
        ("path", Laplacian::path(100), path_spectrum(100)),
        ("cycle", Laplacian::cycle(90), cycle_spectrum(90)),
        ("grid", Laplacian::grid(10, 10), grid_spectrum(10, 10)),
        ("star", Laplacian::star(60), star_spectrum(60)),
        ("four paths", Laplacian::path(30).copies(4), sorted(path_spectrum(30).repeat(4))),
    ];
    for (name, graph, spectrum) in cases {
        let pairs = solver(5, Which::Smallest).solve(&graph).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_pairs(&graph, &pairs, &spectrum[..5], 1e-6);
        let pairs = solver(5, Which::Largest).solve(&graph).unwrap_or_else(|e| panic!("{name}: {e}"));
        let top: Vec<f64> = spectrum.iter().rev().take(5).copied().collect();
        assert_pairs(&graph, &pairs, &top, 1e-6);
    }
}

/// The squares of its values are no numbers, and what looks for missed copies squares the operator.
#[test]
fn interior_copies_are_found_in_any_unit() {
    let value = |i: usize| if i < 4 { 5.5 } else { 10.0 + (i * 37 % 700) as f64 / 7.0 };
    for unit in [1e-200, 1e-170, 1.0, 1e155] {
        let a = Matrix::from_diagonal(&(0..300).map(|i| value(i) * unit).collect::<Vec<_>>());
        let pairs = solver(4, Which::NearestTo(5.6 * unit)).solve(&a).unwrap_or_else(|e| panic!("{unit:e}: {e}"));
        assert!(pairs.values.iter().all(|v| (v / unit - 5.5).abs() < 1e-7), "{unit:e}: {:?}", pairs.values);
    }
}

#[test]
fn interior_pairs_are_found_with_their_multiplicities() {
    let values: Vec<f64> = (0..80).map(|i| if (40..44).contains(&i) { 0.25 } else { i as f64 - 41.5 }).collect();
    let a = with_spectrum(&values, 3);
    let pairs = solver(4, Which::NearestTo(0.2)).solve(&a).unwrap();
    assert_pairs(&a, &pairs, &[0.25; 4], 1e-6);
    let pairs = solver(6, Which::NearestTo(10.6)).solve(&a).unwrap();
    assert_pairs(&a, &pairs, &nearest(&values, 10.6, 6), 1e-6);
    let grid = Laplacian::grid(8, 9);
    let pairs = solver(3, Which::NearestTo(3.05)).solve(&grid).unwrap();
    assert_pairs(&grid, &pairs, &nearest(&grid_spectrum(8, 9), 3.05, 3), 1e-6);
}

/// The correction equation at a Ritz value inside a dense spectrum leads to what is there, away from what lies apart.
#[test]
fn what_lies_apart_is_not_passed_over() {
    for copies in [1, 5] {
        let values: Vec<f64> = (0..300).map(|i| if i < copies { 1.0 } else { 2.0 + i as f64 / 300.0 }).collect();
        let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
        let (a, b) = (Diagonal(values.clone()), Diagonal(mirrored.clone()));
        for seed in 0..5 {
            let solver = |which| JacobiDavidson { seed: Seed(seed), ..solver(5, which) };
            let found = solver(Which::Smallest).solve(&a).unwrap();
            assert_pairs(&a, &found, &values[..5], 1e-6);
            assert!(found.beyond.unwrap() >= found.values[4] - 1e-6);
            assert_pairs(&b, &solver(Which::Largest).solve(&b).unwrap(), &mirrored[..5], 1e-6);
        }
    }
}

/// The same inside a spectrum: of two doubles about a number, and of neighbours a thousandth farther away.
#[test]
fn nothing_nearer_is_left() {
    let grid = Laplacian::grid(16, 16);
    let spectrum = grid_spectrum(16, 16);
    for seed in 0..4 {
        for sigma in [1.9, 3.3] {
            let solver = JacobiDavidson { seed: Seed(seed), ..solver(4, Which::NearestTo(sigma)) };
            let found = solver.solve(&grid).unwrap();
            let expected = nearest(&spectrum, sigma, 4);
            for (value, exact) in found.values.iter().zip(&expected) {
                assert!(
                    ((value - sigma).abs() - (exact - sigma).abs()).abs() < 1e-6,
                    "{:?} {expected:?}",
                    found.values
                );
            }
            assert!(found.beyond.is_some());
        }
    }
    let quick = JacobiDavidson { complete: false, ..solver(4, Which::NearestTo(1.9)) }.solve(&grid).unwrap();
    assert_eq!(quick.beyond, None);
}

#[test]
fn the_number_may_be_an_eigenvalue() {
    let a = Matrix::from_diagonal(&(0..50).map(f64::from).collect::<Vec<_>>());
    let pairs = solver(3, Which::NearestTo(7.0)).solve(&a).unwrap();
    assert!((pairs.values[0] - 7.0).abs() < 1e-7);
    assert_eq!(sorted(pairs.values.iter().map(|v| v.round()).collect()), [6.0, 7.0, 8.0]);
}

#[test]
fn all_pairs_of_small_matrices_and_trivial_ones() {
    for n in [1, 2, 5, 9] {
        let spectrum: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
        let a = with_spectrum(&spectrum, n as u64);
        assert_pairs(&a, &solver(n, Which::Smallest).solve(&a).unwrap(), &spectrum, 1e-7);
    }
    assert_pairs(
        &Matrix::zeros(30, 30),
        &solver(3, Which::Smallest).solve(&Matrix::zeros(30, 30)).unwrap(),
        &[0.0; 3],
        1e-12,
    );
    let identity = Matrix::identity(30);
    assert_pairs(&identity, &solver(3, Which::Largest).solve(&identity).unwrap(), &[1.0; 3], 1e-12);
}

#[test]
fn single_precision_reaches_what_it_can() {
    let graph = Laplacian::grid(9, 10);
    let pairs = JacobiDavidson::<f32> { k: 3, ..JacobiDavidson::default() }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &grid_spectrum(9, 10)[..3], 2e-3);
}

#[test]
fn a_preconditioner_and_a_good_start_save_iterations() {
    let n = 120;
    let entry = |i: usize, j: usize| match i.abs_diff(j) {
        0 => 2.0 + (i * i) as f64 / 5.0,
        1 => -1.0,
        _ => 0.0,
    };
    let a = Matrix::from_fn(n, n, entry);
    let plain = JacobiDavidson { inner_steps: 5, ..solver(3, Which::Smallest) };
    let without = plain.solve(&a).unwrap();
    let inverse = Diagonal((0..n).map(|i| 1.0 / entry(i, i)).collect());
    let helped = JacobiDavidson { preconditioner: Some(&inverse), ..plain }.solve(&a).unwrap();
    assert!(helped.iterations < without.iterations, "{} {}", helped.iterations, without.iterations);
    let exact = symmetric_eigen(&a).unwrap();
    assert_pairs(&a, &helped, &exact.values[..3], 1e-5);
    let davidson = JacobiDavidson { inner_steps: 0, preconditioner: Some(&inverse), ..plain }.solve(&a).unwrap();
    assert_pairs(&a, &davidson, &exact.values[..3], 1e-5);
    let mut stream = Seed(5).stream("noise");
    let start = Matrix::from_fn(n, 3, |i, j| exact.vectors[(i, j)] + 1e-5 * stream.normal::<f64>());
    let warm = JacobiDavidson { start: Some(&start), ..plain }.solve(&a).unwrap();
    assert!(warm.iterations < without.iterations, "{} {}", warm.iterations, without.iterations);
    assert_pairs(&a, &warm, &exact.values[..3], 1e-5);
}

#[test]
fn ill_use_is_told() {
    let graph = Laplacian::path(60);
    let smallest = |k| solver(k, Which::Smallest);
    assert!(matches!(smallest(0).solve(&graph), Err(Error::InvalidArgument { .. })));
    assert!(matches!(smallest(61).solve(&graph), Err(Error::InvalidArgument { .. })));
    assert!(matches!(smallest(1).solve(&Matrix::zeros(3, 4)), Err(Error::Shape { .. })));
    assert!(solver(1, Which::NearestTo(f64::NAN)).solve(&graph).is_err());
    assert!(solver(1, Which::LargestMagnitude).solve(&graph).is_err());
    let slanted = Matrix::from_fn(4, 4, |i, j| (i + 2 * j) as f64);
    assert!(matches!(smallest(1).solve(&slanted), Err(Error::InvalidArgument { .. })));
    let wrong = Matrix::zeros(61, 2);
    assert!(matches!(JacobiDavidson { start: Some(&wrong), ..smallest(2) }.solve(&graph), Err(Error::Shape { .. })));
    let nan = Matrix::from_fn(60, 2, |_, _| f64::NAN);
    assert!(matches!(JacobiDavidson { start: Some(&nan), ..smallest(2) }.solve(&graph), Err(Error::NonFinite { .. })));
    let zero = Matrix::zeros(60, 2);
    let pairs = JacobiDavidson { start: Some(&zero), ..smallest(2) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &path_spectrum(60)[..2], 1e-6);
    for bad in [0, 7, 40] {
        let error = smallest(2).solve(&Poisoned::new(&graph, bad)).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    }
    let error = JacobiDavidson { max_iterations: 3, ..smallest(3) }.solve(&Laplacian::path(400)).unwrap_err();
    let Error::Unconverged(best) = error else { panic!("{error}") };
    assert_eq!((best.values.len(), best.vectors.len(), best.iterations), (3, 3, 3));
    assert!(best.converged < 3 && best.advice.contains("max_iterations"));
}

#[test]
fn the_value_beyond_lies_on_its_own_side() {
    let a = Matrix::from_diagonal(&(1..=60).map(f64::from).collect::<Vec<_>>());
    for (sigma, k, beyond) in [(30.3, 2, 29.0), (30.3, 1, 31.0), (1e6, 2, 58.0), (-1e4, 3, 4.0)] {
        let found = solver(k, Which::NearestTo(sigma)).solve(&a).unwrap().beyond.unwrap();
        assert!((found - beyond).abs() < 1e-3, "{k} nearest to {sigma}: {found} is not {beyond}");
    }
    // Two are as near: either will do, and nothing between.
    let found = solver(1, Which::NearestTo(30.0)).solve(&a).unwrap().beyond.unwrap();
    assert!(((found - 30.0).abs() - 1.0).abs() < 1e-3, "{found}");
}
