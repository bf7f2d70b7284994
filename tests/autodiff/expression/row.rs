//! The reading of an expression in numbers of any nesting.

use std::cell::Cell;

use super::super::dual::Number;
use super::{Algebra, DATA, Function as F, POINT, Pairing, TABLE};

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

/// The monotone cubic through [`TABLE`] by Hermite's basis. Its slopes by hand: secants of slope 2/15, 26/15 and 0
/// have means 14/15 and 13/15 between them. The first interval shortens (2/15, 14/15) to length 3 · 2/15; the last one
/// is flat.
fn interpolate<N: Number>(x: N) -> N {
    let slopes = [0.4 / 50f64.sqrt(), 2.8 / 50f64.sqrt(), 0.0, 0.0];
    let [knots, values] = TABLE;
    let line = |k: usize| N::of(values[k]) + N::of(slopes[k]) * (x - N::of(knots[k]));
    let Some(right) = knots.iter().position(|&knot| x.real() < knot) else { return line(3) };
    let Some(left) = right.checked_sub(1) else { return line(0) };
    let h = knots[right] - knots[left];
    let s = (x - N::of(knots[left])) / N::of(h);
    let rest = N::of(1.0) - s;
    let (a, b) = (rest * rest, s * s);
    let three = |t: N| N::of(1.0) + t + t;
    N::of(values[left]) * a * three(s) + N::of(h * slopes[left]) * a * s + N::of(values[right]) * b * three(rest)
        - N::of(h * slopes[right]) * b * rest
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
    fn apply(&self, f: F, x: &Block<N>) -> Block<N> {
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
            F::Tan => x.map(N::tan),
            F::Asin => x.map(N::asin),
            F::Acos => x.map(N::acos),
            F::Atan => x.map(N::atan),
            F::Sinh => x.map(N::sinh),
            F::Cosh => x.map(N::cosh),
            F::Clamp => x.map(|v| if (-0.6..=0.7).contains(&v.real()) { v } else { N::of(v.real().clamp(-0.6, 0.7)) }),
            F::Interpolate => x.map(interpolate),
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
