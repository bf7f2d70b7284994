//! Elementwise functions over slices.

use super::Simd;

/// A function of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unary {
    /// −x
    Neg,
    /// |x|
    Abs,
    /// sign(x): −1, 0 or 1
    Sign,
    /// 1/x
    Recip,
    /// x²
    Square,
    /// √x
    Sqrt,
    /// eˣ
    Exp,
    /// eˣ − 1
    Expm1,
    /// ln x
    Log,
    /// ln(1 + x)
    Log1p,
    /// sin x
    Sin,
    /// cos x
    Cos,
    /// tanh x
    Tanh,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ)
    Softplus,
    /// erf x
    Erf,
}

/// Two functions of one argument from one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pair {
    /// (softplus x, sigmoid x)
    SoftplusSigmoid,
    /// (sin x, cos x)
    SinCos,
}

/// A function of two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Binary {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a · b
    Mul,
    /// a / b
    Div,
    /// the larger
    Max,
    /// the smaller
    Min,
    /// 1 if a ≥ b, else 0
    GreaterEqual,
    /// aᵇ
    Pow,
    /// the angle of the point (b, a)
    Atan2,
}

/// An operand: a slice as long as the output, or one number for all entries.
#[derive(Debug, Clone, Copy)]
pub enum Operand<'a, T> {
    /// One entry each.
    Slice(&'a [T]),
    /// The same for all.
    Scalar(T),
}

/// `out[i] = f(x[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn unary<T: Simd>(function: Unary, x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "unary: lengths differ");
    let f = |v: T| -> T {
        let one = T::one();
        match function {
            Unary::Neg => -v,
            Unary::Abs => v.abs(),
            Unary::Sign => {
                if v > T::zero() {
                    one
                } else if v < T::zero() {
                    -one
                } else {
                    v
                }
            }
            Unary::Recip => v.recip(),
            Unary::Square => v * v,
            Unary::Sqrt => v.sqrt(),
            Unary::Exp => v.exp(),
            Unary::Expm1 => v.exp_m1(),
            Unary::Log => v.ln(),
            Unary::Log1p => v.ln_1p(),
            Unary::Sin => v.sin(),
            Unary::Cos => v.cos(),
            Unary::Tanh => v.tanh(),
            Unary::Sigmoid => one / (one + (-v).exp()),
            Unary::Softplus => v.max(T::zero()) + (-v.abs()).exp().ln_1p(),
            Unary::Erf => {
                // Placeholder accuracy: Taylor/continued fraction come with the vector kernels.
                let x = v.to_f64().unwrap_or(f64::NAN);
                let t = 1.0 / (1.0 + 0.5 * x.abs());
                let y = 1.0
                    - t * (-x * x - 1.26551223
                        + t * (1.00002368
                            + t * (0.37409196
                                + t * (0.09678418
                                    + t * (-0.18628806
                                        + t * (0.27886807
                                            + t * (-1.13520398
                                                + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))))
                        .exp();
                T::from(if x >= 0.0 { y } else { -y }).unwrap_or(T::nan())
            }
        }
    };
    for (o, &v) in out.iter_mut().zip(x) {
        *o = f(v);
    }
}

/// `(first[i], second[i]) = (f(x[i]), g(x[i]))`.
///
/// # Panics
/// If the lengths differ.
pub fn pair<T: Simd>(functions: Pair, x: &[T], first: &mut [T], second: &mut [T]) {
    match functions {
        Pair::SoftplusSigmoid => {
            unary(Unary::Softplus, x, first);
            unary(Unary::Sigmoid, x, second);
        }
        Pair::SinCos => {
            unary(Unary::Sin, x, first);
            unary(Unary::Cos, x, second);
        }
    }
}

/// `out[i] = f(a[i], b[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn binary<T: Simd>(function: Binary, a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    let get = |o: &Operand<'_, T>, i: usize| match o {
        Operand::Slice(s) => s[i],
        Operand::Scalar(v) => *v,
    };
    for (i, o) in out.iter_mut().enumerate() {
        let (p, q) = (get(&a, i), get(&b, i));
        *o = match function {
            Binary::Add => p + q,
            Binary::Sub => p - q,
            Binary::Mul => p * q,
            Binary::Div => p / q,
            Binary::Max => {
                if p >= q || p.is_nan() {
                    p
                } else {
                    q
                }
            }
            Binary::Min => {
                if p <= q || p.is_nan() {
                    p
                } else {
                    q
                }
            }
            Binary::GreaterEqual => {
                if p >= q {
                    T::one()
                } else {
                    T::zero()
                }
            }
            Binary::Pow => p.powf(q),
            Binary::Atan2 => p.atan2(q),
        };
    }
}

/// `out[i] = a[i] · b[i] + c[i]`, fused where the machine has it.
///
/// # Panics
/// If the lengths differ.
pub fn multiply_add<T: Simd>(a: Operand<'_, T>, b: Operand<'_, T>, c: &[T], out: &mut [T]) {
    binary(Binary::Mul, a, b, out);
    for (o, &v) in out.iter_mut().zip(c) {
        *o += v;
    }
}

/// `out[i] = condition[i] != 0 ? a[i] : b[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn select<T: Simd>(condition: &[T], a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    let get = |o: &Operand<'_, T>, i: usize| match o {
        Operand::Slice(s) => s[i],
        Operand::Scalar(v) => *v,
    };
    for (i, o) in out.iter_mut().enumerate() {
        *o = if condition[i] != T::zero() { get(&a, i) } else { get(&b, i) };
    }
}
