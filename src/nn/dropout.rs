//! Dropout.

use crate::autodiff::Var;

/// Zeroes entries at random while training, and scales the others up by as much (Srivastava et al., 2014); evaluation
/// leaves everything as it is. The masks follow from [`Workspace::set_step`](crate::autodiff::Workspace::set_step).
///
/// ```
/// use eigennet::nn::{Dropout, Mlp};
/// let dropout = Dropout { rate: 0.2 };
/// let net = Mlp::new("net", [4, 64, 1]).activation_fn(move |x| dropout.call(x.tanh()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The probability of zero, in [0, 1).
    pub rate: f64,
}

impl Dropout {
    /// Records dropout on each entry of `x`, as [`Var::dropout`] does; the mask of each call is another. A rate outside
    /// [0, 1) is a mistake that the recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        x.dropout(self.rate)
    }
}
