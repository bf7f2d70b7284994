//! Executes operations that move, sum or factor stored values as a whole.

use super::execute::{Engine, Readable, rows_of};
use super::small_cholesky::{cholesky, solve_lower};
use crate::Scalar;
use crate::autodiff::plan::Value;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::error::Error;
use crate::kernels::reduce;
use crate::kernels::transpose::transpose;

impl<T: Scalar> Engine<'_, T> {
    pub(crate) fn single(&mut self, op: Op, inputs: &[Value], out: &Value, head: usize) -> Result<(), Error> {
        let window = self.window;
        let whole = op.crosses_heads() || op == Op::Sum && inputs[0].shape.heads > out.shape.heads;
        let (readable, target, _) = self.open(out, (!whole).then_some(head));
        let x = &inputs[0];
        let cols = x.shape.cols;
        let rows = rows_of(x.shape, window);
        let out_rows = rows_of(out.shape, window);
        let part = Part { readable: &readable, head, width: out.shape.cols };
        match op {
            Op::Sum => {
                target.fill(T::zero());
                let heads = if whole { 0..x.shape.heads } else { head..head + 1 };
                for source in heads {
                    let data = readable.get(x, source);
                    sum_into(data, cols, rows, out.shape.cols == 1, out_rows == 1, target);
                }
            }
            Op::Slice { axis, start } => part.copy(x, start, 0, axis, out.shape.fixed_extent(axis), target),
            Op::Pad { axis, before } => {
                target.fill(T::zero());
                part.copy(x, 0, before, axis, x.shape.fixed_extent(axis), target);
            }
            Op::Concat(axis) => {
                let mut at = 0;
                for input in inputs {
                    let count = input.shape.fixed_extent(axis);
                    part.copy(input, 0, at, axis, count, target);
                    at += count;
                }
            }
            Op::Transpose => {
                transpose((readable.get(x, head), cols), [rows, cols], (target, rows));
            }
            Op::Reshape => part.copy(x, 0, 0, Axis::Heads, x.shape.heads, target),
            Op::HeadsToCols => {
                for h in 0..x.shape.heads {
                    copy_lines(readable.get(x, h), [cols, 0], target, [out.shape.cols, h * cols], cols);
                }
            }
            Op::ColsToHeads => {
                let width = out.shape.cols;
                for (h, block) in target.chunks_exact_mut(out_rows * width).enumerate() {
                    copy_lines(readable.get(x, 0), [cols, h * width], block, [width, 0], width);
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
                target.fill(T::zero());
                for i in 0..rows {
                    let lower = i * cols..i * cols + cols.min(i + 1);
                    target[lower.clone()].copy_from_slice(&data[lower]);
                    if i < cols {
                        target[i * cols + i] *= half;
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
            Op::Cholesky => cholesky(readable.get(x, head), rows, target)?,
            Op::SolveTriangular { transposed } => {
                target.copy_from_slice(readable.get(&inputs[1], head));
                solve_lower(readable.get(x, head), rows, transposed, target, out.shape.cols)?;
            }
            _ => unreachable!("{} is no single instruction", op.name()),
        }
        Ok(())
    }
}

/// Copies parts of stored values to a result of so many columns.
struct Part<'a, T> {
    readable: &'a Readable<'a, T>,
    head: usize,
    width: usize,
}

impl<T: Scalar> Part<'_, T> {
    /// Copies `count` heads, rows or columns of `x` from number `from` on to those of `target` from number `to` on.
    fn copy(&self, x: &Value, from: usize, to: usize, axis: Axis, count: usize, target: &mut [T]) {
        let cols = x.shape.cols;
        let data = |head| self.readable.get(x, head);
        match axis {
            Axis::Cols => copy_lines(data(self.head), [cols, from], target, [self.width, to], count),
            Axis::Rows => {
                target[to * cols..][..count * cols].copy_from_slice(&data(self.head)[from * cols..][..count * cols]);
            }
            Axis::Heads => {
                for head in 0..count {
                    let data = data(from + head);
                    target[(to + head) * data.len()..][..data.len()].copy_from_slice(data);
                }
            }
        }
    }
}

/// Copies `count` entries of each line of `from`, from the second number on, to the lines of `to`. The first number is
/// the length of the lines.
fn copy_lines<T: Copy>(from: &[T], [len, start]: [usize; 2], to: &mut [T], [width, at]: [usize; 2], count: usize) {
    if count == 1 {
        // A call for each entry would take longer than the copying.
        let from = from[start..].iter().step_by(len);
        to[at..].iter_mut().step_by(width).zip(from).for_each(|(to, &from)| *to = from);
        return;
    }
    for (to, from) in to.chunks_exact_mut(width).zip(from.chunks_exact(len)) {
        to[at..at + count].copy_from_slice(&from[start..start + count]);
    }
}

/// Rows of so many entries are added up in place: calls would take longer.
const NARROW: usize = 16;

/// Adds sums of `data` `[rows, cols]` to `target`.
fn sum_into<T: Scalar>(data: &[T], cols: usize, rows: usize, over_cols: bool, over_rows: bool, target: &mut [T]) {
    match (over_cols || cols == 1, over_rows || rows == 1) {
        (true, true) => target[0] += reduce::sum(data),
        (true, false) if cols <= NARROW => {
            for (to, row) in target.iter_mut().zip(data.chunks_exact(cols)) {
                *to += row[1..].iter().fold(row[0], |sum, &x| sum + x);
            }
        }
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
