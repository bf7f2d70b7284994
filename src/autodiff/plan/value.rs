//! Where the values of a plan lie.

use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// In the arena of a shard, at `offset · rows of the shard`.
    Row { offset: usize },
    /// In the arena of values shared by the batch.
    Global { offset: usize },
    /// In the partial sums of the shards of a symbol, to be added up in order by whoever reads it.
    Partial { symbol: u16, offset: usize },
    /// In the flat parameter vector.
    Parameter { offset: usize },
    /// In the direction of a Jacobian- or Hessian-vector product.
    Direction { offset: usize },
    /// In an input slot.
    Input(u32),
}

/// A stored value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value {
    pub place: Place,
    pub shape: Shape,
}

/// Reads through `Stop`, which is the value itself to a replay.
pub(crate) fn resolve(t: &Tensors, mut id: NodeId) -> NodeId {
    while t.node(id).op == Op::Stop {
        id = t.node(id).inputs[0];
    }
    id
}
