//! What is measured of a parameter vector.

#[cfg(test)]
mod tests;

use std::fmt::Display;

pub(super) use crate::kernels::reduce::all_finite;
use crate::par::dot;
use crate::{Error, Result, Scalar};

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

/// `Ok(())` if every entry is finite, else an error that names `what` and the index; fast where they are.
pub(super) fn check_finite<T: Scalar>(what: impl Display, x: &[T]) -> Result<()> {
    if all_finite(x) { Ok(()) } else { Error::check_finite(&what.to_string(), x) }
}

/// Writes `x + multiple · direction` into `trial`; whether that moves any entry.
pub(super) fn place<T: Scalar>(trial: &mut [T], x: &[T], multiple: T, direction: &[T]) -> bool {
    let mut moved = false;
    for ((trial, &x), &d) in trial.iter_mut().zip(x).zip(direction) {
        *trial = x + multiple * d;
        moved |= *trial != x;
    }
    moved
}

/// max |new[i] − old[i]|, relative to max(1, max |new[i]|).
pub(super) fn relative_change<T: Scalar>(old: &[T], new: &[T]) -> f64 {
    let change = old.iter().zip(new).map(|(&a, &b)| (b - a).to_f64().abs());
    change.fold(0.0, f64::max) / max_abs(new).max(1.0)
}
