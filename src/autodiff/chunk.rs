//! Executes fused passes chunk by chunk, so that their registers stay in cache.

use super::execute::{Engine, Readable, rows_of};
use super::fuse::{Argument, Code, Pointwise};
use super::plan::Place;
use super::shape::Extent;
use crate::Scalar;
use crate::kernels::vmath::{self, Operand};

/// Bytes of a register: few enough for all of them to stay in the second-level cache, enough to make
/// little of what each operation costs besides its entries.
const REGISTER_BYTES: usize = 8 << 10;

impl<T: Scalar> Engine<'_, T> {
    pub(super) fn pointwise(&mut self, pointwise: &Pointwise, head: usize) {
        let domain = pointwise.domain;
        let (rows, cols) = (rows_of(domain, self.window), domain.cols);
        let chunk_rows = (REGISTER_BYTES / size_of::<T>() / cols.max(1)).clamp(1, rows.max(1));
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
