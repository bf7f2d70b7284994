//! What is measured of a parameter vector.

#[cfg(test)]
mod tests;

use crate::Scalar;
use crate::par::dot;

/// √(Σ x[i]²), rescaled where the squares would overflow or underflow.
pub(super) fn norm<T: Scalar>(x: &[T]) -> f64 {
    let squares = dot(x, x);
    if (1e-280..=1e280).contains(&squares) {
        return squares.sqrt();
    }
    let largest = max_abs(x);
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|&v| (v.to_f64() / largest).powi(2)).sum::<f64>().sqrt()
}

/// max |x[i]|, 0 for an empty slice, NaN if any entry is NaN.
pub(super) fn max_abs<T: Scalar>(x: &[T]) -> f64 {
    crate::kernels::reduce::max_abs(x).to_f64()
}

/// Whether every entry is finite; free of branches inside a block, so that it vectorises.
pub(super) fn all_finite<T: Scalar>(x: &[T]) -> bool {
    let largest = T::max_value();
    x.chunks(1024).all(|block| block.iter().fold(true, |finite, v| finite & (v.abs() <= largest)))
}
