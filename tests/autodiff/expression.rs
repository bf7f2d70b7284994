//! Random expressions, made from bytes, and three readings of each: the library's formula ([`Formula`]),
//! numbers of any nesting ([`Row`]), and the source of a program that repeats it ([`Source`]).
//!
//! Where a function has poles or grows without bound its argument is guarded first, so that every
//! expression is finite and well conditioned near the unit box.

use std::cell::{Cell, RefCell};

use eigennet::autodiff::{Graph, Initializer, Rows, Var};

use super::dual::Number;

/// Coordinates of a point.
pub const POINT: usize = 2;
/// Width of the plain input.
pub const DATA: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    Neg,
    Exp,
    Expm1,
    Ln,
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
    Square,
    Recip,
    Gelu,
    Swish,
    Elu(f64),
    Powi(i32),
    Powf(f64),
    Abs,
    Relu,
    LeakyRelu(f64),
    LogSumExp,
    LogSoftmax,
    Softmax,
    RowSum,
    RowNorm,
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pairing {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Atan2,
    Max,
    Min,
}

#[derive(Debug, Clone)]
pub enum Expression {
    Coordinate(usize),
    Point,
    Data,
    Constant(f64),
    /// A trainable row `[1, width]`.
    Trainable(usize),
    Apply(Function, Box<Expression>),
    Join(Pairing, Box<Expression>, Box<Expression>),
    /// Where the first is ≥ 0 the second, else the third.
    Select(Box<[Expression; 3]>),
    Concat(Box<[Expression; 2]>),
    Columns(usize, usize, Box<Expression>),
    /// Both multiplied by a weight; transposed in storage or not, with a bias or not.
    Layer {
        out: usize,
        transposed: bool,
        bias: bool,
        of: Box<Expression>,
    },
    /// An ensemble of two-layer networks; its members side by side, or summed.
    Ensemble {
        heads: usize,
        hidden: usize,
        summed: bool,
        of: Box<Expression>,
    },
    /// Columns dealt to heads, each through its own weight.
    Dealt {
        heads: usize,
        of: Box<Expression>,
    },
}

use Expression as E;
use Function as F;

/// Bytes that choices are drawn from; zeros when they run out.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn below(&mut self, bound: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first as usize % bound
    }

    /// A number in ±1.6, never 0.
    pub fn number(&mut self) -> f64 {
        (self.below(256) as f64 - 127.5) / 80.0
    }
}

impl Expression {
    /// An expression of at most `budget` levels.
    pub fn read(bytes: &mut Bytes<'_>, budget: usize) -> Expression {
        if budget == 0 || bytes.0.is_empty() {
            return match bytes.below(6) {
                0 => E::Coordinate(0),
                1 => E::Coordinate(1),
                2 => E::Point,
                3 => E::Data,
                4 => E::Constant(bytes.number()),
                _ => E::Trainable(1 + bytes.below(3)),
            };
        }
        let inner = |bytes: &mut Bytes<'_>| Box::new(Self::read(bytes, budget - 1));
        match bytes.below(14) {
            0..4 => {
                let function = match bytes.below(28) {
                    0 => F::Neg,
                    1 => F::Exp,
                    2 => F::Expm1,
                    3 => F::Ln,
                    4 => F::Log1p,
                    5 => F::Sqrt,
                    6 => F::Sin,
                    7 => F::Cos,
                    8 => F::Tanh,
                    9 => F::Sigmoid,
                    10 => F::Softplus,
                    11 => F::Erf,
                    12 => F::Square,
                    13 => F::Recip,
                    14 => F::Gelu,
                    15 => F::Swish,
                    16 => F::Elu(1.3),
                    17 => F::Powi(bytes.below(8) as i32 - 3),
                    18 => F::Powf(bytes.number() * 2.0),
                    19 => F::Abs,
                    20 => F::Relu,
                    21 => F::LeakyRelu(0.1),
                    22 => F::LogSumExp,
                    23 => F::LogSoftmax,
                    24 => F::Softmax,
                    25 => F::RowSum,
                    26 => F::RowNorm,
                    _ => F::Stop,
                };
                E::Apply(function, inner(bytes))
            }
            4..8 => {
                let pairing = match bytes.below(8) {
                    0 => Pairing::Add,
                    1 => Pairing::Sub,
                    2 => Pairing::Mul,
                    3 => Pairing::Div,
                    4 => Pairing::Pow,
                    5 => Pairing::Atan2,
                    6 => Pairing::Max,
                    _ => Pairing::Min,
                };
                E::Join(pairing, inner(bytes), inner(bytes))
            }
            8 => E::Select(Box::new([*inner(bytes), *inner(bytes), *inner(bytes)])),
            9 => E::Concat(Box::new([*inner(bytes), *inner(bytes)])),
            10 => E::Columns(bytes.below(4), bytes.below(4), inner(bytes)),
            11 => E::Layer {
                out: 1 + bytes.below(3),
                transposed: bytes.below(2) == 1,
                bias: bytes.below(2) == 1,
                of: inner(bytes),
            },
            12 => E::Ensemble {
                heads: 1 + bytes.below(3),
                hidden: 1 + bytes.below(3),
                summed: bytes.below(2) == 1,
                of: inner(bytes),
            },
            _ => E::Dealt { heads: 1 + bytes.below(3), of: inner(bytes) },
        }
    }

    /// Whether it holds an operation without a second derivative.
    pub fn kinked(&self) -> bool {
        match self {
            E::Coordinate(_) | E::Point | E::Data | E::Constant(_) | E::Trainable(_) => false,
            E::Apply(f, x) => matches!(f, F::Abs | F::Relu | F::LeakyRelu(_)) || x.kinked(),
            E::Join(p, a, b) => matches!(p, Pairing::Max | Pairing::Min) || a.kinked() || b.kinked(),
            // The condition is not differentiated.
            E::Select(parts) => parts[1..].iter().any(Self::kinked),
            E::Concat(parts) => parts.iter().any(Self::kinked),
            E::Columns(_, _, x) => x.kinked(),
            E::Layer { of, .. } | E::Ensemble { of, .. } | E::Dealt { of, .. } => of.kinked(),
        }
    }

    /// Reads the expression in an algebra; the result has the rows of the batch.
    pub fn eval<A: Algebra>(&self, a: &A) -> A::Value {
        let value = self.walk(a);
        let ramp = a.times(&a.constant(0.1), &a.coordinate(0));
        a.plus(&value, &ramp)
    }

    fn walk<A: Algebra>(&self, a: &A) -> A::Value {
        match self {
            E::Coordinate(k) => a.coordinate(*k),
            E::Point => a.concat(&a.coordinate(0), &a.coordinate(1)),
            E::Data => a.data(),
            E::Constant(value) => a.constant(*value),
            E::Trainable(width) => a.parameter([1, 1, *width]),
            E::Apply(f, x) => {
                let x = x.walk(a);
                let guarded = match f {
                    F::Exp | F::Expm1 => a.apply(F::Tanh, &x),
                    F::Square => bounded(a, &x),
                    F::Ln | F::Log1p | F::Sqrt | F::Recip | F::Powf(_) => positive(a, &x),
                    F::Powi(n) if *n < 0 => positive(a, &x),
                    F::Powi(_) => bounded(a, &x),
                    F::RowNorm => a.concat(&x, &a.constant(0.8)),
                    _ => x,
                };
                a.apply(*f, &guarded)
            }
            E::Join(p, x, y) => {
                let (x, mut y) = (x.walk(a), y.walk(a));
                let mut x = fit(a, x, &y);
                y = fit(a, y, &x);
                match p {
                    Pairing::Mul => y = bounded(a, &y),
                    Pairing::Div | Pairing::Atan2 => y = positive(a, &y),
                    Pairing::Pow => (x, y) = (positive(a, &x), bounded(a, &y)),
                    _ => {}
                }
                a.join(*p, &x, &y)
            }
            E::Select(parts) => {
                let [c, x, y] = [parts[0].walk(a), parts[1].walk(a), parts[2].walk(a)];
                let x = fit(a, x, &y);
                let y = fit(a, y, &x);
                let c = a.apply(F::RowSum, &c);
                a.select(&c, &x, &y)
            }
            E::Concat(parts) => {
                let (x, y) = (parts[0].walk(a), parts[1].walk(a));
                a.concat(&x, &y)
            }
            E::Columns(start, more, x) => {
                let x = x.walk(a);
                let width = a.width(&x);
                let start = start % width;
                a.columns(&x, start, 1 + more % (width - start))
            }
            E::Layer { out, transposed, bias, of } => {
                let x = of.walk(a);
                let width = a.width(&x);
                let weight = a.parameter(if *transposed { [1, *out, width] } else { [1, width, *out] });
                let product = a.matmul(&x, &weight, *transposed);
                if *bias { a.plus(&product, &a.parameter([1, 1, *out])) } else { product }
            }
            E::Ensemble { heads, hidden, summed, of } => {
                let x = of.walk(a);
                let first = a.parameter([*heads, a.width(&x), *hidden]);
                let inner = a.matmul(&x, &first, false);
                let inner = a.plus(&inner, &a.parameter([*heads, 1, *hidden]));
                let inner = a.apply(F::Tanh, &inner);
                let outer = a.matmul(&inner, &a.parameter([*heads, *hidden, 2]), false);
                a.merge_heads(&outer, *summed)
            }
            E::Dealt { heads, of } => {
                let x = of.walk(a);
                let copies: Vec<A::Value> = (0..*heads).map(|k| a.times(&a.constant(1.0 + k as f64), &x)).collect();
                let wide = copies[1..].iter().fold(copies[0].clone(), |wide, x| a.concat(&wide, x));
                let dealt = a.deal(&wide, *heads);
                let weight = a.parameter([*heads, a.width(&x), 1]);
                let product = a.matmul(&dealt, &weight, false);
                let product = a.apply(F::Sin, &product);
                a.merge_heads(&product, false)
            }
        }
    }
}

/// 2 tanh(x/2)
fn bounded<A: Algebra>(a: &A, x: &A::Value) -> A::Value {
    let half = a.times(&a.constant(0.5), x);
    a.times(&a.constant(2.0), &a.apply(F::Tanh, &half))
}

/// softplus x + 0.4
fn positive<A: Algebra>(a: &A, x: &A::Value) -> A::Value {
    a.plus(&a.apply(F::Softplus, x), &a.constant(0.4))
}

/// Makes x broadcast with y: where widths differ and neither is 1, its row sums.
fn fit<A: Algebra>(a: &A, x: A::Value, y: &A::Value) -> A::Value {
    let (have, want) = (a.width(&x), a.width(y));
    if have == want || have == 1 || want == 1 { x } else { a.apply(F::RowSum, &x) }
}

/// What an expression can be read in.
pub trait Algebra {
    type Value: Clone;
    fn coordinate(&self, index: usize) -> Self::Value;
    fn data(&self) -> Self::Value;
    fn constant(&self, value: f64) -> Self::Value;
    /// The next parameter block, in the order of the calls.
    fn parameter(&self, shape: [usize; 3]) -> Self::Value;
    fn width(&self, x: &Self::Value) -> usize;
    fn apply(&self, f: Function, x: &Self::Value) -> Self::Value;
    fn join(&self, p: Pairing, x: &Self::Value, y: &Self::Value) -> Self::Value;
    fn select(&self, c: &Self::Value, x: &Self::Value, y: &Self::Value) -> Self::Value;
    fn concat(&self, x: &Self::Value, y: &Self::Value) -> Self::Value;
    fn columns(&self, x: &Self::Value, start: usize, len: usize) -> Self::Value;
    fn matmul(&self, x: &Self::Value, weight: &Self::Value, transposed: bool) -> Self::Value;
    fn merge_heads(&self, x: &Self::Value, summed: bool) -> Self::Value;
    fn deal(&self, x: &Self::Value, heads: usize) -> Self::Value;

    fn plus(&self, x: &Self::Value, y: &Self::Value) -> Self::Value {
        self.join(Pairing::Add, x, y)
    }
    fn times(&self, x: &Self::Value, y: &Self::Value) -> Self::Value {
        self.join(Pairing::Mul, x, y)
    }
}

/// The library's reading.
pub struct Formula<'g> {
    pub graph: &'g Graph,
    pub point: [Var<'g>; POINT],
    pub data: Var<'g>,
    count: Cell<usize>,
}

impl<'g> Formula<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        let rows = Rows::named("rows");
        let point = graph.coordinates("point", rows);
        let data = graph.input("data", rows, DATA);
        Formula { graph, point, data, count: Cell::new(0) }
    }
}

impl<'g> Algebra for Formula<'g> {
    type Value = Var<'g>;
    fn coordinate(&self, index: usize) -> Var<'g> {
        self.point[index]
    }
    fn data(&self) -> Var<'g> {
        self.data
    }
    fn constant(&self, value: f64) -> Var<'g> {
        self.graph.constant(value)
    }
    fn parameter(&self, shape: [usize; 3]) -> Var<'g> {
        let name = format!("p{}", self.count.replace(self.count.get() + 1));
        self.graph.parameter_heads(&name, shape, Initializer::Uniform { low: -1.0, high: 1.0 })
    }
    fn width(&self, x: &Var<'g>) -> usize {
        x.width()
    }
    fn apply(&self, f: Function, x: &Var<'g>) -> Var<'g> {
        match f {
            F::Neg => -*x,
            F::Exp => x.exp(),
            F::Expm1 => x.expm1(),
            F::Ln => x.ln(),
            F::Log1p => x.log1p(),
            F::Sqrt => x.sqrt(),
            F::Sin => x.sin(),
            F::Cos => x.cos(),
            F::Tanh => x.tanh(),
            F::Sigmoid => x.sigmoid(),
            F::Softplus => x.softplus(),
            F::Erf => x.erf(),
            F::Square => x.square(),
            F::Recip => x.recip(),
            F::Gelu => x.gelu(),
            F::Swish => x.swish(),
            F::Elu(alpha) => x.elu(alpha),
            F::Powi(n) => x.powi(n),
            F::Powf(p) => x.powf(p),
            F::Abs => x.abs(),
            F::Relu => x.relu(),
            F::LeakyRelu(slope) => x.leaky_relu(slope),
            F::LogSumExp => x.log_sum_exp(),
            F::LogSoftmax => x.log_softmax(),
            F::Softmax => x.softmax(),
            F::RowSum => x.row_sum(),
            F::RowNorm => x.row_norm(),
            F::Stop => x.stop_gradient(),
        }
    }
    fn join(&self, p: Pairing, &x: &Var<'g>, &y: &Var<'g>) -> Var<'g> {
        match p {
            Pairing::Add => x + y,
            Pairing::Sub => x - y,
            Pairing::Mul => x * y,
            Pairing::Div => x / y,
            Pairing::Pow => x.pow(y),
            Pairing::Atan2 => x.atan2(y),
            Pairing::Max => x.max(y),
            Pairing::Min => x.min(y),
        }
    }
    fn select(&self, c: &Var<'g>, x: &Var<'g>, y: &Var<'g>) -> Var<'g> {
        c.greater_equal(self.graph.constant(0.0)).select(*x, *y)
    }
    fn concat(&self, x: &Var<'g>, y: &Var<'g>) -> Var<'g> {
        Var::concat(&[*x, *y])
    }
    fn columns(&self, x: &Var<'g>, start: usize, len: usize) -> Var<'g> {
        x.columns(start..start + len)
    }
    fn matmul(&self, x: &Var<'g>, weight: &Var<'g>, transposed: bool) -> Var<'g> {
        if transposed { x.matmul_transpose(*weight) } else { x.matmul(*weight) }
    }
    fn merge_heads(&self, x: &Var<'g>, summed: bool) -> Var<'g> {
        if summed { x.sum_heads() } else { x.heads_to_columns() }
    }
    fn deal(&self, x: &Var<'g>, heads: usize) -> Var<'g> {
        x.columns_to_heads(heads)
    }
}

/// One row of numbers `[heads, rows, width]`; rows is 1 except in weights.
#[derive(Debug, Clone)]
pub struct Block<N> {
    pub shape: [usize; 3],
    pub entries: Vec<N>,
}

impl<N: Number> Block<N> {
    fn row(entries: Vec<N>) -> Self {
        Block { shape: [1, 1, entries.len()], entries }
    }

    fn map(&self, f: impl FnMut(N) -> N) -> Self {
        Block { shape: self.shape, entries: self.entries.iter().copied().map(f).collect() }
    }

    /// The entry of one head and column, repeated where there is only one.
    fn at(&self, head: usize, col: usize) -> N {
        let (head, col) = (head % self.shape[0], col % self.shape[2]);
        self.entries[head * self.shape[2] + col]
    }

    fn by_row(&self, mut f: impl FnMut(&[N]) -> Vec<N>) -> Self {
        let rows: Vec<Vec<N>> = self.entries.chunks(self.shape[2]).map(&mut f).collect();
        Block { shape: [self.shape[0], 1, rows[0].len()], entries: rows.concat() }
    }

    fn zip(&self, other: &Self, mut f: impl FnMut(N, N) -> N) -> Self {
        let shape = [self.shape[0].max(other.shape[0]), 1, self.shape[2].max(other.shape[2])];
        let pairs = (0..shape[0]).flat_map(|h| (0..shape[2]).map(move |c| (h, c)));
        Block { shape, entries: pairs.map(|(h, c)| f(self.at(h, c), other.at(h, c))).collect() }
    }
}

/// The reading in numbers, for one row of the batch.
pub struct Row<'a, N> {
    pub point: [N; POINT],
    pub data: [f64; DATA],
    pub parameters: &'a [N],
    used: Cell<usize>,
}

impl<'a, N: Number> Row<'a, N> {
    pub fn new(point: [N; POINT], data: [f64; DATA], parameters: &'a [N]) -> Self {
        Row { point, data, parameters, used: Cell::new(0) }
    }
}

fn total<N: Number>(x: &[N]) -> N {
    x[1..].iter().fold(x[0], |sum, &v| sum + v)
}

fn log_sum_exp<N: Number>(x: &[N]) -> N {
    // A constant shift changes no derivative.
    let top = N::of(x.iter().map(|v| v.real()).fold(f64::NEG_INFINITY, f64::max));
    total(&x.iter().map(|&v| (v - top).exp()).collect::<Vec<_>>()).ln() + top
}

impl<N: Number> Algebra for Row<'_, N> {
    type Value = Block<N>;
    fn coordinate(&self, index: usize) -> Block<N> {
        Block::row(vec![self.point[index]])
    }
    fn data(&self) -> Block<N> {
        Block::row(self.data.map(N::of).to_vec())
    }
    fn constant(&self, value: f64) -> Block<N> {
        Block::row(vec![N::of(value)])
    }
    fn parameter(&self, shape: [usize; 3]) -> Block<N> {
        let len: usize = shape.iter().product();
        let start = self.used.replace(self.used.get() + len);
        Block { shape, entries: self.parameters[start..start + len].to_vec() }
    }
    fn width(&self, x: &Block<N>) -> usize {
        x.shape[2]
    }
    fn apply(&self, f: Function, x: &Block<N>) -> Block<N> {
        let one = N::of(1.0);
        match f {
            F::Neg => x.map(|v| -v),
            F::Exp => x.map(N::exp),
            F::Expm1 => x.map(N::expm1),
            F::Ln => x.map(N::ln),
            F::Log1p => x.map(N::log1p),
            F::Sqrt => x.map(N::sqrt),
            F::Sin => x.map(N::sin),
            F::Cos => x.map(N::cos),
            F::Tanh => x.map(N::tanh),
            F::Sigmoid => x.map(N::sigmoid),
            F::Softplus => x.map(N::softplus),
            F::Erf => x.map(N::erf),
            F::Square => x.map(|v| v * v),
            F::Recip => x.map(|v| one / v),
            F::Gelu => x.map(|v| v * N::of(0.5) * (one + (v * N::of(std::f64::consts::FRAC_1_SQRT_2)).erf())),
            F::Swish => x.map(|v| v / (one + (-v).exp())),
            F::Elu(alpha) => x.map(|v| if v.real() >= 0.0 { v } else { N::of(alpha) * v.expm1() }),
            F::Powi(n) => x.map(|v| {
                let power = (0..n.unsigned_abs()).fold(one, |power, _| power * v);
                if n < 0 { one / power } else { power }
            }),
            F::Powf(p) => x.map(|v| (N::of(p) * v.ln()).exp()),
            F::Abs => x.map(|v| if v.real() < 0.0 { -v } else { v }),
            F::Relu => x.map(|v| if v.real() >= 0.0 { v } else { N::of(0.0) }),
            F::LeakyRelu(slope) => x.map(|v| if v.real() >= 0.0 { v } else { N::of(slope) * v }),
            F::LogSumExp => x.by_row(|row| vec![log_sum_exp(row)]),
            F::LogSoftmax => x.by_row(|row| {
                let norm = log_sum_exp(row);
                row.iter().map(|&v| v - norm).collect()
            }),
            F::Softmax => x.by_row(|row| {
                let norm = log_sum_exp(row);
                row.iter().map(|&v| (v - norm).exp()).collect()
            }),
            F::RowSum => x.by_row(|row| vec![total(row)]),
            F::RowNorm => x.by_row(|row| vec![total(&row.iter().map(|&v| v * v).collect::<Vec<_>>()).sqrt()]),
            F::Stop => x.map(N::frozen),
        }
    }
    fn join(&self, p: Pairing, x: &Block<N>, y: &Block<N>) -> Block<N> {
        x.zip(y, |x, y| match p {
            Pairing::Add => x + y,
            Pairing::Sub => x - y,
            Pairing::Mul => x * y,
            Pairing::Div => x / y,
            Pairing::Pow => (y * x.ln()).exp(),
            Pairing::Atan2 => x.atan2(y),
            Pairing::Max => {
                if x.real() >= y.real() {
                    x
                } else {
                    y
                }
            }
            Pairing::Min => {
                if x.real() <= y.real() {
                    x
                } else {
                    y
                }
            }
        })
    }
    fn select(&self, c: &Block<N>, x: &Block<N>, y: &Block<N>) -> Block<N> {
        if c.entries[0].real() >= 0.0 { x.zip(y, |x, _| x) } else { x.zip(y, |_, y| y) }
    }
    fn concat(&self, x: &Block<N>, y: &Block<N>) -> Block<N> {
        Block::row(x.entries.iter().chain(&y.entries).copied().collect())
    }
    fn columns(&self, x: &Block<N>, start: usize, len: usize) -> Block<N> {
        Block::row(x.entries[start..start + len].to_vec())
    }
    fn matmul(&self, x: &Block<N>, weight: &Block<N>, transposed: bool) -> Block<N> {
        let [heads, rows, cols] = weight.shape;
        let (inner, out) = if transposed { (cols, rows) } else { (rows, cols) };
        let mut entries = Vec::new();
        for head in 0..heads {
            for o in 0..out {
                let terms: Vec<N> = (0..inner)
                    .map(|i| {
                        let (r, c) = if transposed { (o, i) } else { (i, o) };
                        x.at(head, i) * weight.entries[(head * rows + r) * cols + c]
                    })
                    .collect();
                entries.push(total(&terms));
            }
        }
        Block { shape: [heads, 1, out], entries }
    }
    fn merge_heads(&self, x: &Block<N>, summed: bool) -> Block<N> {
        if !summed {
            return Block::row(x.entries.clone());
        }
        let column = |c| total(&(0..x.shape[0]).map(|h| x.at(h, c)).collect::<Vec<_>>());
        Block::row((0..x.shape[2]).map(column).collect())
    }
    fn deal(&self, x: &Block<N>, heads: usize) -> Block<N> {
        Block { shape: [heads, 1, x.shape[2] / heads], entries: x.entries.clone() }
    }
}

/// The reading as source: a variable's name, heads and width.
#[derive(Debug, Clone)]
pub struct Named {
    name: String,
    heads: usize,
    width: usize,
    /// Rows of a weight; 1 otherwise.
    rows: usize,
}

/// Writes the lines of a closure for `record` that repeats the expression.
#[derive(Debug, Default)]
pub struct Source {
    pub lines: RefCell<Vec<String>>,
    blocks: Cell<usize>,
}

impl Source {
    fn line(&self, [heads, rows, width]: [usize; 3], code: String) -> Named {
        let mut lines = self.lines.borrow_mut();
        let name = format!("v{}", lines.len());
        lines.push(format!("let {name} = {code};"));
        Named { name, heads, width, rows }
    }
}

/// A closure that records the expression; paste it into a test with data of your own.
pub fn source(expression: &Expression) -> String {
    let writer = Source::default();
    let result = expression.eval(&writer);
    let lines = writer.lines.borrow().join("\n    ");
    format!(
        "record(|g| {{\n    let rows = Rows::named(\"rows\");\n    let [x0, x1] = g.coordinates::<{POINT}>(\"point\", \
         rows);\n    let data = g.input(\"data\", rows, {DATA});\n    let any = Initializer::Uniform {{ low: -1.0, high: \
         1.0 }};\n    {lines}\n    {}\n}})",
        result.name
    )
}

impl Algebra for Source {
    type Value = Named;
    fn coordinate(&self, index: usize) -> Named {
        Named { name: format!("x{index}"), heads: 1, width: 1, rows: 1 }
    }
    fn data(&self) -> Named {
        Named { name: "data".to_string(), heads: 1, width: DATA, rows: 1 }
    }
    fn constant(&self, value: f64) -> Named {
        self.line([1, 1, 1], format!("g.constant({value:?})"))
    }
    fn parameter(&self, shape: [usize; 3]) -> Named {
        let name = self.blocks.replace(self.blocks.get() + 1);
        self.line(shape, format!("g.parameter_heads(\"p{name}\", {shape:?}, any)"))
    }
    fn width(&self, x: &Named) -> usize {
        x.width
    }
    fn apply(&self, f: Function, x: &Named) -> Named {
        let width = if matches!(f, F::LogSumExp | F::RowSum | F::RowNorm) { 1 } else { x.width };
        let call = match f {
            F::Elu(alpha) => format!("elu({alpha:?})"),
            F::Powi(n) => format!("powi({n})"),
            F::Powf(p) => format!("powf({p:?})"),
            F::LeakyRelu(slope) => format!("leaky_relu({slope:?})"),
            F::LogSumExp => "log_sum_exp()".to_string(),
            F::LogSoftmax => "log_softmax()".to_string(),
            F::RowSum => "row_sum()".to_string(),
            F::RowNorm => "row_norm()".to_string(),
            F::Stop => "stop_gradient()".to_string(),
            plain => format!("{plain:?}()").to_lowercase(),
        };
        let code = if f == F::Neg { format!("-{}", x.name) } else { format!("{}.{call}", x.name) };
        self.line([x.heads, 1, width], code)
    }
    fn join(&self, p: Pairing, x: &Named, y: &Named) -> Named {
        let shape = [x.heads.max(y.heads), 1, x.width.max(y.width)];
        let (x, y) = (&x.name, &y.name);
        let code = match p {
            Pairing::Add => format!("{x} + {y}"),
            Pairing::Sub => format!("{x} - {y}"),
            Pairing::Mul => format!("{x} * {y}"),
            Pairing::Div => format!("{x} / {y}"),
            named => format!("{x}.{}({y})", format!("{named:?}").to_lowercase()),
        };
        self.line(shape, code)
    }
    fn select(&self, c: &Named, x: &Named, y: &Named) -> Named {
        let code = format!("{}.greater_equal(g.constant(0.0)).select({}, {})", c.name, x.name, y.name);
        self.line([1, 1, x.width.max(y.width)], code)
    }
    fn concat(&self, x: &Named, y: &Named) -> Named {
        self.line([1, 1, x.width + y.width], format!("Var::concat(&[{}, {}])", x.name, y.name))
    }
    fn columns(&self, x: &Named, start: usize, len: usize) -> Named {
        self.line([1, 1, len], format!("{}.columns({start}..{})", x.name, start + len))
    }
    fn matmul(&self, x: &Named, weight: &Named, transposed: bool) -> Named {
        let (call, out) = if transposed { ("matmul_transpose", weight.rows) } else { ("matmul", weight.width) };
        self.line([weight.heads, 1, out], format!("{}.{call}({})", x.name, weight.name))
    }
    fn merge_heads(&self, x: &Named, summed: bool) -> Named {
        let (call, width) = if summed { ("sum_heads", x.width) } else { ("heads_to_columns", x.heads * x.width) };
        self.line([1, 1, width], format!("{}.{call}()", x.name))
    }
    fn deal(&self, x: &Named, heads: usize) -> Named {
        self.line([heads, 1, x.width / heads], format!("{}.columns_to_heads({heads})", x.name))
    }
}
