//! Thick-restart Lanczos and its shift-invert form.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::graphs::{self, Graph};
use crate::eigen::{Eigenpairs, Lanczos, ShiftInvert, Which};
use crate::linalg::{LinearOperator, Matrix, Symmetry};
use crate::sparse::Csr;
use crate::{Error, Scalar};

/// Values, residuals and orthogonality of what was found.
fn verify(name: &str, a: &Csr<f64>, found: &Eigenpairs<f64>, expected: &[f64], tolerance: f64) {
    assert_eq!(found.values.len(), expected.len(), "{name}");
    for (value, expected) in found.values.iter().zip(expected) {
        assert!((value - expected).abs() <= tolerance, "{name}: {:?}, not {expected:?}", found.values);
    }
    let mut images = Matrix::zeros(a.rows(), expected.len());
    a.apply_block(&found.vectors, &mut images).unwrap();
    for (j, &value) in found.values.iter().enumerate() {
        let difference = (0..a.rows()).map(|i| (images[(i, j)] - value * found.vectors[(i, j)]).powi(2)).sum::<f64>();
        assert!(difference.sqrt() <= tolerance, "{name}: residual {j} is {:e}", difference.sqrt());
        assert!((difference.sqrt() - found.residuals[j]).abs() <= 1e-12, "{name}: residual {j} as stated");
    }
    let gram = found.vectors.t_matmul(&found.vectors).unwrap();
    let defect = gram.sub(&Matrix::identity(expected.len())).unwrap().max_abs();
    assert!(defect < 1e-12, "{name}: orthogonality {defect:e}");
}

fn nearest(graph: &Graph, k: usize, shift: f64) -> Vec<f64> {
    let mut values = graph.spectrum.clone();
    values.sort_by(|a, b| (a - shift).abs().total_cmp(&(b - shift).abs()));
    values.truncate(k);
    values
}

#[test]
fn both_ends_of_known_spectra_are_found_with_all_copies() {
    for graph in graphs::all() {
        for k in [1, 3, 8] {
            let a = &graph.laplacian;
            let solve = |which| Lanczos { k, which, ..Lanczos::default() }.solve(a).unwrap();
            let largest: Vec<f64> = graph.spectrum.iter().rev().take(k).copied().collect();
            let limit = 2e-10 * graph.spectrum.last().unwrap();
            verify(&graph.name, a, &solve(Which::Smallest), &graph.spectrum[..k], limit);
            verify(&graph.name, a, &solve(Which::Largest), &largest, limit);
            verify(&graph.name, a, &solve(Which::LargestMagnitude), &largest, limit);
        }
    }
}

#[test]
fn shift_invert_finds_every_copy_at_the_end_and_inside() {
    for graph in graphs::all() {
        let a = &graph.laplacian;
        let limit = 4e-10 * graph.spectrum.last().unwrap();
        for k in [1, 6, 10] {
            let inverse = ShiftInvert::sparse(a, -0.01).unwrap();
            assert_eq!(inverse.inertia().unwrap().negative, 0, "{}", graph.name);
            let lanczos = Lanczos { k, which: Which::Smallest, ..Lanczos::default() };
            verify(&graph.name, a, &lanczos.solve_inverted(&inverse).unwrap(), &graph.spectrum[..k], limit);
        }
        let shift = 1.7351;
        let inverse = ShiftInvert::sparse(a, shift).unwrap();
        let below = graph.spectrum.iter().filter(|&&v| v < shift).count();
        assert_eq!(inverse.inertia().unwrap().negative, below, "{}", graph.name);
        let lanczos = Lanczos { k: 7, which: Which::NearestTo(shift), ..Lanczos::default() };
        let expected = nearest(&graph, 7, shift);
        verify(&graph.name, a, &lanczos.solve_inverted(&inverse).unwrap(), &expected, limit);
        let dense = a.to_dense();
        let inverse = ShiftInvert::dense(&dense, shift).unwrap();
        verify(&graph.name, a, &lanczos.solve_inverted(&inverse).unwrap(), &expected, limit);
    }
}

#[test]
fn every_k_up_to_n_works_however_small_the_operator() {
    for n in 1..=9 {
        let graph = graphs::path(n);
        for k in 1..=n {
            let solve = |which| Lanczos { k, which, ..Lanczos::default() }.solve(&graph.laplacian).unwrap();
            verify("small", &graph.laplacian, &solve(Which::Smallest), &graph.spectrum[..k], 1e-12);
            let inverse = ShiftInvert::sparse(&graph.laplacian, -0.5).unwrap();
            let lanczos = Lanczos { k, which: Which::Smallest, ..Lanczos::default() };
            verify("small", &graph.laplacian, &lanczos.solve_inverted(&inverse).unwrap(), &graph.spectrum[..k], 1e-9);
        }
    }
    let graph = graphs::torus(12);
    let all = Lanczos { k: 144, which: Which::Smallest, ..Lanczos::default() }.solve(&graph.laplacian).unwrap();
    verify("all", &graph.laplacian, &all, &graph.spectrum, 1e-11);
}

#[test]
fn a_start_without_a_component_misses_nothing() {
    // The constant vector is an eigenvector, the alternating one too.
    let graph = graphs::cycle(100);
    for start in [vec![1.0; 100], (0..100).map(|i| f64::from(1 - 2 * (i % 2))).collect()] {
        let lanczos = Lanczos { k: 5, which: Which::Smallest, start: Some(start), ..Lanczos::default() };
        verify("start", &graph.laplacian, &lanczos.solve(&graph.laplacian).unwrap(), &graph.spectrum[..5], 1e-9);
    }
}

#[test]
fn zero_and_identity_are_found_at_once() {
    for (a, value) in [(Csr::from_triplets(200, 200, &[]).unwrap(), 0.0), (Csr::identity(200).unwrap(), 1.0)] {
        let found = Lanczos { k: 4, ..Lanczos::default() }.solve(&a).unwrap();
        verify("flat", &a, &found, &[value; 4], 1e-13);
        assert!(found.products < 200, "{} products", found.products);
    }
}

#[test]
fn extreme_scales_and_single_precision_converge() {
    let graph = graphs::grid(12);
    for scale in [1e-150, 1e150] {
        let a = graph.laplacian.scale(scale).unwrap();
        let found = Lanczos { k: 4, ..Lanczos::default() }.solve(&a).unwrap();
        let expected = graph.spectrum.iter().rev().map(|v| v * scale);
        found.values.iter().zip(expected).for_each(|(v, e)| assert!((v - e).abs() <= 1e-9 * e));
    }
    let triplets: Vec<_> = graph
        .laplacian
        .row_iter()
        .enumerate()
        .flat_map(|(i, (columns, values))| columns.iter().zip(values).map(move |(&j, &v)| (i, j as usize, v as f32)))
        .collect();
    let single = Csr::from_triplets(144, 144, &triplets).unwrap();
    let found = Lanczos { k: 5, which: Which::Smallest, ..Lanczos::default() }.solve(&single).unwrap();
    let inverse = ShiftInvert::sparse(&single, -0.1).unwrap();
    let inverted = Lanczos { k: 5, which: Which::Smallest, ..Lanczos::default() }.solve_inverted(&inverse).unwrap();
    for values in [found.values, inverted.values] {
        values.iter().zip(&graph.spectrum).for_each(|(&v, e)| assert!((v.to_f64() - e).abs() < 2e-5));
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let graph = graphs::grid(60);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let lanczos = Lanczos { k: 4, ..Lanczos::default() };
            let inverse = ShiftInvert::sparse(&graph.laplacian, -0.01).unwrap();
            let smallest = Lanczos { which: Which::Smallest, ..lanczos.clone() };
            (lanczos.solve(&graph.laplacian).unwrap(), smallest.solve_inverted(&inverse).unwrap())
        })
    };
    assert_eq!(run(1), run(2));
}

/// Returns NaN at one of its products.
struct Faulty(AtomicUsize, usize);

impl LinearOperator<f64> for Faulty {
    fn rows(&self) -> usize {
        500
    }
    fn cols(&self) -> usize {
        500
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        y.iter_mut().zip(x).enumerate().for_each(|(i, (y, x))| *y = i as f64 * x);
        if self.0.fetch_add(1, Ordering::Relaxed) + 1 == self.1 {
            y[3] = f64::NAN;
        }
        Ok(())
    }
}

#[test]
fn ill_use_gives_typed_errors() {
    for product in [1, 7, 60] {
        let error = Lanczos { k: 4, ..Lanczos::default() }.solve(&Faulty(AtomicUsize::new(0), product)).unwrap_err();
        assert!(
            matches!(&error, Error::NonFinite { index: 3, what } if what.contains(&product.to_string())),
            "{error}"
        );
    }
    let a = graphs::path(100).laplacian;
    let refused = |lanczos: Lanczos<f64>| lanczos.solve(&a).unwrap_err();
    let default = Lanczos::<f64>::default;
    let invalid = [
        Lanczos { k: 0, ..default() },
        Lanczos { k: 101, ..default() },
        Lanczos { k: usize::MAX, ..default() },
        Lanczos { k: 5, subspace: Some(6), ..default() },
        Lanczos { start: Some(vec![0.0; 100]), ..default() },
        Lanczos { tolerance: f64::NAN, ..default() },
        Lanczos { tolerance: -1.0, ..default() },
        Lanczos { max_iterations: 0, ..default() },
        Lanczos { which: Which::NearestTo(1.0), ..default() },
    ];
    invalid.into_iter().for_each(|l| assert!(matches!(refused(l), Error::InvalidArgument { .. })));
    assert!(matches!(refused(Lanczos { start: Some(vec![1.0; 99]), ..default() }), Error::Shape { .. }));
    assert!(matches!(refused(Lanczos { start: Some(vec![f64::NAN; 100]), ..default() }), Error::NonFinite { .. }));
    let wide = Csr::from_triplets(3, 4, &[(0, 0, 1.0)]).unwrap();
    assert!(matches!(default().solve(&wide), Err(Error::Shape { .. })));
    let skew = Csr::from_triplets(50, 50, &[(0, 1, 1.0)]).unwrap();
    assert!(matches!(default().solve(&skew), Err(Error::InvalidArgument { .. })));
    assert!(ShiftInvert::sparse(&skew, 0.5).is_err() && ShiftInvert::dense(&skew.to_dense(), 0.5).is_err());
    assert!(ShiftInvert::sparse(&wide, 0.5).is_err() && ShiftInvert::dense(&wide.to_dense(), 0.5).is_err());
    // Zero is an eigenvalue of every Laplacian.
    for graph in graphs::all() {
        let error = ShiftInvert::sparse(&graph.laplacian, 0.0).err().expect("a singular shift");
        assert!(matches!(error, Error::ZeroPivot { .. }) && error.to_string().contains("move"), "{error}");
        assert!(matches!(ShiftInvert::dense(&graph.laplacian.to_dense(), 0.0), Err(Error::Singular { .. })));
    }
    assert!(ShiftInvert::sparse(&a, f64::NAN).is_err());
    let inside = ShiftInvert::sparse(&a, 1.01).unwrap();
    for which in [Which::Smallest, Which::Largest, Which::LargestMagnitude, Which::NearestTo(1.0)] {
        let refused = Lanczos { which, ..default() }.solve_inverted(&inside);
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })));
    }
}

#[test]
fn what_has_not_converged_is_handed_over() {
    let graph = graphs::path(2000);
    let lanczos = Lanczos { k: 3, which: Which::Smallest, max_iterations: 4, ..Lanczos::default() };
    match lanczos.solve(&graph.laplacian).unwrap_err() {
        Error::Unconverged(best) => {
            assert_eq!((best.values.len(), best.vectors.len(), best.residuals.len()), (3, 3, 3));
            assert!(best.converged < 3 && best.iterations == 4 && best.advice.contains("solve_inverted"));
            assert!(best.residuals.iter().all(|&r| r < 0.1), "{:?}", best.residuals);
        }
        other => panic!("{other}"),
    }
}

/// A shift far away needs digits that the inverse may not have: the pairs are right, or not handed out.
#[test]
fn far_shifts_are_held_against_the_matrix() {
    let a = Csr::from_diagonal(&(0..400).map(f64::from).collect::<Vec<_>>()).unwrap();
    let dense = a.to_dense();
    for shift in [-1e3, -1e4, -1e5, -1e7, -1e9, -1e12, -1e16, -1e20] {
        for inverse in [ShiftInvert::sparse(&a, shift).unwrap(), ShiftInvert::dense(&dense, shift).unwrap()] {
            let lanczos = Lanczos { k: 2, which: Which::Smallest, max_iterations: 50, ..Lanczos::default() };
            match lanczos.solve_inverted(&inverse) {
                Ok(found) => verify(&format!("{shift:e}"), &a, &found, &[0.0, 1.0], 1e-6),
                Err(error) => assert!(shift < -1e4 && matches!(error, Error::Unconverged(_)), "{shift:e}: {error}"),
            }
        }
    }
}

/// Symmetric but for a turn.
struct Turning(f64);

impl LinearOperator<f64> for Turning {
    fn rows(&self) -> usize {
        2
    }
    fn cols(&self) -> usize {
        2
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        (y[0], y[1]) = (x[0] - self.0 * x[1], self.0 * x[0] + x[1]);
        Ok(())
    }
}

#[test]
fn the_dense_branch_is_held_against_the_operator() {
    let lanczos = Lanczos { k: 2, ..Lanczos::default() };
    match lanczos.solve(&Turning(3e-9)) {
        Err(Error::Unconverged(best)) => assert!(best.residuals.iter().all(|r| (r / 3e-9 - 1.0).abs() < 1e-6)),
        other => panic!("{other:?}"),
    }
    let found = Lanczos { tolerance: 1e-8, ..lanczos.clone() }.solve(&Turning(3e-9)).unwrap();
    assert!(found.residuals.iter().all(|r| (r / 3e-9 - 1.0).abs() < 1e-6), "{:?}", found.residuals);
    assert!(lanczos.solve(&Turning(1e-15)).is_ok());
}

/// What the last search came upon is no better than what was found, as far as the tolerance tells.
#[test]
fn the_value_beyond_is_behind_up_to_the_tolerance() {
    let a = Csr::from_diagonal(&(0..1000).map(f64::from).collect::<Vec<_>>()).unwrap();
    for tolerance in [1e-1, 1e-2, 1e-4, 1e-10] {
        let found = Lanczos { k: 2, which: Which::Smallest, tolerance, ..Lanczos::default() }.solve(&a).unwrap();
        let beyond = found.beyond.unwrap();
        assert!(beyond >= found.values[1] - tolerance * 999.0, "{tolerance:e}: {:?}, {beyond}", found.values);
    }
}
