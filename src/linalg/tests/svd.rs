//! Singular values and what is built on them; pivoted QR and LU: LAPACK's ratios, at most 30.

use super::classes::{self, cast, normal_matrix, with_spectrum};
use super::ratios::{orthogonality, relative, widen};
use super::rectangular_classes::rectangular;
use crate::linalg::{
    Lu, Matrix, PivotedQr, Svd, condition_number, jacobi_svd, least_squares, pseudo_inverse, rank, singular_values,
    svd, svd_full, symmetric_eigenvalues,
};
use crate::{Error, Scalar, Seed};

fn check_svd<T: Scalar>(name: &str, a: &Matrix<T>) {
    let (m, n) = (a.rows(), a.cols());
    let k = m.min(n);
    let label = format!("{} {name} {m}x{n}", T::NAME);
    let thin = svd(a).unwrap_or_else(|e| panic!("{label}: {e}"));
    let mut all = vec![thin.clone()];
    assert_eq!((thin.u.shape(), thin.v_transposed.shape()), ([m, k], [k, n]), "{label}");
    if m.max(n) <= 150 {
        let full = svd_full(a).expect("as thin");
        assert_eq!((full.u.shape(), full.v_transposed.shape()), ([m, m], [n, n]), "{label}");
        all.push(full);
    }
    if k <= 50 {
        all.push(jacobi_svd(a).expect("as thin"));
    }
    for Svd { u, values, v_transposed } in &all {
        assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|&v| v >= T::zero()), "{label}");
        let (u_wide, v) = (widen(u), widen(v_transposed));
        let us = Matrix::from_fn(m, k, |i, j| u_wide[(i, j)] * values[j].to_f64());
        let error = relative::<T>(&widen(a), &us.matmul(&v.submatrix(0..k, 0..n)).expect("shapes"));
        assert!(error <= 30.0, "{label}: {error}");
        let (left, right) = (orthogonality(u), orthogonality(&v_transposed.transpose()));
        assert!(left <= 30.0 && right <= 30.0, "{label}: {left} {right}");
    }
    let alone = singular_values(a).expect("as svd");
    let largest = thin.values.first().map_or(0.0, |&v| v.to_f64());
    for (&x, &y) in alone.iter().zip(&thin.values) {
        assert!((x.to_f64() - y.to_f64()).abs() <= 10.0 * k as f64 * T::EPSILON.to_f64() * largest, "{label}");
    }
}

#[test]
fn svd_ratios() {
    for (m, n) in [(0, 0), (3, 0), (0, 3), (1, 1), (5, 3), (3, 5), (40, 33), (33, 40), (120, 30)] {
        let a = normal_matrix(m, n, &mut Seed(1).stream("svd"));
        check_svd::<f64>("random", &a);
        check_svd::<f32>("random", &cast(&a));
        check_svd::<f64>("zero", &a.scale(0.0));
        check_svd::<f64>("huge", &a.scale(1e305));
        check_svd::<f64>("tiny", &a.scale(1e-300));
        check_svd::<f64>("ones", &a.map(|_| 1.0));
    }
    for n in [1, 2, 20, 50] {
        for (name, a) in &classes::symmetric::<f64>(n) {
            check_svd(name, a);
        }
        for (name, a) in &classes::symmetric::<f32>(n) {
            check_svd(name, a);
        }
    }
    assert!(matches!(svd(&Matrix::from_diagonal(&[1.0, f64::NAN])), Err(Error::NonFinite { index: 3, .. })));
}

#[test]
fn svd_ratios_of_every_class() {
    // Around the base of the recursion, one and more levels of it; square, tall, very tall, wide.
    for (m, n) in [(3, 1), (1, 4), (49, 49), (50, 60), (67, 66), (68, 70), (130, 80), (97, 130)] {
        for (name, a) in &rectangular::<f64>(m, n) {
            check_svd(name, a);
        }
        for (name, a) in &rectangular::<f32>(m, n) {
            check_svd(name, a);
        }
    }
}

#[test]
fn svd_ratios_at_order_300() {
    for (name, a) in rectangular::<f64>(300, 300).iter().step_by(3) {
        check_svd(name, a);
    }
    for (name, a) in rectangular::<f32>(300, 300).iter().skip(1).step_by(3) {
        check_svd(name, a);
    }
}

#[test]
fn jacobi_keeps_the_digits_of_tiny_singular_values() {
    // A = B D with B well conditioned: every singular value is right to a few digits less than all.
    let (m, n) = (30, 20);
    let b = normal_matrix(m, n, &mut Seed(9).stream("scaled"));
    let scaled = Matrix::from_fn(m, n, |i, j| b[(i, j)] * 10f64.powi(-5 * j as i32));
    let values = jacobi_svd(&scaled).expect("finite").values;
    // The same of the columns in another order and by the transpose.
    let turned = jacobi_svd(&Matrix::from_fn(n, m, |i, j| scaled[(j, n - 1 - i)])).expect("finite").values;
    assert!(values[0] > 1.0 && values[n - 1] < 1e-90 && values[n - 1] > 0.0);
    for (x, y) in values.iter().zip(&turned) {
        assert!((x / y - 1.0).abs() < 1e-12, "{x} {y}");
    }
}

#[test]
fn hostile_matrices_of_any_size() {
    for (m, n) in [(1, 1), (60, 60), (200, 60), (60, 200)] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut a = normal_matrix(m, n, &mut Seed(1).stream("hostile"));
            a[(m - 1, n - 1)] = bad;
            assert!(matches!(svd(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(svd_full(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(jacobi_svd(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(singular_values(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(PivotedQr::factor(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(rank(&a, None), Err(Error::NonFinite { .. })));
            assert!(matches!(condition_number(&a), Err(Error::NonFinite { .. })));
            assert!(matches!(pseudo_inverse(&a, None), Err(Error::NonFinite { .. })));
            assert!(matches!(least_squares(&a, &Matrix::zeros(m, 1), None), Err(Error::NonFinite { .. })));
        }
    }
    // The norm of a finite matrix may be none.
    for n in [2, 60] {
        let large = Matrix::from_fn(n, n, |_, _| f64::MAX);
        assert!(matches!(svd(&large), Err(Error::InvalidArgument { .. })));
        assert!(matches!(singular_values(&large), Err(Error::InvalidArgument { .. })));
        assert!(matches!(PivotedQr::factor(&large), Err(Error::InvalidArgument { .. })));
    }
}

#[test]
fn singular_values_are_roots_of_the_eigenvalues_of_the_gram_matrix() {
    let a = normal_matrix(60, 40, &mut Seed(2).stream("gram"));
    let squares = symmetric_eigenvalues(&a.t_matmul(&a).expect("shapes")).expect("symmetric");
    for (value, square) in singular_values(&a).expect("finite").iter().rev().zip(squares) {
        assert!((value - square.sqrt()).abs() < 1e-12);
    }
}

fn check_pivoted_qr<T: Scalar>(name: &str, a: &Matrix<T>) {
    let (m, n) = (a.rows(), a.cols());
    let label = format!("{} {name} {m}x{n}", T::NAME);
    let qr = PivotedQr::factor(a).unwrap_or_else(|e| panic!("{label}: {e}"));
    let permuted = Matrix::from_fn(m, n, |i, j| a[(i, qr.permutation()[j])].to_f64());
    let q = qr.thin_q().expect("thin");
    let error = relative::<T>(&permuted, &widen(&q).matmul(&widen(qr.r())).expect("shapes"));
    assert!(error <= 30.0, "{label}: {error}");
    let mut loss = orthogonality(&q);
    if m <= 150 {
        loss = loss.max(orthogonality(&qr.full_q().expect("full")));
    }
    assert!(loss <= 30.0, "{label}: {loss}");
    // In units of the first, as norms updated to so many digits tell.
    let diagonal: Vec<f64> = qr.r().diagonal().iter().map(|&v| Scalar::to_f64(v).abs()).collect();
    let slack = 10.0 * T::EPSILON.to_f64().sqrt();
    let floor = diagonal.first().map_or(0.0, |&v| v * T::EPSILON.to_f64() * m.max(n) as f64);
    assert!(diagonal.is_sorted_by(|x, y| x * (1.0 + slack) + floor >= *y), "{label}");
}

#[test]
fn pivoted_qr_ratios_of_every_class() {
    for (m, n) in [(3, 1), (1, 4), (31, 33), (65, 64), (64, 65), (130, 80), (97, 130)] {
        for (name, a) in &rectangular::<f64>(m, n) {
            check_pivoted_qr(name, a);
        }
        for (name, a) in &rectangular::<f32>(m, n) {
            check_pivoted_qr(name, a);
        }
    }
}

#[test]
fn pivoted_qr_ratios_at_order_300() {
    for (name, a) in rectangular::<f64>(300, 300).iter().step_by(3) {
        check_pivoted_qr(name, a);
    }
    for (name, a) in rectangular::<f32>(260, 300).iter().skip(1).step_by(3) {
        check_pivoted_qr(name, a);
    }
}

#[test]
fn pivoted_qr_ratios_and_rank() {
    for (m, n) in [(0, 0), (3, 0), (0, 3), (1, 1), (5, 3), (3, 5), (40, 33), (33, 40), (100, 100)] {
        let a = normal_matrix(m, n, &mut Seed(3).stream("pivoted"));
        for a in [a.clone(), a.scale(0.0), a.scale(1e305), a.scale(1e-300)] {
            let qr = PivotedQr::factor(&a).expect("finite");
            let permuted = Matrix::from_fn(m, n, |i, j| a[(i, qr.permutation()[j])]);
            let q = qr.thin_q().expect("thin");
            assert!(relative::<f64>(&permuted, &q.matmul(qr.r()).expect("shapes")) <= 30.0, "{m}x{n}");
            assert!(orthogonality(&q) <= 30.0 && orthogonality(&qr.full_q().expect("full")) <= 30.0);
            assert!(qr.r().diagonal().is_sorted_by(|x, y| x.abs() * (1.0 + 1e-12) >= y.abs()));
        }
    }
    let mut stream = Seed(4).stream("rank");
    let low = normal_matrix(30, 7, &mut stream).matmul(&normal_matrix(7, 25, &mut stream)).expect("shapes");
    assert_eq!(PivotedQr::factor(&low).expect("finite").rank(1e-12), 7);
    assert_eq!(rank(&low, None).expect("finite"), 7);
    assert_eq!(PivotedQr::factor(&low.scale(0.0)).expect("finite").rank(1e-12), 0);
}

fn check_lu<T: Scalar>(n: usize) {
    let mut stream = Seed(5).stream("lu");
    let a: Matrix<T> = cast(&normal_matrix(n, n, &mut stream));
    let lu = Lu::factor(&a).expect("finite");
    let permuted = Matrix::from_fn(n, n, |i, j| a[(lu.permutation()[i], j)].to_f64());
    let product = widen(&lu.lower()).matmul(&widen(&lu.upper())).expect("square");
    assert!(relative::<T>(&permuted, &product) <= 30.0, "{n}");
    let b: Matrix<T> = cast(&normal_matrix(n, 3, &mut stream));
    let x = lu.solve(&b).expect("regular");
    let residual = a.matmul(&x).expect("shapes").sub(&b).expect("shapes").one_norm().to_f64();
    let unit = T::EPSILON.to_f64() * n.max(1) as f64;
    assert!(residual <= 30.0 * unit * (a.one_norm() * x.one_norm()).to_f64().max(f64::MIN_POSITIVE), "{n}");
    let (sign, log) = lu.log_determinant();
    let determinant = lu.determinant().to_f64();
    if determinant.is_finite() {
        let other = sign.to_f64() * log.to_f64().exp();
        assert!((determinant - other).abs() <= 1e3 * unit * determinant.abs(), "{n}: {determinant} {other}");
    }
}

#[test]
fn lu_ratios() {
    for n in [0, 1, 2, 5, 47, 48, 49, 130] {
        check_lu::<f64>(n);
        check_lu::<f32>(n);
    }
    let ones = Lu::factor(&Matrix::<f64>::from_fn(3, 3, |_, _| 1.0)).expect("finite");
    assert!(matches!(ones.solve(&Matrix::zeros(3, 1)), Err(Error::Singular { pivot: 1, .. })));
    assert!(matches!(ones.solve(&Matrix::zeros(2, 1)), Err(Error::Shape { .. })));
    let zero = Lu::factor(&Matrix::<f64>::zeros(4, 4)).expect("finite");
    assert_eq!((zero.determinant(), zero.log_determinant()), (0.0, (0.0, f64::NEG_INFINITY)));
    assert!(matches!(zero.inverse(), Err(Error::Singular { pivot: 0, .. })));
    // det of the min(i, j) matrix is 1.
    let minimum = Matrix::from_fn(30, 30, |i, j| (i.min(j) + 1) as f64);
    assert!((Lu::factor(&minimum).expect("finite").determinant() - 1.0).abs() < 1e-12);
}

#[test]
fn pseudo_inverse_satisfies_penrose() {
    let mut stream = Seed(6).stream("penrose");
    let low = normal_matrix(20, 4, &mut stream).matmul(&normal_matrix(4, 13, &mut stream)).expect("shapes");
    for a in [normal_matrix(9, 5, &mut stream), normal_matrix(5, 9, &mut stream), low, Matrix::zeros(3, 2)] {
        let p = pseudo_inverse(&a, None).expect("finite");
        let (ap, pa) = (a.matmul(&p).expect("shapes"), p.matmul(&a).expect("shapes"));
        assert!(ap.matmul(&a).expect("shapes").sub(&a).expect("shape").max_abs() < 1e-12 * (1.0 + a.max_abs()));
        assert!(pa.matmul(&p).expect("shapes").sub(&p).expect("shape").max_abs() < 1e-12 * (1.0 + p.max_abs()));
        assert!(ap.is_symmetric(1e-12) && pa.is_symmetric(1e-12));
    }
}

#[test]
fn least_squares_of_least_norm() {
    let mut stream = Seed(7).stream("least norm");
    let a = normal_matrix(30, 4, &mut stream).matmul(&normal_matrix(4, 12, &mut stream)).expect("shapes");
    let b = normal_matrix(30, 2, &mut stream);
    let found = least_squares(&a, &b, None).expect("finite");
    assert_eq!((found.rank, found.solution.shape(), found.singular_values.len()), (4, [12, 2], 12));
    let by_inverse = pseudo_inverse(&a, None).expect("finite").matmul(&b).expect("shapes");
    assert!(found.solution.sub(&by_inverse).expect("shape").max_abs() < 1e-12);
    for rcond in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(matches!(least_squares(&a, &b, Some(rcond)), Err(Error::InvalidArgument { .. })));
    }
    assert!(matches!(least_squares(&a, &Matrix::zeros(29, 1), None), Err(Error::Shape { .. })));
}

#[test]
fn least_squares_of_degenerate_matrices() {
    // By divide and conquer: of half of the rank, tall and wide; and the residual is orthogonal to the range.
    for (m, n) in [(90, 60), (60, 90)] {
        let mut stream = Seed(10).stream("degenerate");
        let a = normal_matrix(m, 25, &mut stream).matmul(&normal_matrix(25, n, &mut stream)).expect("shapes");
        let b = normal_matrix(m, 2, &mut stream);
        let found = least_squares(&a, &b, None).expect("finite");
        assert_eq!((found.rank, rank(&a, None).expect("finite")), (25, 25));
        let residual = a.matmul(&found.solution).expect("shapes").sub(&b).expect("shape");
        assert!(a.t_matmul(&residual).expect("shapes").max_abs() < 1e-10);
        // Of least norm: nothing of the null space is in it.
        let basis = svd_full(&a).expect("finite").v_transposed.submatrix(25..n, 0..n);
        assert!(basis.matmul(&found.solution).expect("shapes").max_abs() < 1e-12);
        assert!(condition_number(&a).expect("finite") > 1e13);
        // A coarser rcond leaves out the small half.
        let middle = (found.singular_values[9] + found.singular_values[10]) / (2.0 * found.singular_values[0]);
        assert_eq!(least_squares(&a, &b, Some(middle)).expect("finite").rank, 10);
    }
    for (m, n) in [(0, 0), (0, 3), (3, 0)] {
        let a = Matrix::<f64>::zeros(m, n);
        let found = least_squares(&a, &Matrix::zeros(m, 2), None).expect("empty");
        assert_eq!((found.rank, found.solution.shape()), (0, [n, 2]));
        assert_eq!(pseudo_inverse(&a, None).expect("empty").shape(), [n, m]);
        assert_eq!((rank(&a, None).expect("empty"), condition_number(&a).expect("empty")), (0, 1.0));
    }
    let zero = least_squares(&Matrix::<f32>::zeros(4, 3), &Matrix::from_fn(4, 1, |_, _| 1.0), None).expect("zero");
    assert!(zero.rank == 0 && zero.solution.max_abs() == 0.0);
    let tiny = Matrix::from_vec(1, 1, vec![1e-310]).expect("shape");
    assert!(matches!(pseudo_inverse(&tiny, None), Err(Error::InvalidArgument { .. })));
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let a = normal_matrix(620, 400, &mut Seed(11).stream("threads"));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| (svd(&a).expect("finite"), PivotedQr::factor(&a).and_then(|qr| qr.thin_q()).expect("finite")))
    };
    let (one, three) = (on(1), on(3));
    assert!(one == three);
}

#[test]
fn arbitrary_bits_have_ratios_or_an_error() {
    let mut stream = Seed(12).stream("bits");
    for case in 0..60 {
        let (m, n) = (stream.below(70), stream.below(70));
        // Any magnitude that the sum of all squares, once scaled, can stand; each third case NaN and infinities too.
        let a = Matrix::from_fn(m, n, |_, _| {
            let bits = f64::from_bits((stream.below(1 << 32) as u64) << 32 | stream.below(1 << 32) as u64);
            if case % 3 > 0 && (!bits.is_finite() || bits.abs() > 1e300) { 0.0 } else { bits }
        });
        if a.as_slice().iter().all(|v| v.abs() <= 1e300) {
            check_svd("bits", &a);
        } else {
            assert!(matches!(svd(&a), Ok(_) | Err(Error::NonFinite { .. } | Error::InvalidArgument { .. })));
        }
    }
}

#[test]
fn condition_numbers() {
    let a = with_spectrum(&[1.0, 10.0, 1000.0, -4.0], &mut Seed(8).stream("condition"));
    assert!((condition_number(&a).expect("finite") - 1000.0).abs() < 1e-9);
    assert_eq!(condition_number(&Matrix::<f64>::zeros(2, 2)).expect("finite"), f64::INFINITY);
    assert_eq!(condition_number(&Matrix::<f64>::zeros(0, 0)).expect("empty"), 1.0);
}
