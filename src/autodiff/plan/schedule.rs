//! In which order the operations of one stage run.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Planner, resolve};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::NodeId;

/// A scheduled step: a run of pointwise operations on one shape, products that share their right
/// factor, or one operation.
#[derive(Debug)]
pub(crate) enum Step {
    Pointwise(Vec<NodeId>),
    Shared(Vec<NodeId>),
    Single(NodeId),
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
        let mut ready: BTreeSet<NodeId> = nodes.iter().copied().filter(|id| waiting[id] == 0).collect();
        let mut steps = Vec::new();
        let mut heads = 1;
        let release = |id: NodeId, ready: &mut BTreeSet<NodeId>, waiting: &mut HashMap<_, usize>| {
            for user in users.get(&id).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(user) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(*user);
                    }
                }
            }
        };
        while !ready.is_empty() {
            let shape = |id: NodeId| self.t.shape(id);
            let pointwise = |id: NodeId| self.t.node(id).op.is_pointwise();
            // Preference: same heads before others, other operations before pointwise ones.
            let next = *ready
                .iter()
                .min_by_key(|&&id| (shape(id).heads != heads, pointwise(id), id))
                .expect("some node is ready");
            heads = shape(next).heads;
            if !pointwise(next) {
                let shared: Vec<NodeId> = match self.t.node(next).op {
                    Op::MatMul { ta: false, .. } if shape(next).symbol().is_some() => {
                        ready.iter().copied().filter(|&id| self.shares_right(next, id)).collect()
                    }
                    _ => vec![next],
                };
                for &id in &shared {
                    ready.remove(&id);
                    release(id, &mut ready, &mut waiting);
                }
                steps.push(if shared.len() > 1 { Step::Shared(shared) } else { Step::Single(next) });
                continue;
            }
            let mut group = Vec::new();
            let domain = shape(next);
            while let Some(&id) = ready.iter().find(|&&id| pointwise(id) && shape(id) == domain) {
                ready.remove(&id);
                release(id, &mut ready, &mut waiting);
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
            inputs.retain(|id| !group.contains(id));
        }
        inputs
    }
}
