//! Time per entry of every elementwise function and reduction, beside a plain loop over the standard library's.
//!
//! `cargo bench --bench vmath [-- NAME]`: one thread, 1024 entries (in the first-level cache), the fastest of many
//! passes. Only ratios within one run mean anything.

use eigennet::kernels::Simd;
use eigennet::kernels::reduce;
use eigennet::kernels::vmath::{self, Binary, Family, Operand, Unary};
use std::hint::black_box;
use std::time::Instant;

const LEN: usize = 1024;

/// Nanoseconds per entry: the least over samples of at least a tenth of a millisecond.
fn time(mut pass: impl FnMut()) -> f64 {
    let mut repeats = 1;
    let mut least = f64::INFINITY;
    let mut samples = 0;
    while samples < 60 {
        let start = Instant::now();
        for _ in 0..repeats {
            pass();
        }
        let seconds = start.elapsed().as_secs_f64();
        if seconds < 1e-4 {
            repeats *= 2;
        } else {
            least = least.min(seconds / repeats as f64);
            samples += 1;
        }
    }
    least * 1e9 / LEN as f64
}

/// Numbers spread evenly over an interval, in a scrambled order.
fn spread<T: Simd>(low: f64, high: f64) -> Vec<T> {
    (0..LEN)
        .map(|i| low + (high - low) * ((i * 389) % LEN) as f64 / LEN as f64)
        .map(|v| T::from(v).unwrap_or_else(T::nan))
        .collect()
}

/// The table of one type.
struct Table<T> {
    filter: String,
    rows: Vec<String>,
    out: [Vec<T>; 2],
    other: [Vec<T>; 2],
}

impl<T: Simd> Table<T> {
    fn new(filter: &str) -> Self {
        let zeros = || [vec![T::zero(); LEN], vec![T::zero(); LEN]];
        Table { filter: filter.to_string(), rows: Vec::new(), out: zeros(), other: zeros() }
    }

    fn compare(&mut self, name: &str, ours: impl Fn(&mut [Vec<T>; 2]), standard: impl Fn(&mut [Vec<T>; 2])) {
        if name.contains(&self.filter) {
            let ours = time(|| ours(black_box(&mut self.out)));
            let standard = time(|| standard(black_box(&mut self.other)));
            self.rows.push(format!("{name:<18}{ours:>8.3}{standard:>9.3}{:>7.1}", standard / ours));
        }
    }

    fn unary(&mut self, name: &str, function: Unary, (low, high): (f64, f64), standard: impl Fn(T) -> T) {
        let x = spread::<T>(low, high);
        self.compare(
            name,
            |[out, _]| vmath::unary(function, black_box(&x), out),
            |[out, _]| out.iter_mut().zip(black_box(&x)).for_each(|(o, &v)| *o = standard(v)),
        );
    }

    fn two(&mut self, name: &str, family: Family, standard: impl Fn(T) -> (T, T)) {
        let x = spread::<T>(-10.0, 10.0);
        self.compare(
            name,
            |[first, second]| vmath::family(family, black_box(&x), [Some(first), Some(second), None]),
            |[first, second]| {
                let outs = first.iter_mut().zip(second);
                outs.zip(black_box(&x)).for_each(|((p, q), &v)| (*p, *q) = standard(v));
            },
        );
    }

    fn binary(&mut self, name: &str, function: Binary, standard: impl Fn(T, T) -> T) {
        let (x, y) = (spread::<T>(0.5, 3.0), spread::<T>(-10.0, 10.0));
        self.compare(
            name,
            |[out, _]| vmath::binary(function, Operand::Slice(black_box(&x)), Operand::Slice(black_box(&y)), out),
            |[out, _]| {
                let operands = black_box(&x).iter().zip(black_box(&y));
                out.iter_mut().zip(operands).for_each(|(o, (&a, &b))| *o = standard(a, b));
            },
        );
    }

    fn reductions(&mut self) {
        let (x, y) = (spread::<T>(-10.0, 10.0), spread::<T>(0.5, 3.0));
        self.compare(
            "multiply add",
            |[out, _]| {
                let [x, y] = [black_box(&x), &y].map(|v| Operand::Slice(v));
                vmath::fused(vmath::Fused::MultiplyAdd, x, y, x, out);
            },
            |[out, _]| out.iter_mut().zip(black_box(&x)).zip(&y).for_each(|((o, &a), &b)| *o = a * b + a),
        );
        self.compare(
            "sum",
            |[out, _]| out[0] = reduce::sum(black_box(&x)),
            |[out, _]| out[0] = black_box(&x).iter().copied().sum(),
        );
        self.compare(
            "dot",
            |[out, _]| out[0] = reduce::dot(black_box(&x), &y),
            |[out, _]| out[0] = black_box(&x).iter().zip(&y).map(|(&a, &b)| a * b).sum(),
        );
        self.compare(
            "max_abs",
            |[out, _]| out[0] = reduce::max_abs(black_box(&x)),
            |[out, _]| out[0] = black_box(&x).iter().fold(T::zero(), |m, &v| m.max(v.abs())),
        );
        for cols in [4, 128] {
            self.compare(
                &format!("column sums ({cols})"),
                |[out, _]| reduce::add_column_sums(black_box(&x), cols, &mut out[..cols]),
                |[out, _]| {
                    for row in black_box(&x).chunks_exact(cols) {
                        out[..cols].iter_mut().zip(row).for_each(|(o, &v)| *o += v);
                    }
                },
            );
            self.compare(
                &format!("row sums ({cols})"),
                |[out, _]| reduce::row_sums(black_box(&x), cols, &mut out[..LEN / cols]),
                |[out, _]| {
                    let rows = black_box(&x).chunks_exact(cols);
                    out.iter_mut().zip(rows).for_each(|(o, row)| *o = row.iter().copied().sum());
                },
            );
        }
    }

    fn fill(mut self) -> Vec<String> {
        let (zero, one) = (T::zero(), T::one());
        self.unary("exp", Unary::Exp, (-10.0, 10.0), T::exp);
        self.unary("expm1", Unary::Expm1, (-3.0, 3.0), T::exp_m1);
        self.unary("log", Unary::Log, (1e-3, 10.0), T::ln);
        self.unary("log1p", Unary::Log1p, (-0.9, 10.0), T::ln_1p);
        self.unary("sin", Unary::Sin, (-10.0, 10.0), T::sin);
        self.unary("cos", Unary::Cos, (-10.0, 10.0), T::cos);
        self.unary("tanh", Unary::Tanh, (-4.0, 4.0), T::tanh);
        self.unary("sigmoid", Unary::Sigmoid, (-10.0, 10.0), |x| (one + (-x).exp()).recip());
        self.unary("softplus", Unary::Softplus, (-10.0, 10.0), |x| x.max(zero) + (-x.abs()).exp().ln_1p());
        // The standard library has no erf: its tanh stands for the cost of such a function.
        self.unary("erf (std: tanh)", Unary::Erf, (-4.0, 4.0), T::tanh);
        self.unary("erfc (std: tanh)", Unary::Erfc, (-4.0, 4.0), T::tanh);
        self.unary("sqrt", Unary::Sqrt, (0.0, 10.0), T::sqrt);
        self.unary("recip", Unary::Recip, (1.0, 10.0), T::recip);
        self.unary("square", Unary::Square, (-1.0, 10.0), |x| x * x);
        self.two("softplus+sigmoid", Family::Logistic, |x| {
            let e = (-x.abs()).exp();
            (x.max(zero) + e.ln_1p(), (one + (-x).exp()).recip())
        });
        self.two("tanh+slope", Family::Hyperbolic, |x| {
            let tanh = x.tanh();
            (tanh, one - tanh * tanh)
        });
        self.two("sin+cos", Family::Circular, T::sin_cos);
        self.binary("add", Binary::Add, |a, b| a + b);
        self.binary("div", Binary::Div, |a, b| a / b);
        self.binary("max", Binary::Max, T::max);
        self.binary("greater equal", Binary::GreaterEqual, |a, b| if a >= b { one } else { zero });
        self.binary("pow", Binary::Pow, T::powf);
        self.binary("atan2", Binary::Atan2, T::atan2);
        let (x, cube) = (spread::<T>(-10.0, 10.0), one + one + one);
        self.compare(
            "pow 3",
            |[out, _]| vmath::binary(Binary::Pow, Operand::Slice(&x), Operand::Scalar(black_box(cube)), out),
            |[out, _]| out.iter_mut().zip(black_box(&x)).for_each(|(o, &a)| *o = a.powf(black_box(cube))),
        );
        self.reductions();
        self.rows
    }
}

fn main() {
    // Cargo passes `--bench`; anything else is part of a name.
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_default();
    let head = |name: &str| format!("{name:<18}{:>8}{:>9}{:>7}", "ns", "std", "ratio");
    println!("{}    {}", head("f32"), head("f64"));
    for (single, double) in Table::<f32>::new(&filter).fill().into_iter().zip(Table::<f64>::new(&filter).fill()) {
        println!("{single}    {double}");
    }
}
