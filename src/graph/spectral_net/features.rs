//! The network of a SpectralNet up to its last layer.

use crate::autodiff::{Initializer, Var};
use crate::nn::{Activation, BatchNorm, Dropout, Linear};
use crate::{Error, Result};

/// What a [`SpectralNet`](super::SpectralNet) combines linearly: functions of points, trained. [`HiddenLayers`] are the
/// usual ones; any closure that records `[points, width]` from points `[points, coordinates]` serves as well.
///
/// ```
/// use eigennet::autodiff::Var;
/// use eigennet::graph::spectral_net::Features;
/// use eigennet::nn::{LayerNorm, Linear};
/// fn features<'g>(x: Var<'g>) -> Var<'g> {
///     LayerNorm::new("norm").call(Linear::new("first", [x.width(), 32]).call(x).sin())
/// }
/// let features: &dyn Features = &features;
/// ```
pub trait Features: Send + Sync {
    /// Records the features `[points, width]` of points `[points, coordinates]`, which are centred and of mean square
    /// length 1.
    fn record<'g>(&self, x: Var<'g>) -> Var<'g>;

    /// Refuses settings that make no function.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<F> Features for F
where
    F: for<'g> Fn(Var<'g>) -> Var<'g> + Send + Sync,
{
    fn record<'g>(&self, x: Var<'g>) -> Var<'g> {
        self(x)
    }
}

/// Layers in a row: affine, normalised over the batch if that is asked for, activated, dropped out.
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenLayers {
    /// Their widths.
    pub widths: Vec<usize>,
    /// The function in each.
    pub activation: Activation,
    /// How the weights of the first layer start: how often its functions change sign across the points.
    pub input_weights: Initializer,
    /// How those of the other layers start.
    pub weights: Initializer,
    /// How biases start. With tanh and none, all functions of a symmetric set of points are odd, and stay so.
    pub biases: Initializer,
    /// Whether each layer is normalised over the batch before its activation.
    pub batch_norm: bool,
    /// The share of entries dropped after each, in [0, 1).
    pub dropout: f64,
}

impl Default for HiddenLayers {
    /// Three of 64 with tanh, steep enough at the start (±2, and three times Glorot's range) that the last holds many
    /// independent functions: with Glorot's own there are about twenty on a circle.
    fn default() -> Self {
        HiddenLayers {
            widths: vec![64; 3],
            activation: Activation::Tanh,
            input_weights: Initializer::Uniform { low: -2.0, high: 2.0 },
            weights: Initializer::GlorotUniform { gain: 3.0 },
            biases: Initializer::Uniform { low: -1.0, high: 1.0 },
            batch_norm: false,
            dropout: 0.0,
        }
    }
}

impl Features for HiddenLayers {
    fn check(&self) -> Result<()> {
        let sound = !self.widths.is_empty() && !self.widths.contains(&0);
        Error::require(sound, "widths of HiddenLayers", "give at least one layer, and each at least one column")
    }

    fn record<'g>(&self, x: Var<'g>) -> Var<'g> {
        let mut h = x;
        for (layer, &width) in self.widths.iter().enumerate() {
            let linear = Linear::new(format!("hidden.{layer}"), [h.width(), width]);
            let weights = if layer == 0 { self.input_weights } else { self.weights };
            h = linear.weights(weights).biases(self.biases).call(h);
            if self.batch_norm {
                h = BatchNorm::new(format!("hidden.{layer}.norm")).call(h);
            }
            h = self.activation.apply(h);
            if self.dropout != 0.0 {
                h = Dropout { rate: self.dropout }.call(h);
            }
        }
        h
    }
}
