//! Multilayer perceptrons, alone or as an ensemble of disjoint ones.

use super::{Activation, Initializer};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp {
    name: String,
    widths: Vec<usize>,
    members: usize,
    activation: Activation,
    weights: Initializer,
    biases: Initializer,
}

impl Mlp {
    /// A network with these widths, from the input to the output; the name leads the names of its
    /// parameters (`"name.0.weight"`, `"name.0.bias"`, …).
    pub fn new(name: &str, widths: impl Into<Vec<usize>>) -> Self {
        Mlp {
            name: name.to_string(),
            widths: widths.into(),
            members: 1,
            activation: Activation::Tanh,
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
        Mlp { activation, ..self }
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
    /// Fewer than two widths, no members, a width that does not fit `x`, or 0, is a mistake that the
    /// recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let g = x.graph();
        if self.widths.len() < 2 {
            let what = format!("widths of Mlp {:?}", self.name);
            return g.refuse(&what, "a network has an input and an output; give at least two widths");
        }
        let mut h = x;
        for (layer, pair) in self.widths.windows(2).enumerate() {
            let [input, output] = [pair[0], pair[1]];
            if layer > 0 {
                h = self.activation.apply(h);
            }
            let shape = [self.members, input, output];
            let weight = g.parameter_heads(&format!("{}.{layer}.weight", self.name), shape, self.weights);
            let shape = [self.members, 1, output];
            let bias = g.parameter_heads(&format!("{}.{layer}.bias", self.name), shape, self.biases);
            h = h.affine(weight, bias);
        }
        h.heads_to_columns()
    }
}
