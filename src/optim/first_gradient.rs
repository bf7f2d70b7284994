//! When a gradient is small: compared with the one that a run began with.

use crate::container::Container;
use crate::{Error, Result, Scalar};

use super::vector::max_abs;

/// max |∂f/∂θᵢ| where a run began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FirstGradient(f64);

impl FirstGradient {
    /// 1, with which tolerances are absolute.
    pub const UNIT: Self = FirstGradient(1.0);

    pub fn of<T: Scalar>(gradient: &[T]) -> Self {
        FirstGradient(max_abs(gradient))
    }

    /// Whether a gradient of this size is within `tolerance`, relative to the first one where that is below 1: what is small
    /// from the start is so by its units, and no sign of a minimum unless it vanishes.
    pub fn has_fallen_to(self, size: f64, tolerance: f64) -> bool {
        size <= tolerance * self.0.min(1.0)
    }

    pub fn save(self, container: &mut Container, prefix: &str) -> Result<()> {
        container.insert_number(format!("{prefix}/first_gradient"), self.0)
    }

    /// What [`save`](Self::save) wrote.
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let size = container.number::<f64>(&format!("{prefix}/first_gradient"))?;
        Error::intact(size.is_finite() && size >= 0.0, format_args!("a number out of range under {prefix}"))?;
        Ok(FirstGradient(size))
    }
}
