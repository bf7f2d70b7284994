//! Gradient descent with momentum.

#[cfg(test)]
mod tests;

use crate::{Error, Scalar};

use super::optimizer::{Optimizer, OptimizerState, fraction};

/// Settings of [`Sgd`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdSettings {
    /// μ in [0, 1): how much of the last update is kept (default 0: plain gradient descent).
    pub momentum: f64,
    /// Whether the gradient is looked at one momentum step ahead (Nesterov, 1983; default no).
    pub nesterov: bool,
    /// λ ≥ 0: adds λθ to the gradient (default 0).
    pub weight_decay: f64,
}

impl Default for SgdSettings {
    fn default() -> Self {
        SgdSettings { momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

/// Stochastic gradient descent with momentum (Polyak, 1964; Sutskever et al., 2013), in PyTorch's
/// convention:
///
/// `g ← g + λθ`, `b ← μb + g`, `θ ← θ − η b`, or with Nesterov `θ ← θ − η (g + μb)`.
#[derive(Debug, Clone)]
pub struct Sgd<T> {
    settings: SgdSettings,
    state: OptimizerState<T>,
}

impl<T: Scalar> Sgd<T> {
    /// The optimiser of these settings.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges.
    pub fn new(settings: SgdSettings) -> Result<Self, Error> {
        fraction("momentum of Sgd", settings.momentum, 0.0, 1.0)?;
        fraction("weight_decay of Sgd", settings.weight_decay, 0.0, f64::INFINITY)?;
        if settings.nesterov && settings.momentum == 0.0 {
            return Err(Error::invalid("nesterov of Sgd", "it needs a momentum above 0, such as 0.9"));
        }
        Ok(Self::from_valid(settings))
    }

    fn from_valid(settings: SgdSettings) -> Self {
        Sgd { settings, state: OptimizerState::new("sgd", usize::from(settings.momentum > 0.0)) }
    }
}

impl<T: Scalar> Default for Sgd<T> {
    fn default() -> Self {
        Self::from_valid(SgdSettings::default())
    }
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<(), Error> {
        let (momentum, decay) = (T::of(self.settings.momentum), T::of(self.settings.weight_decay));
        match self.state.advance(rate, parameters, gradient)? {
            [velocity] if self.settings.nesterov => {
                for ((p, &g), b) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    let g = g + decay * *p;
                    *b = momentum * *b + g;
                    *p -= rate * (g + momentum * *b);
                }
            }
            [velocity] => {
                for ((p, &g), b) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    *b = momentum * *b + (g + decay * *p);
                    *p -= rate * *b;
                }
            }
            _ => {
                for (p, &g) in parameters.iter_mut().zip(gradient) {
                    *p -= rate * (g + decay * *p);
                }
            }
        }
        Ok(())
    }

    fn state(&self) -> &OptimizerState<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut OptimizerState<T> {
        &mut self.state
    }
}
