//! Jets: the components of the nodes of a plain graph.
//!
//! A node has components: ∂ᵢ, and one for each operator of second order, such as ∂ᵢⱼ, Δ or ∂ₜ − κ∂ₓₓ.
//! Exactly those that somebody asked for are built, by the rules of [`crate::autodiff::transform::ops`]. An
//! operator is *one* component (forward Laplacian: Li et al., 2023), not a sum over its terms.
//!
//! Components are nodes of the same graph, so they have components again: any order follows by nesting.
//! Equal derivatives are one node, in whatever order they were taken.

use std::collections::HashMap;
use std::panic::Location;

use super::operator::Operator;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::tensors::{Node, NodeId, Tensors, intern};
use crate::autodiff::transform::ops::{self, Applied, pointwise::smoothness};
use crate::error::Error;

/// A component of a jet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Component {
    First(u16),
    /// An operator of the table.
    Second(u32),
}

/// Where a formula was written.
pub(crate) type Place = &'static Location<'static>;

/// What a lowering starts from.
pub(crate) struct Recorded<'a> {
    pub tensors: &'a Tensors,
    /// Where each node was written.
    pub locations: &'a [Place],
    /// The coordinates of each Laplacian.
    pub sets: &'a [Vec<u16>],
    /// The input slot and column of each coordinate.
    pub coordinates: &'a [(u32, u32)],
}

/// A plain graph under construction, with the components of its nodes.
pub(super) struct Jets<'a> {
    pub(super) recorded: Recorded<'a>,
    pub(super) lowered: Tensors,
    /// The recorded node that each lowered one was made for.
    origins: Vec<NodeId>,
    /// The lowered value of each recorded node.
    pub(super) values: Vec<Option<NodeId>>,
    /// `None` where a component is zero.
    components: HashMap<(NodeId, Component), Option<NodeId>>,
    /// Nodes that were made as pure derivatives: of which node, along which coordinates, ascending.
    derivatives: HashMap<NodeId, (NodeId, Vec<u16>)>,
    /// The coordinates that are columns of an input: (column, coordinate).
    pub(super) columns: HashMap<NodeId, Vec<(u32, u16)>>,
    operators: Vec<Operator>,
}

/// The inputs whose component matters to that of `node`, with their position. What is behind
/// `stop_gradient`, the condition of a selection and the index of a table do not move with the
/// coordinates, so they may hold what has no derivative.
fn moving(node: &Node) -> impl Iterator<Item = (usize, NodeId)> {
    let op = node.op;
    let moves = move |k: usize| match op {
        Op::Stop => false,
        Op::Select { .. } => k > 0,
        Op::Gather | Op::ScatterAdd => k == 0,
        _ => true,
    };
    node.inputs.iter().copied().enumerate().filter(move |&(k, _)| moves(k))
}

/// Where a derivative of a derivative is found.
enum Canonical {
    /// It is built by the rule of its own operation.
    Own,
    /// It is this component of another node, or one that has to be known before that.
    Same(NodeId, Component),
    Zero,
}

impl<'a> Jets<'a> {
    pub(super) fn new(recorded: Recorded<'a>) -> Self {
        Jets {
            lowered: Tensors::default(),
            origins: Vec::new(),
            values: vec![None; recorded.tensors.len()],
            components: HashMap::new(),
            derivatives: HashMap::new(),
            columns: HashMap::new(),
            operators: Vec::new(),
            recorded,
        }
    }

    pub(super) fn value(&self, id: NodeId) -> NodeId {
        self.values[id.index()].expect("operands are lowered first")
    }

    /// Notes that the nodes pushed last belong to a recorded one.
    pub(super) fn made_for(&mut self, recorded: NodeId) {
        self.origins.resize(self.lowered.len(), recorded);
    }

    pub(super) fn operator(&mut self, operator: Operator) -> Component {
        Component::Second(intern(&mut self.operators, operator) as u32)
    }

    /// The components that take derivatives along `along` two at a time.
    pub(super) fn steps(&mut self, along: &[u16]) -> Vec<Component> {
        let pairs = along.chunks(2).map(|pair| match *pair {
            [i] => Component::First(i),
            [i, j] => self.operator(Operator::mixed(i, j)),
            _ => unreachable!("chunks of two"),
        });
        pairs.collect()
    }

    /// The coordinates of one derivative; `None` for other operators.
    fn along(&self, c: Component) -> Option<Vec<u16>> {
        match c {
            Component::First(i) => Some(vec![i]),
            Component::Second(k) => self.operators[k as usize].as_mixed().map(Vec::from),
        }
    }

    /// Where component `c` of `id` is found, if `id` is a derivative itself.
    fn canonical(&mut self, id: NodeId, c: Component) -> Canonical {
        let Some((of, along)) = self.derivatives.get(&id) else { return Canonical::Own };
        let Some(more) = self.along(c) else { return Canonical::Own };
        let (mut at, mut along) = (*of, [&along[..], &more].concat());
        along.sort_unstable();
        let mut steps = self.steps(&along);
        let last = steps.pop().unwrap_or(c);
        for step in steps {
            match self.components.get(&(at, step)) {
                None => return Canonical::Same(at, step),
                Some(None) => return Canonical::Zero,
                Some(Some(next)) => at = *next,
            }
        }
        if (at, last) == (id, c) { Canonical::Own } else { Canonical::Same(at, last) }
    }

    /// A component of a lowered node, `None` where it is zero; what it is made of is built first, without
    /// deep recursion.
    pub(super) fn component(&mut self, id: NodeId, c: Component) -> Result<Option<NodeId>, Error> {
        let mut pending = vec![(id, c)];
        while let Some(&(id, c)) = pending.last() {
            if self.components.contains_key(&(id, c)) {
                pending.pop();
                continue;
            }
            let built = match self.canonical(id, c) {
                Canonical::Zero => None,
                Canonical::Same(same, step) => match self.components.get(&(same, step)) {
                    Some(known) => *known,
                    None => {
                        pending.push((same, step));
                        continue;
                    }
                },
                Canonical::Own => {
                    let before = pending.len();
                    self.missing(id, c, &mut pending);
                    if pending.len() > before {
                        continue;
                    }
                    self.build(id, c)?
                }
            };
            self.components.insert((id, c), built);
            pending.pop();
        }
        Ok(self.components[&(id, c)])
    }

    /// The components of its inputs that component `c` of a node is made of, where they are not there yet.
    fn missing(&self, id: NodeId, c: Component, out: &mut Vec<(NodeId, Component)>) {
        let node = self.lowered.node(id);
        if node.shape.symbol().is_none() {
            return;
        }
        for (_, input) in moving(node) {
            let mut need = |c: Component| {
                if !self.components.contains_key(&(input, c)) {
                    out.push((input, c));
                }
            };
            need(c);
            if let Component::Second(k) = c {
                for &(i, j, _) in &self.operators[k as usize].second {
                    need(Component::First(i));
                    need(Component::First(j));
                }
            }
        }
    }

    /// Component `c` of each input, those that do not move left out.
    fn of_inputs(&self, node: &Node, c: Component) -> Vec<Option<NodeId>> {
        let mut components = vec![None; node.inputs.len()];
        moving(node).for_each(|(k, input)| components[k] = self.components[&(input, c)]);
        components
    }

    /// Builds a component by the rule of the operation, from those of the inputs.
    fn build(&mut self, id: NodeId, c: Component) -> Result<Option<NodeId>, Error> {
        let node = self.lowered.node(id).clone();
        if node.shape.symbol().is_none() {
            return Ok(None); // a value shared by the batch is a number
        }
        let before = self.lowered.len();
        let applied = Applied { op: node.op, inputs: &node.inputs, value: id, shape: node.shape };
        let built = match (node.op, c) {
            (Op::Input(_), _) if self.columns.contains_key(&id) => Ok(self.of_columns(id, 0, node.shape.cols, c)),
            (Op::Input(_), _) => {
                Err("is data: how it changes with the coordinates is not known; record it as a formula \
                                      of them (Graph::interpolant makes one of samples), or say by stop_gradient that \
                                      it is constant"
                    .to_string())
            }
            (Op::Select { smoothness }, _) if self.is_a_step(id, &node, smoothness, c)? => Err("chooses between \
                constants by what moves with a coordinate: a step, whose derivative is zero or infinite, so a loss \
                would train on nothing; use a smooth transition such as sigmoid, or say by stop_gradient that it is \
                constant"
                .to_string()),
            (Op::Slice { axis: Axis::Cols, start }, _) if self.columns.contains_key(&node.inputs[0]) => {
                Ok(self.of_columns(node.inputs[0], start, node.shape.cols, c))
            }
            (_, Component::First(_)) => {
                let dots = self.of_inputs(&node, c);
                if smoothness(node.op) == 0 && dots.iter().any(Option::is_some) {
                    Err("has no further derivative: it is zero or undefined where the pieces meet, so a loss would \
                         train on nothing; use a smooth function such as tanh or softplus"
                        .to_string())
                } else {
                    ops::tangent(&mut self.lowered, applied, &dots)
                }
            }
            (_, Component::Second(k)) => {
                let seconds = self.of_inputs(&node, c);
                let terms = self.operators[k as usize].second.clone();
                let mut pairs = Vec::with_capacity(terms.len());
                for (i, j, factor) in terms {
                    let mut left = self.of_inputs(&node, Component::First(i));
                    left.iter_mut().flatten().for_each(|dot| *dot = self.lowered.scale(factor, *dot));
                    pairs.push([left, self.of_inputs(&node, Component::First(j))]);
                }
                ops::second_order(&mut self.lowered, applied, &pairs, &seconds)
            }
        };
        let origin = self.origins[id.index()];
        let built = built.map_err(|reason| Error::Derivative {
            operation: self.recorded.tensors.node(origin).op.name().to_string(),
            reason,
            location: self.recorded.locations.get(origin.index()).copied(),
        })?;
        self.made_for(origin);
        if let Some(new) = built.filter(|new| new.index() >= before && self.lowered.shape(*new) == node.shape) {
            self.note_derivative(id, c, new);
        }
        Ok(built)
    }

    /// Whether a selection has no part that moves along `c` but its condition. One that a rule has made, of
    /// pieces that meet more smoothly, may.
    fn is_a_step(&mut self, id: NodeId, node: &Node, smoothness: u8, c: Component) -> Result<bool, Error> {
        let recorded = self.values[self.origins[id.index()].index()] == Some(id);
        let still = |lowering: &Self, c| lowering.of_inputs(node, c).iter().all(Option::is_none);
        let along: Vec<u16> = match c {
            Component::First(i) => vec![i],
            Component::Second(k) => self.operators[k as usize].second.iter().flat_map(|s| [s.0, s.1]).collect(),
        };
        if (smoothness > 0 && !recorded) || !still(self, c) {
            return Ok(false);
        }
        for i in along.into_iter().map(Component::First) {
            if still(self, i) && self.component(node.inputs[0], i)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn note_derivative(&mut self, id: NodeId, c: Component, new: NodeId) {
        let Some(more) = self.along(c) else { return };
        let (of, along) = self.derivatives.get(&id).cloned().unwrap_or((id, Vec::new()));
        let mut along = [along, more].concat();
        along.sort_unstable();
        self.derivatives.insert(new, (of, along));
    }

    /// A component of some columns of an input: constants where they are coordinates.
    fn of_columns(&mut self, input: NodeId, start: usize, len: usize, c: Component) -> Option<NodeId> {
        let columns = self.columns.get(&input)?;
        let factor = |column: usize| {
            let coordinate = columns.iter().find(|&&(k, _)| k as usize == column)?.1;
            let factor = match c {
                Component::First(i) => f64::from(u8::from(i == coordinate)),
                Component::Second(k) => self.operators[k as usize].first.iter().find(|f| f.0 == coordinate)?.1,
            };
            (factor != 0.0).then_some(factor)
        };
        let factors: Vec<Option<f64>> = (start..start + len).map(factor).collect();
        if factors.iter().all(Option::is_none) {
            return None;
        }
        let parts: Vec<_> = factors.iter().map(|f| (self.lowered.constant(f.unwrap_or(0.0)), 1)).collect();
        Some(if len == 1 { parts[0].0 } else { self.lowered.concat_cols(&parts) })
    }
}
