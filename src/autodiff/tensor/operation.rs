//! The operations of the plain tensor graph, by class.

use crate::kernels::vmath::{Binary, Unary};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Axis {
    Heads,
    Rows,
    Cols,
}

/// As often differentiable as one likes.
pub(crate) const SMOOTH: u8 = u8::MAX;

/// An operation. Broadcasting is implicit in the pointwise ones: an operand may have extent 1 along any axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    // Leaves.
    /// A number, as the bits of an `f64`.
    Constant(u64),
    /// Numbers that are part of the graph.
    Matrix(u32),
    /// A slot that the caller fills before a replay.
    Input(u32),
    /// A named slice of the flat parameter vector.
    Parameter(u32),
    /// The same slice of a direction in parameter space.
    Direction(u32),
    /// The number of rows behind a symbol, as a scalar.
    RowCount(u16),
    /// 1 while training, 0 while evaluating.
    Training,
    /// A dropout mask: 0 or 1/keep while training, 1 while evaluating. `keep` as the bits of an `f64`.
    Dropout { key: u64, keep: u64 },

    // Pointwise, with broadcasting.
    /// A function of one argument.
    Unary(Unary),
    /// A function of two arguments.
    Binary(Binary),
    /// `select(condition, a, b)`: a where the condition is not 0. As a function of what the condition
    /// tests it has so many derivatives ([`SMOOTH`]: no bound is known).
    Select { smoothness: u8 },
    /// The same value, constant to every derivative.
    Stop,

    // Linear in the first input.
    /// Sum down to this node's shape.
    Sum,
    /// Repeat up to this node's shape.
    Broadcast,
    /// This node's extent along the axis, from `start` on.
    Slice { axis: Axis, start: usize },
    /// Zeros around the input along the axis.
    Pad { axis: Axis, before: usize },
    /// All inputs, one after the other along the axis.
    Concat(Axis),
    /// Exchange of fixed rows and columns.
    Transpose,
    /// The same entries in the same order (fixed rows only).
    Reshape,
    /// `[h, rows, c]` to `[1, rows, h·c]`.
    HeadsToCols,
    /// `[1, rows, h·c]` to `[h, rows, c]`.
    ColsToHeads,
    /// Rows of a fixed table by an index column.
    Gather,
    /// Adds rows to a fixed table by an index column.
    ScatterAdd,
    /// The lower triangle with half the diagonal.
    LowerHalf,
    /// The lower triangle with the diagonal.
    Lower,
    /// `[n, n]` to its diagonal `[n, 1]`.
    Diagonal,
    /// `[n, 1]` to the diagonal matrix `[n, n]`.
    DiagonalEmbed,

    // Bilinear.
    /// Σ over the input pairs (a, b) of op(a) · op(b), op the transpose where the flag says so.
    MatMul { ta: bool, tb: bool },
    /// Row by row the outer product of `[rows, m]` and `[rows, n]`, flattened to `[rows, m·n]`.
    RowOuter,

    // With rules of their own.
    /// The largest entry of each row.
    RowMax,
    /// The lower Cholesky factor.
    Cholesky,
    /// `L⁻¹ B` or `L⁻ᵀ B` for lower triangular L.
    SolveTriangular { transposed: bool },

    // Recorded only; the jet lowering removes them.
    /// Coordinate number k: a column of an input.
    Coordinate { index: u16, column: u32 },
    /// ∂ of the input along a coordinate.
    Derivative(u16),
    /// Σ ∂ᵢᵢ over a set of coordinates.
    Laplacian(u32),
}

impl Op {
    /// Known before anything is computed.
    pub fn is_leaf(&self) -> bool {
        matches!(self, Op::Constant(_) | Op::Matrix(_) | Op::Input(_) | Op::Parameter(_))
            || matches!(self, Op::Direction(_) | Op::RowCount(_) | Op::Training)
    }

    /// Evaluated entry by entry, so that neighbours fuse into one pass.
    pub fn is_pointwise(&self) -> bool {
        matches!(self, Op::Unary(_) | Op::Binary(_) | Op::Select { .. } | Op::Broadcast | Op::Dropout { .. })
    }

    /// Moves entries from head to head.
    pub fn crosses_heads(&self) -> bool {
        match self {
            Op::HeadsToCols | Op::ColsToHeads | Op::Reshape => true,
            Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Concat(axis) => *axis == Axis::Heads,
            _ => false,
        }
    }

    /// The name an error message uses.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Constant(_) => "constant",
            Op::Matrix(_) => "matrix",
            Op::Input(_) => "input",
            Op::Parameter(_) => "parameter",
            Op::Direction(_) => "direction",
            Op::RowCount(_) => "row count",
            Op::Training => "training flag",
            Op::Dropout { .. } => "dropout",
            Op::Unary(f) => match f {
                Unary::Neg => "neg",
                Unary::Abs => "abs",
                Unary::Sign => "sign",
                Unary::Recip => "recip",
                Unary::Square => "square",
                Unary::Sqrt => "sqrt",
                Unary::Exp => "exp",
                Unary::Expm1 => "expm1",
                Unary::Elu => "elu",
                Unary::Log => "log",
                Unary::Log1p => "log1p",
                Unary::Sin => "sin",
                Unary::Cos => "cos",
                Unary::Tanh => "tanh",
                Unary::Sigmoid => "sigmoid",
                Unary::Softplus => "softplus",
                Unary::Erf => "erf",
                Unary::Erfc => "erfc",
                Unary::SigmoidSlope => "slope of sigmoid",
                Unary::TanhSlope => "slope of tanh",
            },
            Op::Binary(f) => match f {
                Binary::Add => "add",
                Binary::Sub => "sub",
                Binary::Mul => "mul",
                Binary::Div => "div",
                Binary::Max => "max",
                Binary::Min => "min",
                Binary::GreaterEqual => "greater_equal",
                Binary::Pow => "pow",
                Binary::Atan2 => "atan2",
            },
            Op::Select { smoothness: SMOOTH } => "where",
            Op::Select { .. } => "elu",
            Op::Stop => "stop_gradient",
            Op::Sum => "sum",
            Op::Broadcast => "broadcast",
            Op::Slice { .. } => "slice",
            Op::Pad { .. } => "pad",
            Op::Concat(_) => "concat",
            Op::Transpose => "transpose",
            Op::Reshape => "reshape",
            Op::HeadsToCols => "heads_to_cols",
            Op::ColsToHeads => "cols_to_heads",
            Op::Gather => "gather",
            Op::ScatterAdd => "scatter_add",
            Op::LowerHalf | Op::Lower => "lower triangle",
            Op::Diagonal => "diagonal",
            Op::DiagonalEmbed => "diagonal_embed",
            Op::MatMul { .. } => "matmul",
            Op::RowOuter => "outer product",
            Op::RowMax => "row_max",
            Op::Cholesky => "cholesky",
            Op::SolveTriangular { .. } => "solve_triangular",
            Op::Coordinate { .. } => "coordinate",
            Op::Derivative(_) => "derivative",
            Op::Laplacian(_) => "laplacian",
        }
    }
}
