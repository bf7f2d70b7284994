//! Sums, products and cuts of a [`Var`].

use std::ops::Range;

use super::graph::{Graph, Recorder};
use super::var::{Var, formulas};
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::NodeId;
use crate::error::Error;

formulas! {
    /// The sum of all entries: one number.
    pub sum(x) = x.sum_to(|_| Shape::SCALAR);
    /// The mean of all entries: one number.
    pub mean(x) = x.build(|r, shape| Ok(mean(r, x.id, shape, Shape::SCALAR)));
    /// The sum over the rows, column by column: `[1, width]`.
    pub sum_rows(x) = x.sum_to(|s| s.with_rows(Extent::Fixed(1)));
    /// The mean over the rows, column by column: `[1, width]`.
    pub mean_rows(x) = x.build(|r, shape| Ok(mean(r, x.id, shape, shape.with_rows(Extent::Fixed(1)))));
    /// The number of rows, as a number; that of a batch is known at replay.
    pub row_count(x) = x.build(|r, shape| Ok(row_count(r, shape)));
    /// The sum of each row: `[rows, 1]`.
    pub row_sum(x) = x.sum_to(|s| s.with_cols(1));
    /// The sum over the heads: `[rows, width]`.
    pub sum_heads(x) = x.sum_to(|s| s.with_heads(1));
    /// The largest entry of each row: `[rows, 1]`. No second derivative.
    pub row_max(x) = x.build(|r, shape| Ok(r.tensors.push(Op::RowMax, &[x.id], shape.with_cols(1))));
    /// The Euclidean length of each row: `[rows, 1]`; its derivative at 0 is 0, and so it is where all squares underflow
    /// (entries below 1e-162, in `f32` 1e-23) or one overflows (above 1e154 and 1e19, of length ∞).
    pub row_norm(x) = x.square().row_sum().sqrt();
    /// The Frobenius norm: one number; its derivative as that of [`row_norm`](Self::row_norm).
    pub norm(x) = x.square().sum().sqrt();
    /// ln Σ eˣ of each row: `[rows, 1]`, without overflow; −∞ for a row of −∞.
    pub log_sum_exp(x) = {
        let top = x.row_max();
        // An infinite entry is no reference: 0 · ∞ = NaN, which is not 0.
        let top = (0.0 * top).select(top.number(0.0), top).stop_gradient();
        top + (x - top).exp().row_sum().ln()
    };
    /// x − ln Σ eˣ, row by row.
    pub log_softmax(x) = x - x.log_sum_exp();
    /// eˣ/Σ eˣ, row by row.
    pub softmax(x) = x.log_softmax().exp();
    /// The product `[rows, k] · [k, n]`; heads broadcast.
    pub matmul(a, b: Var<'g>) = a.product(b, false, false);
    /// `aᵀ b`: with a batch on both sides the sum over its rows, such as a Gram matrix.
    pub transpose_matmul(a, b: Var<'g>) = a.product(b, true, false);
    /// `a bᵀ` for a fixed matrix b.
    pub matmul_transpose(a, b: Var<'g>) = a.product(b, false, true);
    /// `x · weight + bias`.
    pub affine(x, weight: Var<'g>, bias: Var<'g>) = x.matmul(weight) + bias;
    /// Some of the columns.
    pub columns(x, range: Range<usize>) = x.cut("columns", Axis::Cols, range);
    /// Some of the rows of a fixed matrix.
    pub rows(x, range: Range<usize>) = x.cut("rows", Axis::Rows, range);
    /// One member of an ensemble.
    pub head(x, index: usize) = x.cut("head", Axis::Heads, index..index.saturating_add(1));
    /// `[heads, rows, c]` to `[rows, heads · c]`.
    pub heads_to_columns(x) = x.build(|r, _| Ok(r.tensors.heads_to_cols(x.id)));
    /// The sum of the diagonal.
    pub trace(a) = a.diagonal().sum();
}

impl<'g> Var<'g> {
    #[track_caller]
    fn sum_to(self, shape: impl FnOnce(Shape) -> Shape) -> Self {
        self.build(|r, have| Ok(r.tensors.sum_to(self.id, shape(have))))
    }

    #[track_caller]
    fn product(self, other: Var<'g>, ta: bool, tb: bool) -> Self {
        self.build_with(&[other], |r, a| {
            let b = r.tensors.shape(other.id);
            let inner_a = if ta { a.rows } else { Extent::Fixed(a.cols) };
            let inner_b = if tb { Extent::Fixed(b.cols) } else { b.rows };
            let heads = a.heads == b.heads || a.heads == 1 || b.heads == 1;
            // Columns of the result have to be fixed.
            let fixed = !tb || b.symbol().is_none();
            if inner_a != inner_b || !heads || !fixed {
                return Err(r.misfit("matmul", a, b));
            }
            Ok(r.tensors.matmul(self.id, other.id, ta, tb))
        })
    }

    /// Columns side by side; rows broadcast. No part at all does not compile; a list that may be empty goes to
    /// [`Graph::concat`].
    #[track_caller]
    pub fn concat<const N: usize>(parts: &[Var<'g>; N]) -> Self {
        const { assert!(N > 0, "concat: no parts") };
        parts[0].graph.concat(parts)
    }

    /// What lies along an axis from one number to another.
    #[track_caller]
    fn cut(self, operation: &'static str, axis: Axis, range: Range<usize>) -> Self {
        self.build(|r, shape| {
            let fixed = axis != Axis::Rows || shape.symbol().is_none();
            if !fixed || range.is_empty() || range.end > shape.fixed_extent(axis) {
                return Err(r.misfit(operation, shape, Shape::fixed(range.start, range.end)));
            }
            Ok(r.tensors.slice(self.id, axis, range.start, range.len()))
        })
    }

    /// `[rows, heads · c]` to `[heads, rows, c]`.
    #[track_caller]
    pub fn columns_to_heads(self, heads: usize) -> Self {
        self.build(|r, shape| {
            if heads == 0 || shape.heads != 1 || !shape.cols.is_multiple_of(heads) {
                return Err(r.misfit("columns_to_heads", shape, Shape::fixed(1, heads)));
            }
            Ok(r.tensors.cols_to_heads(self.id, heads))
        })
    }

    #[track_caller]
    pub(super) fn fixed(
        self,
        operation: &'static str,
        add: impl FnOnce(&mut Recorder, Shape, usize) -> Option<NodeId>,
    ) -> Self {
        self.build(|r, shape| {
            let built = shape.fixed_rows().and_then(|rows| add(r, shape, rows));
            built.ok_or_else(|| r.misfit(operation, shape, Shape::SCALAR))
        })
    }

    /// Rows and columns of a fixed matrix exchanged.
    #[track_caller]
    pub fn transpose(self) -> Self {
        self.fixed("transpose", |r, shape, rows| {
            Some(r.tensors.push(Op::Transpose, &[self.id], Shape::fixed(shape.cols, rows).with_heads(shape.heads)))
        })
    }

    /// The entries of a fixed matrix in the same order, as `[rows, cols]`.
    #[track_caller]
    pub fn reshape(self, [rows, cols]: [usize; 2]) -> Self {
        self.fixed("reshape", |r, shape, have| {
            (Some(have * shape.cols) == rows.checked_mul(cols))
                .then(|| r.tensors.push(Op::Reshape, &[self.id], Shape::fixed(rows, cols).with_heads(shape.heads)))
        })
    }

    /// A value repeated to the shape of another.
    #[track_caller]
    pub fn broadcast_as(self, other: Var<'g>) -> Self {
        self.build_with(&[other], |r, shape| {
            let to = r.tensors.shape(other.id);
            if shape.broadcast(to) != Some(to) {
                return Err(r.misfit("broadcast", shape, to));
            }
            Ok(r.tensors.broadcast_to(self.id, to))
        })
    }

    /// Rows of a fixed table `[n, c]` by an index column `[rows, 1]` (whole numbers in 0..n).
    #[track_caller]
    pub fn gather(self, index: Var<'g>) -> Self {
        self.build_with(&[index], |r, shape| {
            let by = r.tensors.shape(index.id);
            if shape.symbol().is_some() || shape.heads != 1 || by.heads != 1 || by.cols != 1 {
                return Err(r.misfit("gather", shape, by));
            }
            Ok(r.tensors.push(Op::Gather, &[self.id, index.id], by.with_cols(shape.cols)))
        })
    }

    /// Adds each row to the row of a table `[n, c]` that the index column names; the transpose of
    /// [`gather`](Self::gather).
    #[track_caller]
    pub fn scatter_add(self, index: Var<'g>, n: usize) -> Self {
        self.build_with(&[index], |r, shape| {
            let by = r.tensors.shape(index.id);
            if shape.rows != by.rows || shape.heads != 1 || by.heads != 1 || by.cols != 1 || n == 0 {
                return Err(r.misfit("scatter_add", shape, by));
            }
            Ok(r.tensors.push(Op::ScatterAdd, &[self.id, index.id], Shape::fixed(n, shape.cols)))
        })
    }

    /// The diagonal of a square matrix, `[n, 1]`.
    #[track_caller]
    pub fn diagonal(self) -> Self {
        self.fixed("diagonal", |r, shape, rows| {
            (rows == shape.cols)
                .then(|| r.tensors.push(Op::Diagonal, &[self.id], Shape::fixed(rows, 1).with_heads(shape.heads)))
        })
    }
}

impl Graph {
    /// Columns side by side, of a list of any length; rows broadcast. An empty one is a mistake that the recording
    /// reports.
    #[track_caller]
    pub fn concat<'g>(&'g self, parts: &[Var<'g>]) -> Var<'g> {
        self.build(parts, |r| {
            if parts.is_empty() {
                return Err(r.invalid("concat", "name at least one part"));
            }
            let mut outer = Shape::SCALAR;
            let mut sized = Vec::with_capacity(parts.len());
            for part in parts {
                let shape = r.tensors.shape(part.id);
                outer = outer.broadcast(shape.with_cols(1)).ok_or_else(|| r.misfit("concat", outer, shape))?;
                sized.push((part.id, shape.cols));
            }
            Ok(r.tensors.concat_cols(&sized))
        })
    }

    /// The matrix `[rows, cols]` of these numbers, row after row: data that stays as it is. For data that changes
    /// between replays take [`fixed_input`](Self::fixed_input).
    ///
    /// Numbers that do not fill the matrix or are not finite, and an empty matrix, are mistakes that the recording
    /// reports.
    #[track_caller]
    pub fn matrix(&self, [rows, cols]: [usize; 2], entries: &[f64]) -> Var<'_> {
        self.build(&[], |r| {
            if rows.checked_mul(cols) != Some(entries.len()) || entries.is_empty() {
                return Err(r.unfit("matrix", &[entries.len()], &[rows, cols]));
            }
            Error::check_finite(&r.here("matrix"), entries)?;
            Ok(r.tensors.matrix(entries.into(), Shape::fixed(rows, cols)))
        })
    }
}

fn row_count(r: &mut Recorder, shape: Shape) -> NodeId {
    match shape.rows {
        Extent::Fixed(rows) => r.tensors.constant(rows as f64),
        Extent::Rows(symbol) => r.tensors.push(Op::RowCount(symbol), &[], Shape::SCALAR),
    }
}

/// The mean of `x` down to shape `to`; the rows are counted at replay.
fn mean(r: &mut Recorder, x: NodeId, shape: Shape, to: Shape) -> NodeId {
    let sum = r.tensors.sum_to(x, to);
    let rows = row_count(r, shape);
    let count = r.tensors.scale((shape.row_len() / to.row_len()) as f64, rows);
    match r.tensors.constant_value(count) {
        Some(count) => r.tensors.scale(1.0 / count, sum),
        None => r.tensors.div(sum, count),
    }
}
