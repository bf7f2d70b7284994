//! Elementwise functions over slices.
//!
//! Each function is one branch-free body in plain Rust ([`exp`](Unary::Exp) and its like are polynomials after a
//! range reduction), compiled for every [`Isa`] and vectorised by the compiler. A value depends on
//! its argument and on the instruction set, never on its place in the slice. Infinities, NaN
//! and signed zeros give what IEEE 754 recommends. Underflow is not gradual: powers of e, products and quotients below
//! the least normal number are 0, for a product with a subnormal number takes a hundred times as long on many processors,
//! and the tails of a network are full of them.
//!
//! The stated errors are in units in the last place (ulp), the largest of both types, with and without fused
//! multiply-add: over every 41st bit pattern of `f32`, and over the samples of the tests for `f64`, against
//! double-double arithmetic. Where none is stated the result is correctly rounded.

mod arithmetic;
mod elementary;
mod erf;
mod exp;
mod families;
pub(super) mod lane;
mod log;
mod logistic;
mod map;
mod powers;
#[cfg(target_arch = "x86_64")]
mod table;
mod tanh;
mod trig;

#[cfg(test)]
mod tests;

pub use self::arithmetic::Operand;
use self::arithmetic::{for_each, power_one_half, sign, zip_map, zip_map_three};
pub use self::elementary::Elementary;
use self::exp::Argument;
use self::families::{circular, hyperbolic, logistic};
use self::map::{map, staged_map};
use self::powers::powers;
use super::Simd;
use super::dispatch::dispatch;
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
    /// eˣ: 1.1 ulp (0.65 with AVX-512)
    Exp,
    /// eˣ − 1: 1.4 ulp
    Expm1,
    /// x where x ≥ 0, eˣ − 1 elsewhere: 1.4 ulp
    Elu,
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
    /// tanh′ x = 1/cosh² x: 2.1 ulp, in both tails
    TanhSlope,
    /// 1/(1 + e⁻ˣ): 1.5 ulp (1.9 without fused multiply-add), in both tails
    Sigmoid,
    /// σ′(x) = σ(x) σ(−x): 4.5 ulp, in both tails
    SigmoidSlope,
    /// ln(1 + eˣ): 1.95 ulp, in both tails
    Softplus,
    /// erf x: 1.65 ulp
    Erf,
    /// erfc x = 1 − erf x: 5.5 ulp, in both tails
    Erfc,
}

/// Functions of one argument that come from one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// softplus, σ, σ′
    Logistic,
    /// tanh, tanh′
    Hyperbolic,
    /// sin, cos
    Circular,
}

impl Family {
    /// Its functions, in the order of [`Outputs`].
    pub const fn functions(self) -> &'static [Unary] {
        match self {
            Self::Logistic => &[Unary::Softplus, Unary::Sigmoid, Unary::SigmoidSlope],
            Self::Hyperbolic => &[Unary::Tanh, Unary::TanhSlope],
            Self::Circular => &[Unary::Sin, Unary::Cos],
        }
    }
}

/// Where the functions of a [`Family`] are written to, those that are wanted.
pub type Outputs<'a, T> = [Option<&'a mut [T]>; 3];

impl Unary {
    /// The family it belongs to.
    pub const fn family(self) -> Option<Family> {
        match self {
            Self::Softplus | Self::Sigmoid | Self::SigmoidSlope => Some(Family::Logistic),
            Self::Tanh | Self::TanhSlope => Some(Family::Hyperbolic),
            Self::Sin | Self::Cos => Some(Family::Circular),
            _ => None,
        }
    }
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
    macro_rules! apply {
        ($loop:path, $($function:expr),*) => {
            dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| { $loop(x, out, $($function),*) })
        };
    }
    match function {
        Unary::Neg => apply!(map, |x: T| -x),
        Unary::Abs => apply!(map, T::abs),
        Unary::Sign => apply!(map, sign),
        Unary::Recip => apply!(map, |x| (T::one() / x).normal()),
        Unary::Square => apply!(map, |x| (x * x).normal()),
        Unary::Sqrt => apply!(map, T::sqrt),
        Unary::Exp => dispatch!(isa, T, FMA, |isa: Isa, x: &[T], out: &mut [T]| {
            powers::<T, FMA>(isa, Argument::Itself, x, out)
        }),
        Unary::Expm1 => apply!(map, exp::expm1::<T, FMA>),
        Unary::Elu => apply!(map, exp::elu::<T, FMA>),
        Unary::Log => apply!(map, log::log::<T, FMA>),
        Unary::Log1p => apply!(map, log::log1p::<T, FMA>),
        Unary::Softplus => family_on(isa, Family::Logistic, x, [Some(out), None, None]),
        Unary::Sigmoid => family_on(isa, Family::Logistic, x, [None, Some(out), None]),
        Unary::SigmoidSlope => family_on(isa, Family::Logistic, x, [None, None, Some(out)]),
        Unary::Tanh => family_on(isa, Family::Hyperbolic, x, [Some(out), None, None]),
        Unary::TanhSlope => family_on(isa, Family::Hyperbolic, x, [None, Some(out), None]),
        Unary::Sin => family_on(isa, Family::Circular, x, [Some(out), None, None]),
        Unary::Cos => family_on(isa, Family::Circular, x, [None, Some(out), None]),
        Unary::Erf => apply!(staged_map, erf::log_erfc_of_abs::<T, FMA>, erf::erf::<T, FMA>),
        Unary::Erfc => apply!(staged_map, erf::bell::<T, FMA>, erf::erfc::<T, FMA>),
    }
}

/// `outs[k][i] = fₖ(x[i])` for the wanted functions of a family, the same numbers as from [`unary`] in less time.
///
/// # Panics
/// If the lengths differ.
pub fn family<T: Simd>(family: Family, x: &[T], outs: Outputs<'_, T>) {
    family_on(Isa::best(), family, x, outs);
}

fn family_on<T: Simd>(isa: Isa, family: Family, x: &[T], outs: Outputs<'_, T>) {
    assert!(outs.iter().flatten().all(|out| out.len() == x.len()), "family: lengths differ");
    match family {
        Family::Logistic => {
            dispatch!(isa, T, FMA, |isa: Isa, x: &[T], outs: Outputs<'_, T>| { logistic::<T, FMA>(isa, x, outs) })
        }
        Family::Hyperbolic => {
            dispatch!(isa, T, FMA, |isa: Isa, x: &[T], outs: Outputs<'_, T>| { hyperbolic::<T, FMA>(isa, x, outs) })
        }
        Family::Circular => dispatch!(isa, T, FMA, |x: &[T], outs: Outputs<'_, T>| { circular::<T, FMA>(x, outs) }),
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
    // Copies of operands would wait for them to be stored: to a kernel they are handed by reference, in all three functions.
    let (a, b) = (&a, &b);
    macro_rules! apply {
        ($operation:expr) => {
            dispatch!(isa, T, FMA, |a: &Operand<'_, T>, b: &Operand<'_, T>, out: &mut [T]| {
                zip_map(*a, *b, out, $operation)
            })
        };
    }
    match function {
        Binary::Add => apply!(|p, q| p + q),
        Binary::Sub => apply!(|p, q| p - q),
        Binary::Mul => apply!(|p, q| (p * q).normal()),
        Binary::Div => apply!(|p, q| (p / q).normal()),
        Binary::Max => apply!(|p, q| if p >= q || p.is_nan() { p } else { q }),
        Binary::Min => apply!(|p, q| if p <= q || p.is_nan() { p } else { q }),
        Binary::GreaterEqual => apply!(|p, q| if p >= q { T::one() } else { T::zero() }),
        Binary::Pow => match (a, b) {
            (Operand::Slice(x), Operand::Scalar(exponent)) if power(isa, x, *exponent, out) => {}
            _ => apply!(T::powf),
        },
        Binary::Atan2 => apply!(T::atan2),
    }
}

/// `out[i] = x[i]ᵉ` for the common exponents, by the operations they stand for; whether `exponent` is one.
fn power<T: Simd>(isa: Isa, x: &[T], exponent: T, out: &mut [T]) -> bool {
    let is = |value: f64| T::from(value) == Some(exponent);
    if is(2.0) {
        unary_on(isa, Unary::Square, x, out);
    } else if is(3.0) {
        dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| { map(x, out, |x| ((x * x).normal() * x).normal()) });
    } else if is(0.5) {
        dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| { map(x, out, power_one_half) });
    } else if is(-1.0) {
        unary_on(isa, Unary::Recip, x, out);
    } else if is(1.0) {
        out.copy_from_slice(x);
    } else {
        return false;
    }
    true
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
    let (a, b, c) = (&a, &b, &c);
    macro_rules! apply {
        ($form:expr) => {
            dispatch!(isa, T, FMA, |a: &Operand<'_, T>, b: &Operand<'_, T>, c: &Operand<'_, T>, out: &mut [T]| {
                zip_map_three(*a, *b, *c, out, $form)
            })
        };
    }
    match form {
        Fused::MultiplyAdd => apply!(|p, q, c| p.fused::<FMA>(q, c).normal()),
        Fused::MultiplySubtract => apply!(|p, q, c| p.fused::<FMA>(q, -c).normal()),
        Fused::SubtractProduct => apply!(|p, q, c| (-p).fused::<FMA>(q, c).normal()),
    }
}

/// [`fused`] with the product c · d, rounded, for c: `out[i] = ±a[i] · b[i] ± c[i] · d[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn fused_products<T: Simd>(form: Fused, factors: [&[T]; 4], out: &mut [T]) {
    fused_products_on(Isa::best(), form, factors, out);
}

fn fused_products_on<T: Simd>(isa: Isa, form: Fused, factors: [&[T]; 4], out: &mut [T]) {
    assert!(factors.iter().all(|factor| factor.len() == out.len()), "fused_products: lengths differ");
    let [a, b, c, d] = factors;
    macro_rules! apply {
        ($form:expr) => {
            dispatch!(isa, T, FMA, |a: &[T], b: &[T], c: &[T], d: &[T], out: &mut [T]| {
                let (a, b) = (Operand::Slice(a), Operand::Slice(b));
                for_each(out.iter_mut().zip(c.iter().zip(d)), a, b, |(o, (&r, &s)), p, q| {
                    *o = $form(p, q, (r * s).normal());
                })
            })
        };
    }
    match form {
        Fused::MultiplyAdd => apply!(|p: T, q, c| p.fused::<FMA>(q, c).normal()),
        Fused::MultiplySubtract => apply!(|p: T, q, c: T| p.fused::<FMA>(q, -c).normal()),
        Fused::SubtractProduct => apply!(|p: T, q, c| (-p).fused::<FMA>(q, c).normal()),
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
    let (a, b) = (&a, &b);
    dispatch!(isa, T, FMA, |condition: &[T], a: &Operand<'_, T>, b: &Operand<'_, T>, out: &mut [T]| {
        for_each(out.iter_mut().zip(condition), *a, *b, |(o, &c), p, q| *o = if c != T::zero() { p } else { q });
    })
}
