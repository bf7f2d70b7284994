//! Executes the instructions of a plan on one shard, or on the values shared by the batch.

use std::ops::Range;

use super::aligned::Aligned;
use crate::Scalar;
use crate::autodiff::plan::{Instruction, Place, Segment, Value};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, PackedRight, Packing, gemm};

/// Where a replay is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a, T> {
    pub parameters: &'a [T],
    /// Of a Jacobian- or Hessian-vector product; empty where there is none.
    pub direction: &'a [T],
}

/// What instructions read besides the arena they write to.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a, T> {
    pub at: Point<'a, T>,
    pub inputs: &'a [Vec<T>],
    /// Shared values; empty while they are themselves the arena that is written.
    pub global: &'a [T],
    /// Key of the dropout masks of this step; `None` while evaluating.
    pub dropout: Option<u64>,
}

/// The rows that are worked on: `first..first + rows` of `total`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    pub rows: usize,
    pub first: usize,
    pub total: usize,
    /// The rows, rounded up so that columns of the arena start on cache lines.
    pub stride: usize,
}

/// Working space of a shard; grows once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch<T> {
    pub registers: Aligned<T>,
    packing: Packing<T>,
}

/// One shard, or the shared values, at work.
pub(crate) struct Engine<'a, T> {
    pub around: &'a Surroundings<'a, T>,
    pub window: Window,
    pub arena: &'a mut [T],
    pub partials: &'a mut [T],
    pub scratch: &'a mut Scratch<T>,
}

/// Everything that can be read while one range of the arena (or of the partials) is written.
pub(crate) struct Readable<'a, T> {
    pub around: &'a Surroundings<'a, T>,
    pub window: Window,
    before: &'a [T],
    after: &'a [T],
    after_start: usize,
}

impl<'a, T: Scalar> Readable<'a, T> {
    /// Everything readable, nothing written.
    #[inline(always)]
    pub fn whole(around: &'a Surroundings<'a, T>, window: Window, arena: &'a [T]) -> Self {
        Readable { around, window, before: arena, after: &[], after_start: usize::MAX }
    }

    /// Everything but one range of the arena, which is written.
    #[inline(always)]
    pub fn beside(
        around: &'a Surroundings<'a, T>,
        window: Window,
        arena: &'a mut [T],
        range: Range<usize>,
    ) -> (Self, &'a mut [T]) {
        let (before, rest) = arena.split_at_mut(range.start);
        let (target, after) = rest.split_at_mut(range.len());
        (Readable { around, window, before, after, after_start: range.end }, target)
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
                let start = offset * self.window.stride + head * len;
                self.arena(start..start + len)
            }
            Place::Global { offset } if self.around.global.is_empty() => {
                let start = offset + head * len;
                self.arena(start..start + len)
            }
            Place::Global { offset } => &self.around.global[offset + head * len..][..len],
            Place::Parameter { offset } => &self.around.at.parameters[offset + head * len..][..len],
            Place::Direction { offset } => &self.around.at.direction[offset + head * len..][..len],
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

    /// One head as a matrix, or its transpose.
    fn matrix(&self, value: &Value, transposed: bool, head: usize) -> MatRef<'a, T> {
        let view = MatRef::row_major(self.get(value, head), rows_of(value.shape, self.window), value.shape.cols);
        if transposed { view.transposed() } else { view }
    }
}

/// The number of rows of a value.
pub(crate) fn rows_of(shape: Shape, window: Window) -> usize {
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
            Instruction::Pointwise(pointwise) => self.pointwise(pointwise, head),
            Instruction::Shared { tb, right, products } => self.shared(*tb, right, products, head),
            Instruction::Single { op: Op::MatMul { ta, tb }, inputs, out } => {
                self.products(*ta, *tb, inputs, out, head);
            }
            Instruction::Single { op, inputs, out } => return self.single(*op, inputs, out, head),
        }
        Ok(())
    }

    /// Opens the place of `out` (one head, or all) for writing and the rest for reading.
    pub(crate) fn open(&mut self, out: &Value, head: Option<usize>) -> (Readable<'_, T>, &mut [T], &mut Scratch<T>) {
        let shape = out.shape;
        let one = rows_of(shape, self.window) * shape.cols;
        let (skip, len) = match head {
            Some(head) if shape.heads > 1 => (head * one, one),
            Some(_) => (0, one),
            None => (0, one * shape.heads),
        };
        let (around, window) = (self.around, self.window);
        let start = match out.place {
            Place::Row { offset } => offset * window.stride + skip,
            Place::Global { offset } => offset + skip,
            Place::Partial { offset, .. } => {
                let range = offset + skip..offset + skip + len;
                let readable = Readable::whole(around, window, self.arena);
                return (readable, &mut self.partials[range], self.scratch);
            }
            _ => unreachable!("results are stored in arenas"),
        };
        let (readable, target) = Readable::beside(around, window, self.arena, start..start + len);
        (readable, target, self.scratch)
    }

    /// Products that share their right factor, which is packed once for all of them.
    fn shared(&mut self, tb: bool, right: &Value, products: &[(Value, Value)], head: usize) {
        let window = self.window;
        // The packed factor stays while the arena is opened for one result after the other.
        let mut packing = std::mem::take(&mut self.scratch.packing);
        let factor = Readable::whole(self.around, window, self.arena).matrix(right, tb, head);
        let packed = PackedRight::new(factor, window.rows * products.len(), &mut packing);
        if let Some(packed) = &packed {
            for (left, out) in products {
                let (readable, target, _) = self.open(out, Some(head));
                let mut target = MatMut::row_major(target, rows_of(out.shape, window), out.shape.cols);
                packed.multiply(readable.matrix(left, false, head), &mut target);
            }
        }
        let separate = packed.is_none();
        self.scratch.packing = packing;
        if separate {
            for (left, out) in products {
                self.products(false, tb, &[*left, *right], out, head);
            }
        }
    }

    /// The sum of the products of pairs of factors.
    fn products(&mut self, ta: bool, tb: bool, factors: &[Value], out: &Value, head: usize) {
        let window = self.window;
        let (readable, target, scratch) = self.open(out, Some(head));
        let mut out = MatMut::row_major(target, rows_of(out.shape, window), out.shape.cols);
        let mut beta = T::zero();
        for pair in factors.chunks_exact(2) {
            let (left, right) = (readable.matrix(&pair[0], ta, head), readable.matrix(&pair[1], tb, head));
            gemm(T::one(), left, right, beta, &mut out, &mut scratch.packing);
            beta = T::one();
        }
    }
}
