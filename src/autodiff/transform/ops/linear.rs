//! Linear operations: the tangent is the operation itself, and the transpose is another of the list.

use super::{Applied, Reverse, fill, fill_cols};
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
            let full = input.with_rows(t.shape(x).rows);
            let x = fill(t, x, full);
            let shape = a.shape.with_rows(t.shape(x).rows);
            t.push(a.op, &[x], shape)
        }
        Op::Gather | Op::ScatterAdd => {
            let x = fill(t, x, input);
            t.push(a.op, &[x, a.inputs[1]], a.shape)
        }
        _ => {
            let x = fill(t, x, input);
            t.push(a.op, &[x], a.shape)
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
    let parts: Vec<NodeId> = dots
        .iter()
        .zip(a.inputs)
        .map(|(dot, &input)| {
            let shape = t.shape(input);
            t.broadcast_to(dot.unwrap_or(zero), shape)
        })
        .collect();
    Some(t.push(a.op, &parts, a.shape))
}

pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize, reverse: Reverse) -> Option<NodeId> {
    let linear_in = k == 0;
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
            let g = fill(t, g, full);
            t.pad(g, axis, start, input)
        }
        Op::Pad { axis, before } => {
            let g = fill(t, g, full);
            let len = extent(input, axis);
            t.slice(g, axis, before, len)
        }
        Op::Concat(axis) => {
            let g = fill(t, g, full);
            let start = a.inputs[..k].iter().map(|&i| extent(t.shape(i), axis)).sum();
            t.slice(g, axis, start, extent(input, axis))
        }
        Op::Reshape if reverse == Reverse::PerSample && t.shape(g).symbol().is_some() => g,
        Op::Reshape | Op::Transpose => {
            let g = fill(t, g, full);
            t.push(a.op, &[g], input)
        }
        Op::HeadsToCols => {
            let g = fill(t, g, full);
            t.push(Op::ColsToHeads, &[g], input)
        }
        Op::ColsToHeads => {
            let g = fill(t, g, full);
            t.push(Op::HeadsToCols, &[g], input)
        }
        Op::Gather if linear_in && reverse == Reverse::PerSample => {
            // Each row of the batch leaves its cotangent in the row of the table that it names.
            let (g, marks) = (fill(t, g, a.shape), one_hot(t, a.inputs[1], t.shape(a.inputs[0])));
            let flat = Shape { cols: input.fixed_rows().unwrap_or(1) * input.cols, ..a.shape };
            t.push(Op::RowOuter, &[marks, g], flat)
        }
        Op::Gather if linear_in => {
            let g = fill(t, g, full);
            t.push(Op::ScatterAdd, &[g, a.inputs[1]], input)
        }
        Op::ScatterAdd if linear_in => {
            let g = fill(t, g, full);
            t.push(Op::Gather, &[g, a.inputs[1]], input)
        }
        Op::LowerHalf | Op::Lower => {
            let g = fill(t, g, full);
            t.push(a.op, &[g], input)
        }
        Op::Diagonal => {
            let g = fill(t, g, full);
            t.push(Op::DiagonalEmbed, &[g], input)
        }
        Op::DiagonalEmbed => {
            let g = fill(t, g, full);
            t.push(Op::Diagonal, &[g], input)
        }
        _ => return None,
    })
}

/// Marks the row of a table that each index names: `[rows, rows of the table]`.
fn one_hot(t: &mut Tensors, index: NodeId, table: Shape) -> NodeId {
    let count = table.fixed_rows().unwrap_or(1);
    let numbers = t.matrix((0..count).map(|row| row as f64).collect(), Shape::fixed(1, count));
    let (above, below) =
        (t.binary(Binary::GreaterEqual, index, numbers), t.binary(Binary::GreaterEqual, numbers, index));
    t.mul(above, below)
}

/// The extent of a shape along an axis; rows along which something is cut are fixed.
fn extent(shape: Shape, axis: Axis) -> usize {
    match axis {
        Axis::Heads => shape.heads,
        Axis::Rows => shape.fixed_rows().unwrap_or(1),
        Axis::Cols => shape.cols,
    }
}
