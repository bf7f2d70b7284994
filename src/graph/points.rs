//! What is asked of every set of points.

use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// Refuses what is empty or not made of numbers.
pub(super) fn check<T: Scalar>(points: &Matrix<T>, what: &str) -> Result<()> {
    if points.rows() == 0 || points.cols() == 0 {
        let [rows, cols] = points.shape();
        return Err(Error::invalid(
            what,
            format!("there are {rows} with {cols} coordinates; at least one of each is needed"),
        ));
    }
    Error::check_finite(what, points.as_slice())
}

/// A power of 2 beside the largest coordinate: in units of it no square of a distance overflows, nor does one underflow but
/// of distances that are as small beside the largest coordinate as the root of the smallest number, 10⁻¹⁵⁴ (`f32`: 10⁻¹⁹).
pub(super) fn unit<T: Scalar>(points: &Matrix<T>) -> T {
    let largest = points.max_abs();
    if largest == T::zero() {
        return T::one();
    }
    // Its reciprocal has to be a normal number too.
    largest.log2().floor().max(T::min_positive_value().log2() + T::of(2.0)).exp2()
}

/// The smallest power of 2 in units of which the squares of so many differences of coordinates add up to no overflow: what
/// lies near one another is told apart beside an outlier, as far as numbers reach.
pub(super) fn unit_for_sums<T: Scalar>(points: &Matrix<T>, squares: usize) -> T {
    let largest = points.max_abs();
    if largest == T::zero() {
        return T::one();
    }
    let most = (T::max_value() / T::of(8.0 * squares as f64)).sqrt();
    (largest.log2().ceil() - most.log2().floor()).max(T::min_positive_value().log2() + T::of(2.0)).exp2()
}

/// How many rows are different, where these are fewer than `count`.
pub(super) fn fewer_differ<T: Scalar>(points: &Matrix<T>, count: usize) -> Option<usize> {
    let mut known: Vec<&[T]> = Vec::new();
    for row in points.row_iter() {
        if known.len() == count {
            return None;
        }
        if !known.contains(&row) {
            known.push(row);
        }
    }
    (known.len() < count).then_some(known.len())
}
