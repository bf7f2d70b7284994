//! The plain tensor graph: what a recording is lowered to, and what the transforms work on.
//!
//! Nodes are hash-consed (equal expressions are one node) and ids are in topological order.

use std::collections::HashMap;
use std::sync::Arc;

use crate::autodiff::tensor::operation::{Axis, Op, SMOOTH};
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::kernels::vmath::{Binary, Unary};

/// Index of a node; inputs of a node have smaller ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation applied to earlier nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub op: Op,
    pub inputs: Vec<NodeId>,
    pub shape: Shape,
}

/// The place of `item` in a list, to which it is added if it is new.
pub(crate) fn intern<X: PartialEq>(list: &mut Vec<X>, item: X) -> usize {
    list.iter().position(|old| *old == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

/// A growing graph of hash-consed nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tensors {
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId>,
    matrices: Vec<Arc<[f64]>>,
}

impl Tensors {
    /// No nodes, and the matrices of this graph.
    pub fn emptied(&self) -> Tensors {
        Tensors { matrices: self.matrices.clone(), ..Tensors::default() }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (NodeId(i as u32), n))
    }

    pub fn shape(&self, id: NodeId) -> Shape {
        self.node(id).shape
    }

    /// The node with these parts: an old one if it exists already.
    pub fn push(&mut self, op: Op, inputs: &[NodeId], shape: Shape) -> NodeId {
        let node = Node { op, inputs: inputs.to_vec(), shape };
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.known.insert(node.clone(), id);
        self.nodes.push(node);
        id
    }

    pub fn constant(&mut self, value: f64) -> NodeId {
        // One zero: −0 and 0 would otherwise be two nodes.
        let value = if value == 0.0 { 0.0 } else { value };
        self.push(Op::Constant(value.to_bits()), &[], Shape::SCALAR)
    }

    pub fn constant_value(&self, id: NodeId) -> Option<f64> {
        match self.node(id).op {
            Op::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The entries of `Op::Matrix(index)`.
    pub fn entries(&self, index: u32) -> &Arc<[f64]> {
        &self.matrices[index as usize]
    }

    /// The entries of all matrices.
    pub fn matrices(&self) -> &[Arc<[f64]>] {
        &self.matrices
    }

    /// A leaf that holds these numbers.
    pub fn matrix(&mut self, entries: Arc<[f64]>, shape: Shape) -> NodeId {
        let index = intern(&mut self.matrices, entries);
        self.push(Op::Matrix(index as u32), &[], shape)
    }

    /// Which nodes any of `targets` stems from, themselves among them.
    pub fn ancestors(&self, targets: &[NodeId]) -> Vec<bool> {
        let mut needed = vec![false; self.len()];
        targets.iter().for_each(|id| needed[id.index()] = true);
        // Operands come before what is made of them.
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if needed[index] {
                node.inputs.iter().for_each(|id| needed[id.index()] = true);
            }
        }
        needed
    }

    fn is(&self, id: NodeId, value: f64) -> bool {
        self.constant_value(id) == Some(value)
    }

    /// Reads through a broadcast where the result keeps its shape without it.
    fn unbroadcast(&self, id: NodeId, other: NodeId, shape: Shape) -> NodeId {
        let node = self.node(id);
        if node.op == Op::Broadcast {
            let inner = node.inputs[0];
            if self.shape(inner).broadcast(self.shape(other)) == Some(shape) {
                return inner;
            }
        }
        id
    }

    pub fn unary(&mut self, f: Unary, x: NodeId) -> NodeId {
        if let Some(value) = self.constant_value(x) {
            let mut out = [0.0];
            crate::kernels::vmath::unary(f, &[value], &mut out);
            return self.constant(out[0]);
        }
        let inner = self.node(x);
        if f == Unary::Neg && inner.op == Op::Unary(Unary::Neg) {
            return inner.inputs[0];
        }
        self.push(Op::Unary(f), &[x], self.shape(x))
    }

    /// A pointwise function of two operands.
    ///
    /// # Panics
    /// If the shapes do not broadcast: callers check what comes from users.
    pub fn binary(&mut self, f: Binary, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.shape(a).broadcast(self.shape(b)).expect("operands of a pointwise op broadcast");
        if let (Some(x), Some(y)) = (self.constant_value(a), self.constant_value(b)) {
            use crate::kernels::vmath::{Operand, binary};
            let mut out = [0.0];
            binary(f, Operand::Scalar(x), Operand::Scalar(y), &mut out);
            return self.constant(out[0]);
        }
        let (full_a, full_b) = (self.shape(a) == shape, self.shape(b) == shape);
        match f {
            Binary::Add if self.is(a, 0.0) && full_b => return b,
            Binary::Add | Binary::Sub if self.is(b, 0.0) && full_a => return a,
            Binary::Sub if self.is(a, 0.0) && full_b => return self.unary(Unary::Neg, b),
            Binary::Mul if self.is(a, 1.0) && full_b => return b,
            Binary::Mul | Binary::Div if self.is(b, 1.0) && full_a => return a,
            Binary::Mul if self.is(a, -1.0) && full_b => return self.unary(Unary::Neg, b),
            Binary::Mul if self.is(b, -1.0) && full_a => return self.unary(Unary::Neg, a),
            Binary::Mul if a == b => return self.unary(Unary::Square, a),
            _ => {}
        }
        // Sums with what was negated are differences; in products the sign moves out, to meet a sum.
        let negated = |id: NodeId| (self.node(id).op == Op::Unary(Unary::Neg)).then(|| self.node(id).inputs[0]);
        match (f, negated(a), negated(b)) {
            (Binary::Add, _, Some(b)) => return self.binary(Binary::Sub, a, b),
            (Binary::Add, Some(a), None) => return self.binary(Binary::Sub, b, a),
            (Binary::Sub, _, Some(b)) => return self.binary(Binary::Add, a, b),
            (Binary::Mul, Some(a), Some(b)) => return self.binary(Binary::Mul, a, b),
            (Binary::Mul, first, second) if first.or(second).is_some() => {
                let product = self.binary(Binary::Mul, first.unwrap_or(a), second.unwrap_or(b));
                return self.neg(product);
            }
            _ => {}
        }
        let mut a = self.unbroadcast(a, b, shape);
        let mut b = self.unbroadcast(b, a, shape);
        // One order for commutative operations, so that equal expressions meet.
        if matches!(f, Binary::Add | Binary::Mul) && a > b {
            std::mem::swap(&mut a, &mut b);
        }
        self.push(Op::Binary(f), &[a, b], shape)
    }

    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Add, a, b)
    }

    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Sub, a, b)
    }

    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Mul, a, b)
    }

    pub fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Div, a, b)
    }

    pub fn neg(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Neg, a)
    }

    pub fn scale(&mut self, factor: f64, a: NodeId) -> NodeId {
        let factor = self.constant(factor);
        self.mul(factor, a)
    }

    pub fn select(&mut self, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        self.select_smooth(SMOOTH, condition, a, b)
    }

    /// A selection with so many derivatives where its pieces meet.
    pub fn select_smooth(&mut self, smoothness: u8, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        if a == b && self.shape(a).broadcast(self.shape(condition)) == Some(self.shape(a)) {
            return a;
        }
        let shape = self.shape(a).broadcast(self.shape(b)).and_then(|s| s.broadcast(self.shape(condition)));
        self.push(Op::Select { smoothness }, &[condition, a, b], shape.expect("operands of where broadcast"))
    }

    /// Repeats `x` up to `shape`.
    pub fn broadcast_to(&mut self, x: NodeId, shape: Shape) -> NodeId {
        if self.shape(x) == shape { x } else { self.push(Op::Broadcast, &[x], shape) }
    }

    /// Sums `x`, read as repeated to `from`, down to `to`. `x` itself may be smaller than `from`.
    pub fn sum_from(&mut self, x: NodeId, from: Shape, to: Shape) -> NodeId {
        let have = self.shape(x);
        // An extent that is summed over, but that `x` does not have, is a factor.
        let repeats = |to: usize, from: usize, have: usize| if to == 1 && have == 1 { from as f64 } else { 1.0 };
        let mut factor = repeats(to.heads, from.heads, have.heads) * repeats(to.cols, from.cols, have.cols);
        let kept = |to: usize, have: usize| if to == 1 { 1 } else { have };
        let mut reduced = have.with_heads(kept(to.heads, have.heads)).with_cols(kept(to.cols, have.cols));
        let mut count = None;
        if to.rows == Extent::Fixed(1) && from.rows != Extent::Fixed(1) {
            if have.rows == Extent::Fixed(1) {
                match from.rows {
                    Extent::Fixed(rows) => factor *= rows as f64,
                    Extent::Rows(symbol) => count = Some(symbol),
                }
            }
            reduced.rows = Extent::Fixed(1);
        }
        let mut out = if reduced == have { x } else { self.push(Op::Sum, &[x], reduced) };
        if let Some(symbol) = count {
            let rows = self.push(Op::RowCount(symbol), &[], Shape::SCALAR);
            out = self.mul(rows, out);
        }
        self.scale(factor, out)
    }

    /// Sums `x` down to `to`.
    pub fn sum_to(&mut self, x: NodeId, to: Shape) -> NodeId {
        self.sum_from(x, self.shape(x), to)
    }

    pub fn slice(&mut self, x: NodeId, axis: Axis, start: usize, len: usize) -> NodeId {
        let have = self.shape(x);
        let shape = match axis {
            Axis::Heads => have.with_heads(len),
            Axis::Rows => have.with_rows(Extent::Fixed(len)),
            Axis::Cols => have.with_cols(len),
        };
        if shape == have { x } else { self.push(Op::Slice { axis, start }, &[x], shape) }
    }

    /// Zeros around `x` along `axis`, up to `shape`.
    pub fn pad(&mut self, x: NodeId, axis: Axis, before: usize, shape: Shape) -> NodeId {
        if self.shape(x) == shape { x } else { self.push(Op::Pad { axis, before }, &[x], shape) }
    }

    /// Columns side by side; rows and heads broadcast.
    pub fn concat_cols(&mut self, parts: &[(NodeId, usize)]) -> NodeId {
        if let [(only, cols)] = parts {
            return self.broadcast_to(*only, self.shape(*only).with_cols(*cols));
        }
        let outer = parts.iter().fold(Shape::SCALAR, |shape, &(id, _)| {
            shape.broadcast(self.shape(id).with_cols(1)).expect("parts of concat broadcast")
        });
        // The columns of one input, in order, are that input.
        if let Op::Slice { axis: Axis::Cols, start: 0 } = self.node(parts[0].0).op {
            let source = self.node(parts[0].0).inputs[0];
            let mut next = 0;
            let whole = parts.iter().all(|&(id, cols)| {
                let node = self.node(id);
                let fits = node.op == (Op::Slice { axis: Axis::Cols, start: next })
                    && node.inputs[0] == source
                    && node.shape.cols == cols;
                next += cols;
                fits
            });
            if whole && next == self.shape(source).cols {
                return source;
            }
        }
        let total = parts.iter().map(|&(_, cols)| cols).sum();
        let inputs: Vec<NodeId> =
            parts.iter().map(|&(id, cols)| self.broadcast_to(id, outer.with_cols(cols))).collect();
        self.push(Op::Concat(Axis::Cols), &inputs, outer.with_cols(total))
    }

    /// `[heads, rows, c]` to `[rows, heads · c]`.
    pub fn heads_to_cols(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x);
        if shape.heads == 1 {
            return x;
        }
        self.push(Op::HeadsToCols, &[x], Shape { heads: 1, cols: shape.row_len(), ..shape })
    }

    /// `[rows, heads · c]` to `[heads, rows, c]`.
    pub fn cols_to_heads(&mut self, x: NodeId, heads: usize) -> NodeId {
        let shape = self.shape(x);
        if heads == 1 {
            return x;
        }
        self.push(Op::ColsToHeads, &[x], Shape { heads, cols: shape.cols / heads, ..shape })
    }

    /// `op(a) op(b)`; heads broadcast.
    pub fn matmul(&mut self, a: NodeId, b: NodeId, ta: bool, tb: bool) -> NodeId {
        let (sa, sb) = (self.shape(a), self.shape(b));
        let rows = if ta { Extent::Fixed(sa.cols) } else { sa.rows };
        let cols = if tb { sb.fixed_rows().expect("columns of a product are fixed") } else { sb.cols };
        let shape = Shape { heads: sa.heads.max(sb.heads), rows, cols };
        self.push(Op::MatMul { ta, tb }, &[a, b], shape)
    }

    /// The sum of two values of one shape; products are gathered into one node, so that a weight's
    /// gradient over all jet components is one accumulation.
    pub fn accumulate(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (na, nb) = (self.node(a), self.node(b));
        let alike = na.op == nb.op && na.shape == nb.shape;
        if matches!(na.op, Op::MatMul { ta: true, .. })
            && alike
            && self.shape(na.inputs[0]).rows == self.shape(nb.inputs[0]).rows
        {
            let (op, shape) = (na.op, na.shape);
            let inputs: Vec<NodeId> = na.inputs.iter().chain(&nb.inputs).copied().collect();
            return self.push(op, &inputs, shape);
        }
        self.add(a, b)
    }
}
