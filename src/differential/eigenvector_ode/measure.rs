//! The report's two errors of an eigenpair.

use crate::kernels::reduce::{axpy, dot, norm};
use crate::linalg::{Matrix, SymmetricEigen};
use crate::{Error, Result, Scalar};

/// How far an eigenpair is from the one of a reference that it is nearest to in direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairError<T> {
    /// The place of that one among the reference's ascending eigenvalues.
    pub index: usize,
    /// ε = |λ − λ_ref| / |λ_ref| (eq. 31); where λ_ref = 0, relative to the largest |λ_ref|.
    pub epsilon: T,
    /// Λ = 1 − cos²∠(v, v_ref) (eq. 32, with its sign turned), as the square of the sine, without
    /// cancellation; for a repeated eigenvalue the angle to its eigenspace.
    pub lambda_defect: T,
}

/// Compares an eigenpair, the vector of any length, with the reference.
///
/// ```
/// use eigennet::differential::eigenvector_ode::compare;
/// use eigennet::linalg::{Matrix, symmetric_eigen};
/// let reference = symmetric_eigen(&Matrix::from_diagonal(&[1.0, 3.0]))?;
/// let error = compare(3.3, &[1e-9, -2.0], &reference)?;
/// assert_eq!(error.index, 1);
/// assert!((error.epsilon - 0.1_f64).abs() < 1e-15);
/// assert!((error.lambda_defect - 2.5e-19_f64).abs() < 1e-30); // far below 1 − cos² by subtraction
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`], [`Error::NonFinite`], and [`Error::InvalidArgument`] for the zero vector and for
/// one whose length overflows.
pub fn compare<T: Scalar>(value: T, vector: &[T], reference: &SymmetricEigen<T>) -> Result<PairError<T>> {
    let n = reference.vectors.rows();
    if vector.len() != n || reference.values.len() != n || n == 0 {
        return Err(Error::shape("compare", &[vector.len()], &[n, reference.values.len()]));
    }
    Error::check_finite("eigenvalue to compare", &[value])?;
    Error::check_finite("eigenvector to compare", vector)?;
    let length = norm(vector);
    if length == T::zero() {
        return Err(Error::invalid("eigenvector to compare", "it is the zero vector, which has no direction"));
    }
    if !length.is_finite() {
        return Err(Error::invalid("eigenvector to compare", "its length overflows; scale it down"));
    }
    let unit: Vec<T> = vector.iter().map(|&v| v / length).collect();
    let columns = reference.vectors.transpose();
    let overlaps: Vec<T> = columns.row_iter().map(|row| dot(row, &unit).abs()).collect();
    let index = (0..n).fold(0, |best, i| if overlaps[i] > overlaps[best] { i } else { best });
    let nearest = reference.values[index];
    let largest = reference.values.iter().fold(T::zero(), |l, v| l.max(v.abs()));
    // Values that differ by rounding alone have one eigenspace.
    let rounding = T::of(n as f64) * T::of(16.0) * T::EPSILON * largest;
    let space = |i: usize| (reference.values[i] - nearest).abs() <= rounding;
    Ok(PairError {
        index,
        epsilon: relative(value - nearest, nearest, largest),
        lambda_defect: square_of_sine(unit, &columns, space),
    })
}

fn relative<T: Scalar>(difference: T, value: T, largest: T) -> T {
    let unit = if value == T::zero() { largest } else { value.abs() };
    if unit == T::zero() { difference.abs() } else { difference.abs() / unit }
}

/// ‖u − P u‖² for a unit vector u, P the projection on the rows chosen.
fn square_of_sine<T: Scalar>(mut unit: Vec<T>, rows: &Matrix<T>, chosen: impl Fn(usize) -> bool) -> T {
    for (i, row) in rows.row_iter().enumerate() {
        if chosen(i) {
            axpy(-dot(row, &unit), row, &mut unit);
        }
    }
    dot(&unit, &unit)
}
