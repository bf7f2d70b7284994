//! Vectors that a matrix takes to zero, or to a multiple of themselves.

use super::scaling::power_of_two_scale;
use super::{Matrix, Svd, checks, svd_full};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpy, dot, max_abs, norm};

/// An orthonormal basis `[n, k]` of the vectors with `A x = 0`, for `A` `[m, n]`: the right singular vectors to
/// singular values up to `threshold`; `None` stands for `max(m, n) ε` times the largest.
///
/// ```
/// use eigennet::linalg::{Matrix, null_space};
/// let a = Matrix::from_vec(1, 2, vec![3.0_f64, 4.0])?;
/// let basis = null_space(&a, None)?;
/// assert_eq!(basis.shape(), [2, 1]);
/// assert!((basis[(0, 0)].abs() - 0.8).abs() < 1e-15 && a.matmul(&basis)?.max_abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] for NaN and infinities, [`Error::InvalidArgument`] for a threshold that is negative or NaN,
/// [`Error::NoConvergence`] from the singular values.
pub fn null_space<T: Scalar>(a: &Matrix<T>, threshold: Option<T>) -> Result<Matrix<T>, Error> {
    checked("null_space", threshold)?;
    let Svd { values, v_transposed, .. } = svd_full(a)?;
    let largest = values.first().copied().unwrap_or(T::zero());
    let threshold = threshold.unwrap_or(T::of(a.rows().max(a.cols()) as f64) * T::EPSILON * largest);
    let rank = values.iter().take_while(|&&v| v > threshold).count();
    Ok(v_transposed.submatrix(rank..v_transposed.rows(), 0..a.cols()).transpose())
}

/// The eigenvectors of `A` `[n, n]` to the eigenvalue λ: an orthonormal basis `[n, k]` of the null space of `A − λ I`,
/// `[n, 0]` if λ is no eigenvalue. Singular values of `A − λ I` up to `tolerance · max(‖A‖, |λ|)` count as zero; `None`
/// stands for `10 n ε`.
///
/// ```
/// use eigennet::linalg::{Matrix, eigenvectors_of};
/// let a = Matrix::from_vec(2, 2, vec![6.0_f64, 2.0, 3.0, 7.0])?;
/// let v = eigenvectors_of(&a, 9.0, None)?;
/// assert_eq!(v.shape(), [2, 1]);
/// assert!((v[(0, 0)] / v[(1, 0)] - 2.0 / 3.0).abs() < 1e-14);
/// assert_eq!(eigenvectors_of(&a, 5.0, None)?.cols(), 0);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it or λ is not finite (or `a − λ` overflows),
/// [`Error::InvalidArgument`] for a tolerance that is negative or NaN, [`Error::NoConvergence`] from the singular
/// values.
pub fn eigenvectors_of<T: Scalar>(a: &Matrix<T>, lambda: T, tolerance: Option<T>) -> Result<Matrix<T>, Error> {
    checks::square("eigenvectors_of", a)?;
    Error::check_finite("eigenvalue of eigenvectors_of", &[lambda])?;
    checked("eigenvectors_of", tolerance)?;
    let n = a.rows();
    let mut shifted = a.clone();
    for i in 0..n {
        shifted[(i, i)] -= lambda;
    }
    let tolerance = tolerance.unwrap_or(T::of(10.0 * n as f64) * T::EPSILON);
    null_space(&shifted, Some(tolerance * a.frobenius_norm().max(lambda.abs()).min(T::max_value())))
}

/// The eigenvalue λ to which `v` `[n]` is an eigenvector of `A` `[n, n]`, if it is one: if `‖A v − λ v‖` is at most
/// `tolerance · ‖A‖_F ‖v‖` for the Rayleigh quotient `λ = vᵀ A v / vᵀ v`. The zero vector is none.
///
/// ```
/// use eigennet::linalg::{Matrix, is_eigenvector};
/// let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0])?;
/// assert_eq!(is_eigenvector(&a, &[2.0, 3.0], 1e-14)?, Some(9.0));
/// assert_eq!(is_eigenvector(&a, &[1.0, 0.0], 1e-14)?, None);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square or `v` has another length, [`Error::NonFinite`] for NaN and infinities,
/// [`Error::InvalidArgument`] for a tolerance that is negative or NaN, and if λ overflows.
pub fn is_eigenvector<T: Scalar>(a: &Matrix<T>, v: &[T], tolerance: T) -> Result<Option<T>, Error> {
    checks::square("is_eigenvector", a)?;
    if v.len() != a.cols() {
        return Err(Error::shape("is_eigenvector", &a.shape(), &[v.len()]));
    }
    Error::check_finite("vector of is_eigenvector", v)?;
    checked("is_eigenvector", Some(tolerance))?;
    if max_abs(v) == T::zero() {
        return Ok(None);
    }
    // Around one nothing over- or underflows.
    let (scale, unit) = (power_of_two_scale(a.max_abs()), power_of_two_scale(max_abs(v)));
    let v: Vec<T> = v.iter().map(|&x| x * unit).collect();
    let scaled = a.scale(scale);
    let mut image = scaled.matvec(&v)?;
    let lambda = dot(&image, &v) / dot(&v, &v);
    axpy(-lambda, &v, &mut image);
    let bound = tolerance * scaled.frobenius_norm() * norm(&v);
    let found = (norm(&image) <= bound).then_some(lambda / scale);
    let advice = || format!("the eigenvalue overflows {}: scale the matrix down", T::NAME);
    checks::in_range("is_eigenvector", found.as_slice(), advice)?;
    Ok(found)
}

fn checked<T: Scalar>(operation: &'static str, tolerance: Option<T>) -> Result<(), Error> {
    match tolerance {
        Some(value) if value.is_nan() || value < T::zero() => {
            Err(Error::invalid(operation, format!("the tolerance is {value}; pass a number that is not negative")))
        }
        _ => Ok(()),
    }
}
