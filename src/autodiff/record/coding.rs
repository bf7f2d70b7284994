//! Operations, shapes and initialisers as numbers. The tables are the format of files: codes stay, new ones go to the
//! end.

use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::parameters::Initializer;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::kernels::vmath::{Binary, Unary};

/// What three numbers can hold: a code and what it is given, or one number.
pub(super) trait Coded: Sized {
    fn encode(self) -> [u64; 3];
    fn decode(numbers: [u64; 3]) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty: $encode:expr, $decode:expr;)*) => {
        $(impl Coded for $type {
            fn encode(self) -> [u64; 3] {
                [$encode(self), 0, 0]
            }

            fn decode(numbers: [u64; 3]) -> Option<Self> {
                $decode(numbers[0])
            }
        })*
    };
}

numbers! {
    u8: u64::from, |n: u64| n.try_into().ok();
    u16: u64::from, |n: u64| n.try_into().ok();
    u32: u64::from, |n: u64| n.try_into().ok();
    u64: |n| n, Some;
    usize: |n| n as u64, |n: u64| n.try_into().ok();
    bool: u64::from, |n| (n <= 1).then_some(n == 1);
    f64: f64::to_bits, |n| Some(f64::from_bits(n));
}

fn padded(numbers: &[u64]) -> [u64; 3] {
    std::array::from_fn(|k| numbers.get(k).copied().unwrap_or(0))
}

/// The cases of a type with their codes, and those that are no part of a recording.
macro_rules! coded {
    ($type:ident:
     $($code:literal $case:ident $(($($at:ident),*))? $({ $($field:ident),* })?,)*
     $(; $($never:pat),*)?) => {
        impl Coded for $type {
            fn encode(self) -> [u64; 3] {
                match self {
                    $($type::$case $(($($at),*))? $({ $($field),* })? => {
                        padded(&[$code $($(, $at.encode()[0])*)? $($(, $field.encode()[0])*)?])
                    })*
                    $($($never)|* => [u64::MAX, 0, 0],)?
                }
            }

            fn decode(numbers: [u64; 3]) -> Option<Self> {
                let mut given = numbers.into_iter();
                let value = match given.next()? {
                    $($code => {
                        $($(let $at = Coded::decode([given.next()?, 0, 0])?;)*)?
                        $($(let $field = Coded::decode([given.next()?, 0, 0])?;)*)?
                        $type::$case $(($($at),*))? $({ $($field),* })?
                    })*
                    _ => return None,
                };
                // What a case has no use for is 0.
                given.all(|n| n == 0).then_some(value)
            }
        }
    };
}

coded! { Axis: 0 Heads, 1 Rows, 2 Cols, }

coded! { Unary:
    0 Neg, 1 Abs, 2 Sign, 3 Recip, 4 Square, 5 Sqrt, 6 Exp, 7 Expm1, 8 Log, 9 Log1p, 10 Sin, 11 Cos, 12 Tanh,
    13 Sigmoid, 14 Softplus, 15 Erf, 16 SigmoidSlope, 17 TanhSlope, 18 Erfc, 19 Elu,
}

coded! { Binary: 0 Add, 1 Sub, 2 Mul, 3 Div, 4 Max, 5 Min, 6 GreaterEqual, 7 Pow, 8 Atan2, }

coded! { Op:
    0 Constant(bits),
    1 Input(slot),
    2 Parameter(block),
    3 RowCount(symbol),
    4 Training,
    5 Dropout { key, keep },
    6 Unary(function),
    7 Binary(function),
    8 Select { smoothness },
    9 Stop,
    10 Sum,
    11 Broadcast,
    12 Slice { axis, start },
    13 Pad { axis, before },
    14 Concat(axis),
    15 Transpose,
    16 Reshape,
    17 HeadsToCols,
    18 ColsToHeads,
    19 Gather,
    20 ScatterAdd,
    21 LowerHalf,
    22 Lower,
    23 Diagonal,
    24 DiagonalEmbed,
    25 MatMul { ta, tb },
    26 RowMax,
    27 Cholesky,
    28 SolveTriangular { transposed },
    29 Matrix(index),
    ; Op::Direction(_), Op::RowOuter, Op::Coordinate { .. }, Op::Derivative(_), Op::Laplacian(_)
}

coded! { Initializer:
    0 Constant(value),
    1 Uniform { low, high },
    2 Normal { deviation },
    3 GlorotUniform { gain },
    4 GlorotNormal { gain },
    5 HeNormal,
    6 HeUniform,
    7 LecunUniform,
    8 Orthogonal { gain },
}

/// `[heads, rows, cols]`, a symbol as −1 − its number.
impl Coded for Shape {
    fn encode(self) -> [u64; 3] {
        let rows = match self.rows {
            Extent::Fixed(rows) => rows as u64,
            Extent::Rows(symbol) => !u64::from(symbol),
        };
        [self.heads as u64, rows, self.cols as u64]
    }

    fn decode([heads, rows, cols]: [u64; 3]) -> Option<Self> {
        let rows = match u16::try_from(!rows) {
            Ok(symbol) => Extent::Rows(symbol),
            Err(_) => Extent::Fixed(rows.try_into().ok()?),
        };
        let shape = Shape { heads: heads.try_into().ok()?, rows, cols: cols.try_into().ok()? };
        shape.is_moderate().then_some(shape)
    }
}
