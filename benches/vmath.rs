//! Time per entry of every elementwise function, beside a loop over the standard library's.
//!
//! `cargo bench --bench vmath [-- NAME]`: one thread, 1024 entries (in the first-level cache), the fastest of many
//! passes. Only ratios within one run mean anything.

use eigennet::kernels::Simd;
use eigennet::kernels::reduce;
use eigennet::kernels::vmath::{self, Binary, Operand, Pair, Unary};
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

fn row(name: &str, ours: f64, standard: f64) -> String {
    format!("{name:<18}{ours:>8.3}{standard:>9.3}{:>7.1}", standard / ours)
}

fn bench<T: Simd>(filter: &str) -> Vec<String> {
    let mut out = vec![T::zero(); LEN];
    let mut second = vec![T::zero(); LEN];
    let mut rows = Vec::new();
    let one = T::one();
    type Case<T> = (&'static str, Unary, f64, f64, fn(T) -> T);
    let cases: [Case<T>; 15] = [
        ("exp", Unary::Exp, -10.0, 10.0, |x| x.exp()),
        ("expm1", Unary::Expm1, -3.0, 3.0, |x| x.exp_m1()),
        ("log", Unary::Log, 1e-3, 10.0, |x| x.ln()),
        ("log1p", Unary::Log1p, -0.9, 10.0, |x| x.ln_1p()),
        ("sin", Unary::Sin, -10.0, 10.0, |x| x.sin()),
        ("cos", Unary::Cos, -10.0, 10.0, |x| x.cos()),
        ("tanh", Unary::Tanh, -4.0, 4.0, |x| x.tanh()),
        ("sigmoid", Unary::Sigmoid, -10.0, 10.0, |x| (T::one() + (-x).exp()).recip()),
        ("softplus", Unary::Softplus, -10.0, 10.0, |x| x.max(T::zero()) + (-x.abs()).exp().ln_1p()),
        // The standard library has no erf: its tanh stands for the cost of such a function.
        ("erf (std: tanh)", Unary::Erf, -4.0, 4.0, |x| x.tanh()),
        ("sqrt", Unary::Sqrt, 0.0, 10.0, |x| x.sqrt()),
        ("recip", Unary::Recip, 1.0, 10.0, |x| x.recip()),
        ("square", Unary::Square, -1.0, 10.0, |x| x * x),
        ("sign", Unary::Sign, -1.0, 10.0, |x| if x.is_nan() { x } else { x.signum() }),
        ("neg", Unary::Neg, -1.0, 10.0, |x| -x),
    ];
    let mut add = |name: &str, ours: &mut dyn FnMut(), standard: &mut dyn FnMut()| {
        if name.contains(filter) {
            rows.push(row(name, time(ours), time(standard)));
        }
    };
    for (name, function, low, high, standard) in cases {
        let x = spread::<T>(low, high);
        let mut other = vec![T::zero(); LEN];
        add(name, &mut || vmath::unary(function, black_box(&x), black_box(&mut out)), &mut || {
            for (o, &v) in black_box(&mut other).iter_mut().zip(black_box(&x)) {
                *o = standard(v);
            }
        });
    }
    let x = spread::<T>(-10.0, 10.0);
    let y = spread::<T>(0.5, 3.0);
    let mut other = vec![T::zero(); LEN];
    let mut another = vec![T::zero(); LEN];
    add(
        "softplus+sigmoid",
        &mut || vmath::pair(Pair::SoftplusSigmoid, black_box(&x), black_box(&mut out), black_box(&mut second)),
        &mut || {
            for ((p, q), &v) in black_box(&mut other).iter_mut().zip(black_box(&mut another)).zip(black_box(&x)) {
                *p = v.max(T::zero()) + (-v.abs()).exp().ln_1p();
                *q = (one + (-v).exp()).recip();
            }
        },
    );
    add(
        "sin+cos",
        &mut || vmath::pair(Pair::SinCos, black_box(&x), black_box(&mut out), black_box(&mut second)),
        &mut || {
            for ((p, q), &v) in black_box(&mut other).iter_mut().zip(black_box(&mut another)).zip(black_box(&x)) {
                (*p, *q) = v.sin_cos();
            }
        },
    );
    type Two<T> = (&'static str, Binary, fn(T, T) -> T);
    let twos: [Two<T>; 6] = [
        ("add", Binary::Add, |a, b| a + b),
        ("div", Binary::Div, |a, b| a / b),
        ("max", Binary::Max, |a, b| a.max(b)),
        ("greater equal", Binary::GreaterEqual, |a, b| if a >= b { T::one() } else { T::zero() }),
        ("pow", Binary::Pow, |a, b| a.powf(b)),
        ("atan2", Binary::Atan2, |a, b| a.atan2(b)),
    ];
    for (name, function, standard) in twos {
        let slices = (Operand::Slice(&y[..]), Operand::Slice(&x[..]));
        add(
            name,
            &mut || vmath::binary(function, black_box(slices.0), black_box(slices.1), black_box(&mut out)),
            &mut || {
                for ((o, &a), &b) in black_box(&mut other).iter_mut().zip(black_box(&y)).zip(black_box(&x)) {
                    *o = standard(a, b);
                }
            },
        );
    }
    let cube = one + one + one;
    add(
        "pow 3",
        &mut || vmath::binary(Binary::Pow, Operand::Slice(&x), black_box(Operand::Scalar(cube)), black_box(&mut out)),
        &mut || {
            for (o, &a) in black_box(&mut other).iter_mut().zip(black_box(&x)) {
                *o = a.powf(black_box(cube));
            }
        },
    );
    add(
        "multiply add",
        &mut || vmath::multiply_add(Operand::Slice(&x), Operand::Slice(&y), black_box(&x), black_box(&mut out)),
        &mut || {
            for ((o, &a), &b) in black_box(&mut other).iter_mut().zip(black_box(&x)).zip(black_box(&y)) {
                *o = a * b + a;
            }
        },
    );
    add(
        "sum",
        &mut || {
            black_box(reduce::sum(black_box(&x)));
        },
        &mut || {
            black_box(black_box(&x).iter().copied().sum::<T>());
        },
    );
    add(
        "dot",
        &mut || {
            black_box(reduce::dot(black_box(&x), black_box(&y)));
        },
        &mut || {
            black_box(black_box(&x).iter().zip(black_box(&y)).map(|(&a, &b)| a * b).sum::<T>());
        },
    );
    add(
        "max_abs",
        &mut || {
            black_box(reduce::max_abs(black_box(&x)));
        },
        &mut || {
            black_box(black_box(&x).iter().fold(T::zero(), |m, &v| m.max(v.abs())));
        },
    );
    add("column sums (32)", &mut || reduce::add_column_sums(black_box(&x), 32, black_box(&mut out[..32])), &mut || {
        for line in black_box(&x).chunks_exact(32) {
            for (o, &v) in black_box(&mut other[..32]).iter_mut().zip(line) {
                *o += v;
            }
        }
    });
    add("row sums (32)", &mut || reduce::row_sums(black_box(&x), 32, black_box(&mut out[..LEN / 32])), &mut || {
        for (o, line) in black_box(&mut other).iter_mut().zip(black_box(&x).chunks_exact(32)) {
            *o = line.iter().copied().sum::<T>();
        }
    });
    rows
}

fn main() {
    // Cargo passes `--bench`; a name filters.
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_default();
    println!(
        "{:<18}{:>8}{:>9}{:>7}    {:<18}{:>8}{:>9}{:>7}",
        "f32", "ns", "std", "ratio", "f64", "ns", "std", "ratio"
    );
    for (single, double) in bench::<f32>(&filter).into_iter().zip(bench::<f64>(&filter)) {
        println!("{single}    {double}");
    }
}
