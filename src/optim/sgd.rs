//! Gradient descent with momentum.

use crate::kernels::update::decayed;
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
                    *b = decayed(momentum, *b) + g;
                    *p -= rate * (g + momentum * *b);
                }
            }
            [velocity] => {
                for ((p, &g), b) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    *b = decayed(momentum, *b) + (g + decay * *p);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::optimizer::laws;

    #[test]
    fn first_steps_by_hand() {
        let mut x = [1.0_f64];
        let mut sgd = Sgd::new(SgdSettings { momentum: 0.5, ..Default::default() }).unwrap();
        // b: 2, then 0.5·2 + 4 = 5.
        sgd.step(0.1, &mut x, &[2.0]).unwrap();
        assert!((x[0] - 0.8).abs() < 1e-15);
        sgd.step(0.1, &mut x, &[4.0]).unwrap();
        assert!((x[0] - 0.3).abs() < 1e-15);

        let mut x = [1.0_f64];
        let mut nesterov = Sgd::new(SgdSettings { momentum: 0.5, nesterov: true, weight_decay: 0.5 }).unwrap();
        // g = 2 + 0.5, b = 2.5, update 2.5 + 1.25.
        nesterov.step(0.1, &mut x, &[2.0]).unwrap();
        assert!((x[0] - 0.625).abs() < 1e-15);
    }

    #[test]
    fn the_laws_of_an_optimiser() {
        for momentum in [0.0, 0.9] {
            for nesterov in [false, true] {
                if nesterov && momentum == 0.0 {
                    continue;
                }
                let settings = SgdSettings { momentum, nesterov, weight_decay: 1e-3 };
                laws::all(|| Sgd::<f64>::new(settings).unwrap(), 0.01);
                laws::all(|| Sgd::<f32>::new(settings).unwrap(), 0.01);
            }
        }
    }

    /// One coordinate at a time, with the momentum written as a sum over the past.
    #[test]
    fn agrees_with_the_sum_over_the_past() {
        let gradients: Vec<f64> = (0..20).map(|t| (t as f64).cos()).collect();
        let mut sgd = Sgd::new(SgdSettings { momentum: 0.7, ..Default::default() }).unwrap();
        let mut x = [0.0];
        for g in &gradients {
            sgd.step(0.1, &mut x, &[*g]).unwrap();
        }
        let total: f64 = (0..20)
            .flat_map(|t| (0..=t).map(move |s| (t, s)))
            .map(|(t, s)| 0.7_f64.powi(t - s) * gradients[s as usize])
            .sum();
        assert!((x[0] + 0.1 * total).abs() < 1e-14);
    }

    #[test]
    fn hostile_settings_are_errors() {
        for momentum in [-0.1, 1.0, f64::NAN] {
            assert!(Sgd::<f64>::new(SgdSettings { momentum, ..Default::default() }).is_err());
        }
        assert!(Sgd::<f64>::new(SgdSettings { nesterov: true, ..Default::default() }).is_err());
        assert!(Sgd::<f64>::new(SgdSettings { weight_decay: -1.0, ..Default::default() }).is_err());
    }
}
