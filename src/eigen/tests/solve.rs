use super::operators::*;
use crate::eigen::{
    self, Arnoldi, GolubKahanLanczos, JacobiDavidson, Lobpcg, Method, Which, largest, largest_magnitude, nearest_to,
    smallest,
};
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Symmetry};
use crate::sparse::Csr;
use crate::{Scalar, Seed};

fn assembled(graph: &Laplacian) -> Csr<f64> {
    let n = graph.vertices;
    let entries: Vec<(usize, usize, f64)> =
        graph.edges.iter().flat_map(|&(i, j)| [(i, i, 1.0), (j, j, 1.0), (i, j, -1.0), (j, i, -1.0)]).collect();
    Csr::from_triplets(n, n, &entries).unwrap()
}

/// `−u″ + c u′`, as in the tests of Arnoldi.
fn convection(n: usize, c: f64) -> Vec<(usize, usize, f64)> {
    let inner = (1..n).flat_map(|i| [(i, i - 1, -1.0 - c), (i - 1, i, -1.0 + c)]);
    inner.chain((0..n).map(|i| (i, i, 2.0))).collect()
}

fn convection_values(n: usize, c: f64) -> Vec<f64> {
    let angle = |j: usize| std::f64::consts::PI * j as f64 / (n as f64 + 1.0);
    (1..=n).map(|j| 2.0 - 2.0 * (1.0 - c * c).sqrt() * angle(j).cos()).collect()
}

/// Products only.
pub(super) struct Hidden<'a>(pub(super) &'a Csr<f64>);

impl LinearOperator<f64> for Hidden<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn symmetry(&self) -> Symmetry {
        LinearOperator::symmetry(self.0)
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
    fn apply_transposed(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply_transposed(x, y)
    }
}

fn nearest(spectrum: &[f64], sigma: f64, k: usize) -> Vec<f64> {
    let mut values = spectrum.to_vec();
    values.sort_by(|a, b| (a - sigma).abs().total_cmp(&(b - sigma).abs()));
    values.truncate(k);
    values
}

#[test]
fn the_door_takes_every_kind_of_symmetric_operator_by_its_method() {
    let graph = Laplacian::grid(19, 22);
    let spectrum = grid_spectrum(19, 22);
    let top: Vec<f64> = spectrum.iter().rev().copied().collect();
    let sparse = assembled(&graph);
    let dense = sparse.to_dense();
    let hidden = Hidden(&sparse);
    let operators: [(&dyn LinearOperator<f64>, [Method; 4]); 3] = [
        (&dense, [Method::DenseSymmetric; 4]),
        (
            &sparse,
            [Method::ShiftInvertLanczos, Method::ShiftInvertLanczos, Method::Lanczos, Method::ShiftInvertLanczos],
        ),
        (&hidden, [Method::Lanczos, Method::Lanczos, Method::Lanczos, Method::JacobiDavidson]),
    ];
    for (operator, methods) in operators {
        let cases = [
            (smallest(operator, 5), spectrum[..5].to_vec()),
            (largest(operator, 5), top[..5].to_vec()),
            (largest_magnitude(operator, 3), top[..3].to_vec()),
            (nearest_to(operator, 3, 1.03), nearest(&spectrum, 1.03, 3)),
        ];
        for ((problem, expected), method) in cases.into_iter().zip(methods) {
            let pairs = problem.solve_symmetric().unwrap_or_else(|e| panic!("{method}: {e}"));
            assert_eq!(pairs.method, method);
            assert_pairs(operator, &pairs, &expected, 1e-7);
        }
    }
}

#[test]
fn a_large_dense_matrix_is_iterated_on() {
    let spectrum: Vec<f64> = (0..820).map(|i| if i < 3 { -4.0 } else { i as f64 / 8.0 }).collect();
    let a = Matrix::from_diagonal(&spectrum);
    let pairs = largest(&a, 4).solve_symmetric().unwrap();
    assert_eq!(pairs.method, Method::Lanczos);
    assert!((pairs.values[0] - spectrum[819]).abs() < 1e-7);
    let pairs = nearest_to(&a, 2, 10.01).solve_symmetric().unwrap();
    assert_eq!(pairs.method, Method::ShiftInvertLanczos);
    assert_pairs(&a, &pairs, &nearest(&spectrum, 10.01, 2), 1e-6);
    // The number is an eigenvalue: the shift moves a little.
    let pairs = nearest_to(&a, 1, 10.0).solve_symmetric().unwrap();
    assert_pairs(&a, &pairs, &[10.0], 1e-6);
}

#[test]
fn the_smallest_of_a_disconnected_graph_have_its_kernel() {
    let graph = Laplacian::path(120).copies(4);
    let pairs = smallest(&assembled(&graph), 6).solve_symmetric().unwrap();
    assert_pairs(&graph, &pairs, &sorted(path_spectrum(120).repeat(4))[..6], 1e-8);
    let single: Vec<_> = assembled(&graph).to_dense().as_slice().iter().map(|&v| v as f32).collect();
    let single = Csr::from_dense(&Matrix::from_vec(480, 480, single).unwrap()).unwrap();
    let found = smallest(&single, 6).solve_symmetric().unwrap();
    assert!(found.values.iter().take(4).all(|v| v.abs() < 1e-4));
}

#[test]
fn the_door_takes_every_kind_of_nonsymmetric_operator_by_its_method() {
    let (n, c) = (260, 0.05);
    let sparse = Csr::from_triplets(n, n, &convection(n, c)).unwrap();
    let (dense, hidden) = (sparse.to_dense(), Hidden(&sparse));
    let values = convection_values(n, c);
    let operators: [(&dyn LinearOperator<f64>, Method); 3] = [
        (&dense, Method::DenseNonsymmetric),
        (&sparse, Method::KrylovSchurDenseInverse),
        (&hidden, Method::KrylovSchurDenseInverse),
    ];
    for (operator, method) in operators {
        let sigma = values[0] - 1e-3;
        let solution = nearest_to(operator, 3, sigma).solve().unwrap();
        assert_eq!(solution.method(), method);
        for (value, exact) in solution.values().iter().zip(&values) {
            assert!((value.re - exact).abs() < 1e-7 && value.im.abs() < 1e-7, "{method}: {value} {exact}");
        }
        assert!(solution.residuals().iter().all(|r| *r < 1e-7), "{:?}", solution.residuals());
    }
    // A ring with weights on its vertices: complex.
    let ring: Vec<_> = (0..300).flat_map(|i| [(i, (i + 1) % 300, 1.0), (i, i, (i % 7) as f64 / 10.0)]).collect();
    let ring = Csr::from_triplets(300, 300, &ring).unwrap();
    let exact = eigen::solve(&ring.to_dense(), 5, Which::LargestMagnitude).unwrap();
    let found = largest_magnitude(&ring, 5).solve().unwrap();
    assert!(matches!(found.method(), Method::KrylovSchur | Method::DenseNonsymmetric), "{}", found.method());
    assert_eq!(found.values().len(), exact.values().len());
    for (a, b) in found.values().iter().zip(exact.values()) {
        assert!((*a - b).abs() < 1e-7, "{a} {b}");
    }
    let complex = found.into_complex();
    assert_eq!(complex.vectors.rows(), 300);
}

#[test]
fn small_and_full_problems_go_to_the_dense_solvers() {
    for n in [1, 2, 7] {
        let spectrum: Vec<f64> = (0..n).map(|i| i as f64 - 2.0).collect();
        let a = with_spectrum(&spectrum, 1);
        assert_pairs(&a, &smallest(&a, n).solve_symmetric().unwrap(), &spectrum, 1e-12);
    }
    let article = Matrix::from_vec(2, 2, vec![3.0_f64, 1.0, 0.0, 2.0]).unwrap();
    let values = eigen::solve(&article, 2, Which::Largest).unwrap().values();
    assert!((values[0].re - 3.0).abs() < 1e-14 && (values[1].re - 2.0).abs() < 1e-14);
    let graph = Laplacian::path(260);
    let all = largest(&assembled(&graph), 260).solve_symmetric().unwrap();
    assert_eq!(all.method, Method::DenseSymmetric);
    assert_pairs(&graph, &all, &path_spectrum(260).into_iter().rev().collect::<Vec<_>>(), 1e-10);
}

#[test]
fn a_start_and_a_preconditioner_choose_lobpcg() {
    let graph = Laplacian::grid(20, 21);
    let sparse = assembled(&graph);
    let exact = smallest(&sparse, 3).solve_symmetric().unwrap();
    let pairs = smallest(&sparse, 3).start(&exact.vectors).tolerance(1e-8).solve_symmetric().unwrap();
    let cold = Lobpcg { k: 3, ..Lobpcg::default() }.solve(&sparse).unwrap();
    assert_eq!(pairs.method, Method::Lobpcg);
    assert!(pairs.iterations < cold.iterations, "{} {}", pairs.iterations, cold.iterations);
    // Eigenvectors, but not those of the smallest.
    let inner = nearest_to(&sparse, 3, 1.0).solve_symmetric().unwrap();
    let pairs = smallest(&sparse, 3).start(&inner.vectors).tolerance(1e-8).solve_symmetric().unwrap();
    assert_pairs(&graph, &pairs, &exact.values, 1e-6);
    let identity = Diagonal(vec![1.0; 420]);
    let pairs = smallest(&sparse, 3).preconditioner(&identity).tolerance(1e-7).seed(Seed(3)).solve_symmetric().unwrap();
    assert_eq!(pairs.method, Method::Lobpcg);
    assert_pairs(&graph, &pairs, &exact.values, 1e-5);
}

#[test]
fn the_factor_is_made_where_it_fits_or_by_request() {
    let sparse = assembled(&Laplacian::grid(19, 22));
    let method = |problem: eigen::Eigenproblem<'_, f64>| problem.solve_symmetric().unwrap().method;
    for (problem, without) in [
        (smallest(&sparse, 2), Method::Lanczos),
        (largest(&sparse, 2), Method::Lanczos),
        (nearest_to(&sparse, 2, 1.03), Method::JacobiDavidson),
    ] {
        assert_eq!(method(problem), Method::ShiftInvertLanczos);
        assert_eq!(method(problem.factorize(true)), Method::ShiftInvertLanczos);
        assert_eq!(method(problem.factorize(false)), without);
    }
    let path = assembled(&Laplacian::path(3000));
    let error = smallest(&path, 3).factorize(false).max_iterations(2).solve_symmetric().unwrap_err();
    assert!(error.to_string().contains("factorize"), "{error}");
}

#[test]
fn ill_use_is_told() {
    let graph = assembled(&Laplacian::path(300));
    assert!(matches!(smallest(&graph, 0).solve(), Err(Error::InvalidArgument { .. })));
    assert!(matches!(smallest(&graph, 301).solve(), Err(Error::InvalidArgument { .. })));
    assert!(matches!(eigen::solve(&Matrix::<f64>::zeros(3, 4), 1, Which::Largest), Err(Error::Shape { .. })));
    assert!(eigen::solve(&Matrix::<f64>::zeros(0, 0), 1, Which::Largest).is_err());
    assert!(nearest_to(&graph, 1, f64::NAN).solve().is_err());
    assert!(smallest(&graph, 1).tolerance(-1.0).solve().is_err());
    let nan = Matrix::from_fn(5, 5, |i, j| if i == 3 && j == 1 { f64::NAN } else { 0.0 });
    assert!(matches!(eigen::solve(&nan, 1, Which::Largest), Err(Error::NonFinite { .. })));
    let slanted = Csr::from_triplets(300, 300, &convection(300, 0.5)).unwrap();
    let hidden = Hidden(&graph);
    for which in [Which::Smallest, Which::Largest, Which::NearestTo(1.0)] {
        let error = eigen::solve(&Poisoned::new(&hidden, 7), 2, which).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{which:?}: {error}");
    }
    assert!(smallest(&slanted, 2).solve_symmetric().is_err_and(|e| e.to_string().contains("not symmetric")));
    let error = smallest(&hidden, 3).max_iterations(1).tolerance(1e-12).solve().unwrap_err();
    assert!(matches!(error, Error::Unconverged(_)), "{error}");
    assert!(matches!(smallest(&slanted, 2).preconditioner(&graph).solve(), Err(Error::InvalidArgument { .. })));
    let wrong = Matrix::zeros(7, 1);
    assert!(matches!(smallest(&graph, 2).start(&wrong).solve(), Err(Error::Shape { .. })));
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let graph = assembled(&Laplacian::grid(61, 67));
    let slanted = Csr::from_triplets(3000, 3000, &convection(3000, 0.1)).unwrap();
    let tall =
        Csr::from_triplets(4000, 2500, &(0..4000).map(|i| (i, i * 7 % 2500, (i % 13) as f64)).collect::<Vec<_>>())
            .unwrap();
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let loose = 1e-3;
            let lobpcg = Lobpcg { k: 3, tolerance: loose, ..Lobpcg::default() }.solve(&graph).unwrap();
            let davidson =
                JacobiDavidson { k: 2, tolerance: loose, which: Which::Largest, ..JacobiDavidson::default() };
            let davidson = davidson.solve(&graph).unwrap();
            let arnoldi = Arnoldi { k: 2, tolerance: 1e-2, max_iterations: 3, ..Arnoldi::default() }.solve(&slanted);
            let arnoldi: Vec<f64> = match arnoldi {
                Ok(pairs) => pairs.residuals,
                Err(Error::Unconverged(best)) => best.residuals,
                Err(error) => panic!("{error}"),
            };
            let triplets = GolubKahanLanczos { k: 2, tolerance: loose, ..GolubKahanLanczos::default() };
            let triplets = triplets.solve(&tall).unwrap();
            [
                bits(lobpcg.vectors.as_slice()),
                bits(davidson.vectors.as_slice()),
                bits(&arnoldi),
                bits(triplets.u.as_slice()),
            ]
        })
    };
    assert!(run(1) == run(2));
}

/// Where elimination has no pivot at 0, nor near it: the eigenvalues are ±1, ±2, ….
fn without_pivots(n: usize) -> Csr<f64> {
    let entry = |i: usize| (2 * i, 2 * i + 1, 1.0 + i as f64);
    let entries: Vec<_> = (0..n / 2).map(entry).flat_map(|(i, j, v)| [(i, j, v), (j, i, v)]).collect();
    Csr::from_triplets(n, n, &entries).unwrap()
}

#[test]
fn shifts_and_bounds_far_away_lose_no_digit() {
    let line: Vec<f64> = (0..1000).map(f64::from).collect();
    let (line, path) = (Csr::from_diagonal(&line).unwrap(), assembled(&Laplacian::path(1000)));
    let dense = assembled(&Laplacian::path(900)).to_dense();
    let cases: [(&dyn LinearOperator<f64>, Vec<f64>); 3] = [
        (&line, (0..1000).map(f64::from).collect()),
        (&path, sorted(path_spectrum(1000))),
        (&dense, sorted(path_spectrum(900))),
    ];
    for (operator, spectrum) in cases {
        let top: Vec<f64> = spectrum.iter().rev().copied().collect();
        let allowed = 4e-10 * top[0];
        for far in [1e4, 1e8, 1e12, 1e20, 1e300] {
            for (sigma, expected) in [(far, &top), (-far, &spectrum)] {
                let pairs = nearest_to(operator, 2, sigma).solve_symmetric().unwrap();
                assert_eq!(pairs.method, Method::ShiftInvertLanczos, "{sigma:e}");
                assert_pairs(operator, &pairs, &expected[..2], allowed);
            }
        }
    }
    for far in [1e4, 1e8, 1e12, 1e20, 1e300] {
        let pairs = smallest(&line, 2).bound(-far).solve_symmetric().unwrap();
        assert_eq!(pairs.method, Method::ShiftInvertLanczos, "{far:e}");
        assert_pairs(&line, &pairs, &[0.0, 1.0], 1e-7);
        assert_pairs(&line, &largest(&line, 2).bound(far).solve_symmetric().unwrap(), &[999.0, 998.0], 1e-7);
    }
}

#[test]
fn far_shifts_are_judged_in_the_units_of_the_matrix() {
    for unit in [1e-140, 1.0, 1e140] {
        let line = Csr::from_diagonal(&(0..1000).map(|i| f64::from(i) * unit).collect::<Vec<_>>()).unwrap();
        let pairs = nearest_to(&line, 2, 1e10 * unit).solve_symmetric().unwrap();
        assert!((pairs.values[0] / unit - 999.0).abs() < 1e-7 && (pairs.values[1] / unit - 998.0).abs() < 1e-7);
        let pairs = smallest(&line, 2).bound(-1e10 * unit).solve_symmetric().unwrap();
        assert!((pairs.values[0] / unit).abs() < 1e-7 && (pairs.values[1] / unit - 1.0).abs() < 1e-7);
    }
    let single = Csr::from_diagonal(&(0..1000).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
    let values = nearest_to(&single, 2, 1e9_f32).solve_symmetric().unwrap().values;
    assert!((values[0] - 999.0).abs() < 0.05 && (values[1] - 998.0).abs() < 0.05, "{values:?}");
    // Of nothing, any shift is beyond the spectrum.
    let zero = Csr::from_diagonal(&vec![0.0; 1600]).unwrap();
    assert_pairs(&zero, &smallest(&zero, 2).solve_symmetric().unwrap(), &[0.0, 0.0], 0.0);
    for sigma in [0.0, 1.0, 1e20] {
        assert_pairs(&zero, &nearest_to(&zero, 2, sigma).solve_symmetric().unwrap(), &[0.0, 0.0], 0.0);
    }
}

#[test]
fn a_bound_that_is_no_number_is_left_alone() {
    let line = Csr::from_diagonal(&(0..1000).map(f64::from).collect::<Vec<_>>()).unwrap();
    for bound in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3.5, 1e300, f64::MIN, f64::MAX] {
        assert_pairs(&line, &smallest(&line, 2).bound(bound).solve_symmetric().unwrap(), &[0.0, 1.0], 1e-7);
        assert_pairs(&line, &largest(&line, 2).bound(bound).solve_symmetric().unwrap(), &[999.0, 998.0], 1e-7);
    }
}

#[test]
fn where_elimination_fails_near_the_shift_another_is_found() {
    for n in [1000, 2000] {
        let a = without_pivots(n);
        let pairs = nearest_to(&a, 4, 0.0).solve_symmetric().unwrap();
        let sorted = sorted(pairs.values.clone());
        assert!(sorted.iter().zip([-2.0, -1.0, 1.0, 2.0]).all(|(v, exact)| (v - exact).abs() < 1e-7), "{sorted:?}");
        assert!(pairs.residuals.iter().all(|&r| r < 1e-7), "{:?}", pairs.residuals);
    }
}

/// From far away all distances are the same number.
#[test]
fn the_nearest_to_a_number_far_away_are_those_of_that_end() {
    let spectrum: Vec<f64> = (0..9).map(|i| f64::from(i * i) - 20.0).collect();
    let a = Matrix::from_diagonal(&spectrum);
    for far in [1e3, 1e17, 1e20, 1e300] {
        let above = nearest_to(&a, 3, far).solve_symmetric().unwrap();
        let below = nearest_to(&a, 3, -far).solve_symmetric().unwrap();
        assert_pairs(&a, &above, &[44.0, 29.0, 16.0], 1e-12);
        assert_pairs(&a, &below, &[-20.0, -19.0, -16.0], 1e-12);
    }
    assert_eq!(nearest_to(&a, 2, -19.4).solve_symmetric().unwrap().values, [-19.0, -20.0]);
}

/// A penalty of finite elements, or any entry as large, makes no symmetric matrix of a triangular one.
#[test]
fn the_door_takes_no_triangular_matrix_for_symmetric_beside_a_penalty() {
    for (n, penalty, above) in [(10, 1e17, 300.0), (150, 1e17, 300.0), (400, 1e15, 3.0)] {
        let diagonal = (1..n).map(|i| (i, i, i as f64)).chain([(0, 0, penalty), (1, 2, above)]);
        let sparse = Csr::from_triplets(n, n, &diagonal.collect::<Vec<_>>()).unwrap();
        let dense = sparse.to_dense();
        for operator in [&sparse as &dyn LinearOperator<f64>, &dense] {
            assert_eq!(operator.symmetry(), Symmetry::General);
            let found = eigen::solve(operator, 3, Which::Smallest).unwrap().values();
            for (k, value) in found.iter().enumerate() {
                assert!((value.re - (k as f64 + 1.0)).abs() < 1e-9 && value.im == 0.0, "order {n}: {found:?}");
            }
        }
    }
    let turn = Matrix::from_vec(3, 3, vec![1e10_f64, 0.0, 0.0, 0.0, 0.0, 1e-7, 0.0, -1e-7, 0.0]).unwrap();
    let found = eigen::solve(&turn, 2, Which::Smallest).unwrap().values();
    assert!(found.iter().all(|z| z.re == 0.0 && (z.im.abs() / 1e-7 - 1.0).abs() < 1e-12), "{found:?}");
}

/// What computations leave symmetric but for rounding still is: Gram matrices and products of three however they were summed
/// up, columns of all sizes among them, and stiffness matrices assembled in any order, with a penalty on them.
#[test]
fn the_door_forgives_the_rounding_of_real_computations() {
    fn gram<T: Scalar>(samples: usize, unit: f64) -> Matrix<T> {
        let mut random = Seed(3).into_stream();
        let x = Matrix::<T>::from_fn(samples, 8, |_, j| T::of(unit.powi(j as i32)) * random.normal::<T>());
        Matrix::from_fn(8, 8, |i, j| {
            let term = |k: usize| x[(k, i)] * x[(k, j)];
            if i < j { (0..samples).map(term).sum() } else { (0..samples).rev().map(term).sum() }
        })
    }
    fn check<T: Scalar>(name: &str, a: &Matrix<T>) {
        assert!(!a.is_symmetric(T::zero()), "{name} is rounded");
        assert_eq!(a.symmetry(), Symmetry::Symmetric, "{name} {}", T::NAME);
        assert!(eigen::smallest(a, 2).solve_symmetric().is_ok(), "{name} {}", T::NAME);
    }
    for unit in [1.0, 1e-2, 1e2] {
        check("Gram matrix", &gram::<f64>(2000, unit));
        check("Gram matrix", &gram::<f32>(200, unit));
    }
    let mut random = Seed(4).into_stream();
    let mut normal = |rows: usize, cols: usize| Matrix::from_fn(rows, cols, |_, _| random.normal::<f64>());
    let (s, t) = (normal(40, 40), normal(40, 40));
    let inner = s.add(&s.transpose()).unwrap();
    check("congruence", &t.matmul(&inner).unwrap().matmul_t(&t).unwrap());
    let mean = |a: &Matrix<f64>| a.as_slice().iter().sum::<f64>() / 40.0;
    let kernel = Matrix::from_fn(40, 40, |i, j| (-0.01 * (i as f64 - j as f64).powi(2)).exp());
    let centring = Matrix::from_fn(40, 40, |i, j| f64::from(u8::from(i == j)) - 1.0 / 40.0);
    let centred = centring.matmul(&kernel).unwrap().matmul(&centring).unwrap();
    assert!(mean(&centred).abs() < 1e-12);
    check("centred kernel", &centred);

    let n = 300;
    let mut triplets = vec![(0, 0, 1e17), (n - 1, n - 1, 1e17)];
    for element in 0..n - 1 {
        let k = 1.0 / (0.1 + (element as f64).sin().abs());
        let (i, j) = (element, element + 1);
        triplets.extend([(i, i, k), (j, j, k), (i, j, -k / 3.0), (i, j, -2.0 * k / 3.0), (j, i, -k)]);
    }
    let stiffness = Csr::from_triplets(n, n, &triplets).unwrap();
    assert!(!stiffness.is_symmetric(0.0) && stiffness.symmetry() == Symmetry::Symmetric);
    check("stiffness", &stiffness.to_dense());
}
