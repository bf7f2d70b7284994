//! The real Schur form: `‖A − Q T Qᵀ‖ / (n ε ‖A‖)` and `‖QᵀQ − I‖ / (n ε)` at most 10.

use quickcheck::quickcheck;

use super::classes::{cast, normal_matrix};
use super::nonsymmetric_classes::nonsymmetric;
use super::ratios::{orthogonality, relative, unit_scaled, widen};
use crate::linalg::{Complex, Matrix, Schur, schur};
use crate::{Error, Scalar, Seed};

/// `‖A − Q T Qᵀ‖₁ / (n ε ‖A‖₁)`; T has to be quasi-triangular with standard blocks.
fn residual<T: Scalar>(label: &str, a: &Matrix<T>, form: &Schur<T>) -> f64 {
    let n = a.rows();
    let t = &form.t;
    for i in 0..n {
        for j in 0..i {
            let below = t[(i, j)];
            assert!(below == T::zero() || j + 1 == i, "{label}: T[{i}, {j}] = {below}");
            if below != T::zero() {
                assert!(t[(j, j)] == t[(i, i)] && (t[(j, i)] < T::zero()) != (below < T::zero()), "{label}: block {j}");
                assert!(j == 0 || t[(j, j - 1)] == T::zero(), "{label}: blocks overlap at {j}");
            }
        }
    }
    let (wide, scale) = unit_scaled(a);
    let (q, t) = (widen(&form.q), widen(t).scale(scale));
    let product = q.matmul(&t).expect("shapes").matmul_t(&q).expect("shapes");
    relative::<T>(&wide, &product)
}

fn check<T: Scalar>(name: &str, a: &Matrix<T>) {
    let label = format!("{} {name} {}", T::NAME, a.rows());
    let form = schur(a).unwrap_or_else(|e| panic!("{label}: {e}"));
    // A subnormal matrix has fewer digits than ε promises.
    let slack = if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 };
    let (r, o) = (residual(&label, a, &form) / slack, orthogonality(&form.q));
    assert!(r <= 10.0 && o <= 10.0, "{label}: residual {r}, orthogonality {o}");
    assert_eq!(form.values().len(), a.rows());
}

#[test]
fn lapack_classes() {
    for n in [0, 1, 2, 3, 5, 10, 33, 70] {
        for (name, a) in nonsymmetric::<f64>(n) {
            check(&name, &a);
        }
        for (name, a) in nonsymmetric::<f32>(n) {
            check(&name, &a);
        }
    }
}

#[test]
fn order_two_hundred() {
    for (name, a) in nonsymmetric::<f32>(200) {
        check(&name, &a);
    }
}

fn check_reordered<T: Scalar>(n: usize, seed: u64) {
    let a: Matrix<T> = cast(&normal_matrix(n, n, &mut Seed(seed).stream("reorder")));
    let mut form = schur(&a).expect("converges");
    let before = form.values();
    let wanted = |v: Complex<T>| v.re > T::zero();
    let count = form.reorder(wanted).expect("well separated");
    assert_eq!(count, before.iter().filter(|&&v| wanted(v)).count());
    let label = format!("{} {n} {seed}", T::NAME);
    assert!(residual(&label, &a, &form) <= 30.0 && orthogonality(&form.q) <= 30.0, "{label}");
    let after = form.values();
    assert!(after[..count].iter().all(|&v| wanted(v)) && !after[count..].iter().any(|&v| wanted(v)), "{label}");
    form.reorder_by(|v| -v.abs()).expect("well separated");
    assert!(residual(&label, &a, &form) <= 30.0 && orthogonality(&form.q) <= 30.0, "{label}");
    let sizes: Vec<f64> = form.values().iter().map(|v| v.abs().to_f64()).collect();
    assert!(sizes.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e3 * T::EPSILON.to_f64())), "{label}: {sizes:?}");
}

#[test]
fn reordering_keeps_the_form() {
    for (n, seed) in [(1, 0), (2, 1), (3, 2), (4, 3), (7, 4), (20, 5), (61, 6)] {
        check_reordered::<f64>(n, seed);
        check_reordered::<f32>(n, seed);
    }
}

#[test]
fn refuses_bad_input() {
    assert!(matches!(schur(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    for bad in [f64::NAN, f64::INFINITY] {
        let mut a = Matrix::<f64>::identity(3);
        a[(1, 1)] = bad;
        assert!(matches!(schur(&a), Err(Error::NonFinite { index: 4, .. })));
    }
    let mut torn = Schur { t: Matrix::<f64>::identity(3), q: Matrix::zeros(2, 3) };
    assert!(matches!(torn.reorder(|_| true), Err(Error::Shape { .. })));
}

quickcheck! {
    fn trace_and_size_are_kept(seed: u64, order: u8) -> bool {
        let n = usize::from(order % 24) + 1;
        let a = normal_matrix(n, n, &mut Seed(seed).stream("quickcheck"));
        let form = schur(&a).expect("converges");
        let trace: f64 = a.diagonal().iter().sum();
        let sum: f64 = form.values().iter().map(|v| v.re).sum();
        (trace - sum).abs() < 1e-12 * n as f64 && (form.t.frobenius_norm() - a.frobenius_norm()).abs() < 1e-12 * n as f64
    }
}
