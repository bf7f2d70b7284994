//! Formulas: [`Var`] is a `Copy` handle to a recorded value, with the operators and functions that
//! formulas are written with. It carries no scalar type, so `1.0 - t` and `PI * x` just work.

use std::ops::{Add, Div, Mul, Neg, Range, Sub};
use std::panic::Location;

use super::graph::{Graph, POISON, Recorder};
use super::shape::{Extent, Shape};
use super::tensors::{Axis, NodeId, Op};
use crate::error::Error;
use crate::kernels::vmath::{Binary, Unary};

/// A recorded value `[rows, width]` (or `[heads, rows, width]` in an ensemble).
///
/// Operands of `+ − × ÷` and other entrywise functions broadcast: an extent of 1 repeats.
#[derive(Debug, Clone, Copy)]
pub struct Var<'g> {
    pub(super) graph: &'g Graph,
    pub(super) id: NodeId,
}

type Built = Result<NodeId, Error>;

fn misfit(r: &Recorder, operation: &'static str, a: Shape, b: Shape, location: &'static Location<'static>) -> Error {
    if let (Some(i), Some(j)) = (a.symbol(), b.symbol())
        && i != j
    {
        let (first, second) = (r.symbols[i as usize], r.symbols[j as usize]);
        return Error::invalid(
            format!("{operation} (at {location})"),
            format!("the operands have rows {first:?} and {second:?}; batches meet only after a sum or mean over rows"),
        );
    }
    Error::Shape { operation, left: a.numbers(), right: b.numbers(), location: Some(location) }
}

impl<'g> Var<'g> {
    #[track_caller]
    fn build(self, add: impl FnOnce(&mut Recorder, Shape, &'static Location<'static>) -> Built) -> Var<'g> {
        self.build_with(&[], add)
    }

    /// Adds what is made of `self` and `others`.
    #[track_caller]
    fn build_with(
        self,
        others: &[Var<'_>],
        add: impl FnOnce(&mut Recorder, Shape, &'static Location<'static>) -> Built,
    ) -> Var<'g> {
        let location = Location::caller();
        let id = self.id;
        self.graph.build(location, others, |r| {
            let shape = r.tensors.shape(id);
            add(r, shape, location)
        })
    }

    #[track_caller]
    fn unary(self, f: Unary) -> Var<'g> {
        self.build(|r, _, _| Ok(r.tensors.unary(f, self.id)))
    }

    #[track_caller]
    fn binary(self, f: Binary, other: Var<'g>) -> Var<'g> {
        self.build_with(&[other], |r, shape, location| {
            let right = r.tensors.shape(other.id);
            match shape.broadcast(right) {
                Some(_) => Ok(r.tensors.binary(f, self.id, other.id)),
                None => Err(misfit(r, Op::Binary(f).name(), shape, right, location)),
            }
        })
    }

    #[track_caller]
    fn number(self, value: f64) -> Var<'g> {
        self.graph.constant(value)
    }

    /// The width (number of columns); 0 after a mistake.
    pub fn width(self) -> usize {
        if self.id == POISON { 0 } else { self.graph.inner.borrow().tensors.shape(self.id).cols }
    }

    /// The number of heads; 0 after a mistake.
    pub fn heads(self) -> usize {
        if self.id == POISON { 0 } else { self.graph.inner.borrow().tensors.shape(self.id).heads }
    }

    // ---- entrywise functions ----

    /// eˣ
    #[track_caller]
    pub fn exp(self) -> Self {
        self.unary(Unary::Exp)
    }

    /// eˣ − 1, accurate near 0
    #[track_caller]
    pub fn expm1(self) -> Self {
        self.unary(Unary::Expm1)
    }

    /// Natural logarithm.
    #[track_caller]
    pub fn ln(self) -> Self {
        self.unary(Unary::Log)
    }

    /// ln(1 + x), accurate near 0
    #[track_caller]
    pub fn log1p(self) -> Self {
        self.unary(Unary::Log1p)
    }

    /// √x. Its derivative at 0 is taken to be 0 (the subgradient of least length), so that norms
    /// can be differentiated at the origin.
    #[track_caller]
    pub fn sqrt(self) -> Self {
        self.unary(Unary::Sqrt)
    }

    /// sin x
    #[track_caller]
    pub fn sin(self) -> Self {
        self.unary(Unary::Sin)
    }

    /// cos x
    #[track_caller]
    pub fn cos(self) -> Self {
        self.unary(Unary::Cos)
    }

    /// tanh x
    #[track_caller]
    pub fn tanh(self) -> Self {
        self.unary(Unary::Tanh)
    }

    /// 1/(1 + e⁻ˣ)
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        self.unary(Unary::Sigmoid)
    }

    /// ln(1 + eˣ)
    #[track_caller]
    pub fn softplus(self) -> Self {
        self.unary(Unary::Softplus)
    }

    /// max(x, 0). No second derivative.
    #[track_caller]
    pub fn relu(self) -> Self {
        self.max(self.number(0.0))
    }

    /// x where x ≥ 0, `slope` · x elsewhere (0 ≤ slope ≤ 1). No second derivative.
    #[track_caller]
    pub fn leaky_relu(self, slope: f64) -> Self {
        self.max(slope * self)
    }

    /// x where x ≥ 0, α(eˣ − 1) elsewhere (Clevert et al., 2016).
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Self {
        // The branch that is not taken is fed 0, so that nothing overflows behind the selection.
        let positive = self.greater_equal(self.number(0.0));
        let below = positive.select(self.number(0.0), self);
        positive.select(self, alpha * below.expm1())
    }

    /// x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016), exact by erf.
    #[track_caller]
    pub fn gelu(self) -> Self {
        0.5 * self * (1.0 + (std::f64::consts::FRAC_1_SQRT_2 * self).erf())
    }

    /// x · sigmoid(x) (Elfwing et al., 2018; Ramachandran et al., 2017).
    #[track_caller]
    pub fn swish(self) -> Self {
        self * self.sigmoid()
    }

    /// x²
    #[track_caller]
    pub fn square(self) -> Self {
        self.unary(Unary::Square)
    }

    /// |x|. No second derivative.
    #[track_caller]
    pub fn abs(self) -> Self {
        self.unary(Unary::Abs)
    }

    /// The error function.
    #[track_caller]
    pub fn erf(self) -> Self {
        self.unary(Unary::Erf)
    }

    /// 1/x
    #[track_caller]
    pub fn recip(self) -> Self {
        self.unary(Unary::Recip)
    }

    /// xⁿ by multiplication, so it holds for negative x and all n.
    #[track_caller]
    pub fn powi(self, n: i32) -> Self {
        let mut power = n.unsigned_abs();
        let (mut base, mut out) = (self, None);
        while power > 0 {
            if power & 1 == 1 {
                out = Some(match out {
                    Some(product) => product * base,
                    None => base,
                });
            }
            power >>= 1;
            if power > 0 {
                base = base.square();
            }
        }
        let out = out.unwrap_or_else(|| self * 0.0 + 1.0);
        if n < 0 { out.recip() } else { out }
    }

    /// xᵖ for a constant p; NaN for x < 0 unless p is whole.
    #[track_caller]
    pub fn powf(self, p: f64) -> Self {
        if p.fract() == 0.0 && p.abs() <= 16.0 {
            return self.powi(p as i32);
        }
        self.binary(Binary::Pow, self.number(p))
    }

    /// x^y = e^{y ln x} for x > 0.
    #[track_caller]
    pub fn pow(self, exponent: Var<'g>) -> Self {
        (exponent * self.ln()).exp()
    }

    /// The angle of the point (x, self): atan2(self, x).
    #[track_caller]
    pub fn atan2(self, x: Var<'g>) -> Self {
        self.binary(Binary::Atan2, x)
    }

    /// The larger of two. No second derivative.
    #[track_caller]
    pub fn max(self, other: Var<'g>) -> Self {
        self.binary(Binary::Max, other)
    }

    /// The smaller of two. No second derivative.
    #[track_caller]
    pub fn min(self, other: Var<'g>) -> Self {
        self.binary(Binary::Min, other)
    }

    /// 1 where self ≥ other, else 0: a condition for [`select`](Self::select).
    #[track_caller]
    pub fn greater_equal(self, other: Var<'g>) -> Self {
        self.binary(Binary::GreaterEqual, other)
    }

    /// Where self, a condition, is not 0: `a`, elsewhere `b`. The condition is not differentiated,
    /// and a branch that is not taken contributes nothing as long as it is finite.
    #[track_caller]
    pub fn select(self, a: Var<'g>, b: Var<'g>) -> Self {
        self.build_with(&[a, b], |r, shape, location| {
            let (sa, sb) = (r.tensors.shape(a.id), r.tensors.shape(b.id));
            let inner = sa.broadcast(sb).ok_or_else(|| misfit(r, "where", sa, sb, location))?;
            shape.broadcast(inner).ok_or_else(|| misfit(r, "where", shape, inner, location))?;
            Ok(r.tensors.select(self.id, a.id, b.id))
        })
    }

    /// The same value, taken as a constant by every derivative (as in JAX).
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        self.build(|r, shape, _| Ok(r.tensors.push(Op::Stop, &[self.id], shape)))
    }

    /// While training, zeroes each entry with probability `rate` and divides the rest by 1 − rate
    /// (Srivastava et al., 2014). The mask is a hash of (seed, step, row, entry): the same in the
    /// reverse pass, for all derivatives, and on any number of threads.
    #[track_caller]
    pub fn dropout(self, rate: f64) -> Self {
        self.build(|r, shape, location| {
            if !(0.0..1.0).contains(&rate) {
                return Err(Error::invalid(
                    format!("dropout (at {location})"),
                    format!("the rate has to lie in [0, 1), not {rate}"),
                ));
            }
            let key = r.masks;
            r.masks += 1;
            let mask = r.tensors.push(Op::Dropout { key, keep: (1.0 - rate).to_bits() }, &[], shape);
            Ok(r.tensors.mul(mask, self.id))
        })
    }

    // ---- input derivatives ----

    /// ∂self/∂x along a coordinate. May be applied twice; beyond that record an auxiliary output.
    #[track_caller]
    pub fn d(self, x: Var<'g>) -> Self {
        self.build_with(&[x], |r, shape, location| {
            let index = coordinate(r, x.id, location)?;
            differentiable(r, self.id, shape, 1, location)?;
            Ok(r.tensors.push(Op::Derivative(index), &[self.id], shape))
        })
    }

    /// Σ ∂²self/∂xᵢ² over the coordinates given, as one component.
    #[track_caller]
    pub fn laplacian(self, coordinates: impl AsRef<[Var<'g>]>) -> Self {
        let coordinates = coordinates.as_ref();
        self.build_with(coordinates, |r, shape, location| {
            differentiable(r, self.id, shape, 2, location)?;
            if coordinates.is_empty() {
                return Err(Error::invalid(format!("laplacian (at {location})"), "name at least one coordinate"));
            }
            let mut mask = 0u32;
            for x in coordinates {
                let bit = 1 << coordinate(r, x.id, location)?;
                if mask & bit != 0 {
                    return Err(Error::invalid(format!("laplacian (at {location})"), "a coordinate is named twice"));
                }
                mask |= bit;
            }
            Ok(r.tensors.push(Op::Laplacian(mask), &[self.id], shape))
        })
    }

    // ---- sums ----

    #[track_caller]
    fn sum_to(self, shape: impl FnOnce(Shape) -> Shape) -> Self {
        self.build(|r, have, _| Ok(r.tensors.sum_to(self.id, shape(have))))
    }

    /// The sum of all entries: one number.
    #[track_caller]
    pub fn sum(self) -> Self {
        self.sum_to(|_| Shape::SCALAR)
    }

    /// The mean of all entries: one number.
    #[track_caller]
    pub fn mean(self) -> Self {
        let sum = self.sum();
        self.build(|r, shape, _| Ok(divide_by_count(r, sum.id, shape, shape.row_len())))
    }

    /// The sum over the rows, column by column: `[1, width]`.
    #[track_caller]
    pub fn sum_rows(self) -> Self {
        self.sum_to(|s| s.with_rows(Extent::Fixed(1)))
    }

    /// The mean over the rows, column by column: `[1, width]`.
    #[track_caller]
    pub fn mean_rows(self) -> Self {
        let sum = self.sum_rows();
        self.build(|r, shape, _| Ok(divide_by_count(r, sum.id, shape, 1)))
    }

    /// The sum of each row: `[rows, 1]`.
    #[track_caller]
    pub fn row_sum(self) -> Self {
        self.sum_to(|s| s.with_cols(1))
    }

    /// The sum over the heads: `[rows, width]`.
    #[track_caller]
    pub fn sum_heads(self) -> Self {
        self.sum_to(|s| s.with_heads(1))
    }

    /// The largest entry of each row: `[rows, 1]`. No second derivative.
    #[track_caller]
    pub fn row_max(self) -> Self {
        self.build(|r, shape, _| Ok(r.tensors.push(Op::RowMax, &[self.id], shape.with_cols(1))))
    }

    /// The Euclidean length of each row: `[rows, 1]`; its derivative at 0 is 0.
    #[track_caller]
    pub fn row_norm(self) -> Self {
        self.square().row_sum().sqrt()
    }

    /// The Frobenius norm: one number; its derivative at 0 is 0.
    #[track_caller]
    pub fn norm(self) -> Self {
        self.square().sum().sqrt()
    }

    /// ln Σ eˣ of each row: `[rows, 1]`, without overflow.
    #[track_caller]
    pub fn log_sum_exp(self) -> Self {
        let top = self.row_max().stop_gradient();
        top + (self - top).exp().row_sum().ln()
    }

    /// x − ln Σ eˣ, row by row.
    #[track_caller]
    pub fn log_softmax(self) -> Self {
        self - self.log_sum_exp()
    }

    /// eˣ/Σ eˣ, row by row.
    #[track_caller]
    pub fn softmax(self) -> Self {
        self.log_softmax().exp()
    }

    // ---- matrices ----

    #[track_caller]
    fn product(self, other: Var<'g>, ta: bool, tb: bool) -> Self {
        self.build_with(&[other], |r, a, location| {
            let b = r.tensors.shape(other.id);
            let fail = || misfit(r, "matmul", a, b, location);
            let inner_a = if ta { a.rows } else { Extent::Fixed(a.cols) };
            let inner_b = if tb { Extent::Fixed(b.cols) } else { b.rows };
            let heads = a.heads == b.heads || a.heads == 1 || b.heads == 1;
            // Columns of the result have to be fixed.
            let fixed = !tb || b.symbol().is_none();
            let rows = !ta || a.cols > 0;
            if inner_a != inner_b || !heads || !fixed || !rows {
                return Err(fail());
            }
            Ok(r.tensors.matmul(self.id, other.id, ta, tb))
        })
    }

    /// The product `[rows, k] · [k, n]`; heads broadcast.
    #[track_caller]
    pub fn matmul(self, other: Var<'g>) -> Self {
        self.product(other, false, false)
    }

    /// `selfᵀ · other`: with a batch on both sides the sum over its rows, such as a Gram matrix.
    #[track_caller]
    pub fn transpose_matmul(self, other: Var<'g>) -> Self {
        self.product(other, true, false)
    }

    /// `self · otherᵀ` for a fixed matrix `other`.
    #[track_caller]
    pub fn matmul_transpose(self, other: Var<'g>) -> Self {
        self.product(other, false, true)
    }

    /// `self · weight + bias`.
    #[track_caller]
    pub fn affine(self, weight: Var<'g>, bias: Var<'g>) -> Self {
        self.matmul(weight) + bias
    }

    /// Columns side by side; rows broadcast.
    ///
    /// # Panics
    /// If `parts` is empty.
    #[track_caller]
    pub fn concat(parts: &[Var<'g>]) -> Self {
        assert!(!parts.is_empty(), "concat: no parts");
        parts[0].build_with(parts, |r, first, location| {
            let mut outer = first.with_cols(1);
            let mut sized = Vec::with_capacity(parts.len());
            for part in parts {
                let shape = r.tensors.shape(part.id);
                outer =
                    outer.broadcast(shape.with_cols(1)).ok_or_else(|| misfit(r, "concat", outer, shape, location))?;
                sized.push((part.id, shape.cols));
            }
            Ok(r.tensors.concat_cols(&sized))
        })
    }

    /// Some of the columns.
    #[track_caller]
    pub fn columns(self, range: Range<usize>) -> Self {
        self.build(|r, shape, location| {
            if range.start >= range.end || range.end > shape.cols {
                return Err(misfit(r, "columns", shape, Shape::fixed(range.start, range.end), location));
            }
            Ok(r.tensors.slice(self.id, Axis::Cols, range.start, range.len()))
        })
    }

    /// Some of the rows of a fixed matrix.
    #[track_caller]
    pub fn rows(self, range: Range<usize>) -> Self {
        self.build(|r, shape, location| match shape.fixed_rows() {
            Some(rows) if range.start < range.end && range.end <= rows => {
                Ok(r.tensors.slice(self.id, Axis::Rows, range.start, range.len()))
            }
            _ => Err(misfit(r, "rows", shape, Shape::fixed(range.start, range.end), location)),
        })
    }

    /// One member of an ensemble.
    #[track_caller]
    pub fn head(self, index: usize) -> Self {
        self.build(|r, shape, location| {
            if index >= shape.heads {
                return Err(misfit(r, "head", shape, Shape::fixed(index, 1), location));
            }
            Ok(r.tensors.slice(self.id, Axis::Heads, index, 1))
        })
    }

    /// `[heads, rows, c]` to `[rows, heads · c]`.
    #[track_caller]
    pub fn heads_to_columns(self) -> Self {
        self.build(|r, shape, _| {
            if shape.heads == 1 {
                return Ok(self.id);
            }
            let flat = Shape { heads: 1, rows: shape.rows, cols: shape.row_len() };
            Ok(r.tensors.push(Op::HeadsToCols, &[self.id], flat))
        })
    }

    /// `[rows, heads · c]` to `[heads, rows, c]`.
    #[track_caller]
    pub fn columns_to_heads(self, heads: usize) -> Self {
        self.build(|r, shape, location| {
            if heads == 0 || shape.heads != 1 || !shape.cols.is_multiple_of(heads) {
                return Err(misfit(r, "columns_to_heads", shape, Shape::fixed(1, heads), location));
            }
            if heads == 1 {
                return Ok(self.id);
            }
            let split = Shape { heads, rows: shape.rows, cols: shape.cols / heads };
            Ok(r.tensors.push(Op::ColsToHeads, &[self.id], split))
        })
    }

    #[track_caller]
    fn fixed(self, operation: &'static str, add: impl FnOnce(&mut Recorder, Shape, usize) -> Option<NodeId>) -> Self {
        self.build(|r, shape, location| {
            let rows = shape.fixed_rows();
            rows.and_then(|rows| add(r, shape, rows))
                .ok_or_else(|| misfit(r, operation, shape, Shape::fixed(1, 1), location))
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
        self.build_with(&[other], |r, shape, location| {
            let to = r.tensors.shape(other.id);
            if shape.broadcast(to) != Some(to) {
                return Err(misfit(r, "broadcast", shape, to, location));
            }
            Ok(r.tensors.broadcast_to(self.id, to))
        })
    }

    /// Rows of a fixed table `[n, c]` by an index column `[rows, 1]` (whole numbers in 0..n).
    #[track_caller]
    pub fn gather(self, index: Var<'g>) -> Self {
        self.build_with(&[index], |r, shape, location| {
            let by = r.tensors.shape(index.id);
            if shape.symbol().is_some() || shape.heads != 1 || by.heads != 1 || by.cols != 1 {
                return Err(misfit(r, "gather", shape, by, location));
            }
            Ok(r.tensors.push(Op::Gather, &[self.id, index.id], by.with_cols(shape.cols)))
        })
    }

    /// Adds each row to the row of a table `[n, c]` that the index column names; the transpose of
    /// [`gather`](Self::gather).
    #[track_caller]
    pub fn scatter_add(self, index: Var<'g>, n: usize) -> Self {
        self.build_with(&[index], |r, shape, location| {
            let by = r.tensors.shape(index.id);
            if shape.rows != by.rows || shape.heads != 1 || by.heads != 1 || by.cols != 1 || n == 0 {
                return Err(misfit(r, "scatter_add", shape, by, location));
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

    /// The sum of the diagonal.
    #[track_caller]
    pub fn trace(self) -> Self {
        self.diagonal().sum()
    }

    /// The lower Cholesky factor of a symmetric positive definite matrix. A replay fails with
    /// [`Error::NotPositiveDefinite`] where it is not.
    #[track_caller]
    pub fn cholesky(self) -> Self {
        self.fixed("cholesky", |r, shape, rows| {
            (rows == shape.cols).then(|| r.tensors.push(Op::Cholesky, &[self.id], shape))
        })
    }

    #[track_caller]
    fn solve(self, b: Var<'g>, transposed: bool) -> Self {
        self.build_with(&[b], |r, l, location| {
            let right = r.tensors.shape(b.id);
            let square = l.fixed_rows() == Some(l.cols) && right.rows == l.rows && right.heads == l.heads;
            if !square {
                return Err(misfit(r, "solve_lower", l, right, location));
            }
            Ok(r.tensors.push(Op::SolveTriangular { transposed }, &[self.id, b.id], right))
        })
    }

    /// `L⁻¹ B` for a lower triangular L; what is above its diagonal is not read.
    #[track_caller]
    pub fn solve_lower(self, b: Var<'g>) -> Self {
        self.solve(b, false)
    }

    /// `L⁻ᵀ B` for a lower triangular L.
    #[track_caller]
    pub fn solve_lower_transpose(self, b: Var<'g>) -> Self {
        self.solve(b, true)
    }

    /// ln det of a symmetric positive definite matrix, by its Cholesky factor.
    #[track_caller]
    pub fn log_determinant(self) -> Self {
        2.0 * self.cholesky().diagonal().ln().sum()
    }
}

/// `sum` over `rows × width` entries, divided by their number; the rows are counted at replay.
fn divide_by_count(r: &mut Recorder, sum: NodeId, shape: Shape, width: usize) -> NodeId {
    match shape.rows {
        Extent::Fixed(rows) => r.tensors.scale(1.0 / (rows * width) as f64, sum),
        Extent::Rows(symbol) => {
            let rows = r.tensors.push(Op::RowCount(symbol), &[], Shape::SCALAR);
            let count = r.tensors.scale(width as f64, rows);
            r.tensors.div(sum, count)
        }
    }
}

/// The number of the coordinate that `x` is.
fn coordinate(r: &Recorder, x: NodeId, location: &'static Location<'static>) -> Result<u16, Error> {
    match r.tensors.node(x).op {
        Op::Coordinate { index, .. } => Ok(index),
        op => Err(Error::Derivative {
            operation: op.name().to_string(),
            reason: "derivatives are taken along coordinates only; record the variable with Graph::coordinates"
                .to_string(),
            location: Some(location),
        }),
    }
}

fn differentiable(
    r: &Recorder,
    id: NodeId,
    shape: Shape,
    more: u8,
    location: &'static Location<'static>,
) -> Result<(), Error> {
    let node = r.tensors.node(id);
    let refuse = |reason: &str| {
        Err(Error::Derivative {
            operation: node.op.name().to_string(),
            reason: reason.to_string(),
            location: Some(location),
        })
    };
    if shape.symbol().is_none() {
        return refuse(
            "a value shared by the whole batch is a number, not a function of the coordinates; differentiate before \
             summing over rows",
        );
    }
    if r.orders[id.index()] + more > 2 {
        return refuse(
            "input derivatives above order 2 are not supported; add an auxiliary output such as w = u_xx to the \
             network, with its own residual w - u_xx",
        );
    }
    Ok(())
}

macro_rules! operator {
    ($trait:ident, $method:ident, $binary:ident) => {
        impl<'g> $trait for Var<'g> {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                self.binary(Binary::$binary, other)
            }
        }
        impl<'g> $trait<f64> for Var<'g> {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: f64) -> Var<'g> {
                let other = self.number(other);
                self.binary(Binary::$binary, other)
            }
        }
        impl<'g> $trait<Var<'g>> for f64 {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                other.number(self).binary(Binary::$binary, other)
            }
        }
    };
}

operator!(Add, add, Add);
operator!(Sub, sub, Sub);
operator!(Mul, mul, Mul);
operator!(Div, div, Div);

impl<'g> Neg for Var<'g> {
    type Output = Var<'g>;
    #[track_caller]
    fn neg(self) -> Var<'g> {
        self.unary(Unary::Neg)
    }
}
