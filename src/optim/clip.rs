//! Gradient clipping.

use crate::{Error, Scalar};

use super::optimizer::fraction;
use super::vector::norm;

/// A limit on the gradient, applied before the optimiser sees it.
///
/// ```
/// use eigennet::optim::Clip;
/// let mut gradient = [3.0, 4.0];
/// let before = Clip::GlobalNorm(1.0).apply(&mut gradient)?;
/// assert_eq!(before, 5.0);
/// assert!((gradient[0] - 0.6_f64).abs() < 1e-15 && (gradient[1] - 0.8_f64).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// Scales the whole gradient to this Euclidean norm if it is longer, keeping its direction
    /// (Pascanu, Mikolov and Bengio, 2013).
    GlobalNorm(f64),
    /// Limits every entry to ± this.
    Value(f64),
}

impl Clip {
    /// Clips `gradient` `[n]` in place and returns the Euclidean norm it had.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the limit is positive and finite, [`Error::NonFinite`] if an
    /// entry or the norm is not finite; the gradient is then as before.
    pub fn apply<T: Scalar>(&self, gradient: &mut [T]) -> Result<f64, Error> {
        self.check()?;
        let length = norm(gradient);
        if !length.is_finite() {
            Error::check_finite("gradient to clip", gradient)?;
            Error::check_finite("norm of the gradient to clip", &[length])?;
        }
        match *self {
            Clip::GlobalNorm(limit) if length > limit => {
                let scale = limit / length;
                gradient.iter_mut().for_each(|g| *g = T::of(g.to_f64() * scale));
            }
            Clip::GlobalNorm(_) => {}
            Clip::Value(limit) => {
                let limit = T::of(limit).min(T::max_value());
                gradient.iter_mut().for_each(|g| *g = g.max(-limit).min(limit));
            }
        }
        Ok(length)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let (Clip::GlobalNorm(limit) | Clip::Value(limit)) = *self;
        fraction("limit of Clip", limit, f64::MIN_POSITIVE, f64::INFINITY).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gradient_keeps_its_direction_and_a_short_one_its_length() {
        let original = [3.0_f32, -4.0, 12.0];
        let mut gradient = original;
        assert_eq!(Clip::GlobalNorm(13.5).apply(&mut gradient).unwrap(), 13.0);
        assert_eq!(gradient, original);
        Clip::GlobalNorm(0.5).apply(&mut gradient).unwrap();
        assert!((norm(&gradient) - 0.5).abs() < 1e-7);
        assert!(gradient.iter().zip(original).all(|(g, o)| (g / o - 0.5 / 13.0).abs() < 1e-8));
    }

    #[test]
    fn huge_and_tiny_gradients_are_clipped_too() {
        let mut huge = [3e300, 4e300];
        assert!((Clip::GlobalNorm(1.0).apply(&mut huge).unwrap() / 5e300 - 1.0).abs() < 1e-15);
        assert!((norm(&huge) - 1.0).abs() < 1e-15);
        let mut tiny = [3e-300, 4e-300];
        assert!((Clip::GlobalNorm(1e-300).apply(&mut tiny).unwrap() / 5e-300 - 1.0).abs() < 1e-15);
        assert!((norm(&tiny) / 1e-300 - 1.0).abs() < 1e-14);
        assert!(Clip::GlobalNorm(1.0).apply(&mut [f64::MAX, f64::MAX]).is_err());
        assert_eq!(Clip::GlobalNorm(1.0).apply::<f64>(&mut []).unwrap(), 0.0);
    }

    #[test]
    fn values_are_limited_one_by_one() {
        let mut gradient = [-5.0, -0.5, 0.0, 2.0];
        Clip::Value(1.0).apply(&mut gradient).unwrap();
        assert_eq!(gradient, [-1.0, -0.5, 0.0, 1.0]);
    }

    #[test]
    fn hostile_limits_and_gradients_are_errors() {
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Clip::GlobalNorm(limit).apply(&mut [1.0]).is_err());
            assert!(Clip::Value(limit).apply(&mut [1.0]).is_err());
        }
        for bad in [f64::NAN, f64::INFINITY] {
            let error = Clip::Value(1.0).apply(&mut [1.0, bad]).unwrap_err();
            assert!(matches!(error, Error::NonFinite { index: 1, .. }), "{error}");
        }
    }
}
