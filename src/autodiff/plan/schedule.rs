//! In which order the operations of one stage run.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Planner, resolve};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::NodeId;

/// A scheduled step: a run of pointwise operations on one shape, products that share their right
/// factor, or one operation.
#[derive(Debug)]
pub(crate) enum Step {
    Pointwise(Vec<NodeId>),
    Shared(Vec<NodeId>),
    Single(NodeId),
}

/// The most operations that are fused: their registers are counted in 16 bits.
const MAX_GROUP: usize = 1 << 14;

/// What can run, by whether it is pointwise, by how often it runs and by shape.
#[derive(Default)]
struct Ready(HashMap<Kind, BTreeSet<NodeId>>);

type Kind = (bool, usize, Shape);

impl Ready {
    fn of(&mut self, kind: Kind) -> &mut BTreeSet<NodeId> {
        self.0.entry(kind).or_default()
    }

    /// What runs next if the operation before ran so often. Of pointwise operations those on fewer columns: what they
    /// lead to may join those on more.
    fn first(&self, loops: usize) -> Option<(Kind, NodeId)> {
        let first = self.0.iter().filter_map(|(&kind, ids)| Some((kind, *ids.first()?)));
        first.min_by_key(|&((pointwise, own, shape), id)| (own != loops, pointwise.then_some(shape.cols), id))
    }
}

impl Step {
    /// What it computes.
    pub fn nodes(&self) -> &[NodeId] {
        match self {
            Step::Pointwise(group) | Step::Shared(group) => group,
            Step::Single(id) => std::slice::from_ref(id),
        }
    }
}

impl Planner<'_> {
    /// How often the step of an operation runs: head by head, or once where it crosses them.
    fn loops(&self, id: NodeId) -> usize {
        let node = self.t.node(id);
        let crosses = node.inputs.iter().any(|&i| self.t.shape(i).heads > node.shape.heads);
        if node.op.crosses_heads() || crosses { 1 } else { node.shape.heads }
    }

    /// How often a step runs.
    pub(crate) fn loops_of(&self, step: &Step) -> usize {
        self.loops(step.nodes()[0])
    }

    /// Orders the nodes of one stage: other operations as soon as they can run, then all pointwise
    /// ones of a shape at once, staying with one number of heads as long as possible.
    pub(crate) fn order(&self, nodes: &[NodeId]) -> Vec<Step> {
        let mut waiting: HashMap<NodeId, usize> = HashMap::new();
        let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        let inside: HashSet<NodeId> = nodes.iter().copied().collect();
        for &id in nodes {
            let mut inputs = self.inputs(id);
            inputs.sort_unstable();
            inputs.dedup();
            let mut count = 0;
            for input in inputs {
                // A sum over the batch is not there until the next stage.
                if inside.contains(&input) && !self.is_reduction(input) {
                    users.entry(input).or_default().push(id);
                    count += 1;
                }
            }
            waiting.insert(id, count);
        }
        let mut ready = Ready::default();
        let insert = |ready: &mut Ready, id: NodeId| {
            let node = self.t.node(id);
            ready.of((node.op.is_pointwise(), self.loops(id), node.shape)).insert(id);
        };
        nodes.iter().filter(|id| waiting[id] == 0).for_each(|&id| insert(&mut ready, id));
        let mut steps = Vec::new();
        let mut loops = 1;
        let mut release = |id: NodeId, ready: &mut Ready| {
            for user in users.get(&id).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(user) {
                    *count -= 1;
                    if *count == 0 {
                        insert(ready, *user);
                    }
                }
            }
        };
        // Preference: same heads before others, other operations before pointwise ones.
        while let Some((kind, next)) = ready.first(loops) {
            let (pointwise, own, domain) = kind;
            loops = own;
            if !pointwise {
                let shared: Vec<NodeId> = match self.t.node(next).op {
                    Op::MatMul { ta: false, .. } if domain.symbol().is_some() => {
                        ready.of(kind).iter().copied().filter(|&id| self.shares_right(next, id)).collect()
                    }
                    _ => vec![next],
                };
                for &id in &shared {
                    ready.of(kind).remove(&id);
                    release(id, &mut ready);
                }
                steps.push(if shared.len() > 1 { Step::Shared(shared) } else { Step::Single(next) });
                continue;
            }
            let mut group = Vec::new();
            while group.len() < MAX_GROUP
                && let Some(id) = ready.of(kind).pop_first()
            {
                release(id, &mut ready);
                group.push(id);
            }
            steps.push(Step::Pointwise(group));
        }
        steps
    }

    fn shares_right(&self, a: NodeId, b: NodeId) -> bool {
        let (na, nb) = (self.t.node(a), self.t.node(b));
        na.op == nb.op
            && na.inputs.len() == 2
            && nb.inputs.len() == 2
            && na.shape == nb.shape
            && resolve(self.t, na.inputs[1]) == resolve(self.t, nb.inputs[1])
    }

    /// Stored values that a step reads (once each).
    pub(crate) fn step_inputs(&self, step: &Step) -> Vec<NodeId> {
        let mut inputs: Vec<NodeId> = step.nodes().iter().flat_map(|&id| self.inputs(id)).collect();
        inputs.sort_unstable();
        inputs.dedup();
        if let Step::Pointwise(group) = step {
            let group: HashSet<NodeId> = group.iter().copied().collect();
            inputs.retain(|id| !group.contains(id));
        }
        inputs
    }
}
