//! A recording with input derivatives becomes a plain graph: which of its nodes are needed, and of which components each is
//! made.

use std::collections::HashMap;

use super::combination::{Combination, combinations};
use super::jet::{Jets, Recorded};
use super::operator::Operator;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::error::Error;

struct Lowering<'a> {
    jets: Jets<'a>,
    combinations: HashMap<NodeId, Combination>,
}

/// Lowers the recorded nodes `wanted`; returns the plain graph and their values in it.
///
/// # Errors
/// [`Error::Derivative`] naming the operation that cannot be differentiated so often, and its place.
pub(crate) fn lower(recorded: Recorded<'_>, wanted: &[NodeId]) -> Result<(Tensors, Vec<NodeId>), Error> {
    let combinations = combinations(recorded.tensors, recorded.sets, wanted);
    let mut lowering = Lowering { jets: Jets::new(recorded), combinations };
    for id in lowering.reached(wanted) {
        let value = lowering.build_value(id)?;
        lowering.jets.made_for(id);
        lowering.jets.values[id.index()] = Some(value);
    }
    let values = wanted.iter().map(|&id| lowering.jets.value(id)).collect();
    Ok((lowering.jets.lowered, values))
}

/// A run of derivatives, innermost function first.
struct Chain {
    of: NodeId,
    laplacians: Vec<u32>,
    /// Ascending.
    along: Vec<u16>,
}

impl Lowering<'_> {
    /// The recorded nodes that the values of `wanted` are made of, oldest first.
    fn reached(&self, wanted: &[NodeId]) -> Vec<NodeId> {
        let t = self.jets.recorded.tensors;
        let mut needed = vec![false; t.len()];
        wanted.iter().for_each(|id| needed[id.index()] = true);
        for index in (0..t.len()).rev().map(|i| NodeId(i as u32)) {
            if !needed[index.index()] {
                continue;
            }
            let mut need = |id: NodeId| needed[id.index()] = true;
            if let Some(sum) = self.combinations.get(&index) {
                sum.rest.iter().for_each(|&(_, id)| need(id));
                sum.applied.iter().for_each(|&(_, _, id)| need(id));
            } else if let Some(chain) = self.chain(index) {
                need(chain.of);
            } else {
                t.node(index).inputs.iter().for_each(|&id| need(id));
            }
        }
        (0..t.len()).filter(|&i| needed[i]).map(|i| NodeId(i as u32)).collect()
    }

    /// The derivatives that a recorded node consists of.
    fn chain(&self, id: NodeId) -> Option<Chain> {
        let mut chain = Chain { of: id, laplacians: Vec::new(), along: Vec::new() };
        loop {
            let node = self.jets.recorded.tensors.node(chain.of);
            match node.op {
                Op::Derivative(i) => chain.along.push(i),
                Op::Laplacian(set) => chain.laplacians.push(set),
                _ => break,
            }
            chain.of = node.inputs[0];
        }
        chain.along.sort_unstable();
        chain.laplacians.sort_unstable();
        (chain.of != id).then_some(chain)
    }

    /// A sum of operators applied to functions, and of other nodes.
    fn build_combination(&mut self, sum: &Combination) -> Result<Option<NodeId>, Error> {
        let mut terms = Vec::with_capacity(sum.applied.len() + sum.rest.len());
        for (factor, operator, of) in &sum.applied {
            let (of, c) = (self.jets.value(*of), self.jets.operator(operator.clone()));
            if let Some(id) = self.jets.component(of, c)? {
                terms.push((*factor, id));
            }
        }
        terms.extend(sum.rest.iter().map(|&(factor, id)| (factor, self.jets.value(id))));
        // A difference is cheaper than a sum with a negated term.
        terms.sort_by_key(|&(factor, _)| factor < 0.0);
        let t = &mut self.jets.lowered;
        let mut total = None;
        for (factor, id) in terms {
            let subtracts = factor < 0.0 && total.is_some();
            let term = t.scale(if subtracts { -factor } else { factor }, id);
            total = Some(match total {
                None => term,
                Some(total) if subtracts => t.sub(total, term),
                Some(total) => t.add(total, term),
            });
        }
        Ok(total)
    }

    /// All derivatives of a chain, one after another.
    fn build_chain(&mut self, chain: &Chain) -> Result<Option<NodeId>, Error> {
        let mut steps = Vec::new();
        for &set in &chain.laplacians {
            let coordinates = &self.jets.recorded.sets[set as usize];
            steps.push(self.jets.operator(Operator::laplacian(coordinates)));
        }
        steps.extend(self.jets.steps(&chain.along));
        let mut at = self.jets.value(chain.of);
        for step in steps {
            match self.jets.component(at, step)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn build_value(&mut self, id: NodeId) -> Result<NodeId, Error> {
        let node = self.jets.recorded.tensors.node(id).clone();
        let derivative = match (self.combinations.get(&id).cloned(), self.chain(id)) {
            (Some(sum), _) => Some(self.build_combination(&sum)?),
            (None, chain) => chain.map(|chain| self.build_chain(&chain)).transpose()?,
        };
        if let Some(built) = derivative {
            let built = built.unwrap_or_else(|| self.jets.lowered.constant(0.0));
            return Ok(self.jets.lowered.broadcast_to(built, node.shape));
        }
        let inputs: Vec<NodeId> = node.inputs.iter().map(|&input| self.jets.value(input)).collect();
        let t = &mut self.jets.lowered;
        let rebuilt = match node.op {
            Op::Matrix(index) => t.matrix(self.jets.recorded.tensors.entries(index).clone(), node.shape),
            Op::Coordinate { column, .. } => t.slice(inputs[0], Axis::Cols, column as usize, 1),
            Op::Input(slot) => {
                let input = t.push(node.op, &[], node.shape);
                let own = self.jets.recorded.coordinates.iter().enumerate().filter(|(_, (of, _))| *of == slot);
                let columns: Vec<(u32, u16)> = own.map(|(index, &(_, column))| (column, index as u16)).collect();
                if !columns.is_empty() {
                    self.jets.columns.insert(input, columns);
                }
                return Ok(input);
            }
            Op::Unary(f) => t.unary(f, inputs[0]),
            Op::Binary(f) => t.binary(f, inputs[0], inputs[1]),
            Op::Select { smoothness } => t.select_smooth(smoothness, inputs[0], inputs[1], inputs[2]),
            Op::Sum => t.sum_to(inputs[0], node.shape),
            Op::Broadcast => t.broadcast_to(inputs[0], node.shape),
            Op::Slice { axis, start } => t.slice(inputs[0], axis, start, node.shape.fixed_extent(axis)),
            Op::Concat(Axis::Cols) => {
                let parts: Vec<_> = inputs.iter().map(|&i| (i, t.shape(i).cols)).collect();
                t.concat_cols(&parts)
            }
            op => t.push(op, &inputs, node.shape),
        };
        Ok(self.jets.lowered.broadcast_to(rebuilt, node.shape))
    }
}
