//! Adam and AdamW.

use crate::kernels::update;
use crate::{Error, Scalar};

use super::optimizer::{Optimizer, OptimizerState, fraction, positive};

/// Settings of [`Adam`]; the defaults are those of the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// β₁ in [0, 1): decay of the mean (default 0.9).
    pub beta1: f64,
    /// β₂ in [0, 1): decay of the mean square (default 0.999).
    pub beta2: f64,
    /// ε > 0, added to the root (default 1e-8).
    pub epsilon: f64,
    /// λ ≥ 0 (default 0).
    pub weight_decay: f64,
    /// Whether the decay acts on the parameters rather than on the gradient: AdamW (default no).
    pub decoupled: bool,
}

impl Default for AdamSettings {
    fn default() -> Self {
        AdamSettings { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0, decoupled: false }
    }
}

/// Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019):
///
/// `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
/// `θ ← θ − η m̂ / (√v̂ + ε)` with `m̂ = m / (1−β₁ᵗ)` and `v̂ = v / (1−β₂ᵗ)`.
///
/// A weight decay λ enters as `g ← g + λθ`, or decoupled as `θ ← (1 − ηλ)θ` before the update.
///
/// ```
/// use eigennet::optim::{Adam, Optimizer};
/// let mut x = [1.0, -2.0];
/// let mut adam = Adam::default();
/// for _ in 0..1000 {
///     let gradient = x.map(|x| 2.0 * x);
///     adam.step(0.01, &mut x, &gradient)?;
/// }
/// assert!(x.iter().all(|x: &f64| x.abs() < 1e-3));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adam<T> {
    settings: AdamSettings,
    state: OptimizerState<T>,
}

impl<T: Scalar> Adam<T> {
    /// The optimiser of these settings.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges.
    pub fn new(settings: AdamSettings) -> Result<Self, Error> {
        fraction("beta1 of Adam", settings.beta1, 0.0, 1.0)?;
        fraction("beta2 of Adam", settings.beta2, 0.0, 1.0)?;
        fraction("weight_decay of Adam", settings.weight_decay, 0.0, f64::INFINITY)?;
        fraction("epsilon of Adam", settings.epsilon, f64::MIN_POSITIVE, f64::INFINITY)?;
        Ok(Self::from_valid(settings))
    }

    fn from_valid(settings: AdamSettings) -> Self {
        Adam { settings, state: OptimizerState::new("adam", 2) }
    }
}

impl<T: Scalar> Default for Adam<T> {
    fn default() -> Self {
        Self::from_valid(AdamSettings::default())
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<(), Error> {
        let AdamSettings { beta1, beta2, epsilon, weight_decay, decoupled } = self.settings;
        let t = self.state.steps() as f64 + 1.0;
        let [first, second] = self.state.advance(rate, parameters, gradient)? else { return Ok(()) };

        // The bias corrections are two numbers a step, so that the pass below has one root and one
        // division an entry.
        let (shrink, decay) = if decoupled {
            (T::one() - rate * T::of(weight_decay), T::zero())
        } else {
            (T::one(), T::of(weight_decay))
        };
        let step = update::Adam {
            rate: T::of(rate.to_f64() / (1.0 - beta1.powf(t))),
            first: [beta1, 1.0 - beta1].map(T::of),
            second: [beta2, 1.0 - beta2].map(T::of),
            root: T::of(1.0 / (1.0 - beta2.powf(t)).sqrt()),
            epsilon: positive(epsilon),
            decay,
            shrink,
        };
        step.run(gradient, first, second, parameters);
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
    fn the_first_step_by_hand() {
        // m̂ = g and v̂ = g²: the step is η sign g whatever the size of g.
        let mut x = [1.0_f64, 1.0, 1.0];
        Adam::default().step(0.01, &mut x, &[1e-3, -70.0, 0.0]).unwrap();
        assert!((x[0] - 0.99).abs() < 1e-6 && (x[1] - 1.01).abs() < 1e-11 && x[2] == 1.0);
        // Decoupled decay shrinks by 1 − ηλ first, whatever the gradient.
        let mut x = [2.0_f64];
        let settings = AdamSettings { weight_decay: 0.5, decoupled: true, ..Default::default() };
        Adam::new(settings).unwrap().step(0.1, &mut x, &[0.0]).unwrap();
        assert!((x[0] - 2.0 * 0.95).abs() < 1e-15);
    }

    /// The algorithm of the paper, line by line, one scalar at a time.
    fn naive(settings: AdamSettings, rate: f64, mut x: f64, gradients: &[f64]) -> f64 {
        let (mut m, mut v) = (0.0, 0.0);
        for (t, g) in (1..).zip(gradients) {
            let mut g = *g;
            if settings.decoupled {
                x -= rate * settings.weight_decay * x;
            } else {
                g += settings.weight_decay * x;
            }
            m = settings.beta1 * m + (1.0 - settings.beta1) * g;
            v = settings.beta2 * v + (1.0 - settings.beta2) * g.powi(2);
            let corrected_m = m / (1.0 - settings.beta1.powi(t));
            let corrected_v: f64 = v / (1.0 - settings.beta2.powi(t));
            x -= rate * corrected_m / (corrected_v.sqrt() + settings.epsilon);
        }
        x
    }

    #[test]
    fn agrees_with_the_paper_with_and_without_decay() {
        let gradients: Vec<f64> = (0..50).map(|t| (t as f64 * 0.9).sin() + 0.3).collect();
        for (weight_decay, decoupled) in [(0.0, false), (0.1, false), (0.1, true)] {
            let settings = AdamSettings { beta1: 0.8, beta2: 0.97, epsilon: 1e-3, weight_decay, decoupled };
            let mut adam = Adam::new(settings).unwrap();
            let mut x = [0.7; 5];
            for g in &gradients {
                adam.step(0.01, &mut x, &[*g; 5]).unwrap();
            }
            let expected = naive(settings, 0.01, 0.7, &gradients);
            assert!(x.iter().all(|x| (x - expected).abs() < 1e-13), "{settings:?}: {x:?} {expected}");
            laws::all(|| Adam::<f64>::new(settings).unwrap(), 1e-2);
            laws::all(|| Adam::<f32>::new(settings).unwrap(), 1e-2);
        }
    }

    #[test]
    fn extreme_gradients_do_no_harm() {
        let mut adam = Adam::<f32>::new(AdamSettings { epsilon: 1e-300, ..Default::default() }).unwrap();
        let mut x = [1.0_f32; 4];
        for _ in 0..100 {
            adam.step(1e-3, &mut x, &[0.0, 1e-38, 1e18, -1e18]).unwrap();
        }
        assert!(x.iter().all(|x| x.is_finite() && (x - 1.0).abs() < 0.2), "{x:?}");
    }

    #[test]
    fn hostile_settings_are_errors() {
        let good = AdamSettings::default();
        for bad in [
            AdamSettings { beta1: 1.0, ..good },
            AdamSettings { beta2: -0.1, ..good },
            AdamSettings { epsilon: 0.0, ..good },
            AdamSettings { weight_decay: f64::NAN, ..good },
        ] {
            assert!(Adam::<f64>::new(bad).is_err(), "{bad:?}");
        }
    }
}
