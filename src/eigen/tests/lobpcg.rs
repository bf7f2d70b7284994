use super::operators::*;
use crate::Seed;
use crate::eigen::{Lobpcg, Locking, Method, Which};
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, generalized_symmetric_eigen, symmetric_eigen};
use crate::sparse::Csr;

fn smallest<'a>(k: usize) -> Lobpcg<'a, f64> {
    Lobpcg { k, tolerance: 1e-9, max_iterations: 2000, ..Lobpcg::default() }
}

#[test]
fn graphs_have_their_spectra_with_all_multiplicities() {
    for locking in [Locking::Soft, Locking::Hard] {
        let solver = Lobpcg { locking, ..smallest(5) };
        let cases: [(&str, Laplacian, Vec<f64>); 5] = [
            ("path", Laplacian::path(100), path_spectrum(100)),
            ("cycle", Laplacian::cycle(90), cycle_spectrum(90)),
            ("grid", Laplacian::grid(11, 13), grid_spectrum(11, 13)),
            ("star", Laplacian::star(80), star_spectrum(80)),
            ("four paths", Laplacian::path(30).copies(4), sorted(path_spectrum(30).repeat(4))),
        ];
        for (name, graph, spectrum) in cases {
            let pairs = solver.solve(&graph).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_pairs(&graph, &pairs, &spectrum[..5], 1e-7);
            let largest = Lobpcg { which: Which::Largest, ..solver }.solve(&graph).unwrap();
            let top: Vec<f64> = spectrum.iter().rev().take(5).copied().collect();
            assert_pairs(&graph, &largest, &top, 1e-6);
        }
    }
}

#[test]
fn a_fourfold_eigenvalue_is_found_four_times_even_when_three_are_asked_for() {
    let values: Vec<f64> = (0..120).map(|i| if i < 4 { -2.0 } else { 1.0 + i as f64 / 10.0 }).collect();
    let a = with_spectrum(&values, 3);
    assert_pairs(&a, &smallest(6).solve(&a).unwrap(), &values[..6], 1e-7);
    assert_pairs(&a, &smallest(3).solve(&a).unwrap(), &values[..3], 1e-7);
}

#[test]
fn all_pairs_of_a_small_matrix_come_from_the_dense_solver() {
    for n in [1, 2, 5, 9] {
        let spectrum: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
        let a = with_spectrum(&spectrum, n as u64);
        let pairs = smallest(n).solve(&a).unwrap();
        assert_pairs(&a, &pairs, &spectrum, 1e-12);
        assert_eq!(pairs.method, Method::DenseRayleighRitz);
    }
}

#[test]
fn single_precision_reaches_what_it_can() {
    let graph = Laplacian::grid(9, 10);
    let pairs = Lobpcg::<f32> { k: 4, ..Lobpcg::default() }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &grid_spectrum(9, 10)[..4], 1e-3);
}

#[test]
fn constraints_hide_what_is_known() {
    let graph = Laplacian::cycle(90);
    let spectrum = cycle_spectrum(90);
    let constant = Matrix::from_fn(90, 2, |_, j| 1.0 + j as f64); // the same direction twice
    let pairs = Lobpcg { constraints: Some(&constant), ..smallest(4) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &spectrum[1..5], 1e-7);
    assert!(pairs.vectors.t_matmul(&constant).unwrap().max_abs() < 1e-10);
    // Nearly all that is left: dense.
    let pairs = Lobpcg { constraints: Some(&constant), ..smallest(89) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &spectrum[1..], 1e-10);
    assert!(Lobpcg { constraints: Some(&constant), ..smallest(90) }.solve(&graph).is_err());
}

#[test]
fn a_pair_of_matrices_agrees_with_the_dense_solver() {
    let n = 70;
    let a = with_spectrum(&(0..n).map(|i| 1.0 + i as f64).collect::<Vec<_>>(), 1);
    let b = with_spectrum(&(0..n).map(|i| 0.5 + (i % 7) as f64).collect::<Vec<_>>(), 2);
    let dense = generalized_symmetric_eigen(&a, &b).unwrap();
    for (which, from) in [(Which::Smallest, 0), (Which::Largest, n - 4)] {
        let pairs = Lobpcg { mass: Some(&b), which, ..smallest(4) }.solve(&a).unwrap();
        let found = sorted(pairs.values.clone());
        for (x, y) in found.iter().zip(&dense.values[from..]) {
            assert!((x - y).abs() < 1e-7 * y, "{x} {y}");
        }
        let gram = pairs.vectors.t_matmul(&b.matmul(&pairs.vectors).unwrap()).unwrap();
        assert!(gram.sub(&Matrix::identity(4)).unwrap().max_abs() < 1e-10);
        assert!(pairs.residuals.iter().all(|r| *r < 1e-5));
    }
    let all = Lobpcg { mass: Some(&b), ..smallest(n) }.solve(&a).unwrap();
    assert!((all.values[n - 1] - dense.values[n - 1]).abs() < 1e-9 * dense.values[n - 1]);
    let indefinite = with_spectrum(&(0..n).map(|i| i as f64 - 20.0).collect::<Vec<_>>(), 2);
    for k in [4, n] {
        let error = Lobpcg { mass: Some(&indefinite), ..smallest(k) }.solve(&a).unwrap_err();
        assert!(matches!(error, Error::NotPositiveDefinite { operation: "mass of Lobpcg", .. }), "{error}");
    }
}

#[test]
fn a_preconditioner_and_a_good_start_save_iterations() {
    // −Δ plus a steep potential: its diagonal says most of it.
    let n = 150;
    let entry = |i: usize, j: usize| match i.abs_diff(j) {
        0 => 2.0 + (i * i) as f64 / 50.0,
        1 => -1.0,
        _ => 0.0,
    };
    let a = Matrix::from_fn(n, n, entry);
    let plain = smallest(4).solve(&a).unwrap();
    let inverse = Diagonal((0..n).map(|i| 1.0 / entry(i, i)).collect());
    let helped = Lobpcg { preconditioner: Some(&inverse), ..smallest(4) }.solve(&a).unwrap();
    assert!(helped.iterations * 2 < plain.iterations, "{} {}", helped.iterations, plain.iterations);
    let exact = symmetric_eigen(&a).unwrap();
    let mut stream = Seed(5).stream("noise");
    let start = Matrix::from_fn(n, 4, |i, j| exact.vectors[(i, j)] + 1e-4 * stream.normal::<f64>());
    let warm = Lobpcg { start: Some(&start), ..smallest(4) }.solve(&a).unwrap();
    assert!(warm.iterations < plain.iterations, "{} {}", warm.iterations, plain.iterations);
    assert_pairs(&a, &warm, &exact.values[..4], 1e-6);
}

#[test]
fn ill_use_is_told() {
    let graph = Laplacian::path(60);
    let n = 60;
    assert!(matches!(smallest(0).solve(&graph), Err(Error::InvalidArgument { .. })));
    assert!(matches!(smallest(61).solve(&graph), Err(Error::InvalidArgument { .. })));
    assert!(matches!(smallest(1).solve(&Matrix::zeros(3, 4)), Err(Error::Shape { .. })));
    assert!(smallest(1).solve(&Matrix::zeros(0, 0)).is_err());
    let slanted = Matrix::from_fn(4, 4, |i, j| (i + 2 * j) as f64);
    assert!(matches!(smallest(1).solve(&slanted), Err(Error::InvalidArgument { .. })));
    let error = Lobpcg { which: Which::NearestTo(1.0), ..smallest(2) }.solve(&graph).unwrap_err();
    assert!(error.to_string().contains("JacobiDavidson"), "{error}");
    for tolerance in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Lobpcg { tolerance, ..smallest(2) }.solve(&graph).is_err());
    }
    let wrong = Matrix::zeros(n + 1, 2);
    assert!(matches!(Lobpcg { start: Some(&wrong), ..smallest(2) }.solve(&graph), Err(Error::Shape { .. })));
    assert!(matches!(Lobpcg { constraints: Some(&wrong), ..smallest(2) }.solve(&graph), Err(Error::Shape { .. })));
    assert!(matches!(Lobpcg { preconditioner: Some(&wrong), ..smallest(2) }.solve(&graph), Err(Error::Shape { .. })));
    let nan = Matrix::from_fn(n, 2, |_, _| f64::NAN);
    assert!(matches!(Lobpcg { start: Some(&nan), ..smallest(2) }.solve(&graph), Err(Error::NonFinite { .. })));
    for bad in [0, 7, 40] {
        let error = smallest(2).solve(&Poisoned::new(&graph, bad)).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    }
}

#[test]
fn a_poor_start_is_completed_at_random() {
    let graph = Laplacian::path(60);
    let zero = Matrix::zeros(60, 3);
    let pairs = Lobpcg { start: Some(&zero), ..smallest(2) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &path_spectrum(60)[..2], 1e-7);
    let same = Matrix::from_fn(60, 5, |i, _| i as f64);
    let pairs = Lobpcg { start: Some(&same), ..smallest(2) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &path_spectrum(60)[..2], 1e-7);
    let wide = Matrix::from_fn(60, 30, |i, j| ((i * j) as f64).sin());
    let pairs = Lobpcg { start: Some(&wide), ..smallest(2) }.solve(&graph).unwrap();
    assert_pairs(&graph, &pairs, &path_spectrum(60)[..2], 1e-7);
}

#[test]
fn who_gives_up_returns_the_best() {
    let graph = Laplacian::path(400);
    let error = Lobpcg { max_iterations: 20, ..smallest(3) }.solve(&graph).unwrap_err();
    let Error::Unconverged(best) = error else { panic!("{error}") };
    assert_eq!((best.values.len(), best.vectors.len(), best.vectors[0].len(), best.iterations), (3, 3, 400, 20));
    assert!(best.converged < 3 && best.residuals.iter().all(|r| *r < 0.2) && best.products > 20);
    assert!(best.advice.contains("max_iterations"));
    let none = Lobpcg { max_iterations: 0, ..smallest(3) }.solve(&graph).unwrap_err();
    assert!(matches!(none, Error::Unconverged(_)));
}

#[test]
fn trivial_operators_are_no_trouble() {
    for a in [
        Matrix::zeros(40, 40),
        Matrix::identity(40),
        Matrix::identity(40).scale(1e200),
        Matrix::identity(40).scale(1e-200),
    ] {
        let exact = a[(0, 0)];
        let pairs = smallest(3).solve(&a).unwrap();
        assert!(pairs.values.iter().all(|v| (v - exact).abs() <= 1e-12 * exact), "{:?}", pairs.values);
        let image = a.matmul(&pairs.vectors).unwrap();
        assert!(image.sub(&pairs.vectors.scale(exact)).unwrap().max_abs() <= 1e-12 * exact);
    }
    let _: &dyn LinearOperator<f64> = &Matrix::<f64>::identity(2);
}

/// A start that has nothing of the smallest pairs: the search at the end finds them, and costs what it is left out for.
#[test]
fn the_search_at_the_end_can_be_left_out() {
    let a = Csr::from_diagonal(&(0..200).map(f64::from).collect::<Vec<_>>()).unwrap();
    let wrong = Matrix::from_fn(200, 3, |i, j| if i == j + 5 { 1.0 } else { 0.0 });
    let solver = Lobpcg { block: Some(4), start: Some(&wrong), ..smallest(3) };
    let searched = solver.solve(&a).unwrap();
    assert!((0..3).all(|j| (searched.values[j] - j as f64).abs() < 1e-6) && searched.beyond.is_some());
    let good = Matrix::from_fn(200, 3, |i, j| if i == j { 1.0 } else { 1e-6 });
    let [all, quick] =
        [true, false].map(|complete| Lobpcg { complete, start: Some(&good), ..solver }.solve(&a).unwrap());
    assert!(quick.iterations < all.iterations && quick.beyond.is_none());
    assert!((0..3).all(|j| (quick.values[j] - j as f64).abs() < 1e-6));
}

/// The finite eigenvalues as one entry of a diagonal mass goes to 0: those of the matrix with its row eliminated.
fn massless(a: &Matrix<f64>, at: usize) -> Vec<f64> {
    let rest: Vec<usize> = (0..a.rows()).filter(|&i| i != at).collect();
    let entry = |i: usize, j: usize| a[(rest[i], rest[j])] - a[(rest[i], at)] * a[(at, rest[j])] / a[(at, at)];
    symmetric_eigen(&Matrix::from_fn(rest.len(), rest.len(), entry)).unwrap().values
}

#[test]
fn a_small_pair_keeps_its_digits_wherever_the_mass_vanishes() {
    let a = Matrix::from_fn(6, 6, |i, j| if i == j { i as f64 + 1.0 } else { 0.1 });
    for at in 0..6 {
        for mass in [1e-12, 1e-15, 1e-18, 1e-60] {
            let b = Matrix::from_diagonal(&std::array::from_fn::<f64, 6, _>(|i| if i == at { mass } else { 1.0 }));
            let pairs = Lobpcg { mass: Some(&b), ..smallest(2) }.solve(&a).unwrap();
            for (value, exact) in pairs.values.iter().zip(massless(&a, at)) {
                assert!((value - exact).abs() < 1e-9, "{mass:e} at {at}: {:?}", pairs.values);
            }
            assert!(pairs.residuals.iter().all(|&r| r < 1e-7), "{mass:e} at {at}: {:?}", pairs.residuals);
            let top = Lobpcg { which: Which::Largest, mass: Some(&b), ..smallest(1) }.solve(&a).unwrap().values[0];
            assert!((top * mass / a[(at, at)] - 1.0).abs() < 1e-9, "{mass:e} at {at}: {top:e}");
        }
    }
}

/// No order of elimination helps a mass that is nearly singular along no axis.
#[test]
fn a_mass_that_costs_most_digits_is_told() {
    let a = Matrix::from_fn(6, 6, |i, j| if i == j { i as f64 + 1.0 } else { 0.1 });
    let mut refused = 0;
    for (least, seed) in [1e-2, 1e-4, 1e-6, 1e-9, 1e-12, 1e-14].into_iter().flat_map(|t| [(t, 1), (t, 2), (t, 3)]) {
        let b = with_spectrum(&[least, 1.0, 1.0, 1.0, 1.0, 1.0], seed);
        match (Lobpcg { mass: Some(&b), ..smallest(2) }).solve(&a) {
            Ok(pairs) => {
                let size = |j: usize| pairs.vectors.column(j).iter().map(|v| v * v).sum::<f64>().sqrt();
                for (j, (residual, value)) in pairs.residuals.iter().zip(&pairs.values).enumerate() {
                    let allowed = 2e-8 * (a.infinity_norm() + value.abs() * b.infinity_norm()) * size(j);
                    assert!(*residual <= allowed, "{least:e}: {residual:e}");
                }
            }
            Err(Error::Unconverged(_) | Error::NotPositiveDefinite { .. }) if least < 1e-8 => refused += 1,
            Err(error) => panic!("{least:e}: {error}"),
        }
    }
    assert!(refused > 0);
}
