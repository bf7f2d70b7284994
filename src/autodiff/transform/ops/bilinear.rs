//! Bilinear operations: the product rule (Leibniz) for tangents and jets. (The pointwise product is
//! with the other pointwise operations.)

use super::{Applied, Reverse, fill_cols, gather, plus};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};

/// The operation on one pair of factors, either of which may be a broadcast-small derivative.
fn product(t: &mut Tensors, op: Op, a: NodeId, b: NodeId, sizes: [Shape; 2]) -> NodeId {
    match op {
        Op::MatMul { ta, tb } => {
            // Extents that are summed over, or that become rows or columns of the result, have to be
            // there; rows of a left factor that is not transposed may stay 1.
            let a = if ta { fill_but_heads(t, a, sizes[0]) } else { fill_cols(t, a, sizes[0]) };
            let b = fill_but_heads(t, b, sizes[1]);
            t.matmul(a, b, ta, tb)
        }
        _ => {
            let (a, b) = (t.broadcast_to(a, sizes[0]), t.broadcast_to(b, sizes[1]));
            row_outer(t, a, b)
        }
    }
}

/// Repeats a derivative up to the rows and columns of the value it belongs to.
fn fill_but_heads(t: &mut Tensors, x: NodeId, like: Shape) -> NodeId {
    t.broadcast_to(x, like.with_heads(t.shape(x).heads))
}

fn row_outer(t: &mut Tensors, a: NodeId, b: NodeId) -> NodeId {
    let (sa, sb) = (t.shape(a), t.shape(b));
    let shape = Shape { heads: sa.heads.max(sb.heads), rows: sa.rows, cols: sa.cols * sb.cols };
    t.push(Op::RowOuter, &[a, b], shape)
}

pub(crate) fn tangent(t: &mut Tensors, a: Applied<'_>, dots: &[Option<NodeId>]) -> Option<NodeId> {
    let mut total = None;
    // Products over the rows of a batch end up as one node.
    for (factors, dots) in a.inputs.chunks(2).zip(dots.chunks(2)) {
        let sizes = [t.shape(factors[0]), t.shape(factors[1])];
        let left = dots[0].map(|dot| product(t, a.op, dot, factors[1], sizes));
        total = gather(t, total, left);
        let right = dots[1].map(|dot| product(t, a.op, factors[0], dot, sizes));
        total = gather(t, total, right);
    }
    total
}

pub(crate) fn second_order(
    t: &mut Tensors,
    a: Applied<'_>,
    pairs: &[[Vec<Option<NodeId>>; 2]],
    seconds: &[Option<NodeId>],
) -> Option<NodeId> {
    let mut total = tangent(t, a, seconds);
    let sizes = [t.shape(a.inputs[0]), t.shape(a.inputs[1])];
    for [p, q] in pairs {
        for (left, right) in [(p[0], q[1]), (q[0], p[1])] {
            if let (Some(left), Some(right)) = (left, right) {
                let cross = product(t, a.op, left, right, sizes);
                total = plus(t, total, Some(cross));
            }
        }
    }
    total
}

pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize, reverse: Reverse) -> NodeId {
    let Op::MatMul { ta, tb } = a.op else { unreachable!("only products are transposed here") };
    let (left, right) = (a.inputs[k - k % 2], a.inputs[k - k % 2 + 1]);
    let (sl, sr) = (t.shape(left), t.shape(right));
    let target = t.shape(a.inputs[k]);
    if k % 2 == 1 && reverse == Reverse::PerSample {
        // The rows stay apart: row by row an outer product instead of a sum of them.
        let rows = if t.shape(g).symbol().is_some() { t.shape(g).rows } else { sl.rows };
        let g = t.broadcast_to(g, a.shape.with_rows(rows));
        let x = t.broadcast_to(left, sl.with_rows(rows));
        let outer = if tb { row_outer(t, g, x) } else { row_outer(t, x, g) };
        let shape = t.shape(outer);
        return t.sum_from(outer, shape, shape.with_heads(target.heads));
    }
    // Every extent of g that the products below sum over has to be there; only the rows of a left cotangent may stay 1.
    let rows_may_stay = k.is_multiple_of(2) && !ta;
    let g = if rows_may_stay { fill_cols(t, g, a.shape) } else { fill_but_heads(t, g, a.shape) };
    let out = match (k % 2, ta, tb) {
        (0, false, _) => t.matmul(g, right, false, !tb),
        (0, true, _) => t.matmul(right, g, tb, true),
        (_, _, false) => t.matmul(left, g, !ta, false),
        (_, _, true) => t.matmul(g, left, true, ta),
    };
    // A factor shared by all heads collects from all of them.
    let have = t.shape(out);
    let from = have.with_heads(sl.heads.max(sr.heads));
    let kept = reverse == Reverse::PerSample || have.rows == Extent::Fixed(1);
    let to_rows = if kept { have.rows } else { target.rows };
    t.sum_from(out, from, Shape { heads: target.heads, rows: to_rows, cols: have.cols })
}
