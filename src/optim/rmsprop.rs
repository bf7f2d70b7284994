//! RMSProp.

use crate::kernels::update::{self, decayed, felt};
use crate::{Error, Scalar, par};

use super::optimizer::{Optimizer, OptimizerState, fraction, positive};

/// Settings of [`RmsProp`]; the defaults are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsPropSettings {
    /// α in [0, 1): decay of the average of squares (default 0.99).
    pub alpha: f64,
    /// ε > 0, added to the root (default 1e-8).
    pub epsilon: f64,
    /// μ in [0, 1) (default 0).
    pub momentum: f64,
    /// Whether the variance replaces the mean square (Graves, 2013; default no).
    pub centered: bool,
    /// λ ≥ 0: adds λθ to the gradient (default 0).
    pub weight_decay: f64,
}

impl Default for RmsPropSettings {
    fn default() -> Self {
        RmsPropSettings { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
}

/// RMSProp (Tieleman and Hinton, 2012), in PyTorch's convention:
///
/// `g ← g + λθ`, `v ← αv + (1−α)g²`, centred also `m ← αm + (1−α)g`;
/// `u = g / (√v + ε)`, centred `u = g / (√(v − m²) + ε)`;
/// `θ ← θ − ηu`, or with momentum `b ← μb + u`, `θ ← θ − ηb`.
#[derive(Debug, Clone)]
pub struct RmsProp<T> {
    settings: RmsPropSettings,
    state: OptimizerState<T>,
}

impl<T: Scalar> RmsProp<T> {
    /// The optimiser of these settings.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges.
    pub fn new(settings: RmsPropSettings) -> Result<Self, Error> {
        fraction("alpha of RmsProp", settings.alpha, 0.0, 1.0)?;
        fraction("momentum of RmsProp", settings.momentum, 0.0, 1.0)?;
        fraction("weight_decay of RmsProp", settings.weight_decay, 0.0, f64::INFINITY)?;
        fraction("epsilon of RmsProp", settings.epsilon, f64::MIN_POSITIVE, f64::INFINITY)?;
        Ok(Self::from_valid(settings))
    }

    fn from_valid(settings: RmsPropSettings) -> Self {
        let vectors = 1 + usize::from(settings.centered) + usize::from(settings.momentum > 0.0);
        RmsProp { settings, state: OptimizerState::new("rmsprop", vectors) }
    }
}

impl<T: Scalar> Default for RmsProp<T> {
    fn default() -> Self {
        Self::from_valid(RmsPropSettings::default())
    }
}

impl<T: Scalar> Optimizer<T> for RmsProp<T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<(), Error> {
        let RmsPropSettings { alpha, epsilon, momentum, centered, weight_decay } = self.settings;
        let [alpha, beta, momentum, decay] = [alpha, 1.0 - alpha, momentum, weight_decay].map(T::of);
        let epsilon = positive(epsilon);
        let vectors = self.state.advance(rate, parameters, gradient)?;
        match vectors {
            [squares] => {
                let step = update::RmsProp { rate, alpha, beta, epsilon, decay };
                par::for_each_piece_of_two(parameters, squares, |start, parameters, squares| {
                    step.run(&gradient[start..start + squares.len()], squares, parameters);
                });
            }
            [squares, rest @ ..] => {
                let (mut means, mut velocity) = match rest {
                    [means, velocity] => (Some(means), Some(velocity)),
                    [means] if centered => (Some(means), None),
                    rest => (None, rest.first_mut()),
                };
                for (i, ((p, &g), v)) in parameters.iter_mut().zip(gradient).zip(squares).enumerate() {
                    let g = felt(g + decay * *p);
                    *v = decayed(alpha, *v) + beta * g * g;
                    let mut variance = *v;
                    if let Some(means) = &mut means {
                        means[i] = decayed(alpha, means[i]) + beta * g;
                        // Rounding can take the variance below 0.
                        variance = (variance - means[i] * means[i]).max(T::zero());
                    }
                    let mut update = g / (variance.sqrt() + epsilon);
                    if let Some(velocity) = &mut velocity {
                        velocity[i] = decayed(momentum, velocity[i]) + update;
                        update = velocity[i];
                    }
                    *p -= rate * update;
                }
            }
            [] => {}
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
    fn the_first_step_by_hand() {
        // v = 0.01 g², so that the step is η g / (0.1 |g| + ε) = 10 η sign g.
        let mut x = [1.0_f64, 1.0];
        RmsProp::default().step(0.01, &mut x, &[3.0, -7.0]).unwrap();
        assert!((x[0] - 0.9).abs() < 1e-8 && (x[1] - 1.1).abs() < 1e-8);
        // Centred, v − m² = 0.01 g² − 0.0001 g² and the step 1/√0.0099 times as long.
        let mut x = [1.0_f64];
        let centered = RmsPropSettings { centered: true, ..Default::default() };
        RmsProp::new(centered).unwrap().step(0.01, &mut x, &[3.0]).unwrap();
        assert!((x[0] - (1.0 - 0.01 / 0.0099_f64.sqrt())).abs() < 1e-7);
    }

    /// The textbook loop, one scalar at a time.
    fn naive(settings: RmsPropSettings, rate: f64, mut x: f64, gradients: &[f64]) -> f64 {
        let (mut square, mut mean, mut buffer) = (0.0, 0.0, 0.0);
        for g in gradients {
            let g = g + settings.weight_decay * x;
            square = settings.alpha * square + (1.0 - settings.alpha) * g.powi(2);
            mean = settings.alpha * mean + (1.0 - settings.alpha) * g;
            let spread: f64 = if settings.centered { square - mean.powi(2) } else { square };
            buffer = settings.momentum * buffer + g / (spread.sqrt() + settings.epsilon);
            x -= rate * buffer;
        }
        x
    }

    #[test]
    fn agrees_with_the_textbook_in_every_variant() {
        let gradients: Vec<f64> = (0..50).map(|t| (t as f64 * 0.9).sin() + 0.3).collect();
        for centered in [false, true] {
            for momentum in [0.0, 0.8] {
                let settings = RmsPropSettings { alpha: 0.95, epsilon: 1e-3, momentum, centered, weight_decay: 0.02 };
                let mut optimizer = RmsProp::new(settings).unwrap();
                let mut x = [0.7; 5];
                for g in &gradients {
                    optimizer.step(0.01, &mut x, &[*g; 5]).unwrap();
                }
                let expected = naive(settings, 0.01, 0.7, &gradients);
                assert!(x.iter().all(|x| (x - expected).abs() < 1e-12), "{settings:?}: {x:?} {expected}");
                laws::all(|| RmsProp::<f64>::new(settings).unwrap(), 1e-3);
                laws::all(|| RmsProp::<f32>::new(settings).unwrap(), 1e-3);
            }
        }
    }

    #[test]
    fn vanishing_gradients_and_variances_do_no_harm() {
        let centered = RmsPropSettings { centered: true, epsilon: 1e-300, ..Default::default() };
        let mut optimizer = RmsProp::<f32>::new(centered).unwrap();
        let mut x = [1.0_f32, 1.0];
        for _ in 0..2000 {
            optimizer.step(1e-30, &mut x, &[0.0, 1.0]).unwrap();
        }
        assert!(x.iter().all(|x| x.is_finite()), "{x:?}");
    }

    #[test]
    fn hostile_settings_are_errors() {
        let good = RmsPropSettings::default();
        for bad in [
            RmsPropSettings { alpha: 1.0, ..good },
            RmsPropSettings { alpha: f64::NAN, ..good },
            RmsPropSettings { epsilon: 0.0, ..good },
            RmsPropSettings { epsilon: f64::INFINITY, ..good },
            RmsPropSettings { momentum: -0.1, ..good },
            RmsPropSettings { weight_decay: f64::NAN, ..good },
        ] {
            assert!(RmsProp::<f64>::new(bad).is_err(), "{bad:?}");
        }
    }
}
