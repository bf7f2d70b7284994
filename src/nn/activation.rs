//! Activations by name, for configuration; any function of [`Var`] serves as well.

use crate::autodiff::Var;

/// The function between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// tanh x
    #[default]
    Tanh,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ)
    Softplus,
    /// sin x
    Sin,
    /// x · sigmoid(x)
    Swish,
    /// x · Φ(x)
    Gelu,
    /// x or α(eˣ − 1), with α = 1
    Elu,
    /// max(x, 0); no second derivative
    Relu,
    /// x
    Identity,
}

impl Activation {
    /// Applies the function entry by entry.
    #[track_caller]
    pub fn apply<'g>(self, x: Var<'g>) -> Var<'g> {
        match self {
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Softplus => x.softplus(),
            Activation::Sin => x.sin(),
            Activation::Swish => x.swish(),
            Activation::Gelu => x.gelu(),
            Activation::Elu => x.elu(1.0),
            Activation::Relu => x.relu(),
            Activation::Identity => x,
        }
    }
}
