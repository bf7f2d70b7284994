//! Operations with rules of their own: row maximum, Cholesky factor, triangular solve.
//!
//! Cholesky and the triangular solve after Giles, *Collected matrix derivative results for forward
//! and reverse mode algorithmic differentiation* (2008), and Murray (2016).

use super::Applied;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::Binary;

fn transposed(t: &mut Tensors, x: NodeId) -> NodeId {
    let shape = t.shape(x);
    let rows = shape.fixed_rows().expect("only fixed matrices are transposed");
    let flipped = Shape::fixed(shape.cols, rows).with_heads(shape.heads);
    t.push(Op::Transpose, &[x], flipped)
}

fn solve(t: &mut Tensors, l: NodeId, b: NodeId, transposed: bool) -> NodeId {
    t.push(Op::SolveTriangular { transposed }, &[l, b], t.shape(b))
}

fn same_shape(t: &mut Tensors, op: Op, x: NodeId) -> NodeId {
    t.push(op, &[x], t.shape(x))
}

/// Marks the largest entries of each row, scaled so that a row's marks sum to 1.
fn row_max_weights(t: &mut Tensors, x: NodeId, y: NodeId) -> NodeId {
    let marks = t.binary(Binary::GreaterEqual, x, y);
    let count = t.sum_to(marks, t.shape(y));
    t.div(marks, count)
}

pub(crate) fn tangent(t: &mut Tensors, a: Applied<'_>, dots: &[Option<NodeId>]) -> Option<NodeId> {
    match a.op {
        Op::RowMax => {
            let weights = row_max_weights(t, a.inputs[0], a.value);
            let weighted = t.mul(weights, dots[0]?);
            Some(t.sum_to(weighted, a.shape))
        }
        Op::Cholesky => {
            // L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ), Φ the lower triangle with half the diagonal. Of A only the lower triangle is read.
            let l = a.value;
            let dot = t.broadcast_to(dots[0]?, a.shape);
            let half = same_shape(t, Op::LowerHalf, dot);
            let other = transposed(t, half);
            let dot = t.add(half, other);
            let left = solve(t, l, dot, false);
            let left = transposed(t, left);
            let both = solve(t, l, left, false);
            let both = transposed(t, both);
            let phi = same_shape(t, Op::LowerHalf, both);
            Some(t.matmul(l, phi, false, false))
        }
        _ => {
            // X = L⁻¹B: Ẋ = L⁻¹(Ḃ − L̇ X), and with Lᵀ for the transposed solve.
            let Op::SolveTriangular { transposed: flag } = a.op else { return None };
            let mut right = dots[1].map(|dot| t.broadcast_to(dot, a.shape));
            if let Some(dot) = dots[0] {
                let dot = t.broadcast_to(dot, t.shape(a.inputs[0]));
                let dot = same_shape(t, Op::Lower, dot);
                let product = t.matmul(dot, a.value, flag, false);
                right = Some(match right {
                    Some(b) => t.sub(b, product),
                    None => t.neg(product),
                });
            }
            right.map(|b| solve(t, a.inputs[0], b, flag))
        }
    }
}

pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize) -> Option<NodeId> {
    match a.op {
        Op::RowMax => {
            let weights = row_max_weights(t, a.inputs[0], a.value);
            Some(t.mul(weights, g))
        }
        Op::Cholesky => {
            // Ā = Φ(S + Sᵀ) with S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹: all of it in the triangle that is read.
            let l = a.value;
            let g = t.broadcast_to(g, a.shape);
            let g = same_shape(t, Op::Lower, g);
            let product = t.matmul(l, g, true, false);
            let phi = same_shape(t, Op::LowerHalf, product);
            let left = solve(t, l, phi, true);
            let left = transposed(t, left);
            let both = solve(t, l, left, true);
            let other = transposed(t, both);
            let sum = t.add(both, other);
            Some(same_shape(t, Op::LowerHalf, sum))
        }
        _ => {
            let Op::SolveTriangular { transposed: flag } = a.op else { return None };
            let g = t.broadcast_to(g, a.shape);
            let right = solve(t, a.inputs[0], g, !flag);
            if k == 1 {
                return Some(right);
            }
            let product =
                if flag { t.matmul(a.value, right, false, true) } else { t.matmul(right, a.value, false, true) };
            let lower = same_shape(t, Op::Lower, product);
            Some(t.neg(lower))
        }
    }
}
