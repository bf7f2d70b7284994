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

/// A power of 2 beside the largest coordinate, in units of which squares of distances neither over- nor underflow.
pub(super) fn unit<T: Scalar>(points: &Matrix<T>) -> T {
    let largest = points.max_abs();
    if largest == T::zero() {
        return T::one();
    }
    // Its reciprocal has to be a normal number too.
    largest.log2().floor().max(T::min_positive_value().log2() + T::of(2.0)).exp2()
}
