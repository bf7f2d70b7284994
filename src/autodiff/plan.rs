//! Compiles a plain graph to a plan: which values live where, and in which order they are computed.
//!
//! Values with rows of a batch are computed shard by shard (even stages); values shared by the batch
//! in between (odd stages). A sum over the batch leaves one partial per shard, which the next odd
//! stage adds up in order: the only point where rows meet.

use std::collections::HashMap;

use super::fuse::{Pointwise, fuse};
use super::shape::{Extent, Shape};
use super::tensors::{Axis, NodeId, Op, Tensors};

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// In the arena of a shard, at `offset · rows of the shard`.
    Row { offset: usize },
    /// In the arena of values shared by the batch.
    Global { offset: usize },
    /// In the partial sums of the shards of a symbol, to be added up in order by whoever reads it.
    Partial { symbol: u16, offset: usize },
    /// In the flat parameter vector.
    Parameter { offset: usize },
    /// In the direction of a Jacobian- or Hessian-vector product.
    Direction { offset: usize },
    /// In an input slot.
    Input(u32),
}

/// A stored value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    pub place: Place,
    pub shape: Shape,
}

#[derive(Debug)]
pub(super) enum Instruction {
    /// Neighbouring pointwise operations in one pass.
    Pointwise(Pointwise),
    /// One operation on stored values.
    Single { op: Op, inputs: Vec<Value>, out: Value },
    /// Products `left · right` that share the right factor: the components of a jet through a layer.
    Shared { tb: bool, right: Value, products: Vec<(Value, Value)> },
}

/// Instructions that run head by head (`heads > 1`), or once for all.
#[derive(Debug)]
pub(super) struct Segment {
    pub heads: usize,
    pub instructions: Vec<Instruction>,
}

/// A sum over the batch: partials of the shards of `symbol` are added up to a shared value.
#[derive(Debug)]
pub(super) struct Reduction {
    pub symbol: u16,
    pub partial: usize,
    pub offset: usize,
    pub len: usize,
}

#[derive(Debug)]
pub(super) enum Stage {
    Rows { symbol: u16, segments: Vec<Segment> },
    Shared { reductions: Vec<Reduction>, segments: Vec<Segment> },
}

/// What a replay does.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub stages: Vec<Stage>,
    /// The first stage that waits for cotangents.
    pub second_phase: usize,
    /// Arena entries per row, and entries of partial sums, by symbol.
    pub row_widths: Vec<usize>,
    pub partial_lens: Vec<usize>,
    pub global_len: usize,
    /// Shared numbers that are known before the first stage.
    pub constants: Vec<(f64, usize)>,
    pub row_counts: Vec<(u16, usize)>,
    pub training: Option<usize>,
    /// Rough cost of one row, in floating-point operations, by symbol.
    pub row_flops: Vec<usize>,
    /// Where the targets lie, in the order in which they were given.
    pub targets: Vec<Option<Value>>,
}

/// How the plan is laid out.
pub(super) struct Request<'a> {
    pub tensors: &'a Tensors,
    pub symbols: usize,
    /// Offsets of the parameter blocks in the flat vector.
    pub parameters: Vec<usize>,
    /// Input slots from here on are cotangents: known in the second phase only.
    pub first_cotangent: u32,
    pub targets: &'a [Option<NodeId>],
}

struct Planner<'a> {
    t: &'a Tensors,
    request: &'a Request<'a>,
    live: Vec<bool>,
    stage: Vec<i32>,
    places: Vec<Option<Place>>,
    /// How many instructions or targets still need a stored value.
    uses: Vec<usize>,
    free: HashMap<(u16, usize, usize), Vec<usize>>,
    plan: Plan,
}

/// Reads through `Stop`, which is the value itself to a replay.
pub(super) fn resolve(t: &Tensors, mut id: NodeId) -> NodeId {
    while t.node(id).op == Op::Stop {
        id = t.node(id).inputs[0];
    }
    id
}

pub(super) fn plan(request: &Request<'_>) -> Plan {
    let t = request.tensors;
    let mut planner = Planner {
        t,
        request,
        live: vec![false; t.len()],
        stage: vec![-1; t.len()],
        places: vec![None; t.len()],
        uses: vec![0; t.len()],
        free: HashMap::new(),
        plan: Plan {
            row_widths: vec![0; request.symbols],
            partial_lens: vec![0; request.symbols],
            row_flops: vec![0; request.symbols],
            ..Plan::default()
        },
    };
    planner.mark_live();
    let floor = planner.assign_stages();
    planner.place_leaves();
    planner.emit(floor);
    let targets = request.targets.iter().map(|t| t.map(|id| planner.value(id))).collect();
    Plan { targets, ..planner.plan }
}

fn is_leaf(op: Op) -> bool {
    matches!(op, Op::Constant(_) | Op::Input(_) | Op::Parameter(_) | Op::Direction(_) | Op::RowCount(_) | Op::Training)
}

impl Planner<'_> {
    fn inputs(&self, id: NodeId) -> Vec<NodeId> {
        self.t.node(id).inputs.iter().map(|&i| resolve(self.t, i)).collect()
    }

    fn value(&self, id: NodeId) -> Value {
        let id = resolve(self.t, id);
        let place = self.places[id.index()].expect("a value that is read was stored");
        Value { place, shape: self.t.shape(id) }
    }

    fn mark_live(&mut self) {
        for target in self.request.targets.iter().flatten() {
            let target = resolve(self.t, *target);
            self.live[target.index()] = true;
            self.uses[target.index()] += 1;
        }
        for index in (0..self.t.len()).rev() {
            if self.live[index] {
                for input in self.inputs(NodeId(index as u32)) {
                    self.live[input.index()] = true;
                }
            }
        }
    }

    /// A sum over the batch: shared by the rows, from values that are not.
    fn is_reduction(&self, id: NodeId) -> bool {
        let node = self.t.node(id);
        node.shape.symbol().is_none() && node.inputs.iter().any(|&i| self.t.shape(i).symbol().is_some())
    }

    /// Even stages for rows, odd ones (from −1) for shared values. Returns the first stage that may
    /// wait for cotangents.
    fn assign_stages(&mut self) -> i32 {
        let parity = |least: i32, odd: i32| if (least.rem_euclid(2)) == odd { least } else { least + 1 };
        let waits = |op: Op| matches!(op, Op::Input(slot) if slot >= self.request.first_cotangent);
        let mut late: Vec<bool> = Vec::with_capacity(self.t.len());
        for (id, node) in self.t.nodes() {
            late.push(waits(node.op) || self.inputs(id).iter().any(|i| late[i.index()]));
        }
        let mut floor = 0;
        for phase in [false, true] {
            for (id, node) in self.t.nodes() {
                let index = id.index();
                if !self.live[index] || late[index] != phase {
                    continue;
                }
                if is_leaf(node.op) {
                    // What waits for cotangents starts in a stage of the second phase, shared values too.
                    self.stage[index] = if phase { floor } else { -1 };
                    continue;
                }
                let after = self.inputs(id).iter().map(|i| self.stage[i.index()]).max().unwrap_or(-1).max(-1);
                self.stage[index] = if node.shape.symbol().is_some() {
                    parity(after, 0)
                } else if self.is_reduction(id) {
                    parity(after, 0) + 1
                } else {
                    parity(after, 1)
                };
            }
            if !phase {
                let last = (0..self.t.len()).filter(|&i| self.live[i] && !late[i]).map(|i| self.stage[i]).max();
                floor = parity(last.unwrap_or(-1) + 1, 0);
            }
        }
        floor
    }

    fn place_leaves(&mut self) {
        for index in 0..self.t.len() {
            if !self.live[index] {
                continue;
            }
            let node = self.t.node(NodeId(index as u32));
            let place = match node.op {
                Op::Input(slot) => Place::Input(slot),
                Op::Parameter(p) => Place::Parameter { offset: self.request.parameters[p as usize] },
                Op::Direction(p) => Place::Direction { offset: self.request.parameters[p as usize] },
                Op::Constant(bits) => {
                    let offset = self.new_global(1);
                    self.plan.constants.push((f64::from_bits(bits), offset));
                    Place::Global { offset }
                }
                Op::RowCount(symbol) => {
                    let offset = self.new_global(1);
                    self.plan.row_counts.push((symbol, offset));
                    Place::Global { offset }
                }
                Op::Training => {
                    let offset = self.new_global(1);
                    self.plan.training = Some(offset);
                    Place::Global { offset }
                }
                _ => continue,
            };
            self.places[index] = Some(place);
        }
    }

    fn new_global(&mut self, len: usize) -> usize {
        let offset = self.plan.global_len;
        self.plan.global_len += len;
        offset
    }

    /// Schedules stage after stage.
    fn emit(&mut self, floor: i32) {
        let last = (0..self.t.len()).filter(|&i| self.live[i]).map(|i| self.stage[i]).max().unwrap_or(-1);
        let mut boundary = None;
        let mut schedules = Vec::new();
        for stage in -1..=last + 1 {
            let members = |of: &Self, symbol: Option<u16>| -> Vec<NodeId> {
                (0..of.t.len())
                    .map(|i| NodeId(i as u32))
                    .filter(|&id| of.live[id.index()] && !is_leaf(of.t.node(id).op))
                    .filter(|&id| match symbol {
                        None => of.stage[id.index()] == stage && !of.is_reduction(id),
                        Some(_) if of.is_reduction(id) => {
                            of.stage[id.index()] == stage + 1 && of.reduced_symbol(id) == symbol
                        }
                        Some(_) => of.stage[id.index()] == stage && of.t.shape(id).symbol() == symbol,
                    })
                    .collect()
            };
            if stage.rem_euclid(2) == 0 {
                for symbol in 0..self.request.symbols as u16 {
                    let nodes = members(self, Some(symbol));
                    if !nodes.is_empty() {
                        schedules.push((stage, Some(symbol), self.order(&nodes)));
                    }
                }
            } else {
                schedules.push((stage, None, self.order(&members(self, None))));
            }
        }
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
            let segments = self.segments(symbol, &steps);
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
        for index in 0..self.t.len() {
            let id = NodeId(index as u32);
            if !self.live[index] || self.stage[index] != stage || is_leaf(self.t.node(id).op) || !self.is_reduction(id)
            {
                continue;
            }
            let Some(Place::Partial { offset: partial, .. }) = self.places[index] else { continue };
            // What nobody but the caller reads is added up where the caller wants it.
            let targets = self.request.targets.iter().flatten().filter(|&&t| resolve(self.t, t) == id).count();
            if self.uses[index] == targets {
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
}

/// A scheduled step: a run of pointwise operations on one shape, products that share their right
/// factor, or one operation.
#[derive(Debug)]
enum Step {
    Pointwise(Vec<NodeId>),
    Shared(Vec<NodeId>),
    Single(NodeId),
}

impl Planner<'_> {
    /// Orders the nodes of one stage: other operations as soon as they can run, then all pointwise
    /// ones of a shape at once, staying with one number of heads as long as possible.
    fn order(&self, nodes: &[NodeId]) -> Vec<Step> {
        let mut waiting: HashMap<NodeId, usize> = HashMap::new();
        let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        let inside: std::collections::HashSet<NodeId> = nodes.iter().copied().collect();
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
        let mut ready: std::collections::BTreeSet<NodeId> =
            nodes.iter().copied().filter(|id| waiting[id] == 0).collect();
        let mut steps = Vec::new();
        let mut heads = 1;
        let release = |id: NodeId, ready: &mut std::collections::BTreeSet<NodeId>, waiting: &mut HashMap<_, usize>| {
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
    fn step_inputs(&self, step: &Step) -> Vec<NodeId> {
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

    /// Gives a result its place.
    fn store(&mut self, id: NodeId) -> Value {
        let shape = self.t.shape(id);
        let place = match (shape.rows, self.is_reduction(id)) {
            (_, true) => {
                let symbol = self.reduced_symbol(id).unwrap_or(0);
                let offset = self.plan.partial_lens[symbol as usize];
                self.plan.partial_lens[symbol as usize] += shape.fixed_len().unwrap_or(0);
                Place::Partial { symbol, offset }
            }
            (Extent::Rows(symbol), _) => {
                let reused = self.free.get_mut(&(symbol, shape.heads, shape.cols)).and_then(Vec::pop);
                let offset = reused.unwrap_or_else(|| {
                    let width = &mut self.plan.row_widths[symbol as usize];
                    *width += shape.row_len();
                    *width - shape.row_len()
                });
                Place::Row { offset }
            }
            (Extent::Fixed(_), _) => Place::Global { offset: self.new_global(shape.fixed_len().unwrap_or(0)) },
        };
        self.places[id.index()] = Some(place);
        Value { place, shape }
    }

    /// Counts the uses of a step down and gives back storage that nobody needs any more.
    fn retire(&mut self, inputs: &[NodeId]) {
        for &id in inputs {
            let uses = &mut self.uses[id.index()];
            *uses -= 1;
            if let (0, Some(Place::Row { offset })) = (*uses, self.places[id.index()]) {
                let shape = self.t.shape(id);
                if let Some(symbol) = shape.symbol() {
                    self.free.entry((symbol, shape.heads, shape.cols)).or_default().push(offset);
                }
            }
        }
    }

    fn segments(&mut self, symbol: Option<u16>, steps: &[Step]) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for step in steps {
            let inputs = self.step_inputs(step);
            let (heads, instruction) = match step {
                Step::Pointwise(group) => {
                    let stored: Vec<NodeId> = group.iter().copied().filter(|id| self.uses[id.index()] > 0).collect();
                    for &id in &stored {
                        self.store(id);
                    }
                    let shape = self.t.shape(group[0]);
                    self.count_flops(symbol, group.len() * shape.row_len());
                    let values =
                        |id: NodeId| self.places[id.index()].map(|place| Value { place, shape: self.t.shape(id) });
                    (shape.heads, Instruction::Pointwise(fuse(self.t, group, &stored, values)))
                }
                Step::Shared(group) => {
                    let node = self.t.node(group[0]);
                    let Op::MatMul { tb, .. } = node.op else { unreachable!("only products share a factor") };
                    let (right, heads) = (self.value(node.inputs[1]), node.shape.heads);
                    let mut products = Vec::with_capacity(group.len());
                    for &id in group {
                        self.count_product(symbol, id);
                        let left = self.value(self.t.node(id).inputs[0]);
                        products.push((left, self.store(id)));
                    }
                    (heads, Instruction::Shared { tb, right, products })
                }
                Step::Single(id) => {
                    self.count_product(symbol, *id);
                    let node = self.t.node(*id);
                    let (op, shape) = (node.op, node.shape);
                    let values: Vec<Value> = node.inputs.iter().map(|&i| self.value(i)).collect();
                    let crosses = match op {
                        Op::HeadsToCols | Op::ColsToHeads | Op::Reshape => true,
                        Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Concat(axis) => axis == Axis::Heads,
                        _ => values.iter().any(|v| v.shape.heads > shape.heads),
                    };
                    let heads = if crosses { 1 } else { shape.heads };
                    let out = self.store(*id);
                    (heads, Instruction::Single { op, inputs: values, out })
                }
            };
            self.retire(&inputs);
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
