//! What is measured of a parameter vector.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_norm_agrees_with_the_definition_at_every_length() {
        for length in 0..40_usize {
            let x: Vec<f32> = (0..length).map(|i| i as f32 - 7.0).collect();
            let exact: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            assert!((norm(&x) - exact.sqrt()).abs() <= 1e-13 * exact.sqrt());
        }
    }

    #[test]
    fn norm_survives_extreme_entries() {
        assert!((norm(&[3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
        assert!((norm(&[3e-200, 4e-200]) / 5e-200 - 1.0).abs() < 1e-15);
        assert_eq!(norm::<f64>(&[]), 0.0);
        assert!(norm(&[1.0, f64::NAN]).is_nan());
        assert_eq!(norm(&[1.0, f64::INFINITY]), f64::INFINITY);
    }

    #[test]
    fn one_bad_entry_anywhere_is_seen() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for index in [0, 1023, 1024, 2999] {
                let mut x = vec![f64::MAX; 3000];
                assert!(all_finite(&x));
                x[index] = bad;
                assert!(!all_finite(&x));
            }
        }
    }
}
