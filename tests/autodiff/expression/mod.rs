//! Random expressions, made from bytes, and three readings of each: the library's formula ([`Formula`]),
//! numbers of any nesting ([`Row`]), and the source of a program that repeats it ([`Source`]).
//!
//! Where a function has poles or grows without bound its argument is guarded first, so that every
//! expression is finite and well conditioned near the unit box.

mod formula;
mod row;
mod source;

pub use formula::Formula;
pub use row::{Block, Row};
pub use source::source;

/// Coordinates of a point.
pub const POINT: usize = 2;
/// Width of the plain input.
pub const DATA: usize = 2;
/// Knots and values of the interpolant.
pub const TABLE: [[f64; 4]; 2] = [[-1.0, -0.25, 0.5, 1.5], [-0.8, -0.7, 0.6, 0.6]];
/// Functions that bytes choose from.
pub const FUNCTIONS: u8 = 36;

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
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Clamp,
    Interpolate,
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
                let function = match bytes.below(FUNCTIONS.into()) {
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
                    27 => F::Tan,
                    28 => F::Asin,
                    29 => F::Acos,
                    30 => F::Atan,
                    31 => F::Sinh,
                    32 => F::Cosh,
                    33 => F::Clamp,
                    34 => F::Interpolate,
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

    /// The highest order of derivatives that all its operations have.
    pub fn smoothness(&self) -> u32 {
        match self {
            E::Coordinate(_) | E::Point | E::Data | E::Constant(_) | E::Trainable(_) => u32::MAX,
            E::Apply(f, x) => {
                let own = match f {
                    F::Abs | F::Relu | F::LeakyRelu(_) | F::Clamp => 1,
                    F::Elu(_) => 2,
                    _ => u32::MAX,
                };
                own.min(x.smoothness())
            }
            E::Join(p, a, b) => {
                let own = if matches!(p, Pairing::Max | Pairing::Min) { 1 } else { u32::MAX };
                own.min(a.smoothness()).min(b.smoothness())
            }
            // The condition is not differentiated.
            E::Select(parts) => parts[1].smoothness().min(parts[2].smoothness()),
            E::Concat(parts) => parts[0].smoothness().min(parts[1].smoothness()),
            E::Columns(_, _, x) => x.smoothness(),
            E::Layer { of, .. } | E::Ensemble { of, .. } | E::Dealt { of, .. } => of.smoothness(),
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
                    F::Exp | F::Expm1 | F::Tan => a.apply(F::Tanh, &x),
                    F::Square | F::Sinh | F::Cosh => bounded(a, &x),
                    F::Asin | F::Acos => a.times(&a.constant(0.8), &a.apply(F::Tanh, &x)),
                    F::Ln | F::Log1p | F::Sqrt | F::Recip | F::Powf(_) => positive(a, &x),
                    F::Powi(n) if *n < 0 => positive(a, &x),
                    F::Powi(_) => bounded(a, &x),
                    F::Abs | F::Relu | F::LeakyRelu(_) | F::Elu(_) | F::Clamp => off_tie(a, &x, 0.0371),
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
                    Pairing::Max | Pairing::Min => y = off_tie(a, &y, 0.0523),
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
                let c = off_tie(a, &a.apply(F::RowSum, &c), 0.0617);
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

/// x and a little: what is zero but for rounding is not compared with zero. Each kind of comparison has a little of its own,
/// for the difference of two must not be a tie again.
fn off_tie<A: Algebra>(a: &A, x: &A::Value, little: f64) -> A::Value {
    a.plus(x, &a.constant(little))
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
