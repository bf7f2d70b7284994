//! The report's two errors of an eigenpair.

use eigennet::Error;
use eigennet::kernels::reduce::{axpy, dot, norm};
use eigennet::linalg::SymmetricEigen;

/// How far an eigenpair is from the one of a reference that it is nearest to in direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairError {
    /// The place of that one among the reference's ascending eigenvalues.
    pub index: usize,
    /// ε = |λ − λ_ref| / |λ_ref| (eq. 31); where λ_ref = 0, relative to the largest |λ_ref|.
    pub epsilon: f64,
    /// Λ = 1 − cos²∠(v, v_ref) (eq. 32, with its sign turned), as the square of the sine, without
    /// cancellation; for a repeated eigenvalue the angle to its eigenspace.
    pub lambda_defect: f64,
}

/// Compares an eigenpair, the vector of any length, with the reference.
///
/// # Errors
/// [`Error::Shape`], [`Error::NonFinite`], and [`Error::InvalidArgument`] for the zero vector and for
/// one whose length overflows.
pub fn compare(value: f64, vector: &[f64], reference: &SymmetricEigen<f64>) -> Result<PairError, Error> {
    let n = reference.vectors.rows();
    if vector.len() != n || reference.values.len() != n || n == 0 {
        return Err(Error::shape("compare", &[vector.len()], &[n, reference.values.len()]));
    }
    Error::check_finite("eigenvalue to compare", &[value])?;
    Error::check_finite("eigenvector to compare", vector)?;
    let length = norm(vector);
    if length == 0.0 || !length.is_finite() {
        return Err(Error::invalid("eigenvector to compare", format!("it has length {length} and so no direction")));
    }
    let mut unit: Vec<f64> = vector.iter().map(|v| v / length).collect();
    let columns = reference.vectors.transpose();
    let overlaps: Vec<f64> = columns.row_iter().map(|row| dot(row, &unit).abs()).collect();
    let index = (0..n).fold(0, |best, i| if overlaps[i] > overlaps[best] { i } else { best });
    let nearest = reference.values[index];
    let largest = reference.values.iter().fold(0.0_f64, |l, v| l.max(v.abs()));
    let scale = [nearest.abs(), largest, 1.0].into_iter().find(|&s| s > 0.0).unwrap_or(1.0);
    // Values that differ by rounding alone have one eigenspace, whose share is removed.
    let rounding = 16.0 * n as f64 * f64::EPSILON * largest;
    for (row, of) in columns.row_iter().zip(&reference.values) {
        if (of - nearest).abs() <= rounding {
            axpy(-dot(row, &unit), row, &mut unit);
        }
    }
    Ok(PairError { index, epsilon: (value - nearest).abs() / scale, lambda_defect: dot(&unit, &unit) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use eigennet::linalg::{Matrix, symmetric_eigen};

    fn diagonal(values: &[f64]) -> SymmetricEigen<f64> {
        symmetric_eigen(&Matrix::from_diagonal(values)).expect("symmetric")
    }

    #[test]
    fn lambda_sees_what_subtraction_does_not() {
        let reference = diagonal(&[2.0, 2.0, 5.0, 0.0]);
        // Anywhere in the eigenspace of 2 is right.
        let error = compare(2.0, &[0.6, -0.8, 1e-10, 0.0], &reference).expect("finite");
        assert!((error.lambda_defect - 1e-20).abs() < 1e-30 && error.epsilon == 0.0);
        // ε against 0 is in units of the spectrum.
        assert_eq!(compare(1e-3, &[0.0, 0.0, 0.0, 1.0], &reference).expect("finite").epsilon, 2e-4);
        for vector in [&[0.0; 4][..], &[1.0; 3], &[f64::NAN; 4]] {
            assert!(compare(1.0, vector, &reference).is_err());
        }
    }

    #[test]
    fn overflow_is_an_error_and_not_an_answer() {
        for size in [1e-200, 1e200, f64::MAX] {
            // Halfway between the two eigenvectors.
            let error = compare(2.0, &[size, size], &diagonal(&[1.0, 3.0]));
            assert!(error.is_err() || error.is_ok_and(|e| (e.lambda_defect - 0.5).abs() < 1e-12), "{size}");
        }
    }
}
