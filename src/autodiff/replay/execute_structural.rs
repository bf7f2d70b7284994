//! Executes operations that move, sum or factor stored values as a whole.

use super::execute::{Engine, rows_of};
use super::small_cholesky::{cholesky, solve_lower};
use crate::Scalar;
use crate::autodiff::plan::Value;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::error::Error;
use crate::kernels::reduce;

impl<T: Scalar> Engine<'_, T> {
    pub(crate) fn single(&mut self, op: Op, inputs: &[Value], out: &Value, head: usize) -> Result<(), Error> {
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
                    if width == 1 {
                        // A call for each entry would take longer than the copying.
                        target.iter_mut().zip(data[start..].iter().step_by(cols)).for_each(|(to, &from)| *to = from);
                        return Ok(());
                    }
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
