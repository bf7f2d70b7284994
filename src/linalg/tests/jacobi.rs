use super::classes;
use super::ratios::orthogonality;
use super::symmetric_eigen::residual;
use crate::linalg::{Matrix, jacobi_eigen, symmetric_eigen};
use crate::{Error, Scalar};

fn check<T: Scalar>(n: usize) {
    for (name, a) in classes::symmetric::<T>(n) {
        let jacobi = jacobi_eigen(&a).unwrap_or_else(|e| panic!("{name} {n}: {e}"));
        let slack = if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 };
        let (r, o) = (residual(&a, &jacobi) / slack, orthogonality(&jacobi.vectors));
        assert!(r <= 10.0 && o <= 10.0, "{} {name} {n}: residual {r}, orthogonality {o}", T::NAME);
        // Two independent methods agree.
        let other = symmetric_eigen(&a).expect("converges");
        let unit = T::EPSILON.to_f64() * n as f64 * a.max_abs().to_f64() * n as f64 * slack;
        for (&x, &y) in jacobi.values.iter().zip(&other.values) {
            assert!((x.to_f64() - y.to_f64()).abs() <= 10.0 * unit, "{name} {n}: {x:e} {y:e}");
        }
    }
}

#[test]
fn lapack_classes() {
    for n in [1, 2, 3, 10, 40] {
        check::<f64>(n);
        check::<f32>(n);
    }
    assert!(jacobi_eigen(&Matrix::<f64>::zeros(0, 0)).expect("empty").values.is_empty());
}

#[test]
fn graded_matrix_to_high_relative_accuracy() {
    // D M D with M_ij = min(i, j), whose inverse is the second difference: exact both ways, as D
    // holds powers of two.
    let n = 8;
    let d = |i: usize| 2f64.powi(10 * i as i32);
    let a = Matrix::from_fn(n, n, |i, j| d(i) * d(j) * (i.min(j) + 1) as f64);
    let inverse = Matrix::from_fn(n, n, |i, j| {
        let k = if i == j { if i + 1 == n { 1.0 } else { 2.0 } } else { -f64::from(u8::from(i.abs_diff(j) == 1)) };
        k / d(i) / d(j)
    });
    let (values, reciprocals) = (jacobi_eigen(&a).expect("ok").values, jacobi_eigen(&inverse).expect("ok").values);
    for (x, y) in values.iter().zip(reciprocals.iter().rev()) {
        assert!((x * y - 1.0).abs() < 1e-13, "{x:e} {y:e}");
    }
}

#[test]
fn refuses_bad_input() {
    assert!(matches!(jacobi_eigen(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    assert!(matches!(jacobi_eigen(&Matrix::from_diagonal(&[f64::NAN])), Err(Error::NonFinite { .. })));
}
