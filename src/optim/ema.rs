//! The moving average of the parameters.

use crate::container::Container;
use crate::kernels::update;
use crate::{Error, Scalar, par};

use super::optimizer::fraction;

/// An exponential moving average of the parameters (Polyak and Juditsky, 1992, with a finite
/// memory): smoother than the last iterate, hence what one evaluates after stochastic training.
///
/// `a ← a + w(θ − a)` with `w = 1 − decay`, starting from the initial parameters; or corrected for
/// the bias towards the start, `w = (1 − decay) / (1 − decayᵗ)` in update t, which makes `a` the
/// weighted mean of the updates alone.
///
/// ```
/// use eigennet::optim::Average;
/// let mut parameters = [0.0];
/// let mut average = Average::new(0.9, true, &parameters)?;
/// for value in [1.0, 3.0] {
///     parameters[0] = value;
///     average.update(&parameters)?;
/// }
/// let mean: f64 = (0.09 * 1.0 + 0.1 * 3.0) / (0.09 + 0.1);
/// assert!((average.values()[0] - mean).abs() < 1e-15);
///
/// average.swap(&mut parameters)?; // evaluate with the average …
/// assert!((parameters[0] - mean).abs() < 1e-15);
/// average.swap(&mut parameters)?; // … and train on
/// assert_eq!(parameters, [3.0]);
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
    pub fn new(decay: f64, corrected: bool, parameters: &[T]) -> Result<Self, Error> {
        fraction("decay of Average", decay, 0.0, 1.0)?;
        Ok(Average { decay, corrected, updates: 0, values: parameters.to_vec() })
    }

    /// Takes `parameters` `[n]` into the average.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more or fewer than at first.
    pub fn update(&mut self, parameters: &[T]) -> Result<(), Error> {
        self.fits(parameters.len())?;
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

    /// Exchanges the average with `parameters` `[n]`; a second call undoes it. Updates belong
    /// outside such a pair of calls.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more or fewer than at first.
    pub fn swap(&mut self, parameters: &mut [T]) -> Result<(), Error> {
        self.fits(parameters.len())?;
        self.values.swap_with_slice(parameters);
        Ok(())
    }

    fn fits(&self, length: usize) -> Result<(), Error> {
        if length == self.values.len() {
            return Ok(());
        }
        Err(Error::shape("Average", &[length], &[self.values.len()]))
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
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<(), Error> {
        container.insert(format!("{prefix}/values"), &[self.values.len()], &self.values)?;
        container.insert_number(format!("{prefix}/decay"), self.decay)?;
        container.insert(format!("{prefix}/counts"), &[2], &[self.updates, u64::from(self.corrected)])
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// Missing, ill-typed or inconsistent sections.
    pub fn load(container: &Container, prefix: &str) -> Result<Self, Error> {
        let values = container.get::<T>(&format!("{prefix}/values"))?;
        let decay = container.number::<f64>(&format!("{prefix}/decay"))?;
        let &[updates, corrected] = container.get::<u64>(&format!("{prefix}/counts"))? else {
            return Err(Error::Corrupt { reason: format!("the counts under {prefix} are incomplete") });
        };
        let mut average = Self::new(decay, corrected != 0, values)?;
        average.updates = updates;
        Ok(average)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms against their definitions as weighted sums over the whole past.
    #[test]
    fn agrees_with_the_weighted_sums() {
        let history: Vec<f64> = (0..30).map(|t| (t as f64 * 0.7).sin()).collect();
        for decay in [0.0, 0.5, 0.995] {
            for corrected in [false, true] {
                let mut average = Average::new(decay, corrected, &[7.0]).unwrap();
                for t in 1..=history.len() {
                    average.update(&history[t - 1..t]).unwrap();
                    let weights = (0..t).map(|s| (1.0 - decay) * decay.powi((t - 1 - s) as i32));
                    let sum: f64 = weights.zip(&history).map(|(w, x)| w * x).sum();
                    let rest = decay.powi(t as i32);
                    let expected = if corrected { sum / (1.0 - rest) } else { sum + rest * 7.0 };
                    assert!((average.values()[0] - expected).abs() < 1e-12, "{decay} {corrected} {t}");
                }
            }
        }
    }

    #[test]
    fn saved_and_loaded_it_goes_on_bit_for_bit() {
        let mut whole = Average::new(0.9_f64, true, &[0.0_f32, 0.0]).unwrap();
        whole.update(&[1.0, -2.0]).unwrap();
        let mut container = Container::new();
        whole.save(&mut container, "average").unwrap();
        let mut resumed = Average::load(&Container::from_bytes(&container.to_bytes()).unwrap(), "average").unwrap();
        whole.update(&[0.3, 0.1]).unwrap();
        resumed.update(&[0.3, 0.1]).unwrap();
        assert_eq!(whole, resumed);
        assert!(Average::<f64>::load(&container, "average").is_err());
    }

    #[test]
    fn hostile_arguments_are_errors() {
        for decay in [-0.1, 1.0, f64::NAN] {
            assert!(Average::new(decay, false, &[0.0]).is_err());
        }
        let mut average = Average::new(0.5, false, &[0.0]).unwrap();
        assert!(average.update(&[]).is_err());
        assert!(average.swap(&mut [0.0, 0.0]).is_err());
        Average::<f32>::new(0.5, true, &[]).unwrap().update(&[]).unwrap();
    }
}
