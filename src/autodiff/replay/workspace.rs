//! The memory of replays: bound inputs, intermediate values, outputs. One for each thread of the caller.

use std::ops::Range;
use std::sync::Arc;

use super::arenas::Arenas;
use super::compiled::Compiled;
use super::execute::{Point, Readable, Surroundings};
use crate::Scalar;
use crate::autodiff::plan::{Plan, Value};
use crate::autodiff::record::output::Output;
use crate::autodiff::record::recording::Recording;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::error::Error;
use crate::kernels::reduce::all_finite;
use crate::rng::Seed;

/// The memory that replays of one program work in: bound data, intermediate values, outputs.
///
/// Made by [`Program::workspace`](crate::autodiff::Program::workspace), and good for all programs
/// [selected](crate::autodiff::Program::select) from that one. After the first replay with given numbers of
/// rows, further ones allocate nothing.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    data: Data<T>,
    arenas: Arenas<T>,
    outputs: Vec<Vec<T>>,
    computed: Vec<bool>,
    /// Tangents of the outputs.
    pub(crate) tangents: Vec<Vec<T>>,
    updates: Vec<Vec<T>>,
    /// Whether the first phase of the Jacobian of some outputs still stands in the arenas; of which, and at
    /// which parameters.
    linearized: bool,
    selected: Vec<u32>,
    parameters: Vec<T>,
}

/// What the caller has bound.
#[derive(Debug, Clone)]
struct Data<T> {
    compiled: Arc<Compiled>,
    /// Input slots, then one slot for the cotangent of each output, then the unit.
    slots: Vec<Vec<T>>,
    bound: Vec<bool>,
    training: bool,
    seed: Seed,
    step: u64,
}

impl<T: Scalar> Data<T> {
    /// What replays at a point read.
    fn around<'a>(&'a self, at: Point<'a, T>) -> Surroundings<'a, T> {
        let dropout = self.training.then(|| self.seed.numbered(self.step).0);
        Surroundings { at, inputs: &self.slots, global: &[], dropout }
    }

    fn slot(&self, name: &str) -> Result<usize, Error> {
        let inputs = &self.compiled.recording.inputs;
        inputs.iter().position(|i| i.name == name).ok_or_else(|| {
            let known = inputs.iter().map(|i| i.name.clone()).collect();
            Error::UnknownName { name: name.to_string(), known }
        })
    }

    /// The number of rows behind a symbol, from the inputs bound to it: those that the plan reads, or else any.
    fn row_count(&self, plan: &Plan, symbol: u16) -> Result<usize, Error> {
        let recording = &self.compiled.recording;
        let bound = |slot: &usize| recording.inputs[*slot].shape.symbol() == Some(symbol) && self.bound[*slot];
        let rows = |slot: usize| self.slots[slot].len() / recording.inputs[slot].shape.row_len();
        let mut read = plan.inputs.iter().map(|&slot| slot as usize).filter(bound);
        if let Some(first) = read.next() {
            if let Some(other) = read.find(|&slot| rows(slot) != rows(first)) {
                return Err(Error::invalid(
                    format!("inputs {:?} and {:?}", recording.inputs[first].name, recording.inputs[other].name),
                    format!("they share one number of rows, but {} and {} rows are bound", rows(first), rows(other)),
                ));
            }
            return Ok(rows(first));
        }
        (0..recording.inputs.len()).find(bound).map(rows).ok_or_else(|| {
            let name = &recording.symbols[symbol as usize];
            Error::invalid(format!("rows {name:?}"), "no input with these rows is bound; call Workspace::set first")
        })
    }
}

impl<T: Scalar> Workspace<T> {
    pub(crate) fn new(compiled: Arc<Compiled>) -> Self {
        let recording = &compiled.recording;
        let (count, outputs) = (compiled.unit_slot() + 1, recording.outputs.len());
        let (mut slots, mut bound) = (vec![Vec::new(); count], vec![false; count]);
        for (slot, input) in recording.inputs.iter().enumerate() {
            if let (Some(initial), Some(len)) = (&input.initial, input.shape.fixed_len()) {
                slots[slot] = initial.iter().cycle().take(len).map(|&v| T::of(v)).collect();
                bound[slot] = true;
            }
        }
        slots[count - 1] = vec![T::one()];
        Workspace {
            arenas: Arenas::new(),
            outputs: vec![Vec::new(); outputs],
            computed: vec![false; outputs],
            tangents: vec![Vec::new(); outputs],
            updates: vec![Vec::new(); recording.updates.len()],
            linearized: false,
            selected: Vec::new(),
            parameters: Vec::new(),
            data: Data { slots, bound, training: false, seed: Seed(0), step: 0, compiled },
        }
    }

    fn recording(&self) -> &Recording {
        &self.data.compiled.recording
    }

    /// From now on replays are the calling thread's own: work is shared with others at another level.
    pub(crate) fn keep_whole(&mut self) {
        self.arenas.keep_whole();
    }

    /// Binds the data of an input, row after row: `[rows, width]` with any number of rows.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::Shape`] if the length is no whole number (at least one) of
    /// rows; [`Error::NonFinite`] for NaN and infinities.
    pub fn set(&mut self, name: &str, data: &[T]) -> Result<&mut Self, Error> {
        let slot = self.checked(name, data)?;
        self.data.slots[slot].clear();
        self.data.slots[slot].extend_from_slice(data);
        Ok(self.bound(slot))
    }

    /// [`set`](Self::set) without a copy: `data` takes on what was bound before.
    pub(crate) fn exchange(&mut self, name: &str, data: &mut Vec<T>) -> Result<&mut Self, Error> {
        let slot = self.checked(name, data)?;
        std::mem::swap(&mut self.data.slots[slot], data);
        Ok(self.bound(slot))
    }

    /// The slot of an input that `data` fits.
    fn checked(&self, name: &str, data: &[T]) -> Result<usize, Error> {
        let slot = self.data.slot(name)?;
        let shape = self.recording().inputs[slot].shape;
        let fits = match shape.fixed_len() {
            Some(len) => data.len() == len,
            None => !data.is_empty() && data.len().is_multiple_of(shape.row_len()),
        };
        if !fits {
            return Err(Error::shape("set", &[data.len()], &shape.numbers()));
        }
        if !all_finite(data) {
            Error::check_finite(name, data)?;
        }
        Ok(slot)
    }

    fn bound(&mut self, slot: usize) -> &mut Self {
        self.data.bound[slot] = true;
        self.linearized = false;
        self
    }

    /// Training switches dropout and batch statistics on; evaluating is the default.
    pub fn set_training(&mut self, training: bool) -> &mut Self {
        self.data.training = training;
        self.linearized = false;
        self
    }

    /// The seed and step that dropout masks are drawn for.
    pub fn set_step(&mut self, seed: Seed, step: u64) -> &mut Self {
        (self.data.seed, self.data.step) = (seed, step);
        self.linearized = false;
        self
    }

    /// An output of the last replay, `[rows, width]` row after row (head after head in an ensemble), by its
    /// name. A gradient or Hessian-vector product computes the result only.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::InvalidArgument`] if the last replay did not compute it.
    pub fn output(&self, name: &str) -> Result<&[T], Error> {
        self.value(self.recording().output(name)?)
    }

    /// An output of the last replay, by its handle.
    pub(crate) fn value(&self, output: Output) -> Result<&[T], Error> {
        let index = self.recording().position(output)?;
        if !self.computed[index] {
            return Err(Error::invalid(
                format!("output {:?}", self.recording().outputs[index].0),
                "the last replay did not compute it; call Program::evaluate, or select it",
            ));
        }
        Ok(&self.outputs[index])
    }

    /// An output of the last replay, by its index.
    pub(crate) fn at(&self, index: usize) -> &[T] {
        &self.outputs[index]
    }

    /// The present entries of an input or buffer, to checkpoint running statistics.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn input(&self, name: &str) -> Result<&[T], Error> {
        Ok(&self.data.slots[self.data.slot(name)?])
    }

    /// Names and entries of all buffers.
    pub(crate) fn each_buffer(&self) -> impl Iterator<Item = (&str, &[T])> {
        let slots = self.recording().inputs.iter().zip(&self.data.slots);
        slots.filter(|(slot, _)| slot.initial.is_some()).map(|(slot, data)| (slot.name.as_str(), data.as_slice()))
    }

    /// Runs the first phase of a plan.
    pub(crate) fn start(&mut self, compiled: &Arc<Compiled>, plan: &Plan, at: Point<'_, T>) -> Result<(), Error> {
        let data = &self.data;
        if !Arc::ptr_eq(&data.compiled, compiled) {
            let reason = "it was made by another program; call Program::workspace of this one";
            return Err(Error::invalid("workspace", reason));
        }
        let expected = compiled.recording.parameters.len();
        if at.parameters.len() != expected {
            return Err(Error::shape("parameters", &[at.parameters.len()], &[expected]));
        }
        self.linearized = false;
        self.computed.fill(false);
        if let Some(&slot) = plan.inputs.iter().find(|&&slot| !data.bound[slot as usize]) {
            let name = &compiled.recording.inputs[slot as usize].name;
            return Err(Error::invalid(
                format!("input {name:?}"),
                "no data is bound; call Workspace::set before a replay",
            ));
        }
        self.arenas.prepare(plan, |symbol| data.row_count(plan, symbol), data.training)?;
        self.arenas.run(plan, 0..plan.second_phase, data.around(at))
    }

    /// Runs the second phase of a plan, the cotangents in place.
    pub(crate) fn finish(&mut self, plan: &Plan, at: Point<'_, T>) -> Result<(), Error> {
        self.arenas.run(plan, plan.second_phase..plan.stages.len(), self.data.around(at))
    }

    /// Copies a target to `out`, `[heads, rows, cols]`.
    pub(crate) fn collect(&self, value: &Value, at: Point<'_, T>, out: &mut [T]) -> Result<(), Error> {
        self.arenas.collect(value, self.data.around(at), out)
    }

    /// Copies targets to `out`, each to its range; zeros where there is none.
    pub(crate) fn collect_all<'v>(
        &self,
        targets: impl Iterator<Item = (Range<usize>, Option<&'v Value>)> + Clone,
        at: Point<'_, T>,
        out: &mut [T],
    ) -> Result<(), Error> {
        self.arenas.collect_all(targets, self.data.around(at), out)
    }

    /// Has the rows of `out` `[rows, width]`, those of a batch, filled by `fill`, which is given what can be read and some of
    /// them.
    pub(crate) fn fill_rows(
        &self,
        symbol: u16,
        width: usize,
        at: Point<'_, T>,
        out: &mut [T],
        fill: &(dyn Fn(&Readable<'_, T>, &mut [T]) + Sync),
    ) -> Result<(), Error> {
        self.arenas.fill_rows(symbol, width, self.data.around(at), out, fill)
    }

    /// Makes targets readable as the outputs of these indices.
    pub(crate) fn publish(
        &mut self,
        selected: &[u32],
        values: &[Option<Value>],
        at: Point<'_, T>,
    ) -> Result<(), Error> {
        for (&index, value) in selected.iter().zip(values) {
            let Some(value) = value else { continue };
            self.arenas.collect_into(value, self.data.around(at), &mut self.outputs[index as usize])?;
            self.computed[index as usize] = true;
        }
        Ok(())
    }

    /// Makes targets readable as the tangents of the outputs of these indices.
    pub(crate) fn publish_tangents(
        &mut self,
        selected: &[u32],
        values: &[Option<Value>],
        at: Point<'_, T>,
    ) -> Result<(), Error> {
        for (&index, value) in selected.iter().zip(values) {
            let out = &mut self.tangents[index as usize];
            match value {
                Some(value) => self.arenas.collect_into(value, self.data.around(at), out)?,
                None => {
                    out.clear();
                    out.resize(self.outputs[index as usize].len(), T::zero());
                }
            }
        }
        Ok(())
    }

    /// Notes the new values of buffers, if this is training.
    pub(crate) fn stage_updates(&mut self, values: &[Option<Value>], at: Point<'_, T>) -> Result<(), Error> {
        if !self.data.training {
            return Ok(());
        }
        for (out, value) in self.updates.iter_mut().zip(values) {
            match value {
                Some(value) => self.arenas.collect_into(value, self.data.around(at), out)?,
                None => out.clear(),
            }
        }
        Ok(())
    }

    /// Writes the values that were staged into the buffers.
    pub(crate) fn apply_updates(&mut self) {
        let Data { compiled, slots, training, .. } = &mut self.data;
        let staged = self.updates.iter().zip(&compiled.recording.updates).filter(|(new, _)| !new.is_empty());
        if *training {
            staged.for_each(|(new, (slot, _))| slots[*slot as usize].copy_from_slice(new));
        }
    }

    /// The slot of the cotangent of an output, or of the weights of its rows, to be filled; it is empty.
    pub(crate) fn cotangent(&mut self, output: usize) -> &mut Vec<T> {
        let slot = self.data.compiled.cotangent_slot(output);
        self.data.slots[slot].clear();
        &mut self.data.slots[slot]
    }

    /// An output beside the slot of its cotangent, zeroed.
    pub(crate) fn value_and_cotangent(&mut self, output: usize) -> (&[T], &mut [T]) {
        let (value, slot) = (&self.outputs[output], self.data.compiled.cotangent_slot(output));
        let cotangent = &mut self.data.slots[slot];
        cotangent.clear();
        cotangent.resize(value.len(), T::zero());
        (value, cotangent)
    }

    /// The number of rows of an output of the last replay.
    pub(crate) fn rows_of(&self, shape: Shape, output: usize) -> usize {
        match shape.rows {
            Extent::Fixed(rows) => rows,
            Extent::Rows(_) => self.outputs[output].len() / shape.row_len().max(1),
        }
    }

    /// Notes that the first phase of a Jacobian stands in the arenas.
    pub(crate) fn keep_linearized(&mut self, selected: &[u32], parameters: &[T]) {
        self.linearized = true;
        self.selected.clear();
        self.selected.extend_from_slice(selected);
        self.parameters.clear();
        self.parameters.extend_from_slice(parameters);
    }

    /// Whether the first phase of the Jacobian of these outputs stands in the arenas, to the bit.
    pub(crate) fn is_linearized(&self, compiled: &Arc<Compiled>, selected: &[u32], parameters: &[T]) -> bool {
        let same = |(a, b): (&T, &T)| a == b && a.is_sign_negative() == b.is_sign_negative();
        self.linearized
            && Arc::ptr_eq(&self.data.compiled, compiled)
            && self.selected == selected
            && self.parameters.len() == parameters.len()
            && self.parameters.iter().zip(parameters).all(same)
    }

    /// Notes that a second phase has used up what stood in the arenas.
    pub(crate) fn forget(&mut self) {
        self.linearized = false;
    }
}
