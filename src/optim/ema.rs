//! The moving average of the parameters.

#[cfg(test)]
mod tests;

use crate::container::Container;
use crate::kernels::update;
use crate::{Error, Result, Scalar, par};

use super::settings::fraction;

/// An exponential moving average of the parameters (Polyak and Juditsky, 1992, with a finite
/// memory): smoother than the last iterate, hence what one evaluates after stochastic training.
///
/// `a ← a + w(θ − a)` with `w = 1 − decay`, starting from the initial parameters; or corrected for the bias towards the
/// start, `w = (1 − decay) / (1 − decayᵗ)` in update t, which makes `a` the weighted mean of the updates alone.
///
/// ```
/// use eigennet::optim::Average;
/// let mut average = Average::new(0.9, true, &[0.0])?;
/// average.update(&[1.0])?;
/// average.update(&[3.0])?;
/// let mean: f64 = (0.09 * 1.0 + 0.1 * 3.0) / (0.09 + 0.1);
/// assert!((average.values()[0] - mean).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Average<T> {
    decay: f64,
    corrected: bool,
    updates: u64,
    values: Vec<T>,
}

impl<T: Scalar> Average<T> {
    /// An average that remembers about 1/(1 − `decay`) updates of `parameters` `[n]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `decay` lies in [0, 1).
    pub fn new(decay: f64, corrected: bool, parameters: &[T]) -> Result<Self> {
        fraction("decay of Average", decay, 0.0, 1.0)?;
        Ok(Average { decay, corrected, updates: 0, values: parameters.to_vec() })
    }

    /// Takes `parameters` `[n]` into the average.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more or fewer than at first.
    pub fn update(&mut self, parameters: &[T]) -> Result<()> {
        Error::same_shape("Average", &[parameters.len()], &[self.values.len()])?;
        self.updates = self.updates.saturating_add(1);
        let bias = if self.corrected { self.decay.powf(self.updates as f64) } else { 0.0 };
        let weight = T::of((1.0 - self.decay) / (1.0 - bias));
        par::for_each_piece(&mut self.values, |start, values| {
            update::approach(weight, &parameters[start..start + values.len()], values);
        });
        Ok(())
    }

    /// The average, `[n]`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Becomes a copy of `other`, in place.
    pub(super) fn copy_from(&mut self, other: &Self) {
        (self.decay, self.corrected, self.updates) = (other.decay, other.corrected, other.updates);
        self.values.clone_from(&other.values);
    }

    /// Writes the average under `prefix`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        container.insert(format!("{prefix}/values"), &[self.values.len()], &self.values)?;
        container.insert_number(format!("{prefix}/decay"), self.decay)?;
        container.insert(format!("{prefix}/counts"), &[2], &[self.updates, u64::from(self.corrected)])
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// Missing, ill-typed or inconsistent sections.
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let values = container.get::<T>(&format!("{prefix}/values"))?;
        let decay = container.number::<f64>(&format!("{prefix}/decay"))?;
        let [updates, corrected] = container.array::<u64, 2>(&format!("{prefix}/counts"))?;
        Error::intact(corrected <= 1, format_args!("an average under {prefix} that is neither corrected nor not"))?;
        let mut average = Self::new(decay, corrected == 1, values)?;
        average.updates = updates;
        Ok(average)
    }
}
