//! Elementwise functions over slices.
//!
//! Each function is one branch-free body in plain Rust ([`exp`](Unary::Exp) and its like are polynomials after a
//! range reduction), compiled for every [`Isa`] and vectorised by the compiler. A value depends on
//! its argument and on whether the machine has fused multiply-add, never on its place in the slice. Infinities, NaN,
//! signed zeros and subnormal numbers give what IEEE 754 recommends.
//!
//! The stated errors are in units in the last place (ulp), the largest of both types, with and without fused
//! multiply-add: over every 41st bit pattern of `f32`, and over the samples of the tests for `f64`, against
//! double-double arithmetic. Where none is stated the result is correctly rounded.

mod arithmetic;
mod elementary;
mod erf;
mod exp;
pub(super) mod lane;
mod log;
mod logistic;
mod map;
mod tanh;
mod trig;

#[cfg(test)]
mod tests;

pub use self::arithmetic::Operand;
use self::arithmetic::{BinaryMap, MultiplyAdd, Operation, for_each};
pub use self::elementary::Elementary;
use self::map::{Function, Map, StagedFunction, StagedMap, sin_and_cos, sin_or_cos, softplus_sigmoid};
use super::Simd;
use super::dispatch::{dispatch, run_on};
use super::isa::Isa;

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
    /// eˣ: 1.1 ulp
    Exp,
    /// eˣ − 1: 1.4 ulp
    Expm1,
    /// ln x: 0.9 ulp
    Log,
    /// ln(1 + x): 0.9 ulp
    Log1p,
    /// sin x: 0.9 ulp for |x| ≤ 131 072; beyond, the standard library's, one by one
    Sin,
    /// cos x: as sin
    Cos,
    /// tanh x: 1.5 ulp
    Tanh,
    /// 1/(1 + e⁻ˣ): 1.5 ulp (1.9 without fused multiply-add), in both tails
    Sigmoid,
    /// ln(1 + eˣ): 1.95 ulp, in both tails
    Softplus,
    /// erf x: 1.65 ulp
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
    /// the larger, NaN if either is
    Max,
    /// the smaller, NaN if either is
    Min,
    /// 1 if a ≥ b, else 0
    GreaterEqual,
    /// aᵇ: the standard library's, one by one; a constant exponent of −1, ½, 1, 2 or 3 is vectorised (1.5 ulp)
    Pow,
    /// the angle of the point (b, a): the standard library's, one by one
    Atan2,
}

/// A product and a sum in one, fused where the machine has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fused {
    /// a · b + c
    MultiplyAdd,
    /// a · b − c
    MultiplySubtract,
    /// c − a · b
    SubtractProduct,
}

/// `out[i] = f(x[i])`.
///
/// ```
/// use eigennet::kernels::vmath::{Unary, unary};
///
/// let mut out = [0.0; 3];
/// unary(Unary::Softplus, &[-800.0, 0.0, 800.0], &mut out);
/// assert_eq!(out, [0.0, std::f64::consts::LN_2, 800.0]);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn unary<T: Simd>(function: Unary, x: &[T], out: &mut [T]) {
    unary_on(Isa::best(), function, x, out);
}

fn unary_on<T: Simd>(isa: Isa, function: Unary, x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "unary: lengths differ");
    match function {
        Unary::Neg => map(isa, map::Neg, x, out),
        Unary::Abs => map(isa, map::Abs, x, out),
        Unary::Sign => map(isa, map::Sign, x, out),
        Unary::Recip => map(isa, map::Recip, x, out),
        Unary::Square => map(isa, map::Square, x, out),
        Unary::Sqrt => map(isa, map::Sqrt, x, out),
        Unary::Exp => map(isa, map::Exp, x, out),
        Unary::Expm1 => map(isa, map::Expm1, x, out),
        Unary::Log => map(isa, map::Log, x, out),
        Unary::Log1p => map(isa, map::Log1p, x, out),
        Unary::Sin => {
            dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| { sin_or_cos::<T, FMA>(x, out, |(sin, _)| sin, T::sin) })
        }
        Unary::Cos => {
            dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| { sin_or_cos::<T, FMA>(x, out, |(_, cos)| cos, T::cos) })
        }
        Unary::Tanh => staged_map(isa, map::Tanh, x, out),
        Unary::Sigmoid => staged_map(isa, map::Sigmoid, x, out),
        Unary::Softplus => staged_map(isa, map::Softplus, x, out),
        Unary::Erf => staged_map(isa, map::Erf, x, out),
    }
}

fn map<T: Simd, F: Function<T>>(isa: Isa, function: F, x: &[T], out: &mut [T]) {
    run_on(isa, Map { x, out, function });
}

fn staged_map<T: Simd, F: StagedFunction<T>>(isa: Isa, function: F, x: &[T], out: &mut [T]) {
    run_on(isa, StagedMap { x, out, function });
}

/// `(first[i], second[i]) = (f(x[i]), g(x[i]))`, the same numbers as from [`unary`] in less time.
///
/// # Panics
/// If the lengths differ.
pub fn pair<T: Simd>(functions: Pair, x: &[T], first: &mut [T], second: &mut [T]) {
    pair_on(Isa::best(), functions, x, first, second);
}

fn pair_on<T: Simd>(isa: Isa, functions: Pair, x: &[T], first: &mut [T], second: &mut [T]) {
    assert_eq!(x.len(), first.len(), "pair: lengths differ");
    assert_eq!(x.len(), second.len(), "pair: lengths differ");
    match functions {
        Pair::SoftplusSigmoid => dispatch!(isa, T, FMA, |x: &[T], first: &mut [T], second: &mut [T]| {
            softplus_sigmoid::<T, FMA>(x, first, second)
        }),
        Pair::SinCos => dispatch!(isa, T, FMA, |x: &[T], first: &mut [T], second: &mut [T]| {
            sin_and_cos::<T, FMA>(x, first, second)
        }),
    }
}

/// `out[i] = f(a[i], b[i])`.
///
/// ```
/// use eigennet::kernels::vmath::{Binary, Operand, binary};
///
/// let mut out = [0.0; 3];
/// binary(Binary::Pow, Operand::Slice(&[1.0, 2.0, 3.0]), Operand::Scalar(2.0), &mut out);
/// assert_eq!(out, [1.0, 4.0, 9.0]);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn binary<T: Simd>(function: Binary, a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    binary_on(Isa::best(), function, a, b, out);
}

fn binary_on<T: Simd>(isa: Isa, function: Binary, a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    assert!(a.fits(out.len()) && b.fits(out.len()), "binary: lengths differ");
    match function {
        Binary::Add => binary_map(isa, arithmetic::Add, a, b, out),
        Binary::Sub => binary_map(isa, arithmetic::Sub, a, b, out),
        Binary::Mul => binary_map(isa, arithmetic::Mul, a, b, out),
        Binary::Div => binary_map(isa, arithmetic::Div, a, b, out),
        Binary::Max => binary_map(isa, arithmetic::Max, a, b, out),
        Binary::Min => binary_map(isa, arithmetic::Min, a, b, out),
        Binary::GreaterEqual => binary_map(isa, arithmetic::GreaterEqual, a, b, out),
        Binary::Pow => match (a, b) {
            (Operand::Slice(x), Operand::Scalar(exponent)) => power(isa, x, exponent, out),
            _ => binary_map(isa, arithmetic::Pow, a, b, out),
        },
        Binary::Atan2 => binary_map(isa, arithmetic::Atan2, a, b, out),
    }
}

/// `out[i] = x[i]ᵉ`: the common exponents by the operations they stand for, the others one by one.
fn power<T: Simd>(isa: Isa, x: &[T], exponent: T, out: &mut [T]) {
    let is = |value: f64| T::from(value) == Some(exponent);
    if is(2.0) {
        map(isa, map::Square, x, out);
    } else if is(3.0) {
        map(isa, map::Cube, x, out);
    } else if is(0.5) {
        map(isa, map::PowerOneHalf, x, out);
    } else if is(-1.0) {
        map(isa, map::Recip, x, out);
    } else if is(1.0) {
        out.copy_from_slice(x);
    } else {
        binary_map(isa, arithmetic::Pow, Operand::Slice(x), Operand::Scalar(exponent), out);
    }
}

fn binary_map<T: Simd, O: Operation<T>>(isa: Isa, operation: O, a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    run_on(isa, BinaryMap { a, b, out, operation });
}

/// `out[i] = ±a[i] · b[i] ± c[i]`, fused where the machine has it.
///
/// # Panics
/// If the lengths differ.
pub fn fused<T: Simd>(form: Fused, a: Operand<'_, T>, b: Operand<'_, T>, c: Operand<'_, T>, out: &mut [T]) {
    fused_on(Isa::best(), form, a, b, c, out);
}

fn fused_on<T: Simd>(isa: Isa, form: Fused, a: Operand<'_, T>, b: Operand<'_, T>, c: Operand<'_, T>, out: &mut [T]) {
    let n = out.len();
    assert!(a.fits(n) && b.fits(n) && c.fits(n), "fused: lengths differ");
    match form {
        Fused::MultiplyAdd => run_on(isa, MultiplyAdd::<T, false, false> { a, b, c, out }),
        Fused::MultiplySubtract => run_on(isa, MultiplyAdd::<T, false, true> { a, b, c, out }),
        Fused::SubtractProduct => run_on(isa, MultiplyAdd::<T, true, false> { a, b, c, out }),
    }
}

/// `out[i] = condition[i] != 0 ? a[i] : b[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn select<T: Simd>(condition: &[T], a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    select_on(Isa::best(), condition, a, b, out);
}

fn select_on<T: Simd>(isa: Isa, condition: &[T], a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]) {
    let n = out.len();
    assert!(condition.len() == n && a.fits(n) && b.fits(n), "select: lengths differ");
    dispatch!(isa, T, FMA, |condition: &[T], a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T]| {
        for_each(out.iter_mut().zip(condition), a, b, |(o, &c), p, q| *o = if c != T::zero() { p } else { q });
    })
}
