//! Linear operations: the tangent is the operation itself, and the transpose is another of the list.

use super::{Applied, Reverse, fill_cols};
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::Binary;

/// The operation applied to derivatives of its inputs, which may be smaller than the inputs.
pub(crate) fn apply(t: &mut Tensors, a: Applied<'_>, dots: &[Option<NodeId>]) -> Option<NodeId> {
    if let Op::Concat(axis) = a.op {
        return concat(t, a, axis, dots);
    }
    let x = dots[0]?;
    let input = t.shape(a.inputs[0]);
    Some(match a.op {
        Op::Sum => t.sum_from(x, input, a.shape),
        Op::Broadcast => x,
        Op::Slice { axis: Axis::Cols, start } => {
            let x = fill_cols(t, x, input);
            t.slice(x, Axis::Cols, start, a.shape.cols)
        }
        Op::HeadsToCols | Op::ColsToHeads | Op::Pad { axis: Axis::Cols, .. } => {
            // Rows may stay 1; heads and columns have to be there.
            let rows = t.shape(x).rows;
            let x = t.broadcast_to(x, input.with_rows(rows));
            t.push(a.op, &[x], a.shape.with_rows(rows))
        }
        _ => {
            let x = t.broadcast_to(x, input);
            t.push(a.op, &[&[x], &a.inputs[1..]].concat(), a.shape)
        }
    })
}

fn concat(t: &mut Tensors, a: Applied<'_>, axis: Axis, dots: &[Option<NodeId>]) -> Option<NodeId> {
    if dots.iter().all(Option::is_none) {
        return None;
    }
    let zero = t.constant(0.0);
    if axis == Axis::Cols {
        let parts: Vec<(NodeId, usize)> =
            dots.iter().zip(a.inputs).map(|(dot, &input)| (dot.unwrap_or(zero), t.shape(input).cols)).collect();
        return Some(t.concat_cols(&parts));
    }
    let parts = dots.iter().zip(a.inputs).map(|(dot, &input)| t.broadcast_to(dot.unwrap_or(zero), t.shape(input)));
    let parts: Vec<NodeId> = parts.collect();
    Some(t.push(a.op, &parts, a.shape))
}

pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize, reverse: Reverse) -> Option<NodeId> {
    let (mut input, mut full) = (t.shape(a.inputs[k]), a.shape);
    if reverse == Reverse::PerSample && t.shape(g).symbol().is_some() {
        // A shared value met the batch above: its cotangent keeps the rows, the value itself is flat.
        let rows = t.shape(g).rows;
        let flat = |shape: Shape| match shape.fixed_rows() {
            Some(own) => Shape { heads: shape.heads, rows, cols: own * shape.cols },
            None => shape,
        };
        (input, full) = (flat(input), flat(full));
    }
    Some(match a.op {
        Op::Sum => g,
        Op::Broadcast => super::pointwise::reduce(t, g, a, 0, reverse),
        Op::Slice { axis, start } => {
            let g = t.broadcast_to(g, full);
            t.pad(g, axis, start, input)
        }
        Op::Pad { axis, before } => {
            let g = t.broadcast_to(g, full);
            t.slice(g, axis, before, input.fixed_extent(axis))
        }
        Op::Concat(axis) => {
            let g = t.broadcast_to(g, full);
            let start = a.inputs[..k].iter().map(|&i| t.shape(i).fixed_extent(axis)).sum();
            t.slice(g, axis, start, input.fixed_extent(axis))
        }
        Op::Reshape if reverse == Reverse::PerSample && t.shape(g).symbol().is_some() => g,
        Op::Gather if k == 0 && reverse == Reverse::PerSample => {
            // Each row of the batch leaves its cotangent in the row of the table that it names.
            let (g, marks) = (t.broadcast_to(g, a.shape), one_hot(t, a.inputs[1], t.shape(a.inputs[0])));
            let flat = Shape { cols: input.fixed_rows().unwrap_or(1) * input.cols, ..a.shape };
            t.push(Op::RowOuter, &[marks, g], flat)
        }
        op => {
            let op = dual(op).filter(|_| k == 0)?;
            let g = t.broadcast_to(g, full);
            t.push(op, &[&[g], &a.inputs[1..]].concat(), input)
        }
    })
}

/// The transpose of an operation without numbers.
fn dual(op: Op) -> Option<Op> {
    Some(match op {
        Op::Reshape | Op::Transpose | Op::LowerHalf | Op::Lower => op,
        Op::HeadsToCols => Op::ColsToHeads,
        Op::ColsToHeads => Op::HeadsToCols,
        Op::Gather => Op::ScatterAdd,
        Op::ScatterAdd => Op::Gather,
        Op::Diagonal => Op::DiagonalEmbed,
        Op::DiagonalEmbed => Op::Diagonal,
        _ => return None,
    })
}

/// Marks the row of a table that each index names: `[rows, rows of the table]`.
fn one_hot(t: &mut Tensors, index: NodeId, table: Shape) -> NodeId {
    let count = table.fixed_rows().unwrap_or(1);
    let numbers = t.matrix((0..count).map(|row| row as f64).collect(), Shape::fixed(1, count));
    let above = t.binary(Binary::GreaterEqual, index, numbers);
    let below = t.binary(Binary::GreaterEqual, numbers, index);
    t.mul(above, below)
}
