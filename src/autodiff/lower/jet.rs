//! Jets: lowers a recording with input derivatives to a plain tensor graph.
//!
//! Each recorded node has components: its value, ∂ᵢ, and second-order ones, ∂ᵢⱼ or Δ. Exactly those
//! that somebody asked for are built, by the rules of [`crate::autodiff::transform::ops`]. The Laplacian is one
//! component (forward Laplacian: Li et al., 2023), not a sum over ∂ᵢᵢ; so is any other operator of
//! second order with constant coefficients, such as ∂ₜ − κ∂ₓₓ.

use std::collections::HashMap;
use std::panic::Location;

use super::combination::{Combination, Operator, combinations};
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::shape::Extent;
use crate::autodiff::tensor::tensors::{Node, NodeId, Tensors};
use crate::autodiff::transform::ops::{self, Applied, pointwise::smoothness};
use crate::error::Error;

/// A component of a jet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Value,
    First(u16),
    /// ∂ᵢⱼ, i ≤ j.
    Mixed(u16, u16),
    /// Σ ∂ᵢᵢ over the bits of the mask.
    Laplacian(u32),
    /// An operator of the table.
    Operator(u32),
}

/// The inputs whose component `c` matters to that of `node`, with their position. What is behind
/// `stop_gradient`, the condition of a selection and the index of a table do not move with the
/// coordinates, so they may hold what has no derivative.
fn moving(node: &Node, c: Component) -> impl Iterator<Item = (usize, NodeId)> {
    let op = node.op;
    let moves = move |k: usize| match op {
        _ if c == Component::Value => true,
        Op::Stop => false,
        Op::Select => k > 0,
        Op::Gather | Op::ScatterAdd => k == 0,
        _ => true,
    };
    node.inputs.iter().copied().enumerate().filter(move |&(k, _)| moves(k))
}

/// A recorded graph and where each node was written.
pub(crate) struct Lowering<'a> {
    recorded: &'a Tensors,
    locations: &'a [&'static Location<'static>],
    lowered: Tensors,
    known: HashMap<(NodeId, Component), Option<NodeId>>,
    combinations: HashMap<NodeId, Combination>,
    operators: Vec<Operator>,
}

/// Lowers the recorded nodes `wanted`; returns the plain graph and their values in it.
///
/// # Errors
/// [`Error::Derivative`] naming the operation that cannot be differentiated so often, and its place.
pub(crate) fn lower(
    recorded: &Tensors,
    locations: &[&'static Location<'static>],
    wanted: &[NodeId],
) -> Result<(Tensors, Vec<NodeId>), Error> {
    let mut lowering = Lowering {
        recorded,
        locations,
        lowered: Tensors::default(),
        known: HashMap::new(),
        combinations: combinations(recorded, wanted),
        operators: Vec::new(),
    };
    let mut values = Vec::with_capacity(wanted.len());
    for &id in wanted {
        lowering.ensure(id, Component::Value)?;
        values.push(lowering.value(id));
    }
    Ok((lowering.lowered, values))
}

impl Lowering<'_> {
    fn value(&self, id: NodeId) -> NodeId {
        self.known[&(id, Component::Value)].expect("a value always exists")
    }

    /// Builds component `c` of `id` and of whatever it stems from, oldest first (no deep recursion).
    fn ensure(&mut self, id: NodeId, c: Component) -> Result<(), Error> {
        if self.known.contains_key(&(id, c)) {
            return Ok(());
        }
        let mut wanted = vec![false; id.index() + 1];
        wanted[id.index()] = true;
        for index in (0..=id.index()).rev() {
            let node_id = NodeId(index as u32);
            if !wanted[index] || self.known.contains_key(&(node_id, c)) {
                wanted[index] = false;
                continue;
            }
            let node = self.recorded.node(node_id);
            // Derivative nodes ask for other components; values shared by the batch have none.
            let stops = matches!(node.op, Op::Derivative(_) | Op::Laplacian(_))
                || c != Component::Value && node.shape.symbol().is_none();
            if let (Component::Value, Some(sum)) = (c, self.combinations.get(&node_id)) {
                sum.rest.iter().for_each(|(_, input)| wanted[input.index()] = true);
            } else if !stops {
                for (_, input) in moving(node, c) {
                    wanted[input.index()] = true;
                }
            }
        }
        for (index, _) in wanted.iter().enumerate().filter(|&(_, &w)| w) {
            let node_id = NodeId(index as u32);
            let built = self.build(node_id, c)?;
            self.known.insert((node_id, c), built);
        }
        Ok(())
    }

    fn component(&mut self, id: NodeId, c: Component) -> Result<Option<NodeId>, Error> {
        self.ensure(id, c)?;
        Ok(self.known[&(id, c)])
    }

    /// A component of each input of `node`; `None` where it is zero.
    fn components(&mut self, node: &Node, c: Component) -> Result<Vec<Option<NodeId>>, Error> {
        let mut components = vec![None; node.inputs.len()];
        for (k, input) in moving(node, c) {
            components[k] = self.component(input, c)?;
        }
        Ok(components)
    }

    /// The pairs of directions of a second-order component, with their factors.
    fn pairs(&self, c: Component) -> Vec<(u16, u16, f64)> {
        match c {
            Component::Mixed(i, j) => vec![(i, j, 1.0)],
            Component::Laplacian(mask) => (0..32).filter(|i| mask >> i & 1 == 1).map(|i| (i, i, 1.0)).collect(),
            Component::Operator(k) => self.operators[k as usize].second.clone(),
            _ => Vec::new(),
        }
    }

    /// A sum of operators applied to functions, and of other nodes.
    fn build_combination(&mut self, sum: &Combination) -> Result<Option<NodeId>, Error> {
        let mut terms = Vec::with_capacity(sum.applied.len() + sum.rest.len());
        for (factor, operator, of) in &sum.applied {
            let known = self.operators.iter().position(|old| old == operator).unwrap_or_else(|| {
                self.operators.push(operator.clone());
                self.operators.len() - 1
            });
            if let Some(id) = self.component(*of, Component::Operator(known as u32))? {
                terms.push((*factor, id));
            }
        }
        terms.extend(sum.rest.iter().map(|&(factor, id)| (factor, self.value(id))));
        // A difference is cheaper than a sum with a negated term.
        terms.sort_by_key(|&(factor, _)| factor < 0.0);
        let t = &mut self.lowered;
        let mut total = None;
        for (factor, id) in terms {
            total = Some(match total {
                None => t.scale(factor, id),
                Some(total) if factor < 0.0 => {
                    let term = t.scale(-factor, id);
                    t.sub(total, term)
                }
                Some(total) => {
                    let term = t.scale(factor, id);
                    t.add(total, term)
                }
            });
        }
        Ok(total)
    }

    fn build(&mut self, id: NodeId, c: Component) -> Result<Option<NodeId>, Error> {
        let node = self.recorded.node(id).clone();
        if c == Component::Value {
            return self.build_value(id).map(Some);
        }
        if node.shape.symbol().is_none() {
            return Ok(None);
        }
        match (node.op, c) {
            (Op::Coordinate { index, .. }, Component::First(i)) => {
                return Ok((index == i).then(|| self.lowered.constant(1.0)));
            }
            (Op::Coordinate { index, .. }, Component::Operator(k)) => {
                let found = self.operators[k as usize].first.iter().find(|f| f.0 == index).map(|f| f.1);
                return Ok(found.filter(|&f| f != 0.0).map(|factor| self.lowered.constant(factor)));
            }
            (Op::Coordinate { .. } | Op::Input(_), _) => return Ok(None),
            (Op::Derivative(j), Component::First(i)) => {
                return self.component(node.inputs[0], Component::Mixed(i.min(j), i.max(j)));
            }
            (Op::Derivative(_) | Op::Laplacian(_), _) => {
                return Err(self.refusal(id, "derivatives above order 2 are not built".to_string()));
            }
            _ => {}
        }
        self.ensure(id, Component::Value)?;
        let value = self.value(id);
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for &input in &node.inputs {
            self.ensure(input, Component::Value)?;
            inputs.push(self.value(input));
        }
        let applied = Applied { op: node.op, inputs: &inputs, value, shape: node.shape };
        let built = if let Component::First(_) = c {
            let dots = self.components(&node, c)?;
            if smoothness(node.op) == 0 && dots.iter().any(Option::is_some) {
                Err("is a step function: its derivative is zero wherever it exists".to_string())
            } else {
                ops::tangent(&mut self.lowered, applied, &dots)
            }
        } else {
            let seconds = self.components(&node, c)?;
            let mut pairs = Vec::new();
            for (i, j, factor) in self.pairs(c) {
                let mut left = self.components(&node, Component::First(i))?;
                for dot in left.iter_mut().flatten() {
                    *dot = self.lowered.scale(factor, *dot);
                }
                pairs.push([left, self.components(&node, Component::First(j))?]);
            }
            ops::second_order(&mut self.lowered, applied, &pairs, &seconds)
        };
        built.map_err(|reason| self.refusal(id, reason))
    }

    fn build_value(&mut self, id: NodeId) -> Result<NodeId, Error> {
        let node = self.recorded.node(id).clone();
        if let Some(sum) = self.combinations.get(&id).cloned() {
            let built = self.build_combination(&sum)?;
            let built = built.unwrap_or_else(|| self.lowered.constant(0.0));
            return Ok(self.lowered.broadcast_to(built, node.shape));
        }
        let derivative = match node.op {
            Op::Derivative(i) => Some(Component::First(i)),
            Op::Laplacian(mask) => Some(Component::Laplacian(mask)),
            _ => None,
        };
        if let Some(c) = derivative {
            let built = self.component(node.inputs[0], c)?;
            let built = built.unwrap_or_else(|| self.lowered.constant(0.0));
            return Ok(self.lowered.broadcast_to(built, node.shape));
        }
        let inputs: Vec<NodeId> = node.inputs.iter().map(|&input| self.value(input)).collect();
        let t = &mut self.lowered;
        let rebuilt = match node.op {
            Op::Matrix(index) => t.matrix(self.recorded.entries(index).clone(), node.shape),
            Op::Coordinate { column, .. } => t.slice(inputs[0], Axis::Cols, column as usize, 1),
            Op::Unary(f) => t.unary(f, inputs[0]),
            Op::Binary(f) => t.binary(f, inputs[0], inputs[1]),
            Op::Select => t.select(inputs[0], inputs[1], inputs[2]),
            Op::Sum => t.sum_to(inputs[0], node.shape),
            Op::Broadcast => t.broadcast_to(inputs[0], node.shape),
            Op::Slice { axis, start } => {
                let len = match axis {
                    Axis::Heads => node.shape.heads,
                    Axis::Cols => node.shape.cols,
                    Axis::Rows => match node.shape.rows {
                        Extent::Fixed(rows) => rows,
                        Extent::Rows(_) => 0,
                    },
                };
                t.slice(inputs[0], axis, start, len)
            }
            Op::Concat(Axis::Cols) => {
                let parts: Vec<_> = inputs.iter().map(|&i| (i, t.shape(i).cols)).collect();
                t.concat_cols(&parts)
            }
            op => t.push(op, &inputs, node.shape),
        };
        Ok(self.lowered.broadcast_to(rebuilt, node.shape))
    }

    fn refusal(&self, id: NodeId, reason: String) -> Error {
        Error::Derivative {
            operation: self.recorded.node(id).op.name().to_string(),
            reason,
            location: self.locations.get(id.index()).copied(),
        }
    }
}
