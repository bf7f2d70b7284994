//! Gradient clipping.

#[cfg(test)]
mod tests;

use crate::{Error, Result, Scalar};

use super::settings::positive;
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
    pub fn apply<T: Scalar>(&self, gradient: &mut [T]) -> Result<f64> {
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

    pub(super) fn check(&self) -> Result<()> {
        let (Clip::GlobalNorm(limit) | Clip::Value(limit)) = *self;
        positive("limit of Clip", limit)
    }
}
