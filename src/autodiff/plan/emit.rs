//! Turns the schedule into instructions, and gives each result its place.

use std::collections::HashMap;

use super::fuse::fuse;
use super::schedule::Step;
use super::{Instruction, Place, Planner, Reduction, Segment, Stage, Value};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Extent;
use crate::autodiff::tensor::tensors::NodeId;

impl Planner<'_> {
    /// Schedules stage after stage.
    pub(crate) fn emit(&mut self, floor: i32) {
        let last = (0..self.t.len()).filter(|&i| self.live[i]).map(|i| self.stage[i]).max().unwrap_or(-1);
        let mut boundary = None;
        let mut schedules = Vec::new();
        let mut members: HashMap<(i32, Option<u16>), Vec<NodeId>> = HashMap::new();
        for (id, node) in self.t.nodes() {
            if !self.live[id.index()] || node.op.is_leaf() {
                continue;
            }
            let stage = self.stage[id.index()];
            // A sum over the batch leaves its partials in the stage before its own.
            let key = if self.is_reduction(id) {
                self.reductions.entry(stage).or_default().push(id);
                (stage - 1, self.reduced_symbol(id))
            } else {
                (stage, node.shape.symbol())
            };
            members.entry(key).or_default().push(id);
        }
        for stage in -1..=last + 1 {
            if stage.rem_euclid(2) == 0 {
                for symbol in 0..self.request.symbols as u16 {
                    if let Some(nodes) = members.get(&(stage, Some(symbol))) {
                        schedules.push((stage, Some(symbol), self.order(nodes)));
                    }
                }
            } else {
                let nodes = members.get(&(stage, None)).map_or(&[][..], Vec::as_slice);
                schedules.push((stage, None, self.order(nodes)));
            }
        }
        self.recompute(&mut schedules);
        self.find_passing(&schedules);
        // Uses are counted over the whole schedule first, so that storage is given back at the last one.
        for (_, _, steps) in &schedules {
            for step in steps {
                for input in self.step_inputs(step) {
                    self.uses[input.index()] += 1;
                }
            }
        }
        for (stage, symbol, steps) in schedules {
            if stage >= floor && boundary.is_none() {
                boundary = Some(self.plan.stages.len());
            }
            let reductions = if symbol.is_none() { self.reductions(stage) } else { Vec::new() };
            let segments = self.segments(symbol, &steps, boundary.is_some());
            if reductions.is_empty() && segments.is_empty() {
                continue;
            }
            self.plan.stages.push(match symbol {
                Some(symbol) => Stage::Rows { symbol, segments },
                None => Stage::Shared { reductions, segments },
            });
        }
        self.plan.second_phase = boundary.unwrap_or(self.plan.stages.len());
    }

    fn reduced_symbol(&self, id: NodeId) -> Option<u16> {
        self.t.node(id).inputs.iter().find_map(|&i| self.t.shape(i).symbol())
    }

    /// The sums over the batch whose partials the stage before `stage` has left.
    fn reductions(&mut self, stage: i32) -> Vec<Reduction> {
        let mut out = Vec::new();
        for id in self.reductions.remove(&stage).unwrap_or_default() {
            let index = id.index();
            let Some(Place::Partial { offset: partial, .. }) = self.places[index] else { continue };
            // What nobody but the caller reads is added up where the caller wants it.
            if self.uses[index] == self.targets[index] {
                continue;
            }
            let len = self.t.shape(id).fixed_len().unwrap_or(0);
            let offset = self.new_global(len);
            self.places[index] = Some(Place::Global { offset });
            let symbol = self.reduced_symbol(id).unwrap_or(0);
            out.push(Reduction { symbol, partial, offset, len });
        }
        out
    }

    /// Gives a result its place.
    fn store(&mut self, id: NodeId) -> Value {
        let shape = self.t.shape(id);
        let heads = self.heads_in_memory(id);
        let place = match (shape.rows, self.is_reduction(id)) {
            (_, true) => {
                let symbol = self.reduced_symbol(id).unwrap_or(0);
                let offset = self.plan.partial_lens[symbol as usize];
                self.plan.partial_lens[symbol as usize] += shape.fixed_len().unwrap_or(0);
                Place::Partial { symbol, offset }
            }
            (Extent::Rows(symbol), _) => {
                let reused = self.free.get_mut(&(symbol, heads, shape.cols)).and_then(Vec::pop);
                let offset = reused.unwrap_or_else(|| {
                    let width = &mut self.plan.row_widths[symbol as usize];
                    let start = *width;
                    *width += heads.max(1) * shape.cols;
                    start
                });
                Place::Row { offset }
            }
            (Extent::Fixed(_), _) => Place::Global { offset: self.new_global(shape.fixed_len().unwrap_or(0)) },
        };
        self.places[id.index()] = Some(place);
        self.value(id)
    }

    /// The heads of a value that its memory is told from others by: none where it is passing, for what is shared by the
    /// heads must not give way to it before the last head.
    fn heads_in_memory(&self, id: NodeId) -> usize {
        if self.passing.contains(&id) { 0 } else { self.t.shape(id).heads }
    }

    /// Counts the uses of a step down and gives back storage that nobody needs any more. What the first
    /// phase leaves to a second one that is repeated stays.
    fn retire(&mut self, inputs: &[NodeId], second: bool) {
        for &id in inputs {
            let uses = &mut self.uses[id.index()];
            *uses -= 1;
            let kept = self.request.repeated && second && !self.late[id.index()];
            if let (0, false, Some(Place::Row { offset })) = (*uses, kept, self.places[id.index()]) {
                let (shape, heads) = (self.t.shape(id), self.heads_in_memory(id));
                if let Some(symbol) = shape.symbol() {
                    self.free.entry((symbol, heads, shape.cols)).or_default().push(offset);
                }
            }
        }
    }

    fn segments(&mut self, symbol: Option<u16>, steps: &[Step], second: bool) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for step in steps {
            let (inputs, heads) = (self.step_inputs(step), self.loops_of(step));
            let instruction = match step {
                Step::Pointwise(group) => {
                    let stored: Vec<NodeId> = group.iter().copied().filter(|id| self.uses[id.index()] > 0).collect();
                    for &id in &stored {
                        self.store(id);
                    }
                    let shape = self.t.shape(group[0]);
                    self.count_flops(symbol, group.len() * shape.row_len());
                    Instruction::Pointwise(fuse(self.t, group, &stored, |id| self.stored(id)))
                }
                Step::Shared(group) => {
                    let node = self.t.node(group[0]);
                    let Op::MatMul { tb, .. } = node.op else { unreachable!("only products share a factor") };
                    let right = self.value(node.inputs[1]);
                    let mut products = Vec::with_capacity(group.len());
                    for &id in group {
                        self.count_product(symbol, id);
                        let left = self.value(self.t.node(id).inputs[0]);
                        products.push((left, self.store(id)));
                    }
                    Instruction::Shared { tb, right, products }
                }
                Step::Single(id) => {
                    self.count_product(symbol, *id);
                    let node = self.t.node(*id);
                    let inputs = node.inputs.iter().map(|&i| self.value(i)).collect();
                    Instruction::Single { op: node.op, inputs, out: self.store(*id) }
                }
            };
            self.retire(&inputs, second);
            match segments.last_mut() {
                Some(segment) if segment.heads == heads => segment.instructions.push(instruction),
                _ => segments.push(Segment { heads, instructions: vec![instruction] }),
            }
        }
        segments
    }

    fn count_flops(&mut self, symbol: Option<u16>, flops: usize) {
        if let Some(symbol) = symbol {
            self.plan.row_flops[symbol as usize] += flops;
        }
    }

    fn count_product(&mut self, symbol: Option<u16>, id: NodeId) {
        let node = self.t.node(id);
        if let Op::MatMul { ta, .. } = node.op {
            let heads = node.shape.heads;
            let flops: usize = node
                .inputs
                .chunks(2)
                .map(|pair| {
                    let a = self.t.shape(pair[0]);
                    let other = if ta { node.shape.cols } else { a.cols };
                    2 * heads * other * if ta { a.cols } else { node.shape.cols }
                })
                .sum();
            self.count_flops(symbol, flops);
        }
    }
}
