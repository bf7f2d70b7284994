//! LAPACK's test ratios: errors in units of `n ε` times the norm of the matrix.

use crate::Scalar;
use crate::linalg::Matrix;
use crate::linalg::scaling::power_of_two_scale;

/// The matrix in `f64`, times a power of two that brings its largest entry to `[1, 2)`, and that power.
pub(super) fn unit_scaled<T: Scalar>(a: &Matrix<T>) -> (Matrix<f64>, f64) {
    let scale = power_of_two_scale(a.max_abs().to_f64());
    (widen(a).scale(scale), scale)
}

pub(super) fn widen<T: Scalar>(a: &Matrix<T>) -> Matrix<f64> {
    Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].to_f64())
}

/// `‖VᵀV − I‖₁ / (n ε)`.
pub(super) fn orthogonality<T: Scalar>(v: &Matrix<T>) -> f64 {
    let wide = widen(v);
    let gram = wide.t_matmul(&wide).expect("shapes");
    let defect = gram.sub(&Matrix::identity(v.cols())).expect("square").one_norm();
    defect / (v.rows().max(1) as f64 * T::EPSILON.to_f64())
}

/// `‖A − B‖₁ / (max(m, n) ε ‖A‖₁)`, safe from overflow.
pub(super) fn relative<T: Scalar>(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    let (a, scale) = unit_scaled(a);
    let difference = a.sub(&b.scale(scale)).expect("shapes").one_norm();
    let norm = a.one_norm();
    let unit = a.rows().max(a.cols()) as f64 * T::EPSILON.to_f64();
    if norm == 0.0 { difference } else { difference / (unit * norm) }
}
