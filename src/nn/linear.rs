//! Affine layers.

use super::{Initializer, Name};
use crate::autodiff::Var;

/// An affine layer `x W + b`, W `[in, out]`, b `[1, out]`.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::Linear;
/// let [up, down] = [Linear::new("up", [2, 16]), Linear::new("down", [16, 1]).without_bias()];
/// let recording = record(|g| down.call(up.call(g.input("x", Rows::named("batch"), 2)).sin()))?;
/// assert_eq!(recording.parameters().len(), 2 * 16 + 16 + 16);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    name: Name,
    widths: [usize; 2],
    members: usize,
    weights: Initializer,
    biases: Option<Initializer>,
}

impl Linear {
    /// A layer from `in` to `out` columns, with the parameters `"name.weight"` and `"name.bias"`.
    pub fn new(name: impl Into<Name>, widths: [usize; 2]) -> Self {
        Linear {
            name: name.into(),
            widths,
            members: 1,
            weights: Initializer::GlorotUniform { gain: 1.0 },
            biases: Some(Initializer::Constant(0.0)),
        }
    }

    /// So many disjoint layers, one for each head of the input; an input without heads goes to all of them. The result
    /// has as many heads.
    pub fn members(self, members: usize) -> Self {
        Linear { members, ..self }
    }

    /// How the weight starts (default Glorot uniform).
    pub fn weights(self, weights: Initializer) -> Self {
        Linear { weights, ..self }
    }

    /// How the bias starts (default 0).
    pub fn biases(self, biases: Initializer) -> Self {
        Linear { biases: Some(biases), ..self }
    }

    /// `x W` alone.
    pub fn without_bias(self) -> Self {
        Linear { biases: None, ..self }
    }

    /// Records the layer on `x` `[rows, in]`; the result is `[rows, out]`. Calling it again shares the parameters.
    ///
    /// A width that does not fit `x`, or is 0, and no members are mistakes that the recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let (g, [input, output]) = (x.graph(), self.widths);
        let product = x.matmul(self.name.parameter(g, "weight", [self.members, input, output], self.weights));
        match self.biases {
            Some(start) => product + self.name.parameter(g, "bias", [self.members, 1, output], start),
            None => product,
        }
    }
}
