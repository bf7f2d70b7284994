//! The reading of an expression as the source of a program that repeats it.

use std::cell::{Cell, RefCell};

use super::{Algebra, DATA, Expression, Function as F, POINT, Pairing, TABLE};

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
    fn apply(&self, f: F, x: &Named) -> Named {
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
            F::Clamp => "clamp(-0.6, 0.7)".to_string(),
            plain => format!("{plain:?}()").to_lowercase(),
        };
        let code = match f {
            F::Neg => format!("-{}", x.name),
            F::Interpolate => {
                format!("Interpolant::monotone(&{:?}, &{:?}).unwrap().call({})", TABLE[0], TABLE[1], x.name)
            }
            _ => format!("{}.{call}", x.name),
        };
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
