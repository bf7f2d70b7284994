use super::classes::{cast, hilbert, normal_matrix};
use super::ratios::{orthogonality, relative, widen};
use super::rectangular_classes::rectangular;
use crate::linalg::{GramSchmidt, Matrix, cholesky_qr, gram_schmidt};
use crate::{Error, Scalar, Seed};

fn check<T: Scalar>(label: &str, a: &Matrix<T>, (q, r): (Matrix<T>, Matrix<T>)) {
    let product = widen(&q).matmul(&widen(&r)).expect("shapes");
    let (error, defect) = (relative::<T>(&widen(a), &product), orthogonality(&q));
    assert!(error <= 30.0 && defect <= 30.0, "{} {label}: {error} {defect}", T::NAME);
    assert!((0..r.rows()).all(|i| r.row(i)[..i].iter().all(|&v| v == T::zero())), "{label}: R is not triangular");
}

#[test]
fn random_matrices() {
    for (m, n) in [(0, 0), (4, 0), (1, 1), (7, 4), (100, 60), (500, 20)] {
        let raw = normal_matrix(m, n, &mut Seed(1).stream("orthogonalize"));
        for scale in [1.0, 1e-30, 1e30] {
            let (a, single): (Matrix<f64>, Matrix<f32>) = (raw.scale(scale), cast(&raw.scale(scale)));
            check("reorthogonalized", &a, gram_schmidt(&a, GramSchmidt::default()).expect("full rank"));
            check("reorthogonalized", &single, gram_schmidt(&single, GramSchmidt::default()).expect("full rank"));
            check("cholesky", &a, cholesky_qr(&a).expect("finite"));
            check("cholesky", &single, cholesky_qr(&single).expect("finite"));
        }
        for process in [GramSchmidt::Classical, GramSchmidt::Modified] {
            let (q, r) = gram_schmidt(&raw, process).expect("full rank");
            assert!(q.matmul(&r).expect("shapes").sub(&raw).expect("shape").max_abs() < 1e-12);
        }
    }
}

#[test]
fn an_ill_conditioned_matrix_tells_them_apart() {
    let a = hilbert(9);
    let loss = |process| orthogonality(&gram_schmidt(&a, process).expect("full rank").0);
    assert!(loss(GramSchmidt::Reorthogonalized) < 30.0);
    assert!(loss(GramSchmidt::Modified) > 1e3 && loss(GramSchmidt::Classical) > 1e2 * loss(GramSchmidt::Modified));
}

#[test]
fn dependent_columns() {
    let a = Matrix::from_fn(6, 3, |i, j| if j == 2 { 2.0 * i as f64 + 1.0 } else { (i + j) as f64 });
    for process in [GramSchmidt::Classical, GramSchmidt::Modified, GramSchmidt::Reorthogonalized] {
        assert!(matches!(gram_schmidt(&a, process), Err(Error::Singular { pivot: 2, .. })), "{process:?}");
    }
    for a in [a.clone(), a.transpose(), hilbert(40), Matrix::zeros(5, 2)] {
        check("fallback", &a, cholesky_qr(&a).expect("finite"));
    }
    let mut bad = a;
    bad[(0, 0)] = f64::NAN;
    assert!(matches!(cholesky_qr(&bad), Err(Error::NonFinite { .. })));
    assert!(matches!(gram_schmidt(&bad, GramSchmidt::Modified), Err(Error::NonFinite { .. })));
}

fn check_classes<T: Scalar>(m: usize, n: usize) {
    for (name, a) in rectangular::<T>(m, n) {
        let label = format!("{name} {m}x{n}");
        check(&label, &a, cholesky_qr(&a).unwrap_or_else(|e| panic!("{label}: {e}")));
        match gram_schmidt(&a, GramSchmidt::Reorthogonalized) {
            Ok(factors) => check(&label, &a, factors),
            Err(Error::Singular { pivot, .. }) => assert!(pivot < n, "{label}"),
            Err(error) => panic!("{label}: {error}"),
        }
    }
}

#[test]
fn every_class() {
    for (m, n) in [(1, 1), (3, 5), (40, 40), (70, 33)] {
        check_classes::<f64>(m, n);
        check_classes::<f32>(m, n);
    }
}

#[test]
fn norms_beyond_the_range() {
    let large = Matrix::from_fn(4, 1, |_, _| f64::MAX);
    assert!(matches!(cholesky_qr(&large), Err(Error::InvalidArgument { .. })));
    assert!(matches!(gram_schmidt(&large, GramSchmidt::Modified), Err(Error::InvalidArgument { .. })));
    // More columns than rows, no rows, no columns.
    let wide = normal_matrix(3, 5, &mut Seed(3).stream("wide"));
    assert!(matches!(gram_schmidt(&wide, GramSchmidt::default()), Err(Error::Singular { pivot: 3, .. })));
    assert!(matches!(gram_schmidt(&Matrix::<f64>::zeros(0, 2), GramSchmidt::default()), Err(Error::Singular { .. })));
    assert_eq!(cholesky_qr(&Matrix::<f64>::zeros(0, 2)).expect("empty").0.shape(), [0, 0]);
}
