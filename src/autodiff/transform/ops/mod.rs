//! The derivative rules. An operation belongs to a class, and the class supplies its rules once:
//! the tangent (forward), the second-order component of a jet, and the transpose (reverse).

mod bilinear;
mod implicit;
mod linear;
pub(crate) mod pointwise;

use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};

/// Why a derivative does not exist; the caller adds the operation's name and place.
pub(crate) type Refusal = String;

/// A derivative, or `None` where it is zero by structure. A derivative may be smaller than the value
/// it belongs to: it is then meant repeated (broadcast).
pub(crate) type Derivative = Result<Option<NodeId>, Refusal>;

/// An operation as the rules see it: inputs and result are nodes of the graph that is being extended.
#[derive(Clone, Copy)]
pub(crate) struct Applied<'a> {
    pub op: Op,
    pub inputs: &'a [NodeId],
    /// The result.
    pub value: NodeId,
    /// Shape of the result; `value` may be smaller where it was simplified.
    pub shape: Shape,
}

/// What a reverse pass does where a value shared by all rows meets a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reverse {
    /// Sum over the rows: gradients.
    Batch,
    /// Keep the rows apart: the residual Jacobian.
    PerSample,
}

/// The tangent of the result for given tangents of the inputs.
pub(crate) fn tangent(t: &mut Tensors, a: Applied<'_>, dots: &[Option<NodeId>]) -> Derivative {
    if dots.iter().all(Option::is_none) {
        return Ok(None);
    }
    match a.op {
        Op::Unary(_) | Op::Binary(_) | Op::Select { .. } => pointwise::tangent(t, a, dots),
        Op::MatMul { .. } | Op::RowOuter => Ok(bilinear::tangent(t, a, dots)),
        Op::RowMax | Op::Cholesky | Op::SolveTriangular { .. } => Ok(implicit::tangent(t, a, dots)),
        Op::Stop => Ok(None),
        _ => Ok(linear::apply(t, a, dots)),
    }
}

/// The second-order component of a jet: for each pair of directions the first-order components of
/// the inputs, and the inputs' own second-order components, all summed. One rule serves both ∂ᵢⱼ
/// (one pair) and the Laplacian (the pairs (i, i)).
pub(crate) fn second_order(
    t: &mut Tensors,
    a: Applied<'_>,
    pairs: &[[Vec<Option<NodeId>>; 2]],
    seconds: &[Option<NodeId>],
) -> Derivative {
    let flat = |dots: &[Option<NodeId>]| dots.iter().all(Option::is_none);
    if flat(seconds) && pairs.iter().all(|[p, q]| flat(p) && flat(q)) {
        return Ok(None);
    }
    match a.op {
        Op::Unary(_) | Op::Binary(_) | Op::Select { .. } => pointwise::second_order(t, a, pairs, seconds),
        Op::MatMul { .. } | Op::RowOuter => Ok(bilinear::second_order(t, a, pairs, seconds)),
        Op::RowMax | Op::Cholesky | Op::SolveTriangular { .. } => {
            Err("has no second-order input derivative here".to_string())
        }
        Op::Stop => Ok(None),
        _ => Ok(linear::apply(t, a, seconds)),
    }
}

/// The cotangent of input number `k` for the cotangent `g` of the result.
pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize, reverse: Reverse) -> Derivative {
    match a.op {
        Op::Unary(_) | Op::Binary(_) | Op::Select { .. } => pointwise::transpose(t, a, g, k, reverse),
        Op::MatMul { .. } => Ok(Some(bilinear::transpose(t, a, g, k, reverse))),
        Op::RowOuter => Err("cannot be differentiated in reverse".to_string()),
        Op::RowMax | Op::Cholesky | Op::SolveTriangular { .. } => Ok(implicit::transpose(t, a, g, k)),
        Op::Stop => Ok(None),
        _ => Ok(linear::transpose(t, a, g, k, reverse)),
    }
}

/// Whether a reverse pass that keeps the rows apart goes through `a` to its input `k`. A value that mixes
/// the rows has no place in it, and below the point where a shared value meets the batch only entrywise
/// operations keep the flattened form.
pub(crate) fn keeps_rows_apart(t: &Tensors, a: &Applied<'_>, k: usize) -> bool {
    if a.shape.symbol().is_some() {
        return true;
    }
    if a.inputs.iter().any(|&i| t.shape(i).symbol().is_some()) {
        return false;
    }
    let one_row = a.shape.rows == Extent::Fixed(1) && t.shape(a.inputs[k]).rows == Extent::Fixed(1);
    match a.op {
        Op::Reshape | Op::Stop => true,
        Op::Slice { axis: Axis::Heads, .. } | Op::Pad { axis: Axis::Heads, .. } | Op::Concat(Axis::Heads) => true,
        Op::Unary(_) | Op::Binary(_) | Op::Select { .. } | Op::Broadcast | Op::Sum | Op::RowMax => one_row,
        Op::Slice { .. } | Op::Pad { .. } | Op::Concat(_) | Op::HeadsToCols | Op::ColsToHeads => one_row,
        // One row times a matrix: the first derivatives of a first layer.
        Op::MatMul { ta: false, .. } => a.shape.rows == Extent::Fixed(1) && a.inputs.len() == 2,
        _ => false,
    }
}

/// Repeats a derivative up to the columns (and heads) of the value it belongs to, where an operation
/// mixes them; the rows may stay 1.
fn fill_cols(t: &mut Tensors, x: NodeId, like: Shape) -> NodeId {
    t.broadcast_to(x, t.shape(x).with_cols(like.cols))
}

/// [`plus`] by [`Tensors::accumulate`].
pub(crate) fn gather(t: &mut Tensors, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    match (a, b) {
        (Some(a), Some(b)) => Some(t.accumulate(a, b)),
        (a, b) => a.or(b),
    }
}

/// a + b where either may be zero by structure.
pub(crate) fn plus(t: &mut Tensors, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    match (a, b) {
        (Some(a), Some(b)) => Some(t.add(a, b)),
        (a, b) => a.or(b),
    }
}
