//! Products put together in the order that costs less.

use super::operation::Op;
use super::shape::{Extent, Shape};
use super::tensors::{Node, NodeId, Tensors};
use crate::kernels::vmath::Binary;

/// The most columns of a product that is written anew: its right factor is scaled, and has a gradient of its own, in
/// each step, which is to be little beside what the rows of a batch cost.
const MAX_COLS: usize = 32;

impl Tensors {
    /// The same formulas with `(X ⊙ r) W` as `X (diag(r) W)`, where X has the rows of a batch and r is one row: the
    /// first derivatives of a first layer, φ′(z) ⊙ w, on their way through the second. Neither X ⊙ r nor the cotangent
    /// of X ⊙ r is then computed row by row. Returns where `targets` stand in it.
    pub fn reassociated(&self, targets: &[NodeId]) -> (Tensors, Vec<NodeId>) {
        let live = self.ancestors(targets);
        // What reads a scaled batch in another way needs it anyway.
        let mut elsewhere = vec![false; self.len()];
        targets.iter().for_each(|id| elsewhere[id.index()] = true);
        for (id, node) in self.nodes().filter(|(id, _)| live[id.index()]) {
            let factor = self.scaled_factor(id).map(|_| node.inputs[0]);
            node.inputs.iter().filter(|&&i| Some(i) != factor).for_each(|i| elsewhere[i.index()] = true);
        }
        let mut out = self.emptied();
        let mut places = vec![NodeId(0); self.len()];
        for (id, Node { op, inputs, shape }) in self.nodes().filter(|(id, _)| live[id.index()]) {
            let at = |id: NodeId| places[id.index()];
            places[id.index()] = match self.scaled_factor(id).filter(|_| !elsewhere[inputs[0].index()]) {
                Some((x, row)) => {
                    let (x, row, right) = (at(x), at(row), at(inputs[1]));
                    let of = out.shape(row);
                    let column = out.push(Op::Transpose, &[row], Shape { rows: Extent::Fixed(of.cols), cols: 1, ..of });
                    let scaled = out.mul(column, right);
                    out.matmul(x, scaled, false, false)
                }
                None => {
                    let inputs: Vec<NodeId> = inputs.iter().map(|&i| at(i)).collect();
                    out.push(*op, &inputs, *shape)
                }
            };
        }
        let targets = targets.iter().map(|id| places[id.index()]).collect();
        (out, targets)
    }

    /// X and r where `id` is a product `(X ⊙ r) W` of few columns.
    fn scaled_factor(&self, id: NodeId) -> Option<(NodeId, NodeId)> {
        let node = self.node(id);
        let &[left, right] = &node.inputs[..] else { return None };
        let fits = node.op == (Op::MatMul { ta: false, tb: false })
            && node.shape.cols <= MAX_COLS
            && node.shape.symbol().is_some()
            && self.shape(right).symbol().is_none()
            && self.node(left).op == Op::Binary(Binary::Mul);
        if !fits {
            return None;
        }
        let &[a, b] = &self.node(left).inputs[..] else { return None };
        let is_row = |id: NodeId| self.shape(id).rows == Extent::Fixed(1) && self.shape(id).cols > 1;
        let pair = |x: NodeId, row: NodeId| (self.shape(x) == self.shape(left) && is_row(row)).then_some((x, row));
        pair(a, b).or_else(|| pair(b, a))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(X ⊙ r) W` in its parts, with a sum that may read `X ⊙ r` as well; whether it was written anew.
    fn is_anew(cols: usize, read_again: bool) -> bool {
        let mut t = Tensors::default();
        let x = t.push(Op::Input(0), &[], Shape::rows(0, 7));
        let [row, w] = [Shape::fixed(1, 7), Shape::fixed(7, cols)];
        let (row, w) = (t.push(Op::Parameter(0), &[], row), t.push(Op::Parameter(1), &[], w));
        let scaled = t.mul(row, x);
        let product = t.matmul(scaled, w, false, false);
        let again = t.sum_to(scaled, Shape::SCALAR);
        let (new, places) = t.reassociated(&[product, if read_again { again } else { product }]);
        let left = new.node(places[0]).inputs[0];
        assert_eq!(new.shape(places[0]), t.shape(product));
        new.node(left).op == Op::Input(0)
    }

    #[test]
    fn a_scaled_batch_is_no_longer_made_where_only_narrow_products_read_it() {
        assert!(is_anew(3, false) && is_anew(MAX_COLS, false));
        assert!(!is_anew(3, true) && !is_anew(MAX_COLS + 1, false));
    }
}
