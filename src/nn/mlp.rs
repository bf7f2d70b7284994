//! Multilayer perceptrons, alone or as an ensemble of disjoint ones.

use std::sync::Arc;

use super::activation::Between;
use super::{Activation, Initializer, Linear, Name};
use crate::autodiff::Var;

/// A multilayer perceptron: affine layers with an activation between them, none after the last.
///
/// With [`members`](Self::members) it is an ensemble of networks of one shape that share nothing but
/// their inputs; the ensemble runs as one batched network.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::Mlp;
/// let net = Mlp::new("net", [2, 16, 1]);
/// let program = record(|g| net.call(g.input("x", Rows::named("batch"), 2)))?.compile::<f32>();
/// let mut ws = program.workspace();
/// ws.set("x", &[0.0, 1.0, 2.0, 3.0])?;
/// program.evaluate(&program.initial(Seed(0)), &mut ws)?;
/// assert_eq!(ws.output("result")?.len(), 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mlp {
    name: Name,
    widths: Vec<usize>,
    members: usize,
    between: Between,
    weights: Initializer,
    biases: Initializer,
}

impl Mlp {
    /// A network with these widths, from the input to the output; the name leads the names of its
    /// parameters (`"name.0.weight"`, `"name.0.bias"`, …).
    pub fn new(name: impl Into<Name>, widths: impl Into<Vec<usize>>) -> Self {
        Mlp {
            name: name.into(),
            widths: widths.into(),
            members: 1,
            between: Between::Named(Activation::Tanh),
            weights: Initializer::GlorotUniform { gain: 1.0 },
            biases: Initializer::Constant(0.0),
        }
    }

    /// An ensemble of so many disjoint networks. Its output is `[rows, members · width]`.
    pub fn members(self, members: usize) -> Self {
        Mlp { members, ..self }
    }

    /// The function between layers (default tanh).
    pub fn activation(self, activation: Activation) -> Self {
        Mlp { between: Between::Named(activation), ..self }
    }

    /// Any function between layers; it is given the values before it, `[rows, width]` or `[members, rows, width]`.
    ///
    /// ```
    /// use eigennet::nn::Mlp;
    /// let steepness = 5.0;
    /// let waves = Mlp::new("waves", [1, 20, 20, 1]).activation_fn(move |x| (steepness * x).sin());
    /// let noisy = Mlp::new("noisy", [4, 64, 64, 1]).activation_fn(|x| x.swish().dropout(0.1));
    /// ```
    pub fn activation_fn<F>(self, function: F) -> Self
    where
        F: for<'g> Fn(Var<'g>) -> Var<'g> + Send + Sync + 'static,
    {
        Mlp { between: Between::Own(Arc::new(function)), ..self }
    }

    /// How weights `[in, out]` start (default Glorot uniform).
    pub fn weights(self, weights: Initializer) -> Self {
        Mlp { weights, ..self }
    }

    /// How biases `[1, out]` start (default 0).
    pub fn biases(self, biases: Initializer) -> Self {
        Mlp { biases, ..self }
    }

    /// Records the network on `x` `[rows, in]`; the result is `[rows, members · out]`. Calling it
    /// again shares the parameters.
    ///
    /// Fewer than two widths, no members, a width that does not fit `x`, or 0, is a mistake that the recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        if self.widths.len() < 2 {
            let what = format!("widths of Mlp {:?}", self.name.as_str());
            return x.graph().refuse(&what, "a network has an input and an output; give at least two widths");
        }
        let mut h = x;
        for (layer, pair) in self.widths.windows(2).enumerate() {
            if layer > 0 {
                h = self.between.apply(h);
            }
            let linear = Linear::new(self.name.child(layer), [pair[0], pair[1]]).members(self.members);
            h = linear.weights(self.weights).biases(self.biases).call(h);
        }
        h.heads_to_columns()
    }
}
