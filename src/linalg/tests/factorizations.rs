//! Cholesky, QR and triangular solves: LAPACK's ratios, at most 30.

use quickcheck::{TestResult, quickcheck};

use super::classes::{self, cast, normal_matrix};
use super::ratios::{orthogonality, relative, widen};
use super::rectangular_classes::rectangular;
use crate::linalg::{Cholesky, Matrix, Qr, Triangle, Triangular};
use crate::{Error, Scalar, Seed};

/// `AᵀA + shift I` for a random A, well conditioned.
fn positive_definite(n: usize, seed: u64) -> Matrix<f64> {
    let mut stream = Seed(seed).stream("positive definite");
    let a = normal_matrix(n + 3, n, &mut stream);
    a.t_matmul(&a).expect("shapes").add(&Matrix::identity(n)).expect("square")
}

fn check_cholesky<T: Scalar>(n: usize) {
    let a: Matrix<T> = cast(&positive_definite(n, 1));
    let cholesky = Cholesky::factor(&a).expect("positive definite");
    let l = widen(cholesky.lower());
    let product = l.matmul_t(&l).expect("square");
    assert!(relative::<T>(&widen(&a), &product) <= 30.0, "{} {n}", T::NAME);
    for i in 0..n {
        assert!(l.row(i)[i + 1..].iter().all(|&v| v == 0.0) && l[(i, i)] > 0.0);
    }
    let x: Matrix<T> = cast(&normal_matrix(n, 3, &mut Seed(2).stream("x")));
    let solved = widen(&cholesky.solve(&a.matmul(&x).expect("shapes")).expect("fits"));
    assert!(relative::<T>(&widen(&x), &solved) <= 30.0 * a.one_norm().to_f64());
    let inverse = cholesky.inverse().expect("factored");
    assert!(inverse.is_symmetric(T::zero()));
    let unit = widen(&a).matmul(&widen(&inverse)).expect("square");
    assert!(relative::<T>(&Matrix::identity(n), &unit) <= 30.0 * a.one_norm().to_f64());
}

#[test]
fn cholesky_ratios() {
    for n in [0, 1, 2, 5, 63, 64, 65, 150, 300] {
        check_cholesky::<f64>(n);
        check_cholesky::<f32>(n);
    }
}

#[test]
fn cholesky_log_determinant_does_not_overflow() {
    let n = 200;
    let a = Matrix::from_diagonal(&vec![1e100; n]);
    let log = Cholesky::factor(&a).expect("positive").log_determinant();
    assert!((log - n as f64 * 100.0 * 10f64.ln()).abs() < 1e-9 * log);
    assert_eq!(Cholesky::<f32>::factor(&Matrix::zeros(0, 0)).expect("empty").log_determinant(), 0.0);
}

#[test]
fn cholesky_refuses_indefinite() {
    let mut a = positive_definite(100, 3);
    a[(80, 80)] = -1.0;
    assert!(matches!(Cholesky::factor(&a), Err(Error::NotPositiveDefinite { pivot: 80, .. })));
    assert!(matches!(Cholesky::factor(&Matrix::<f64>::zeros(2, 2)), Err(Error::NotPositiveDefinite { pivot: 0, .. })));
    assert!(matches!(Cholesky::factor(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    let cholesky = Cholesky::factor(&Matrix::<f64>::identity(2)).expect("identity");
    assert!(matches!(cholesky.solve(&Matrix::zeros(3, 1)), Err(Error::Shape { .. })));
    assert!(matches!(cholesky.solve(&Matrix::from_fn(2, 1, |_, _| f64::NAN)), Err(Error::NonFinite { .. })));
}

fn check_qr<T: Scalar>(name: &str, a: &Matrix<T>) {
    let qr = Qr::factor(a).expect("finite");
    let (m, n) = (a.rows(), a.cols());
    let (thin, full, r) = (qr.thin_q().expect("thin"), qr.full_q().expect("full"), widen(qr.r()));
    assert_eq!((thin.shape(), full.shape(), r.shape()), ([m, m.min(n)], [m, m], [m.min(n), n]));
    let product = widen(&thin).matmul(&r).expect("shapes");
    let error = relative::<T>(&widen(a), &product);
    let label = format!("{} {name} {m}x{n}", T::NAME);
    assert!(error <= 30.0, "{label}: {error}");
    assert!(orthogonality(&full) <= 30.0 && orthogonality(&thin) <= 30.0, "{label}");
    for i in 0..m.min(n) {
        assert!(r.row(i)[..i].iter().all(|&v| v == 0.0), "{label}: R is not triangular");
    }
    assert!(full.submatrix(0..m, 0..m.min(n)).sub(&thin).expect("shape").max_abs() <= T::EPSILON * T::of(8.0));
    let back = qr.apply_q(&qr.apply_q_transposed(a).expect("fits")).expect("fits");
    assert!(relative::<T>(&widen(a), &widen(&back)) <= 30.0, "{label}");
}

#[test]
fn qr_ratios() {
    for (m, n) in [(0, 0), (3, 0), (0, 3), (1, 1), (5, 3), (3, 5), (40, 33), (33, 40), (100, 100), (300, 64)] {
        let a = normal_matrix(m, n, &mut Seed(9).stream("qr"));
        check_qr::<f64>("random", &a);
        check_qr::<f32>("random", &cast(&a));
        check_qr::<f64>("zero", &a.scale(0.0));
        check_qr::<f64>("huge", &a.scale(1e305));
        check_qr::<f64>("tiny", &a.scale(1e-300));
        check_qr::<f32>("huge", &cast(&a.scale(1e36)));
    }
    for n in [2, 33, 70] {
        for (name, a) in classes::symmetric::<f64>(n) {
            if name != "subnormal" {
                check_qr(&name, &a);
            }
        }
    }
}

#[test]
fn qr_ratios_of_every_class() {
    for (m, n) in [(1, 4), (33, 31), (70, 96)] {
        for (name, a) in &rectangular::<f64>(m, n) {
            check_qr(name, a);
        }
        for (name, a) in &rectangular::<f32>(m, n) {
            check_qr(name, a);
        }
    }
}

#[test]
fn least_squares_leaves_an_orthogonal_residual() {
    let mut stream = Seed(4).stream("least squares");
    let a = normal_matrix(120, 50, &mut stream);
    let b = normal_matrix(120, 2, &mut stream);
    let x = Qr::factor(&a).expect("finite").solve(&b).expect("full rank");
    let residual = a.matmul(&x).expect("shapes").sub(&b).expect("shapes");
    assert!(a.t_matmul(&residual).expect("shapes").max_abs() < 1e-12);
}

#[test]
fn least_squares_reports_dependent_columns() {
    let mut a = normal_matrix(20, 5, &mut Seed(5).stream("dependent"));
    for i in 0..20 {
        a[(i, 3)] = a[(i, 0)] + a[(i, 1)];
    }
    let b = Matrix::zeros(20, 1);
    assert!(matches!(Qr::factor(&a).expect("finite").solve(&b), Err(Error::Singular { pivot: 3, .. })));
    let wide = Qr::factor(&a.transpose()).expect("finite");
    assert!(matches!(wide.solve(&Matrix::zeros(5, 1)), Err(Error::InvalidArgument { .. })));
    assert!(matches!(wide.solve(&Matrix::zeros(6, 1)), Err(Error::InvalidArgument { .. })));
}

fn check_triangular<T: Scalar>(n: usize, k: usize) {
    let mut stream = Seed(6).stream("triangular");
    let raw: Matrix<T> = cast(&normal_matrix(n, n, &mut stream).scale(1.0 / (n.max(1) as f64)));
    let a = raw.add(&Matrix::identity(n)).expect("square");
    let b: Matrix<T> = cast(&normal_matrix(n, k, &mut stream));
    for triangle in [Triangle::Lower, Triangle::Upper] {
        for transposed in [false, true] {
            for unit_diagonal in [false, true] {
                let how = Triangular { triangle, transposed, unit_diagonal };
                let half = Matrix::from_fn(n, n, |i, j| match (i == j, (i > j) == (triangle == Triangle::Lower)) {
                    (true, _) if unit_diagonal => T::one(),
                    (true, _) | (_, true) => a[(i, j)],
                    _ => T::zero(),
                });
                let operator = widen(&if transposed { half.transpose() } else { half });
                let x = widen(&how.solve(&a, &b).expect("regular"));
                let error = relative::<T>(&widen(&b), &operator.matmul(&x).expect("shapes"));
                assert!(error <= 30.0, "{how:?} {n} {k}: {error}");
                let y = widen(&how.solve_right(&a, &b.transpose()).expect("regular"));
                let error = relative::<T>(&widen(&b.transpose()), &y.matmul(&operator).expect("shapes"));
                assert!(error <= 30.0, "{how:?} right {n} {k}: {error}");
            }
        }
    }
}

#[test]
fn triangular_solves() {
    for (n, k) in [(0, 1), (0, 0), (1, 1), (4, 0), (5, 2), (48, 3), (49, 1), (130, 7), (9, 8), (130, 29)] {
        check_triangular::<f64>(n, k);
        check_triangular::<f32>(n, k);
    }
    let mut a = Matrix::<f64>::identity(60);
    a[(55, 55)] = 0.0;
    let b = Matrix::zeros(60, 2);
    assert!(matches!(Triangular::lower().solve(&a, &b), Err(Error::Singular { pivot: 55, .. })));
    assert!(Triangular::upper().unit_diagonal().solve(&a, &b).is_ok());
    assert!(matches!(Triangular::upper().solve(&a, &Matrix::zeros(59, 2)), Err(Error::Shape { .. })));
}

quickcheck! {
    fn qr_of_small_matrices(seed: u64, m: u8, n: u8) -> TestResult {
        let a = normal_matrix(usize::from(m % 9), usize::from(n % 9), &mut Seed(seed).stream("small"));
        let qr = Qr::factor(&a).expect("finite");
        let product = qr.thin_q().expect("thin").matmul(qr.r()).expect("shapes");
        TestResult::from_bool(product.sub(&a).expect("shapes").max_abs() < 1e-13)
    }

    fn cholesky_of_small_matrices(seed: u64, n: u8) -> TestResult {
        let a = positive_definite(usize::from(n % 9), seed);
        let l = Cholesky::factor(&a).expect("positive definite").lower().clone();
        TestResult::from_bool(l.matmul_t(&l).expect("square").sub(&a).expect("square").max_abs() < 1e-12)
    }
}
