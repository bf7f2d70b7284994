//! RMSProp.

#[cfg(test)]
mod tests;

use crate::kernels::update::{self, decayed, felt};
use crate::{Result, Scalar, par};

use super::optimizer::{FirstOrder, Rule};
use super::settings::{defaults, fraction, normal, not_negative, positive};

defaults! {
    /// Settings of [`RmsProp`]; the defaults are PyTorch's.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct RmsPropSettings {
        /// α in [0, 1): decay of the average of squares (default 0.99).
        pub alpha: f64 = 0.99,
        /// ε > 0, added to the root (default 1e-8).
        pub epsilon: f64 = 1e-8,
        /// μ in [0, 1) (default 0).
        pub momentum: f64 = 0.0,
        /// Whether the variance replaces the mean square (Graves, 2013; default no).
        pub centered: bool = false,
        /// λ ≥ 0: adds λθ to the gradient (default 0).
        pub weight_decay: f64 = 0.0,
    }
}

/// RMSProp (Tieleman and Hinton, 2012), in PyTorch's convention:
///
/// `g ← g + λθ`, `v ← αv + (1−α)g²`, centred also `m ← αm + (1−α)g`;
/// `u = g / (√v + ε)`, centred `u = g / (√(v − m²) + ε)`;
/// `θ ← θ − ηu`, or with momentum `b ← μb + u`, `θ ← θ − ηb`.
pub type RmsProp<T> = FirstOrder<RmsPropSettings, T>;

impl Rule for RmsPropSettings {
    const NAME: &'static str = "rmsprop";

    fn check(&self) -> Result<()> {
        fraction("alpha of RmsProp", self.alpha, 0.0, 1.0)?;
        fraction("momentum of RmsProp", self.momentum, 0.0, 1.0)?;
        not_negative("weight_decay of RmsProp", self.weight_decay)?;
        positive("epsilon of RmsProp", self.epsilon)
    }

    fn vectors(&self) -> usize {
        1 + usize::from(self.centered) + usize::from(self.momentum > 0.0)
    }

    fn update<T: Scalar>(&self, _: f64, rate: T, parameters: &mut [T], gradient: &[T], vectors: &mut [Vec<T>]) {
        let &RmsPropSettings { alpha, epsilon, momentum, centered, weight_decay } = self;
        let [alpha, beta, momentum, decay] = [alpha, 1.0 - alpha, momentum, weight_decay].map(T::of);
        let epsilon = normal(epsilon);
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
    }
}
