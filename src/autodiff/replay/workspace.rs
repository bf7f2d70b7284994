//! The memory of replays: bound inputs, arenas, results. One per thread of the caller.

use std::sync::Arc;

use rayon::prelude::*;

use super::aligned::{Aligned, whole_lines};
use super::execute::{Engine, Readable, Scratch, Surroundings, Window};
use crate::autodiff::plan::{Place, Plan, Stage, Value};
use crate::autodiff::record::recording::{InputSlot, Recording};
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::error::Error;
use crate::rng::Seed;
use crate::{Scalar, par};

/// The fewest rows that are worth a shard of their own.
const MIN_SHARD_ROWS: usize = 64;
/// The least work, in floating-point operations, that is worth a shard of its own.
const MIN_SHARD_FLOPS: usize = 4_000_000;

/// Some rows of a batch, with memory of their own.
#[derive(Debug, Clone, Default)]
struct Shard<T> {
    window: Window,
    arena: Aligned<T>,
    partials: Vec<T>,
    scratch: Scratch<T>,
}

/// The memory of one plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct State<T> {
    global: Aligned<T>,
    shards: Vec<Vec<Shard<T>>>,
    rows: Vec<usize>,
    scratch: Scratch<T>,
    ready: bool,
}

/// The memory that replays of one program work in: bound data, intermediate values, outputs.
///
/// Made by [`Program::workspace`](crate::autodiff::Program::workspace). After the first replay with given
/// numbers of rows, further ones allocate nothing.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    recording: Arc<Recording>,
    /// Input slots, then one slot for the cotangent of each output.
    inputs: Vec<Vec<T>>,
    bound: Vec<bool>,
    pub(crate) states: Vec<State<T>>,
    outputs: Vec<Vec<T>>,
    computed: Vec<bool>,
    training: bool,
    seed: Seed,
    step: u64,
    /// Whether intermediate values wait for a backward pass.
    pub(crate) forward_done: bool,
    pub(crate) updates: Vec<Vec<T>>,
}

/// `out = Σ` of the partial sums from `offset` on, shard after shard.
fn add_partials<T: Scalar>(shards: &[Shard<T>], offset: usize, out: &mut [T]) {
    par::for_each_piece(out, |start, out| {
        let range = offset + start..offset + start + out.len();
        out.copy_from_slice(&shards[0].partials[range.clone()]);
        for shard in &shards[1..] {
            crate::kernels::reduce::axpy(T::one(), &shard.partials[range.clone()], out);
        }
    });
}

fn unknown(name: &str, known: impl Iterator<Item = String>) -> Error {
    Error::UnknownName { name: name.to_string(), known: known.collect() }
}

impl<T: Scalar> Workspace<T> {
    pub(crate) fn new(recording: Arc<Recording>, kinds: usize) -> Self {
        let slots = recording.inputs.len() + recording.outputs.len();
        let mut workspace = Workspace {
            inputs: vec![Vec::new(); slots],
            bound: vec![false; slots],
            states: vec![State::default(); kinds],
            outputs: vec![Vec::new(); recording.outputs.len()],
            computed: vec![false; recording.outputs.len()],
            training: false,
            seed: Seed(0),
            step: 0,
            forward_done: false,
            updates: vec![Vec::new(); recording.updates.len()],
            recording,
        };
        for (slot, input) in workspace.recording.inputs.iter().enumerate() {
            if let (Some(initial), Some(len)) = (input.initial, input.shape.fixed_len()) {
                workspace.inputs[slot] = vec![T::of(initial); len];
                workspace.bound[slot] = true;
            }
        }
        workspace
    }

    /// Binds the data of an input, row after row: `[rows, width]` with any number of rows.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::Shape`] if the length is no whole number (at least one) of
    /// rows; [`Error::NonFinite`] for NaN and infinities.
    pub fn set(&mut self, name: &str, data: &[T]) -> Result<&mut Self, Error> {
        let slot = self.recording.inputs.iter().position(|i| i.name == name);
        let slot = slot.ok_or_else(|| unknown(name, self.recording.inputs.iter().map(|i| i.name.clone())))?;
        self.bind(slot, self.recording.inputs[slot].shape, name, data)?;
        Ok(self)
    }

    fn bind(&mut self, slot: usize, shape: Shape, name: &str, data: &[T]) -> Result<(), Error> {
        let fits = match shape.fixed_len() {
            Some(len) => data.len() == len,
            None => !data.is_empty() && data.len().is_multiple_of(shape.row_len()),
        };
        if !fits {
            return Err(Error::shape("set", &[data.len()], &shape.numbers()));
        }
        Error::check_finite(name, data)?;
        self.inputs[slot].clear();
        self.inputs[slot].extend_from_slice(data);
        self.bound[slot] = true;
        self.forward_done = false;
        Ok(())
    }

    /// Binds the cotangent of an output.
    pub(crate) fn set_cotangent(&mut self, name: &str, data: &[T]) -> Result<usize, Error> {
        let index = self.output_index(name)?;
        let shape = self.recording.tensors.shape(self.recording.outputs[index].1);
        let done = self.forward_done;
        self.bind(self.recording.inputs.len() + index, shape, name, data)?;
        self.forward_done = done;
        Ok(index)
    }

    /// Zero cotangents for outputs that none was given for.
    pub(crate) fn clear_cotangents(&mut self) {
        for (index, (_, id)) in self.recording.outputs.iter().enumerate() {
            let shape = self.recording.tensors.shape(*id);
            let rows = match shape.rows {
                Extent::Fixed(rows) => rows,
                Extent::Rows(symbol) => self.row_count(symbol).unwrap_or(0),
            };
            let slot = self.recording.inputs.len() + index;
            self.inputs[slot].clear();
            self.inputs[slot].resize(rows * shape.row_len(), T::zero());
            self.bound[slot] = true;
        }
    }

    /// Training switches dropout and batch statistics on; evaluating is the default.
    pub fn set_training(&mut self, training: bool) -> &mut Self {
        self.training = training;
        self.forward_done = false;
        self
    }

    /// The seed and step that dropout masks are drawn for.
    pub fn set_step(&mut self, seed: Seed, step: u64) -> &mut Self {
        (self.seed, self.step) = (seed, step);
        self.forward_done = false;
        self
    }

    fn output_index(&self, name: &str) -> Result<usize, Error> {
        let outputs = &self.recording.outputs;
        outputs.iter().position(|(n, _)| n == name).ok_or_else(|| unknown(name, outputs.iter().map(|(n, _)| n.clone())))
    }

    /// An output of the last replay, `[rows, width]` row after row (head after head in an
    /// ensemble). A gradient or Hessian-vector product computes the result only.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::InvalidArgument`] if the last replay did not compute it.
    pub fn output(&self, name: &str) -> Result<&[T], Error> {
        let index = self.output_index(name)?;
        if !self.computed[index] {
            return Err(Error::invalid(
                format!("output {name:?}"),
                "the last replay did not compute it; call Program::evaluate or Program::forward first",
            ));
        }
        Ok(&self.outputs[index])
    }

    /// The present entries of an input or buffer, to checkpoint running statistics.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn input(&self, name: &str) -> Result<&[T], Error> {
        let slot = self.recording.inputs.iter().position(|i| i.name == name);
        let slot = slot.ok_or_else(|| unknown(name, self.recording.inputs.iter().map(|i| i.name.clone())))?;
        Ok(&self.inputs[slot])
    }

    /// Names and entries of all buffers, to checkpoint beside the parameters; restore by
    /// [`set`](Self::set).
    pub fn buffers(&self) -> impl Iterator<Item = (&str, &[T])> {
        let slots = self.recording.inputs.iter().zip(&self.inputs);
        slots.filter(|(slot, _)| slot.initial.is_some()).map(|(slot, data)| (slot.name.as_str(), data.as_slice()))
    }

    /// Writes new values into the buffers after a training step.
    pub(crate) fn apply_updates(&mut self) {
        if self.training {
            for (index, (slot, _)) in self.recording.updates.iter().enumerate() {
                self.inputs[*slot as usize].copy_from_slice(&self.updates[index]);
            }
        }
    }

    /// The number of rows behind a symbol, from the inputs bound to it.
    fn row_count(&self, symbol: u16) -> Result<usize, Error> {
        let mut rows: Option<(usize, &InputSlot)> = None;
        for (slot, input) in self.recording.inputs.iter().enumerate() {
            if input.shape.symbol() != Some(symbol) || !self.bound[slot] {
                continue;
            }
            let here = self.inputs[slot].len() / input.shape.row_len();
            match rows {
                Some((other, first)) if other != here => {
                    return Err(Error::invalid(
                        format!("inputs {:?} and {:?}", first.name, input.name),
                        format!("they share one number of rows, but {other} and {here} rows are bound"),
                    ));
                }
                _ => rows = Some((here, input)),
            }
        }
        let required = |(input, &required): (&InputSlot, &bool)| required && input.shape.symbol() == Some(symbol);
        if rows.is_none() && !self.recording.inputs.iter().zip(&self.recording.required).any(required) {
            return Ok(1); // nothing is computed on these rows
        }
        rows.map(|(rows, _)| rows).ok_or_else(|| {
            let name = self.recording.symbols[symbol as usize];
            Error::invalid(format!("rows {name:?}"), "no input with these rows is bound; call Workspace::set first")
        })
    }

    /// Refuses the workspace of another program.
    pub(crate) fn belongs_to(&self, recording: &Arc<Recording>) -> Result<(), Error> {
        if Arc::ptr_eq(&self.recording, recording) {
            return Ok(());
        }
        Err(Error::invalid("workspace", "it was made by another program; call Program::workspace of this one"))
    }

    /// Checks the bindings and sizes the memory of a plan.
    pub(crate) fn prepare(&mut self, plan: &Plan, kind: usize, parameters: &[T]) -> Result<(), Error> {
        if parameters.len() != self.recording.parameters.len() {
            return Err(Error::shape("parameters", &[parameters.len()], &[self.recording.parameters.len()]));
        }
        for (slot, input) in self.recording.inputs.iter().enumerate() {
            if !self.bound[slot] && self.recording.required[slot] {
                return Err(Error::invalid(
                    format!("input {:?}", input.name),
                    "no data is bound; call Workspace::set before a replay",
                ));
            }
        }
        let symbols = plan.row_widths.len();
        for symbol in 0..symbols {
            let rows = self.row_count(symbol as u16)?;
            let state = &mut self.states[kind];
            if state.ready && state.rows[symbol] == rows {
                continue;
            }
            state.rows.resize(symbols, 0);
            state.shards.resize_with(symbols, Vec::new);
            state.rows[symbol] = rows;
            let per_shard = MIN_SHARD_ROWS.max(MIN_SHARD_FLOPS / plan.row_flops[symbol].max(1));
            let count = par::shard_count(rows, per_shard);
            let shards = &mut state.shards[symbol];
            shards.resize_with(count, Shard::default);
            for (index, shard) in shards.iter_mut().enumerate() {
                let range = par::shard(rows, count, index);
                let stride = whole_lines::<T>(range.len());
                shard.window = Window { rows: range.len(), first: range.start, total: rows, stride };
                shard.arena.resize(plan.row_widths[symbol] * stride);
                shard.partials.resize(plan.partial_lens[symbol], T::zero());
            }
        }
        let state = &mut self.states[kind];
        state.global.resize(plan.global_len);
        for &(value, offset) in &plan.constants {
            state.global[offset] = T::of(value);
        }
        for &(symbol, offset) in &plan.row_counts {
            state.global[offset] = T::of(state.rows[symbol as usize] as f64);
        }
        if let Some(offset) = plan.training {
            state.global[offset] = if self.training { T::one() } else { T::zero() };
        }
        state.ready = true;
        Ok(())
    }

    /// Runs some stages of a plan.
    pub(crate) fn run(
        &mut self,
        plan: &Plan,
        kind: usize,
        stages: std::ops::Range<usize>,
        parameters: &[T],
        direction: &[T],
    ) -> Result<(), Error> {
        let dropout = self.training.then(|| self.seed.numbered(self.step).0);
        let State { global, shards, scratch, .. } = &mut self.states[kind];
        for stage in &plan.stages[stages] {
            match stage {
                Stage::Rows { symbol, segments } => {
                    let around = Surroundings { parameters, direction, inputs: &self.inputs, global, dropout };
                    let work = |shard: &mut Shard<T>| {
                        let mut engine = Engine {
                            around,
                            window: shard.window,
                            arena: &mut shard.arena,
                            partials: &mut shard.partials,
                            scratch: &mut shard.scratch,
                        };
                        engine.run(segments)
                    };
                    match &mut shards[*symbol as usize][..] {
                        [only] => work(only)?,
                        many => many.par_iter_mut().try_for_each(work)?,
                    }
                }
                Stage::Shared { reductions, segments } => {
                    for reduction in reductions {
                        let target = &mut global[reduction.offset..][..reduction.len];
                        add_partials(&shards[reduction.symbol as usize], reduction.partial, target);
                    }
                    let around = Surroundings { parameters, direction, inputs: &self.inputs, global: &[], dropout };
                    let mut engine =
                        Engine { around, window: Window::default(), arena: global, partials: &mut [], scratch };
                    engine.run(segments)?;
                }
            }
        }
        Ok(())
    }

    /// Copies a target to `out`, `[heads, rows, cols]`.
    pub(crate) fn collect(&self, kind: usize, value: &Value, parameters: &[T], direction: &[T], out: &mut [T]) {
        let State { global, shards, .. } = &self.states[kind];
        let around = Surroundings { parameters, direction, inputs: &self.inputs, global, dropout: None };
        if let Place::Partial { symbol, offset } = value.place {
            return add_partials(&shards[symbol as usize], offset, out);
        }
        let shape = value.shape;
        match shape.rows {
            Extent::Fixed(rows) => {
                let readable = Readable::whole(around, Window::default(), &[]);
                let one = rows * shape.cols;
                for head in 0..shape.heads {
                    out[head * one..(head + 1) * one].copy_from_slice(readable.get(value, head));
                }
            }
            Extent::Rows(symbol) => {
                for shard in &shards[symbol as usize] {
                    let readable = Readable::whole(around, shard.window, &shard.arena);
                    for head in 0..shape.heads {
                        let start = (head * shard.window.total + shard.window.first) * shape.cols;
                        let data = readable.get(value, head);
                        out[start..start + data.len()].copy_from_slice(data);
                    }
                }
            }
        }
    }

    /// Visits a target row by row and head by head.
    pub(crate) fn for_each_row(
        &self,
        kind: usize,
        value: &Value,
        parameters: &[T],
        mut visit: impl FnMut(usize, usize, &[T]),
    ) {
        let State { global, shards, .. } = &self.states[kind];
        let around = Surroundings { parameters, direction: &[], inputs: &self.inputs, global, dropout: None };
        let Some(symbol) = value.shape.symbol() else { return };
        for shard in &shards[symbol as usize] {
            let readable = Readable::whole(around, shard.window, &shard.arena);
            for head in 0..value.shape.heads {
                let rows = readable.get(value, head).chunks_exact(value.shape.cols);
                rows.enumerate().for_each(|(row, data)| visit(shard.window.first + row, head, data));
            }
        }
    }

    /// The number of entries of a target.
    pub(crate) fn len_of(&self, kind: usize, value: &Value) -> usize {
        let rows = match value.shape.rows {
            Extent::Fixed(rows) => rows,
            Extent::Rows(symbol) => self.states[kind].rows[symbol as usize],
        };
        rows * value.shape.row_len()
    }

    /// Copies targets to the readable outputs; those that are not there become unreadable.
    pub(crate) fn publish(&mut self, kind: usize, values: &[Option<Value>], parameters: &[T], direction: &[T]) {
        for index in 0..self.outputs.len() {
            self.computed[index] = false;
            let Some(value) = values.get(index).copied().flatten() else { continue };
            let mut out = std::mem::take(&mut self.outputs[index]);
            out.resize(self.len_of(kind, &value), T::zero());
            self.collect(kind, &value, parameters, direction, &mut out);
            self.outputs[index] = out;
            self.computed[index] = true;
        }
    }

    pub(crate) fn result(&self) -> &[T] {
        self.outputs.last().map_or(&[], Vec::as_slice)
    }
}
