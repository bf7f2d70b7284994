//! Executes the instructions of a plan on one shard, or on the values shared by the batch.

use std::ops::Range;

use super::fuse::{Argument, Code, Pointwise};
use super::plan::{Instruction, Place, Segment, Value};
use super::shape::{Extent, Shape};
use super::tensors::{Axis, Op};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce;
use crate::kernels::vmath::{self, Operand};

/// Entries of a chunk of a fused pass: a handful of registers stay in the first-level cache.
const CHUNK: usize = 512;

/// What instructions read besides the arena they write to.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a, T> {
    pub parameters: &'a [T],
    pub direction: &'a [T],
    pub inputs: &'a [Vec<T>],
    /// Shared values; empty while they are themselves the arena that is written.
    pub global: &'a [T],
    /// Key of the dropout masks of this step; `None` while evaluating.
    pub dropout: Option<u64>,
}

/// The rows that are worked on: `first..first + rows` of `total`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    pub rows: usize,
    pub first: usize,
    pub total: usize,
}

/// Working space of a shard; grows once.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch<T> {
    registers: Vec<T>,
    packing: Packing<T>,
}

/// One shard, or the shared values, at work.
pub(super) struct Engine<'a, T> {
    pub around: Surroundings<'a, T>,
    pub window: Window,
    pub arena: &'a mut [T],
    pub partials: &'a mut [T],
    pub scratch: &'a mut Scratch<T>,
}

/// Everything that can be read while one range of the arena (or of the partials) is written.
pub(super) struct Readable<'a, T> {
    around: Surroundings<'a, T>,
    window: Window,
    before: &'a [T],
    after: &'a [T],
    after_start: usize,
}

impl<'a, T: Scalar> Readable<'a, T> {
    /// Everything readable, nothing written.
    pub fn whole(around: Surroundings<'a, T>, window: Window, arena: &'a [T]) -> Self {
        Readable { around, window, before: arena, after: &[], after_start: usize::MAX }
    }

    fn arena(&self, range: Range<usize>) -> &'a [T] {
        if range.end <= self.before.len() {
            &self.before[range]
        } else {
            &self.after[range.start - self.after_start..range.end - self.after_start]
        }
    }

    /// The entries of one head, row by row.
    pub fn get(&self, value: &Value, head: usize) -> &'a [T] {
        let shape = value.shape;
        let rows = rows_of(shape, self.window);
        let len = rows * shape.cols;
        let head = if shape.heads == 1 { 0 } else { head };
        match value.place {
            Place::Row { offset } => {
                let start = offset * self.window.rows + head * len;
                self.arena(start..start + len)
            }
            Place::Global { offset } if self.around.global.is_empty() => {
                let start = offset + head * len;
                self.arena(start..start + len)
            }
            Place::Global { offset } => &self.around.global[offset + head * len..][..len],
            Place::Parameter { offset } => &self.around.parameters[offset + head * len..][..len],
            Place::Direction { offset } => &self.around.direction[offset + head * len..][..len],
            Place::Input(slot) => {
                let data = &self.around.inputs[slot as usize];
                match shape.rows {
                    Extent::Fixed(_) => &data[head * len..][..len],
                    Extent::Rows(_) => &data[(head * self.window.total + self.window.first) * shape.cols..][..len],
                }
            }
            // Partial sums are read by the reduction alone.
            Place::Partial { .. } => &[],
        }
    }
}

fn rows_of(shape: Shape, window: Window) -> usize {
    shape.fixed_rows().unwrap_or(window.rows)
}

impl<T: Scalar> Engine<'_, T> {
    pub fn run(&mut self, segments: &[Segment]) -> Result<(), Error> {
        for segment in segments {
            for head in 0..segment.heads {
                for instruction in &segment.instructions {
                    self.step(instruction, head)?;
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, instruction: &Instruction, head: usize) -> Result<(), Error> {
        match instruction {
            Instruction::Pointwise(pointwise) => {
                self.pointwise(pointwise, head);
                Ok(())
            }
            Instruction::Shared { tb, right, products } => {
                for (left, out) in products {
                    self.product(false, *tb, &[(*left, *right)], out, head);
                }
                Ok(())
            }
            Instruction::Single { op: Op::MatMul { ta, tb }, inputs, out } => {
                if let [left, right] = inputs[..] {
                    self.product(*ta, *tb, &[(left, right)], out, head);
                } else {
                    self.sum_of_products(*ta, *tb, inputs, out, head);
                }
                Ok(())
            }
            Instruction::Single { op, inputs, out } => self.single(*op, inputs, out, head),
        }
    }

    /// Opens the place of `out` (one head, or all) for writing and the rest for reading.
    fn open(&mut self, out: &Value, head: Option<usize>) -> (Readable<'_, T>, &mut [T], &mut Scratch<T>) {
        let shape = out.shape;
        let one = rows_of(shape, self.window) * shape.cols;
        let (skip, len) = match head {
            Some(head) if shape.heads > 1 => (head * one, one),
            Some(_) => (0, one),
            None => (0, one * shape.heads),
        };
        let (around, window) = (self.around, self.window);
        let start = match out.place {
            Place::Row { offset } => offset * window.rows + skip,
            Place::Global { offset } => offset + skip,
            Place::Partial { offset } => {
                let range = offset + skip..offset + skip + len;
                let readable = Readable::whole(around, window, self.arena);
                return (readable, &mut self.partials[range], self.scratch);
            }
            _ => unreachable!("results are stored in arenas"),
        };
        let (before, rest) = self.arena.split_at_mut(start);
        let (target, after) = rest.split_at_mut(len);
        let readable = Readable { around, window, before, after, after_start: start + len };
        (readable, target, self.scratch)
    }

    fn product(&mut self, ta: bool, tb: bool, pairs: &[(Value, Value)], out: &Value, head: usize) {
        let window = self.window;
        let (readable, target, scratch) = self.open(out, Some(head));
        let shape = (rows_of(out.shape, window), out.shape.cols);
        let mut beta = T::zero();
        for (left, right) in pairs {
            multiply(ta, tb, left, right, beta, &readable, target, shape, scratch, head);
            beta = T::one();
        }
    }

    fn sum_of_products(&mut self, ta: bool, tb: bool, inputs: &[Value], out: &Value, head: usize) {
        let window = self.window;
        let (readable, target, scratch) = self.open(out, Some(head));
        let shape = (rows_of(out.shape, window), out.shape.cols);
        let mut beta = T::zero();
        for pair in inputs.chunks_exact(2) {
            multiply(ta, tb, &pair[0], &pair[1], beta, &readable, target, shape, scratch, head);
            beta = T::one();
        }
    }

    fn single(&mut self, op: Op, inputs: &[Value], out: &Value, head: usize) -> Result<(), Error> {
        let window = self.window;
        let whole = match op {
            Op::HeadsToCols | Op::ColsToHeads | Op::Reshape => true,
            Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Concat(axis) => axis == Axis::Heads,
            Op::Sum => inputs[0].shape.heads > out.shape.heads,
            _ => false,
        };
        let (readable, target, _) = self.open(out, (!whole).then_some(head));
        let x = &inputs[0];
        let cols = x.shape.cols;
        let rows = rows_of(x.shape, window);
        let out_rows = rows_of(out.shape, window);
        match op {
            Op::Sum => {
                target.fill(T::zero());
                let heads = if whole { 0..x.shape.heads } else { head..head + 1 };
                for source in heads {
                    let data = readable.get(x, source);
                    sum_into(data, cols, rows, out.shape.cols == 1, out_rows == 1, target);
                }
            }
            Op::Slice { axis, start } => match axis {
                Axis::Cols => {
                    let data = readable.get(x, head);
                    let width = out.shape.cols;
                    for (to, from) in target.chunks_exact_mut(width).zip(data.chunks_exact(cols)) {
                        to.copy_from_slice(&from[start..start + width]);
                    }
                }
                Axis::Rows => target.copy_from_slice(&readable.get(x, head)[start * cols..][..target.len()]),
                Axis::Heads => {
                    let one = rows * cols;
                    for h in 0..out.shape.heads {
                        target[h * one..(h + 1) * one].copy_from_slice(readable.get(x, start + h));
                    }
                }
            },
            Op::Pad { axis, before } => {
                target.fill(T::zero());
                match axis {
                    Axis::Cols => {
                        let data = readable.get(x, head);
                        for (to, from) in target.chunks_exact_mut(out.shape.cols).zip(data.chunks_exact(cols)) {
                            to[before..before + cols].copy_from_slice(from);
                        }
                    }
                    Axis::Rows => {
                        let data = readable.get(x, head);
                        target[before * cols..before * cols + data.len()].copy_from_slice(data);
                    }
                    Axis::Heads => {
                        let one = rows * cols;
                        for h in 0..x.shape.heads {
                            target[(before + h) * one..(before + h + 1) * one].copy_from_slice(readable.get(x, h));
                        }
                    }
                }
            }
            Op::Concat(axis) => {
                let mut at = 0;
                for part in inputs {
                    match axis {
                        Axis::Cols => {
                            let (data, width) = (readable.get(part, head), part.shape.cols);
                            for (to, from) in target.chunks_exact_mut(out.shape.cols).zip(data.chunks_exact(width)) {
                                to[at..at + width].copy_from_slice(from);
                            }
                            at += width;
                        }
                        Axis::Rows => {
                            let data = readable.get(part, head);
                            target[at..at + data.len()].copy_from_slice(data);
                            at += data.len();
                        }
                        Axis::Heads => {
                            for h in 0..part.shape.heads {
                                let data = readable.get(part, h);
                                target[at..at + data.len()].copy_from_slice(data);
                                at += data.len();
                            }
                        }
                    }
                }
            }
            Op::Transpose => {
                let data = readable.get(x, head);
                for i in 0..rows {
                    for j in 0..cols {
                        target[j * rows + i] = data[i * cols + j];
                    }
                }
            }
            Op::Reshape => {
                let one = rows * cols;
                for h in 0..x.shape.heads {
                    target[h * one..(h + 1) * one].copy_from_slice(readable.get(x, h));
                }
            }
            Op::HeadsToCols => {
                for h in 0..x.shape.heads {
                    let data = readable.get(x, h);
                    for (to, from) in target.chunks_exact_mut(out.shape.cols).zip(data.chunks_exact(cols)) {
                        to[h * cols..(h + 1) * cols].copy_from_slice(from);
                    }
                }
            }
            Op::ColsToHeads => {
                let (data, width) = (readable.get(x, 0), out.shape.cols);
                for (h, block) in target.chunks_exact_mut(out_rows * width).enumerate() {
                    for (to, from) in block.chunks_exact_mut(width).zip(data.chunks_exact(cols)) {
                        to.copy_from_slice(&from[h * width..(h + 1) * width]);
                    }
                }
            }
            Op::Gather => {
                let (table, index) = (readable.get(x, 0), readable.get(&inputs[1], 0));
                for (to, &at) in target.chunks_exact_mut(cols).zip(index) {
                    let row = row_index(at, rows)?;
                    to.copy_from_slice(&table[row * cols..(row + 1) * cols]);
                }
            }
            Op::ScatterAdd => {
                target.fill(T::zero());
                let (data, index) = (readable.get(x, 0), readable.get(&inputs[1], 0));
                for (from, &at) in data.chunks_exact(cols).zip(index) {
                    let row = row_index(at, out_rows)?;
                    reduce::axpy(T::one(), from, &mut target[row * cols..(row + 1) * cols]);
                }
            }
            Op::Lower | Op::LowerHalf => {
                let data = readable.get(x, head);
                let half = T::of(if op == Op::Lower { 1.0 } else { 0.5 });
                for i in 0..rows {
                    for j in 0..cols {
                        let entry = data[i * cols + j];
                        target[i * cols + j] = match j.cmp(&i) {
                            std::cmp::Ordering::Less => entry,
                            std::cmp::Ordering::Equal => half * entry,
                            std::cmp::Ordering::Greater => T::zero(),
                        };
                    }
                }
            }
            Op::Diagonal => {
                let data = readable.get(x, head);
                target.iter_mut().enumerate().for_each(|(i, to)| *to = data[i * cols + i]);
            }
            Op::DiagonalEmbed => {
                let data = readable.get(x, head);
                target.fill(T::zero());
                data.iter().enumerate().for_each(|(i, &from)| target[i * rows + i] = from);
            }
            Op::RowOuter => {
                let (a, b) = (readable.get(x, head), readable.get(&inputs[1], head));
                let width = inputs[1].shape.cols;
                for ((to, a), b) in
                    target.chunks_exact_mut(out.shape.cols).zip(a.chunks_exact(cols)).zip(b.chunks_exact(width))
                {
                    for (block, &entry) in to.chunks_exact_mut(width).zip(a) {
                        block.iter_mut().zip(b).for_each(|(o, &v)| *o = entry * v);
                    }
                }
            }
            Op::RowMax => {
                for (to, row) in target.iter_mut().zip(readable.get(x, head).chunks_exact(cols)) {
                    *to = row.iter().copied().fold(row[0], |m, v| if v > m || v.is_nan() { v } else { m });
                }
            }
            Op::Cholesky => {
                let data = readable.get(x, head);
                cholesky(data, rows, target)?;
            }
            Op::SolveTriangular { transposed } => {
                target.copy_from_slice(readable.get(&inputs[1], head));
                solve_lower(readable.get(x, head), rows, transposed, target, out.shape.cols)?;
            }
            _ => unreachable!("{} is no single instruction", op.name()),
        }
        Ok(())
    }

    fn pointwise(&mut self, pointwise: &Pointwise, head: usize) {
        let domain = pointwise.domain;
        let (rows, cols) = (rows_of(domain, self.window), domain.cols);
        let chunk_rows = (CHUNK / cols.max(1)).clamp(1, rows.max(1));
        let len = chunk_rows * cols;
        let needed = pointwise.registers * len;
        if self.scratch.registers.len() < needed {
            self.scratch.registers.resize(needed, T::zero());
        }
        let around = self.around;
        let window = self.window;
        let registers = &mut self.scratch.registers[..needed];
        for (value, register) in &pointwise.tiles {
            let readable = Readable::whole(around, window, self.arena);
            let row = readable.get(value, head);
            for to in registers[*register as usize * len..][..len].chunks_exact_mut(cols) {
                to.copy_from_slice(row);
            }
        }
        let (start, total) = match domain.rows {
            Extent::Fixed(rows) => (0, rows),
            Extent::Rows(_) => (window.first, window.total),
        };
        let mut first = 0;
        while first < rows {
            let count = chunk_rows.min(rows - first);
            let chunk = Chunk { head, first, rows: count, cols, len, start, total };
            for code in &pointwise.code {
                if let Code::Store { register, to } = code {
                    let one = rows * cols;
                    let skip = if to.shape.heads == 1 { 0 } else { head * one } + first * cols;
                    let start = match to.place {
                        Place::Row { offset } => offset * window.rows + skip,
                        Place::Global { offset } => offset + skip,
                        _ => unreachable!("pointwise results are stored in arenas"),
                    };
                    self.arena[start..start + count * cols]
                        .copy_from_slice(&registers[*register as usize * len..][..count * cols]);
                } else {
                    let readable = Readable::whole(around, window, self.arena);
                    chunk.evaluate(code, &readable, registers);
                }
            }
            first += count;
        }
    }
}

/// Some rows of one head in a fused pass.
#[derive(Clone, Copy)]
struct Chunk {
    head: usize,
    first: usize,
    rows: usize,
    cols: usize,
    /// Distance between registers.
    len: usize,
    /// Where the rows of the shard start in the whole batch, and how many that has.
    start: usize,
    total: usize,
}

/// The registers around the one that is written.
struct Registers<'a, T> {
    before: &'a [T],
    after: &'a [T],
    /// Where `after` starts among all registers.
    resume: usize,
}

impl Chunk {
    fn split<'a, T>(&self, registers: &'a mut [T], out: u16) -> (Registers<'a, T>, &'a mut [T]) {
        let start = out as usize * self.len;
        let (before, rest) = registers.split_at_mut(start);
        let (target, after) = rest.split_at_mut(self.len);
        (Registers { before, after, resume: start + self.len }, &mut target[..self.rows * self.cols])
    }

    fn operand<'a, T: Scalar>(
        &self,
        argument: &Argument,
        readable: &Readable<'a, T>,
        registers: &Registers<'a, T>,
    ) -> Operand<'a, T> {
        let count = self.rows * self.cols;
        match argument {
            Argument::Constant(value) => Operand::Scalar(T::of(*value)),
            Argument::Scalar(value) => Operand::Scalar(readable.get(value, self.head)[0]),
            Argument::Memory(value) => {
                Operand::Slice(&readable.get(value, self.head)[self.first * self.cols..][..count])
            }
            Argument::Register(register) => {
                let start = *register as usize * self.len;
                Operand::Slice(if start < registers.before.len() {
                    &registers.before[start..start + count]
                } else {
                    &registers.after[start - registers.resume..][..count]
                })
            }
        }
    }

    fn evaluate<T: Scalar>(&self, code: &Code, readable: &Readable<'_, T>, registers: &mut [T]) {
        match code {
            Code::Unary { f, x, out } => {
                let (rest, target) = self.split(registers, *out);
                match self.operand(x, readable, &rest) {
                    Operand::Slice(x) => vmath::unary(*f, x, target),
                    Operand::Scalar(x) => {
                        let mut one = [T::zero()];
                        vmath::unary(*f, &[x], &mut one);
                        target.fill(one[0]);
                    }
                }
            }
            Code::Pair { f, x, first, second } => {
                // Two registers are written: the second is cut out of whichever side it lies on.
                let count = self.rows * self.cols;
                let (low, high) = (*first.min(second), *first.max(second));
                let (front, back) = registers.split_at_mut(high as usize * self.len);
                let (high_target, after) = back.split_at_mut(self.len);
                let (before, rest) = front.split_at_mut(low as usize * self.len);
                let (low_target, between) = rest.split_at_mut(self.len);
                let slice: &[T] = match x {
                    Argument::Register(register) => {
                        let start = *register as usize * self.len;
                        let source: &[T] = if *register < low {
                            &before[start..]
                        } else if *register < high {
                            &between[start - (low as usize + 1) * self.len..]
                        } else {
                            &after[start - (high as usize + 1) * self.len..]
                        };
                        &source[..count]
                    }
                    Argument::Memory(value) => &readable.get(value, self.head)[self.first * self.cols..][..count],
                    Argument::Scalar(_) | Argument::Constant(_) => {
                        let number = match x {
                            Argument::Scalar(value) => readable.get(value, self.head)[0],
                            Argument::Constant(value) => T::of(*value),
                            _ => T::zero(),
                        };
                        let (mut a, mut b) = ([T::zero()], [T::zero()]);
                        vmath::pair(*f, &[number], &mut a, &mut b);
                        let (a, b) = if first < second { (a[0], b[0]) } else { (b[0], a[0]) };
                        low_target[..count].fill(a);
                        high_target[..count].fill(b);
                        return;
                    }
                };
                let (low_target, high_target) = (&mut low_target[..count], &mut high_target[..count]);
                if first < second {
                    vmath::pair(*f, slice, low_target, high_target);
                } else {
                    vmath::pair(*f, slice, high_target, low_target);
                }
            }
            Code::Binary { f, a, b, out } => {
                let (rest, target) = self.split(registers, *out);
                vmath::binary(*f, self.operand(a, readable, &rest), self.operand(b, readable, &rest), target);
            }
            Code::MultiplyAdd { a, b, c, out } => {
                let (rest, target) = self.split(registers, *out);
                let (a, b) = (self.operand(a, readable, &rest), self.operand(b, readable, &rest));
                match self.operand(c, readable, &rest) {
                    Operand::Slice(c) => vmath::multiply_add(a, b, c, target),
                    Operand::Scalar(_) => unreachable!("the addend was made a slice"),
                }
            }
            Code::Select { condition, a, b, out } => {
                let (rest, target) = self.split(registers, *out);
                let (a, b) = (self.operand(a, readable, &rest), self.operand(b, readable, &rest));
                match self.operand(condition, readable, &rest) {
                    Operand::Slice(condition) => vmath::select(condition, a, b, target),
                    Operand::Scalar(_) => unreachable!("the condition was made a slice"),
                }
            }
            Code::Copy { x, out } => {
                let (rest, target) = self.split(registers, *out);
                match self.operand(x, readable, &rest) {
                    Operand::Slice(x) => target.copy_from_slice(x),
                    Operand::Scalar(x) => target.fill(x),
                }
            }
            Code::Column { x, out } => {
                let (_, target) = self.split(registers, *out);
                let column = &readable.get(x, self.head)[self.first..self.first + self.rows];
                for (row, &entry) in target.chunks_exact_mut(self.cols).zip(column) {
                    row.fill(entry);
                }
            }
            Code::Dropout { key, keep, out } => {
                let (_, target) = self.split(registers, *out);
                let Some(step) = readable.around.dropout else { return target.fill(T::one()) };
                let seed = crate::rng::mix(step ^ crate::rng::mix(*key));
                // A counter for each entry: the head, the row in the whole batch, the column.
                let row = self.head * self.total + self.start + self.first;
                let scale = T::of(1.0 / keep);
                for (i, to) in target.iter_mut().enumerate() {
                    let hash = crate::rng::mix(seed.wrapping_add((row * self.cols + i) as u64));
                    let uniform = (hash >> 11) as f64 * (1.0 / (1u64 << 53) as f64);
                    *to = if uniform < *keep { scale } else { T::zero() };
                }
            }
            Code::Store { .. } => {}
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn multiply<T: Scalar>(
    ta: bool,
    tb: bool,
    left: &Value,
    right: &Value,
    beta: T,
    readable: &Readable<'_, T>,
    target: &mut [T],
    (rows, cols): (usize, usize),
    scratch: &mut Scratch<T>,
    head: usize,
) {
    let view = |value: &Value, transposed: bool| {
        let rows = rows_of(value.shape, readable.window);
        let view = MatRef::row_major(readable.get(value, head), rows, value.shape.cols);
        if transposed { view.transposed() } else { view }
    };
    let mut out = MatMut::row_major(target, rows, cols);
    gemm(T::one(), view(left, ta), view(right, tb), beta, &mut out, &mut scratch.packing);
}

/// Adds sums of `data` `[rows, cols]` to `target`.
fn sum_into<T: Scalar>(data: &[T], cols: usize, rows: usize, over_cols: bool, over_rows: bool, target: &mut [T]) {
    match (over_cols || cols == 1, over_rows || rows == 1) {
        (true, true) => target[0] += reduce::sum(data),
        (true, false) => {
            for (to, row) in target.iter_mut().zip(data.chunks_exact(cols)) {
                *to += reduce::sum(row);
            }
        }
        (false, true) => reduce::add_column_sums(data, cols, target),
        (false, false) => reduce::axpy(T::one(), data, target),
    }
}

fn row_index<T: Scalar>(at: T, rows: usize) -> Result<usize, Error> {
    let value = at.to_f64();
    if value >= 0.0 && value < rows as f64 && value.fract() == 0.0 {
        Ok(value as usize)
    } else {
        Err(Error::invalid("gather", format!("index {value} is not a row of a table of {rows}")))
    }
}

/// The lower Cholesky factor of the small matrices that losses hold, row by row.
fn cholesky<T: Scalar>(a: &[T], n: usize, l: &mut [T]) -> Result<(), Error> {
    l.fill(T::zero());
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (&l[i * n..i * n + j], &l[j * n..j * n + j]);
            let rest = a[i * n + j] - reduce::dot(row_i, row_j);
            if i == j {
                if rest.is_nan() || rest <= T::zero() || !rest.is_finite() {
                    return Err(Error::NotPositiveDefinite { operation: "cholesky", pivot: i });
                }
                l[i * n + i] = rest.sqrt();
            } else {
                l[i * n + j] = rest / l[j * n + j];
            }
        }
    }
    Ok(())
}

/// Solves `L X = B` or `Lᵀ X = B` in place; `x` is `[n, cols]`.
fn solve_lower<T: Scalar>(l: &[T], n: usize, transposed: bool, x: &mut [T], cols: usize) -> Result<(), Error> {
    for step in 0..n {
        let i = if transposed { n - 1 - step } else { step };
        let pivot = l[i * n + i];
        if pivot == T::zero() {
            return Err(Error::Singular { operation: "solve_lower", pivot: i });
        }
        let (before, rest) = x.split_at_mut(i * cols);
        let (row, after) = rest.split_at_mut(cols);
        if transposed {
            for (k, other) in (i + 1..n).zip(after.chunks_exact(cols)) {
                reduce::axpy(-l[k * n + i], other, row);
            }
        } else {
            for (k, other) in before.chunks_exact(cols).enumerate() {
                reduce::axpy(-l[i * n + k], other, row);
            }
        }
        row.iter_mut().for_each(|v| *v /= pivot);
    }
    Ok(())
}
