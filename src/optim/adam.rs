//! Adam and AdamW.

#[cfg(test)]
mod tests;

use crate::kernels::update;
use crate::{Result, Scalar};

use super::optimizer::{FirstOrder, Rule};
use super::settings::{defaults, fraction, normal, not_negative, positive};

defaults! {
    /// Settings of [`Adam`]; the defaults are those of the paper.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct AdamSettings {
        /// β₁ in [0, 1): decay of the mean (default 0.9).
        pub beta1: f64 = 0.9,
        /// β₂ in [0, 1): decay of the mean square (default 0.999).
        pub beta2: f64 = 0.999,
        /// ε > 0, added to the root (default 1e-8).
        pub epsilon: f64 = 1e-8,
        /// λ ≥ 0 (default 0).
        pub weight_decay: f64 = 0.0,
        /// Whether the decay acts on the parameters rather than on the gradient: AdamW (default no).
        pub decoupled: bool = false,
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
pub type Adam<T> = FirstOrder<AdamSettings, T>;

impl Rule for AdamSettings {
    const NAME: &'static str = "adam";

    fn check(&self) -> Result<()> {
        fraction("beta1 of Adam", self.beta1, 0.0, 1.0)?;
        fraction("beta2 of Adam", self.beta2, 0.0, 1.0)?;
        not_negative("weight_decay of Adam", self.weight_decay)?;
        positive("epsilon of Adam", self.epsilon)
    }

    fn vectors(&self) -> usize {
        2
    }

    fn update<T: Scalar>(&self, t: f64, rate: T, parameters: &mut [T], gradient: &[T], vectors: &mut [Vec<T>]) {
        let [first, second] = vectors else { return };
        self.at(t, rate).run(gradient, first, second, parameters);
    }
}

impl AdamSettings {
    /// The update of step `t`, counted from 1.
    pub(super) fn at<T: Scalar>(&self, t: f64, rate: T) -> update::Adam<T> {
        let &AdamSettings { beta1, beta2, epsilon, weight_decay, decoupled } = self;
        let (shrink, decay) = if decoupled {
            (T::one() - rate * T::of(weight_decay), T::zero())
        } else {
            (T::one(), T::of(weight_decay))
        };
        update::Adam {
            rate: T::of(rate.to_f64() / (1.0 - beta1.powf(t))),
            first: [beta1, 1.0 - beta1].map(T::of),
            second: [beta2, 1.0 - beta2].map(T::of),
            root: T::of(1.0 / (1.0 - beta2.powf(t)).sqrt()),
            epsilon: normal(epsilon),
            decay,
            shrink,
        }
    }
}
