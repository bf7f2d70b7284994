//! Simplifications that change what a formula is worth at special points, not only what it costs.

use super::operation::Op;
use super::tensors::{Node, NodeId, Tensors};
use crate::kernels::vmath::{Binary, Unary};

/// How deep a formula is searched.
const DEPTH: usize = 16;

impl Tensors {
    /// What was written, simplified. Not for the derivative rules: those look for their operands in what they made.
    pub fn simplified(&mut self, id: NodeId) -> NodeId {
        let Node { op, inputs, .. } = self.node(id).clone();
        let simpler = match (op, &inputs[..]) {
            (Op::Unary(Unary::Square), &[x]) => self.square_of_norm(x),
            (Op::Binary(f), &[a, b]) => self.multiple_of_multiple(f, a, b),
            _ => None,
        };
        simpler.unwrap_or(id)
    }

    /// `x²` where `x` is a norm √u, or a multiple of one: u, which has all derivatives at 0, where √u has one.
    fn square_of_norm(&mut self, x: NodeId) -> Option<NodeId> {
        let Node { op, inputs, .. } = self.node(x).clone();
        match (op, &inputs[..]) {
            (Op::Unary(Unary::Sqrt), &[u]) => self.is_sum_of_squares(u, DEPTH).then_some(u),
            (Op::Unary(Unary::Neg), &[a]) => self.square_of_norm(a),
            (Op::Binary(f @ (Binary::Mul | Binary::Div)), &[a, b]) => {
                if let Some(left) = self.square_of_norm(a) {
                    let right = self.unary(Unary::Square, b);
                    return Some(self.binary(f, left, right));
                }
                let right = if f == Binary::Mul { self.square_of_norm(b)? } else { return None };
                let left = self.unary(Unary::Square, a);
                Some(self.binary(f, left, right))
            }
            _ => None,
        }
    }

    /// Whether `u` is known to be no less than 0, so that √u · √u is u.
    fn is_sum_of_squares(&self, u: NodeId, depth: usize) -> bool {
        let node = self.node(u);
        let all = || depth > 0 && node.inputs.iter().all(|&i| self.is_sum_of_squares(i, depth - 1));
        match node.op {
            Op::Constant(bits) => f64::from_bits(bits) >= 0.0,
            Op::Unary(Unary::Square | Unary::Abs | Unary::Exp) => true,
            Op::Binary(Binary::Add | Binary::Mul | Binary::Div | Binary::Max) => all(),
            Op::Sum | Op::Broadcast | Op::Slice { .. } | Op::Unary(Unary::Sqrt) => all(),
            _ => false,
        }
    }

    /// `c · (d · x)` and `(d · x)/c` as one multiple of x: a factor of its own may be beyond `f32`, or no number there
    /// at all. A product that is beyond it stays apart.
    fn multiple_of_multiple(&mut self, f: Binary, a: NodeId, b: NodeId) -> Option<NodeId> {
        let (number, other) = match (f, self.constant_value(a), self.constant_value(b)) {
            (Binary::Mul, Some(c), None) => (c, b),
            (Binary::Mul, None, Some(c)) => (c, a),
            (Binary::Div, None, Some(c)) => (c.recip(), a),
            _ => return None,
        };
        let &Node { op: Op::Binary(Binary::Mul), ref inputs, shape } = self.node(other) else { return None };
        let (inner, x) = match (self.constant_value(inputs[0]), self.constant_value(inputs[1])) {
            (Some(d), None) => (d, inputs[1]),
            (None, Some(d)) => (d, inputs[0]),
            _ => return None,
        };
        let factor = if f == Binary::Div { inner / self.constant_value(b)? } else { number * inner };
        let moderate = f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX);
        let needed = [number, inner].iter().any(|c| !moderate.contains(&c.abs()));
        if !needed || !moderate.contains(&factor.abs()) || self.shape(x) != shape {
            return None;
        }
        let factor = self.constant(factor);
        Some(self.mul(factor, x))
    }
}
