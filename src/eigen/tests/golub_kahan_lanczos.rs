use super::operators::*;
use crate::eigen::{GolubKahanLanczos, SingularTriplets, Which};
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Qr, svd};
use crate::{Scalar, Seed};

fn solver<'a>(k: usize, which: Which<f64>) -> GolubKahanLanczos<'a, f64> {
    GolubKahanLanczos { k, which, tolerance: 1e-10, ..GolubKahanLanczos::default() }
}

/// `U diag(σ) Vᵀ` for random orthonormal U `[m, ·]`, V `[n, ·]`.
fn with_singular_values(m: usize, n: usize, values: &[f64]) -> Matrix<f64> {
    let mut stream = Seed(9).stream("singular");
    let mut orthonormal = |rows: usize| {
        let random: Matrix<f64> = Matrix::from_fn(rows, values.len(), |_, _| stream.normal());
        Qr::factor(&random).unwrap().thin_q().unwrap()
    };
    let (u, v) = (orthonormal(m), orthonormal(n));
    Matrix::from_fn(m, values.len(), |i, j| u[(i, j)] * values[j]).matmul_t(&v).unwrap()
}

#[track_caller]
fn assert_triplets<T: Scalar>(a: &Matrix<T>, found: &SingularTriplets<T>, expected: &[f64], bound: f64) {
    let k = expected.len();
    assert_eq!((found.u.shape(), found.v.shape()), ([a.rows(), k], [a.cols(), k]));
    for (&value, exact) in found.values.iter().zip(expected) {
        assert!((value.to_f64() - exact).abs() <= bound, "{:?} is not {expected:?}", found.values);
    }
    let scaled = |x: &Matrix<T>| Matrix::from_fn(x.rows(), k, |i, j| x[(i, j)] * found.values[j]);
    let forward = a.matmul(&found.v).unwrap().sub(&scaled(&found.u)).unwrap().max_abs().to_f64();
    let backward = a.t_matmul(&found.u).unwrap().sub(&scaled(&found.v)).unwrap().max_abs().to_f64();
    assert!(forward <= bound && backward <= bound, "{forward:e} {backward:e}");
    for basis in [&found.u, &found.v] {
        let defect = basis.t_matmul(basis).unwrap().sub(&Matrix::identity(k)).unwrap().max_abs().to_f64();
        assert!(defect <= 1e3 * T::EPSILON.to_f64(), "{defect:e}");
    }
}

#[test]
fn tall_wide_and_square_operators_agree_with_the_dense_svd() {
    let mut stream = Seed(1).stream("matrix");
    for (m, n) in [(120, 70), (70, 120), (80, 80)] {
        let a: Matrix<f64> = Matrix::from_fn(m, n, |_, _| stream.normal());
        let dense = svd(&a).unwrap().values;
        assert_triplets(&a, &solver(5, Which::Largest).solve(&a).unwrap(), &dense[..5], 1e-7);
        let small: Vec<f64> = dense.iter().rev().take(4).copied().collect();
        let restarted = GolubKahanLanczos { subspace: Some(20), ..solver(4, Which::Smallest) };
        assert_triplets(&a, &restarted.solve(&a).unwrap(), &small, 1e-7);
    }
}

#[test]
fn multiple_singular_values_are_complete() {
    let values: Vec<f64> = (0..60).map(|i| if i < 4 { 9.0 } else { 5.0 - i as f64 / 20.0 }).collect();
    let a = with_singular_values(100, 60, &values);
    let found = solver(5, Which::Largest).solve(&a).unwrap();
    assert_triplets(&a, &found, &values[..5], 1e-7);
    assert_triplets(&a, &solver(3, Which::Largest).solve(&a).unwrap(), &[9.0; 3], 1e-7);
    let identity = Matrix::identity(50);
    assert_triplets(&identity, &solver(4, Which::Smallest).solve(&identity).unwrap(), &[1.0; 4], 1e-12);
}

#[test]
fn rank_deficient_operators_have_their_zeros() {
    for (m, n) in [(90, 60), (60, 90)] {
        let a = with_singular_values(m, n, &[3.0, 2.0, 1.0]);
        assert_triplets(&a, &solver(6, Which::Largest).solve(&a).unwrap(), &[3.0, 2.0, 1.0, 0.0, 0.0, 0.0], 1e-9);
        assert_triplets(&a, &solver(3, Which::Smallest).solve(&a).unwrap(), &[0.0; 3], 1e-9);
    }
    let zero = Matrix::zeros(30, 20);
    assert_triplets(&zero, &solver(3, Which::Largest).solve(&zero).unwrap(), &[0.0; 3], 1e-12);
}

#[test]
fn all_triplets_of_small_operators() {
    for (m, n) in [(1, 1), (1, 6), (7, 1), (5, 3), (4, 8)] {
        let a = Matrix::from_fn(m, n, |i, j| ((3 * i + 7 * j) as f64).sin() + 0.3);
        let dense = svd(&a).unwrap().values;
        assert_triplets(&a, &solver(m.min(n), Which::Largest).solve(&a).unwrap(), &dense, 1e-10);
    }
}

#[test]
fn single_precision_reaches_what_it_can() {
    let wide = with_singular_values(80, 50, &(0..50).map(|i| 10.0 - i as f64 / 10.0).collect::<Vec<_>>());
    let a = Matrix::from_fn(80, 50, |i, j| wide[(i, j)] as f32);
    let found = GolubKahanLanczos { k: 3, ..GolubKahanLanczos::default() }.solve(&a).unwrap();
    assert_triplets(&a, &found, &[10.0, 9.9, 9.8], 2e-3);
}

/// Knows no transpose.
struct OneWay;

impl LinearOperator<f64> for OneWay {
    fn rows(&self) -> usize {
        9
    }
    fn cols(&self) -> usize {
        8
    }
    fn apply(&self, _: &[f64], y: &mut [f64]) -> Result<(), Error> {
        y.fill(1.0);
        Ok(())
    }
}

/// A kernel beside many small values: every dimension of it is found, or none is spoken of.
#[test]
fn a_kernel_is_whole_or_refused() {
    let mut whole = 0;
    for copies in [2, 3, 5, 7] {
        let values: Vec<f64> = (0..120).map(|i| if i < copies { 0.0 } else { (i as f64 / 120.0).powi(2) }).collect();
        let a = with_singular_values(150, 120, &values);
        for seed in 0..4 {
            let solver = GolubKahanLanczos { seed: Seed(seed), max_iterations: 200, ..solver(6, Which::Smallest) };
            match solver.solve(&a) {
                Ok(found) => assert_triplets(&a, &found, &values[..6], 1e-6),
                Err(Error::Unconverged(_)) => continue,
                Err(error) => panic!("{error}"),
            }
            whole += 1;
        }
    }
    assert!(whole >= 12, "{whole} of 16");
}

#[test]
fn ill_use_is_told() {
    let a = with_singular_values(90, 60, &(0..60).map(|i| 1.0 + i as f64).collect::<Vec<_>>());
    let largest = |k| solver(k, Which::Largest);
    assert!(matches!(largest(0).solve(&a), Err(Error::InvalidArgument { .. })));
    assert!(matches!(largest(61).solve(&a), Err(Error::InvalidArgument { .. })));
    assert!(largest(1).solve(&Matrix::zeros(0, 4)).is_err());
    assert!(solver(1, Which::NearestTo(2.0)).solve(&a).is_err());
    assert!(matches!(largest(1).solve(&OneWay), Err(Error::InvalidArgument { .. })));
    let wrong = Matrix::zeros(61, 2);
    assert!(matches!(GolubKahanLanczos { start: Some(&wrong), ..largest(2) }.solve(&a), Err(Error::Shape { .. })));
    for bad in [0, 7, 40] {
        let error = largest(2).solve(&Poisoned::new(&a, bad)).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    }
    let error = GolubKahanLanczos { max_iterations: 1, subspace: Some(20), ..solver(3, Which::Smallest) }
        .solve(&a)
        .unwrap_err();
    let Error::Unconverged(best) = error else { panic!("{error}") };
    assert_eq!((best.values.len(), best.vectors[0].len(), best.iterations), (3, 60, 1));
    assert!(best.converged < 3 && best.advice.contains("max_iterations"));
}

#[test]
fn a_good_start_saves_products() {
    let a = with_singular_values(300, 200, &(0..200).map(|i| 300.0 - i as f64).collect::<Vec<_>>());
    let cold = largest_two(&a, None);
    let dense = svd(&a).unwrap();
    let start = dense.v_transposed.submatrix(0..2, 0..200).transpose();
    let warm = largest_two(&a, Some(&start));
    assert!(warm.products < cold.products, "{} {}", warm.products, cold.products);
    assert_triplets(&a, &warm, &[300.0, 299.0], 1e-6);
}

fn largest_two(a: &Matrix<f64>, start: Option<&Matrix<f64>>) -> SingularTriplets<f64> {
    GolubKahanLanczos { start, ..solver(2, Which::Largest) }.solve(a).unwrap()
}
