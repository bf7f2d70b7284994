//! Functions between two layers.

use std::fmt;
use std::sync::Arc;

use crate::autodiff::Var;

/// The function between two layers by name, for configuration; any function of [`Var`] serves as well
/// ([`Mlp::activation_fn`](super::Mlp::activation_fn)).
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

type Closure = dyn for<'g> Fn(Var<'g>) -> Var<'g> + Send + Sync;

/// A function between two layers: one with a name, or the caller's own.
#[derive(Clone)]
pub(super) enum Between {
    Named(Activation),
    Own(Arc<Closure>),
}

impl Between {
    #[track_caller]
    pub(super) fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        match self {
            Between::Named(activation) => activation.apply(x),
            Between::Own(function) => function(x),
        }
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Between::Named(activation) => activation.fmt(f),
            Between::Own(_) => f.write_str("|x| …"),
        }
    }
}
