//! LDLᵀ, LU and Cholesky over the symmetric classes: LAPACK's ratios, at most 30.

use quickcheck::quickcheck;

use super::classes::{self, cast, normal_matrix};
use super::ratios::{relative, widen};
use crate::linalg::{Cholesky, Inertia, Ldlt, Lu, Matrix, symmetric_eigenvalues};
use crate::{Error, Scalar, Seed};

/// A subnormal matrix has fewer digits than ε promises.
fn slack<T: Scalar>(a: &Matrix<T>) -> f64 {
    if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 }
}

fn check<T: Scalar>(name: &str, a: &Matrix<T>) {
    let n = a.rows();
    let label = format!("{} {name} {n}", T::NAME);
    let ldlt = Ldlt::factor(a).unwrap_or_else(|e| panic!("{label}: {e}"));
    let l = widen(ldlt.lower());
    assert!((0..n).all(|i| l[(i, i)] == 1.0 && l.row(i)[i + 1..].iter().all(|&v| v == 0.0)), "{label}");
    let product = l.matmul(&widen(&ldlt.block_diagonal())).expect("square").matmul_t(&l).expect("square");
    let p = ldlt.permutation();
    let permuted = Matrix::from_fn(n, n, |i, j| a[(p[i], p[j])].to_f64());
    let ratio = relative::<T>(&permuted, &product) / slack(a);
    assert!(ratio <= 30.0, "{label}: LDLᵀ {ratio}");

    let lu = Lu::factor(a).expect("square");
    let product = widen(&lu.lower()).matmul(&widen(&lu.upper())).expect("square");
    let permuted = Matrix::from_fn(n, n, |i, j| a[(lu.permutation()[i], j)].to_f64());
    let ratio = relative::<T>(&permuted, &product) / slack(a);
    assert!(ratio <= 30.0, "{label}: LU {ratio}");

    if let Ok(cholesky) = Cholesky::factor(a) {
        let l = widen(cholesky.lower());
        let ratio = relative::<T>(&widen(a), &l.matmul_t(&l).expect("square")) / slack(a);
        assert!(ratio <= 30.0, "{label}: Cholesky {ratio}");
    }
}

#[test]
fn lapack_classes() {
    for n in [1, 2, 3, 5, 10, 33, 70, 150] {
        for (name, a) in classes::symmetric::<f64>(n) {
            check(&name, &a);
        }
        for (name, a) in classes::symmetric::<f32>(n) {
            check(&name, &a);
        }
    }
    check::<f64>("empty", &Matrix::zeros(0, 0));
}

fn indefinite(n: usize, seed: u64) -> Matrix<f64> {
    let b = normal_matrix(n, n, &mut Seed(seed).stream("indefinite"));
    b.add(&b.transpose()).expect("square")
}

fn check_solve<T: Scalar>(n: usize) {
    let a: Matrix<T> = cast(&indefinite(n, 5));
    let x: Matrix<T> = cast(&normal_matrix(n, 3, &mut Seed(2).stream("x")));
    let b = a.matmul(&x).expect("shapes");
    let found = widen(&Ldlt::factor(&a).expect("symmetric").solve(&b).expect("regular"));
    let residual = relative::<T>(&widen(&b), &widen(&a).matmul(&found).expect("shapes"));
    assert!(residual <= 30.0 * widen(&found).one_norm() * a.one_norm().to_f64() / b.one_norm().to_f64(), "{residual}");
}

#[test]
fn solves_indefinite_systems() {
    for n in [1, 2, 3, 10, 61, 150] {
        check_solve::<f64>(n);
        check_solve::<f32>(n);
    }
    // Nothing on the diagonal: blocks of order two only.
    let a = Matrix::from_fn(6, 6, |i, j| if i.abs_diff(j) == 1 { 1.0_f64 } else { 0.0 });
    let ldlt = Ldlt::factor(&a).expect("symmetric");
    assert_eq!(ldlt.inertia(), Inertia { positive: 3, negative: 3, zero: 0 });
    let inverse = ldlt.solve(&Matrix::identity(6)).expect("regular");
    assert!(a.matmul(&inverse).expect("square").sub(&Matrix::identity(6)).expect("square").max_abs() < 1e-14);
    assert!((ldlt.determinant() + 1.0).abs() < 1e-14);
}

#[test]
fn determinants_do_not_overflow() {
    let n = 200;
    let a = Matrix::from_fn(n, n, |i, j| if i + j + 1 == n { 1e100 } else { 0.0 });
    let ldlt = Ldlt::factor(&a).expect("symmetric");
    let (sign, logarithm) = ldlt.log_determinant();
    // The sign of reversing 200 rows is (−1)^100.
    assert!(sign == 1.0 && (logarithm - n as f64 * 100.0 * 10f64.ln()).abs() < 1e-9 * logarithm);
    let (lu_sign, lu_logarithm) = Lu::factor(&a).expect("square").log_determinant();
    assert!(lu_sign == sign && (lu_logarithm - logarithm).abs() < 1e-9 * logarithm);
    let empty = Ldlt::<f64>::factor(&Matrix::zeros(0, 0)).expect("empty");
    assert_eq!((empty.determinant(), empty.log_determinant()), (1.0, (1.0, 0.0)));
}

#[test]
fn refuses_bad_input() {
    assert!(matches!(Ldlt::factor(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    let lopsided = Matrix::from_fn(2, 2, |i, j| (i + 2 * j) as f64);
    assert!(matches!(Ldlt::factor(&lopsided), Err(Error::InvalidArgument { .. })));
    assert!(matches!(Ldlt::factor(&Matrix::from_fn(2, 2, |_, _| f64::NAN)), Err(Error::NonFinite { .. })));
    let zero = Ldlt::factor(&Matrix::<f64>::zeros(3, 3)).expect("symmetric");
    assert_eq!(zero.inertia(), Inertia { positive: 0, negative: 0, zero: 3 });
    assert_eq!(zero.log_determinant(), (0.0, f64::NEG_INFINITY));
    assert_eq!(zero.determinant(), 0.0);
    assert!(matches!(zero.solve(&Matrix::zeros(3, 1)), Err(Error::Singular { pivot: 0, .. })));
    assert!(matches!(zero.solve(&Matrix::zeros(2, 1)), Err(Error::Shape { .. })));
}

quickcheck! {
    fn inertia_counts_signs_of_eigenvalues(seed: u64, order: u8) -> bool {
        let a = indefinite(usize::from(order % 20), seed);
        let inertia = Ldlt::factor(&a).expect("symmetric").inertia();
        let values = symmetric_eigenvalues(&a).expect("converges");
        inertia.positive == values.iter().filter(|&&v| v > 0.0).count() && inertia.negative + inertia.positive == a.rows()
    }

    fn determinants_agree(seed: u64, order: u8) -> bool {
        let a = indefinite(usize::from(order % 12), seed);
        let (ldlt, lu) = (Ldlt::factor(&a).expect("symmetric").determinant(), Lu::factor(&a).expect("square").determinant());
        (ldlt - lu).abs() <= 1e-9 * lu.abs().max(1.0)
    }
}
