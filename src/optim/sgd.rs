//! Gradient descent with momentum.

#[cfg(test)]
mod tests;

use crate::kernels::update::decayed;
use crate::{Error, Result, Scalar};

use super::optimizer::{FirstOrder, Rule};
use super::settings::{defaults, fraction, not_negative};

defaults! {
    /// Settings of [`Sgd`].
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SgdSettings {
        /// μ in [0, 1): how much of the last update is kept (default 0: plain gradient descent).
        pub momentum: f64 = 0.0,
        /// Whether the gradient is looked at one momentum step ahead (Nesterov, 1983; default no).
        pub nesterov: bool = false,
        /// λ ≥ 0: adds λθ to the gradient (default 0).
        pub weight_decay: f64 = 0.0,
    }
}

/// Stochastic gradient descent with momentum (Polyak, 1964; Sutskever et al., 2013), in PyTorch's convention:
///
/// `g ← g + λθ`, `b ← μb + g`, `θ ← θ − η b`, or with Nesterov `θ ← θ − η (g + μb)`.
pub type Sgd<T> = FirstOrder<SgdSettings, T>;

impl Rule for SgdSettings {
    const NAME: &'static str = "sgd";

    fn check(&self) -> Result<()> {
        fraction("momentum of Sgd", self.momentum, 0.0, 1.0)?;
        not_negative("weight_decay of Sgd", self.weight_decay)?;
        let useful = !self.nesterov || self.momentum > 0.0;
        Error::require(useful, "nesterov of Sgd", "it needs a momentum above 0, such as 0.9")
    }

    fn vectors(&self) -> usize {
        usize::from(self.momentum > 0.0)
    }

    fn update<T: Scalar>(&self, _: f64, rate: T, parameters: &mut [T], gradient: &[T], vectors: &mut [Vec<T>]) {
        let (momentum, decay) = (T::of(self.momentum), T::of(self.weight_decay));
        let [velocity] = vectors else {
            parameters.iter_mut().zip(gradient).for_each(|(p, &g)| *p -= rate * (g + decay * *p));
            return;
        };
        for ((p, &g), b) in parameters.iter_mut().zip(gradient).zip(velocity) {
            let g = g + decay * *p;
            *b = decayed(momentum, *b) + g;
            *p -= rate * if self.nesterov { g + momentum * *b } else { *b };
        }
    }
}
