//! Least squares and pseudo-inverse of any matrix, by its singular values.

use super::singular::svd::{Svd, singular_values, svd};
use super::{Matrix, checks};
use crate::Scalar;
use crate::error::Error;

/// What [`least_squares`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares<T> {
    /// The minimiser of `‖A X − B‖_F` of least norm, `[n, k]`.
    pub solution: Matrix<T>,
    /// How many singular values were taken for more than zero.
    pub rank: usize,
    /// All singular values, descending, `[min(m, n)]`.
    pub singular_values: Vec<T>,
}

/// The `X` `[n, k]` of least norm among those that minimise `‖A X − B‖_F`, for `A` `[m, n]` of any shape and rank.
/// Singular values up to `rcond` times the largest count as zero; `None` stands for `max(m, n) ε`.
///
/// ```
/// use eigennet::linalg::{Matrix, least_squares};
/// // x + y = 2, once: the solution of least norm is x = y = 1.
/// let a = Matrix::from_vec(1, 2, vec![1.0_f64, 1.0])?;
/// let found = least_squares(&a, &Matrix::from_vec(1, 1, vec![2.0])?, None)?;
/// assert!(found.rank == 1 && found.solution.as_slice().iter().all(|x| (x - 1.0).abs() < 1e-14));
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `B` has another number of rows than `A`, [`Error::NonFinite`] for NaN and
/// infinities, [`Error::InvalidArgument`] for a negative or NaN `rcond` and where an entry of the result is beyond
/// the largest number of the type, [`Error::NoConvergence`] from [`svd`].
pub fn least_squares<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>, rcond: Option<T>) -> Result<LeastSquares<T>, Error> {
    checks::right_hand_sides("least_squares", a.rows(), b)?;
    let threshold = cutoff("least_squares", a, rcond)?;
    let Svd { u, values, v_transposed } = svd(a)?;
    let rank = rank_above(&values, threshold);
    let mut coefficients = u.submatrix(0..a.rows(), 0..rank).t_matmul(b)?;
    for (i, &value) in values[..rank].iter().enumerate() {
        coefficients.row_mut(i).iter_mut().for_each(|v| *v /= value);
    }
    let solution = v_transposed.submatrix(0..rank, 0..a.cols()).t_matmul(&coefficients)?;
    check_range("least_squares", &solution)?;
    Ok(LeastSquares { solution, rank, singular_values: values })
}

/// The pseudo-inverse `A⁺` `[n, m]` (Moore, 1920; Penrose, 1955), with `rcond` as in [`least_squares`].
///
/// # Errors
/// As [`least_squares`].
#[inline(never)]
pub fn pseudo_inverse<T: Scalar>(a: &Matrix<T>, rcond: Option<T>) -> Result<Matrix<T>, Error> {
    let threshold = cutoff("pseudo_inverse", a, rcond)?;
    let Svd { u, values, v_transposed } = svd(a)?;
    let rank = rank_above(&values, threshold);
    let mut scaled = v_transposed.submatrix(0..rank, 0..a.cols());
    for (i, &value) in values[..rank].iter().enumerate() {
        scaled.row_mut(i).iter_mut().for_each(|v| *v /= value);
    }
    let inverse = scaled.t_matmul(&u.submatrix(0..a.rows(), 0..rank).transpose())?;
    check_range("pseudo_inverse", &inverse)?;
    Ok(inverse)
}

/// No entry has overflowed.
fn check_range<T: Scalar>(operation: &'static str, x: &Matrix<T>) -> Result<(), Error> {
    let what = "divided by a tiny singular value, an entry is beyond the range of";
    checks::in_range(operation, x.as_slice(), || format!("{what} {}; scale the matrix up, or raise rcond", T::NAME))
}

/// The number of singular values larger than `rcond` times the largest, as in [`least_squares`].
///
/// # Errors
/// As [`least_squares`].
pub fn rank<T: Scalar>(a: &Matrix<T>, rcond: Option<T>) -> Result<usize, Error> {
    let threshold = cutoff("rank", a, rcond)?;
    Ok(rank_above(&singular_values(a)?, threshold))
}

/// The condition number `σ_max / σ_min` in the 2-norm: infinite if singular, 1 if empty.
///
/// # Errors
/// As [`svd`].
pub fn condition_number<T: Scalar>(a: &Matrix<T>) -> Result<T, Error> {
    let values = singular_values(a)?;
    Ok(match (values.first(), values.last()) {
        (Some(&largest), Some(&smallest)) if smallest > T::zero() => largest / smallest,
        (Some(_), _) => T::infinity(),
        _ => T::one(),
    })
}

/// Which part of the largest counts as zero: `rcond`, or by default `max(m, n) ε`.
pub(super) fn cutoff<T: Scalar>(operation: &'static str, a: &Matrix<T>, rcond: Option<T>) -> Result<T, Error> {
    match rcond {
        Some(value) if !(value >= T::zero() && value.is_finite()) => {
            Err(Error::invalid(operation, format!("rcond is {value}; give a number from 0 to 1")))
        }
        Some(value) => Ok(value),
        None => Ok(T::of(a.rows().max(a.cols()) as f64) * T::EPSILON),
    }
}

fn rank_above<T: Scalar>(values: &[T], rcond: T) -> usize {
    let largest = values.first().copied().unwrap_or(T::zero());
    values.iter().take_while(|&&v| v > T::zero() && v > rcond * largest).count()
}
