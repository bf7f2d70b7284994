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

/// What can run, by whether it is pointwise and by shape.
#[derive(Default)]
struct Ready(HashMap<(bool, Shape), BTreeSet<NodeId>>);

impl Ready {
    fn of(&mut self, pointwise: bool, shape: Shape) -> &mut BTreeSet<NodeId> {
        self.0.entry((pointwise, shape)).or_default()
    }

    /// What runs next if the operation before had so many heads.
    fn first(&self, heads: usize) -> Option<(bool, Shape, NodeId)> {
        let first = self.0.iter().filter_map(|(&(pointwise, shape), ids)| Some((pointwise, shape, *ids.first()?)));
        first.min_by_key(|&(pointwise, shape, id)| (shape.heads != heads, pointwise, id))
    }
}

impl Planner<'_> {
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
            ready.of(node.op.is_pointwise(), node.shape).insert(id);
        };
        nodes.iter().filter(|id| waiting[id] == 0).for_each(|&id| insert(&mut ready, id));
        let mut steps = Vec::new();
        let mut heads = 1;
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
        while let Some((pointwise, domain, next)) = ready.first(heads) {
            heads = domain.heads;
            if !pointwise {
                let shared: Vec<NodeId> = match self.t.node(next).op {
                    Op::MatMul { ta: false, .. } if domain.symbol().is_some() => {
                        ready.of(false, domain).iter().copied().filter(|&id| self.shares_right(next, id)).collect()
                    }
                    _ => vec![next],
                };
                for &id in &shared {
                    ready.of(false, domain).remove(&id);
                    release(id, &mut ready);
                }
                steps.push(if shared.len() > 1 { Step::Shared(shared) } else { Step::Single(next) });
                continue;
            }
            let mut group = Vec::new();
            while group.len() < MAX_GROUP
                && let Some(id) = ready.of(true, domain).pop_first()
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
        let own: &[NodeId] = match step {
            Step::Pointwise(group) | Step::Shared(group) => group,
            Step::Single(id) => std::slice::from_ref(id),
        };
        let mut inputs: Vec<NodeId> = own.iter().flat_map(|&id| self.inputs(id)).collect();
        inputs.sort_unstable();
        inputs.dedup();
        if let Step::Pointwise(group) = step {
            let group: HashSet<NodeId> = group.iter().copied().collect();
            inputs.retain(|id| !group.contains(id));
        }
        inputs
    }
}
