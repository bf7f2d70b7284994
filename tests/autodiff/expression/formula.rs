//! The library's reading of an expression.

use std::cell::Cell;

use eigennet::autodiff::{Graph, Initializer, Interpolant, Rows, Var};

use super::{Algebra, DATA, Function as F, POINT, Pairing, TABLE};

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
        let data = graph.input("data", rows, DATA).stop_gradient();
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
    fn apply(&self, f: F, x: &Var<'g>) -> Var<'g> {
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
            F::Tan => x.tan(),
            F::Asin => x.asin(),
            F::Acos => x.acos(),
            F::Atan => x.atan(),
            F::Sinh => x.sinh(),
            F::Cosh => x.cosh(),
            F::Clamp => x.clamp(-0.6, 0.7),
            F::Interpolate => Interpolant::monotone(&TABLE[0], &TABLE[1]).expect("a table").call(*x),
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
        // Stopped, since it may choose between two numbers: a step.
        c.greater_equal(self.graph.constant(0.0)).stop_gradient().select(*x, *y)
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
