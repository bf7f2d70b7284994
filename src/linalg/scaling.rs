//! Scaling that rounds nothing, against over- and underflow.

use crate::Scalar;

/// The power of two that brings `magnitude` to `[1, 2)`, or as near as the exponent range allows; 1 for zero.
pub(crate) fn power_of_two_scale<T: Scalar>(magnitude: T) -> T {
    let exponent = magnitude.to_f64().log2().floor();
    if !exponent.is_finite() {
        return T::one();
    }
    // Both the scale and its inverse have to be normal numbers.
    let limit = T::max_value().to_f64().log2().floor() - 2.0;
    T::of(2.0).powi(-(exponent.clamp(-limit, limit) as i32))
}

/// The power of two that keeps squares of numbers up to `largest` in range: 1 if they are. Of what is too large it takes no
/// more than that, so that the small numbers beside it stay.
pub(crate) fn scale_of_squares<T: Scalar>(largest: T) -> T {
    let safe = (T::min_positive_value() / T::EPSILON).sqrt();
    if largest >= safe.recip() {
        power_of_two_scale(largest * safe)
    } else if largest <= safe {
        power_of_two_scale(largest)
    } else {
        T::one()
    }
}

/// The power of two for methods that add up numbers up to `largest`, and multiply them by ratios of them alone: it is below
/// 1 only where sums might overflow, so that small numbers stay.
pub(crate) fn scale_of_sums<T: Scalar>(largest: T) -> T {
    if largest > T::max_value() * T::EPSILON { T::EPSILON } else { power_of_two_scale(largest).max(T::one()) }
}
