//! Which values are stored, and whether for all heads at once: what a step of a training costs beyond its products is
//! mostly the memory it goes through.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Planner;
use super::schedule::Step;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::NodeId;
use crate::kernels::vmath::{Binary, Unary};

/// The most operations that are cheaper than reading their result.
const CHEAP: usize = 3;

/// The steps of the rows behind a symbol, or of shared values, in a stage.
pub(crate) type Schedule = (i32, Option<u16>, Vec<Step>);

/// What a step reads, and computes again instead of reading it.
struct Reads {
    stored: BTreeSet<NodeId>,
    again: BTreeSet<NodeId>,
}

impl Planner<'_> {
    /// Lets pointwise steps compute again what takes a few operations on values that they read anyway, such as a
    /// multiple. It is no longer stored if all do.
    pub(crate) fn recompute(&self, schedules: &mut [Schedule]) {
        let mut steps: Vec<&mut Step> = schedules.iter_mut().flat_map(|(_, _, steps)| steps).collect();
        let mut reads = Vec::with_capacity(steps.len());
        let mut readers: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let stored: BTreeSet<NodeId> = self.step_inputs(step).into_iter().collect();
            stored.iter().for_each(|&id| readers.entry(id).or_default().push(place));
            reads.push(Reads { stored, again: BTreeSet::new() });
        }
        for (id, places) in readers {
            if self.targets[id.index()] > 0 || self.t.shape(id).symbol().is_none() {
                continue;
            }
            let again = |&place: &usize| {
                let Step::Pointwise(group) = &*steps[place] else { return None };
                let mut again = Vec::new();
                let fits =
                    self.t.shape(group[0]) == self.t.shape(id) && self.again(id, CHEAP, &reads[place], &mut again);
                fits.then_some(again)
            };
            if let Some(again) = places.iter().map(again).collect::<Option<Vec<_>>>() {
                for (place, again) in places.into_iter().zip(again) {
                    reads[place].again.extend(again);
                }
            }
        }
        for (step, reads) in steps.iter_mut().zip(&reads) {
            if let Step::Pointwise(group) = &mut **step
                && !reads.again.is_empty()
            {
                let (mut all, mut done) = (Vec::with_capacity(group.len() + reads.again.len()), HashSet::new());
                group.iter().for_each(|&id| self.in_order(id, &reads.again, &mut done, &mut all));
                *group = all;
            }
        }
        let read: HashSet<NodeId> = steps.iter().flat_map(|step| self.step_inputs(step)).collect();
        for step in &mut steps {
            if let Step::Pointwise(group) = &mut **step {
                self.drop_unread(group, &read);
            }
        }
        schedules.iter_mut().for_each(|(_, _, steps)| steps.retain(|step| !step.nodes().is_empty()));
    }

    /// Leaves out the operations whose results neither other steps nor later operations read.
    fn drop_unread(&self, group: &mut Vec<NodeId>, elsewhere: &HashSet<NodeId>) {
        let mut read = HashSet::new();
        let mut kept: Vec<NodeId> = Vec::with_capacity(group.len());
        for &id in group.iter().rev() {
            if self.targets[id.index()] > 0 || elsewhere.contains(&id) || read.contains(&id) {
                read.extend(self.inputs(id));
                kept.push(id);
            }
        }
        kept.reverse();
        *group = kept;
    }

    /// Collects the operations that give `id` from what a step reads; `false` if they are too many, or too deep.
    fn again(&self, id: NodeId, depth: usize, reads: &Reads, out: &mut Vec<NodeId>) -> bool {
        let cheap = matches!(
            self.t.node(id).op,
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul) | Op::Unary(Unary::Neg | Unary::Square)
        );
        let there = |id: NodeId, out: &[NodeId]| {
            let there = reads.stored.contains(&id) || reads.again.contains(&id) || out.contains(&id);
            there || self.t.constant_value(id).is_some()
        };
        let shape = self.t.shape(id);
        let made = cheap
            && depth > 0
            && self.inputs(id).into_iter().all(|input| {
                there(input, out) || self.t.shape(input) == shape && self.again(input, depth - 1, reads, out)
            });
        out.push(id);
        made && out.len() <= CHEAP
    }

    /// Adds `id` to the operations of a step, behind those of `again` that it needs.
    fn in_order(&self, id: NodeId, again: &BTreeSet<NodeId>, done: &mut HashSet<NodeId>, out: &mut Vec<NodeId>) {
        if done.insert(id) {
            let needed = self.inputs(id).into_iter().filter(|input| again.contains(input));
            needed.for_each(|input| self.in_order(input, again, done, out));
            out.push(id);
        }
    }

    /// Finds the values that are read only while the loop over the heads that made them goes on.
    pub(crate) fn find_passing(&mut self, schedules: &[Schedule]) {
        let (mut made, mut stay) = (HashMap::new(), HashSet::new());
        let mut number = 0;
        for (_, _, steps) in schedules {
            let mut before = 0;
            for step in steps {
                let loops = self.loops_of(step);
                number += usize::from(loops != before);
                before = loops;
                for &id in step.nodes() {
                    let passes = loops > 1 && self.t.shape(id).symbol().is_some() && self.targets[id.index()] == 0;
                    if passes {
                        made.entry(id).or_insert(number);
                    }
                }
                let elsewhere = |id: &NodeId| made.get(id).is_some_and(|&own| own != number);
                stay.extend(self.step_inputs(step).into_iter().filter(elsewhere));
            }
        }
        self.passing = made.into_keys().filter(|id| !stay.contains(id)).collect();
    }
}
