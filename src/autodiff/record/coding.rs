//! Operations, shapes and initialisers as numbers.

use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::parameters::Initializer;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::kernels::vmath::{Binary, Unary};

/// Functions by their code; new ones go to the end.
const UNARY: [Unary; 16] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Sign,
    Unary::Recip,
    Unary::Square,
    Unary::Sqrt,
    Unary::Exp,
    Unary::Expm1,
    Unary::Log,
    Unary::Log1p,
    Unary::Sin,
    Unary::Cos,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Erf,
];
const BINARY: [Binary; 9] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Max,
    Binary::Min,
    Binary::GreaterEqual,
    Binary::Pow,
    Binary::Atan2,
];
const AXES: [Axis; 3] = [Axis::Heads, Axis::Rows, Axis::Cols];

fn code<X: PartialEq>(of: X, list: &[X]) -> u64 {
    list.iter().position(|x| *x == of).unwrap_or(list.len()) as u64
}

/// An operation as a code and two numbers.
pub(super) fn encode(op: Op) -> [u64; 3] {
    match op {
        Op::Constant(bits) => [0, bits, 0],
        Op::Input(slot) => [1, slot.into(), 0],
        Op::Parameter(block) => [2, block.into(), 0],
        Op::RowCount(symbol) => [3, symbol.into(), 0],
        Op::Training => [4, 0, 0],
        Op::Dropout { key, keep } => [5, key, keep],
        Op::Unary(f) => [6, code(f, &UNARY), 0],
        Op::Binary(f) => [7, code(f, &BINARY), 0],
        Op::Select { smoothness } => [8, smoothness.into(), 0],
        Op::Stop => [9, 0, 0],
        Op::Sum => [10, 0, 0],
        Op::Broadcast => [11, 0, 0],
        Op::Slice { axis, start } => [12, code(axis, &AXES), start as u64],
        Op::Pad { axis, before } => [13, code(axis, &AXES), before as u64],
        Op::Concat(axis) => [14, code(axis, &AXES), 0],
        Op::Transpose => [15, 0, 0],
        Op::Reshape => [16, 0, 0],
        Op::HeadsToCols => [17, 0, 0],
        Op::ColsToHeads => [18, 0, 0],
        Op::Gather => [19, 0, 0],
        Op::ScatterAdd => [20, 0, 0],
        Op::LowerHalf => [21, 0, 0],
        Op::Lower => [22, 0, 0],
        Op::Diagonal => [23, 0, 0],
        Op::DiagonalEmbed => [24, 0, 0],
        Op::MatMul { ta, tb } => [25, ta.into(), tb.into()],
        Op::RowMax => [26, 0, 0],
        Op::Cholesky => [27, 0, 0],
        Op::SolveTriangular { transposed } => [28, transposed.into(), 0],
        Op::Matrix(index) => [29, index.into(), 0],
        // Neither is part of a recording.
        Op::Direction(_) | Op::RowOuter | Op::Coordinate { .. } | Op::Derivative(_) | Op::Laplacian(_) => {
            [u64::MAX, 0, 0]
        }
    }
}

pub(super) fn decode([kind, a, b]: [u64; 3]) -> Option<Op> {
    let flag = |x: u64| (x <= 1).then_some(x == 1);
    let axis = || AXES.get(usize::try_from(a).ok()?).copied();
    let size = || usize::try_from(b).ok();
    Some(match kind {
        0 => Op::Constant(a),
        1 => Op::Input(a.try_into().ok()?),
        2 => Op::Parameter(a.try_into().ok()?),
        3 => Op::RowCount(a.try_into().ok()?),
        4 => Op::Training,
        5 if f64::from_bits(b) > 0.0 && f64::from_bits(b) <= 1.0 => Op::Dropout { key: a, keep: b },
        6 => Op::Unary(*UNARY.get(usize::try_from(a).ok()?)?),
        7 => Op::Binary(*BINARY.get(usize::try_from(a).ok()?)?),
        8 => Op::Select { smoothness: a.try_into().ok()? },
        9 => Op::Stop,
        10 => Op::Sum,
        11 => Op::Broadcast,
        12 => Op::Slice { axis: axis()?, start: size()? },
        13 => Op::Pad { axis: axis()?, before: size()? },
        14 => Op::Concat(axis()?),
        15 => Op::Transpose,
        16 => Op::Reshape,
        17 => Op::HeadsToCols,
        18 => Op::ColsToHeads,
        19 => Op::Gather,
        20 => Op::ScatterAdd,
        21 => Op::LowerHalf,
        22 => Op::Lower,
        23 => Op::Diagonal,
        24 => Op::DiagonalEmbed,
        25 => Op::MatMul { ta: flag(a)?, tb: flag(b)? },
        26 => Op::RowMax,
        27 => Op::Cholesky,
        28 => Op::SolveTriangular { transposed: flag(a)? },
        29 => Op::Matrix(a.try_into().ok()?),
        _ => return None,
    })
}

/// `[heads, rows, cols]`, a symbol as −1 − its number.
pub(super) fn encode_shape(shape: Shape) -> [u64; 3] {
    let rows = match shape.rows {
        Extent::Fixed(rows) => rows as u64,
        Extent::Rows(symbol) => !u64::from(symbol),
    };
    [shape.heads as u64, rows, shape.cols as u64]
}

pub(super) fn decode_shape([heads, rows, cols]: [u64; 3], symbols: usize) -> Option<Shape> {
    let rows = match u16::try_from(!rows) {
        Ok(symbol) if usize::from(symbol) < symbols => Extent::Rows(symbol),
        Ok(_) => return None,
        Err(_) => Extent::Fixed(rows.try_into().ok()?),
    };
    let shape = Shape { heads: heads.try_into().ok()?, rows, cols: cols.try_into().ok()? };
    shape.is_moderate().then_some(shape)
}

pub(super) fn encode_initializer(initializer: Initializer) -> (u64, [f64; 2]) {
    match initializer {
        Initializer::Constant(value) => (0, [value, 0.0]),
        Initializer::Uniform { low, high } => (1, [low, high]),
        Initializer::Normal { deviation } => (2, [deviation, 0.0]),
        Initializer::GlorotUniform { gain } => (3, [gain, 0.0]),
        Initializer::GlorotNormal { gain } => (4, [gain, 0.0]),
        Initializer::HeNormal => (5, [0.0; 2]),
        Initializer::HeUniform => (6, [0.0; 2]),
        Initializer::LecunUniform => (7, [0.0; 2]),
        Initializer::Orthogonal { gain } => (8, [gain, 0.0]),
    }
}

pub(super) fn decode_initializer(kind: u64, [a, b]: [f64; 2]) -> Option<Initializer> {
    Some(match kind {
        0 => Initializer::Constant(a),
        1 => Initializer::Uniform { low: a, high: b },
        2 => Initializer::Normal { deviation: a },
        3 => Initializer::GlorotUniform { gain: a },
        4 => Initializer::GlorotNormal { gain: a },
        5 => Initializer::HeNormal,
        6 => Initializer::HeUniform,
        7 => Initializer::LecunUniform,
        8 => Initializer::Orthogonal { gain: a },
        _ => return None,
    })
}

/// Three numbers in a row.
pub(super) fn triple(numbers: &[u64]) -> Option<[u64; 3]> {
    numbers.try_into().ok()
}
