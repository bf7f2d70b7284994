//! Compiles a plain graph to a plan: which values live where, and in which order they are computed.
//!
//! Values with rows of a batch are computed shard by shard (even stages); values shared by the batch
//! in between (odd stages). A sum over the batch leaves one partial per shard, which the next odd
//! stage adds up in order: the only point where rows meet.

mod emit;
pub(crate) mod fuse;
mod schedule;
mod storage;
mod value;

use std::collections::{HashMap, HashSet};

use fuse::Pointwise;
use value::resolve;
pub(crate) use value::{Place, Value};

use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};

#[derive(Debug)]
pub(crate) enum Instruction {
    /// Neighbouring pointwise operations in one pass.
    Pointwise(Pointwise),
    /// One operation on stored values.
    Single { op: Op, inputs: Vec<Value>, out: Value },
    /// Products `left · right` that share the right factor: the components of a jet through a layer.
    Shared { tb: bool, right: Value, products: Vec<(Value, Value)> },
}

/// Instructions that run head by head (`heads > 1`), or once for all.
#[derive(Debug)]
pub(crate) struct Segment {
    pub heads: usize,
    pub instructions: Vec<Instruction>,
}

/// A sum over the batch: partials of the shards of `symbol` are added up to a shared value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reduction {
    pub symbol: u16,
    pub partial: usize,
    pub offset: usize,
    pub len: usize,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Rows { symbol: u16, segments: Vec<Segment> },
    Shared { reductions: Vec<Reduction>, segments: Vec<Segment> },
}

/// What a replay does.
#[derive(Debug, Default)]
pub(crate) struct Plan {
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
    /// Whether it works on the rows behind a symbol, or counts them.
    pub symbols: Vec<bool>,
    /// The input slots that are read, those of cotangents left out.
    pub inputs: Vec<u32>,
    /// Where the targets lie, in the order in which they were given.
    pub targets: Vec<Option<Value>>,
}

/// How the plan is laid out.
pub(crate) struct Request<'a> {
    pub tensors: &'a Tensors,
    pub symbols: usize,
    /// Offsets of the parameter blocks in the flat vector.
    pub parameters: Vec<usize>,
    /// Input slots from here on are cotangents: known in the second phase only.
    pub first_cotangent: u32,
    /// Whether the second phase is run more than once: then it leaves the values of the first alone.
    pub repeated: bool,
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
    /// How many targets a value is.
    targets: Vec<usize>,
    /// The sums over the batch, by the stage that has them.
    reductions: HashMap<i32, Vec<NodeId>>,
    /// Whether a value belongs to the second phase.
    late: Vec<bool>,
    /// Values that live within one run of the steps over the heads: one head after the other in the same memory.
    passing: HashSet<NodeId>,
    /// Memory that is free again, by symbol, heads (0 for what is passing) and columns.
    free: HashMap<(u16, usize, usize), Vec<usize>>,
    plan: Plan,
}

pub(crate) fn plan(request: &Request<'_>) -> Plan {
    let t = request.tensors;
    let mut planner = Planner {
        t,
        request,
        live: vec![false; t.len()],
        stage: vec![-1; t.len()],
        places: vec![None; t.len()],
        uses: Vec::new(),
        targets: vec![0; t.len()],
        reductions: HashMap::new(),
        late: Vec::new(),
        passing: HashSet::new(),
        free: HashMap::new(),
        plan: Plan {
            symbols: vec![false; request.symbols],
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

impl Planner<'_> {
    fn inputs(&self, id: NodeId) -> Vec<NodeId> {
        self.t.node(id).inputs.iter().map(|&i| resolve(self.t, i)).collect()
    }

    fn value(&self, id: NodeId) -> Value {
        let id = resolve(self.t, id);
        self.stored(id).expect("a value that is read was stored")
    }

    /// Where a value lies, if it is stored.
    fn stored(&self, id: NodeId) -> Option<Value> {
        let shape = self.t.shape(id);
        let shape = if self.passing.contains(&id) { shape.with_heads(1) } else { shape };
        self.places[id.index()].map(|place| Value { place, shape })
    }

    fn mark_live(&mut self) {
        for target in self.request.targets.iter().flatten() {
            let target = resolve(self.t, *target);
            self.live[target.index()] = true;
            self.targets[target.index()] += 1;
        }
        self.uses = self.targets.clone();
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
                if node.op.is_leaf() {
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
        self.late = late;
        floor
    }

    fn place_leaves(&mut self) {
        for index in 0..self.t.len() {
            if !self.live[index] {
                continue;
            }
            let node = self.t.node(NodeId(index as u32));
            let counted = match node.op {
                Op::RowCount(symbol) => Some(symbol),
                _ => node.shape.symbol(),
            };
            counted.into_iter().for_each(|symbol| self.plan.symbols[symbol as usize] = true);
            let place = match node.op {
                Op::Input(slot) => {
                    if slot < self.request.first_cotangent {
                        self.plan.inputs.push(slot);
                    }
                    Place::Input(slot)
                }
                Op::Parameter(p) => Place::Parameter { offset: self.request.parameters[p as usize] },
                Op::Direction(p) => Place::Direction { offset: self.request.parameters[p as usize] },
                Op::Constant(bits) => {
                    let offset = self.new_global(1);
                    self.plan.constants.push((f64::from_bits(bits), offset));
                    Place::Global { offset }
                }
                Op::Matrix(matrix) => {
                    let entries = self.t.entries(matrix);
                    let offset = self.new_global(entries.len());
                    self.plan.constants.extend(entries.iter().zip(offset..).map(|(&entry, place)| (entry, place)));
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
}
