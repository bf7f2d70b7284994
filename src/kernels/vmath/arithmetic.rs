//! The functions that are one or two machine instructions.

use super::lane::Lane;
use crate::kernels::dispatch::Kernel;

/// An operand: a slice as long as the output, or one number for all entries.
#[derive(Debug, Clone, Copy)]
pub enum Operand<'a, T> {
    /// One entry each.
    Slice(&'a [T]),
    /// The same for all.
    Scalar(T),
}

impl<T> Operand<'_, T> {
    /// Whether it serves an output of this length.
    pub(super) fn fits(&self, len: usize) -> bool {
        match self {
            Operand::Slice(slice) => slice.len() == len,
            Operand::Scalar(_) => true,
        }
    }
}

/// Hands each item to `work`, with the entries of `a` and `b` that stand at its place: one loop for each case, so that a
/// number for all entries stays in a register.
#[inline(always)]
pub(super) fn for_each<T: Copy, I: Iterator>(
    items: I,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    mut work: impl FnMut(I::Item, T, T),
) {
    match (a, b) {
        (Operand::Slice(a), Operand::Slice(b)) => {
            for ((item, &p), &q) in items.zip(a).zip(b) {
                work(item, p, q);
            }
        }
        (Operand::Slice(a), Operand::Scalar(q)) => {
            for (item, &p) in items.zip(a) {
                work(item, p, q);
            }
        }
        (Operand::Scalar(p), Operand::Slice(b)) => {
            for (item, &q) in items.zip(b) {
                work(item, p, q);
            }
        }
        (Operand::Scalar(p), Operand::Scalar(q)) => items.for_each(|item| work(item, p, q)),
    }
}

/// −1, 0 or 1; zeros and NaN as they are.
#[inline(always)]
pub fn sign<T: Lane>(x: T) -> T {
    let signed = T::one().with_sign_of(x);
    if x.abs() > T::zero() { signed } else { x }
}

/// x^½, which differs from √x at −0 and −∞.
#[inline(always)]
pub fn power_one_half<T: Lane>(x: T) -> T {
    if x == T::neg_infinity() { T::infinity() } else { x.sqrt() + T::zero() }
}

/// A function of two numbers.
pub trait Operation<T> {
    /// Its value.
    fn at(&self, a: T, b: T) -> T;
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($a:ident, $b:ident) = $value:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl<T: Lane> Operation<T> for $name {
                #[inline(always)]
                fn at(&self, $a: T, $b: T) -> T {
                    $value
                }
            }
        )*
    };
}

operations! {
    /// a + b
    Add(a, b) = a + b;
    /// a − b
    Sub(a, b) = a - b;
    /// a · b
    Mul(a, b) = a * b;
    /// a / b
    Div(a, b) = a / b;
    /// The larger, NaN if either is.
    Max(a, b) = if a >= b || a.is_nan() { a } else { b };
    /// The smaller, NaN if either is.
    Min(a, b) = if a <= b || a.is_nan() { a } else { b };
    /// 1 if a ≥ b, else 0.
    GreaterEqual(a, b) = if a >= b { T::one() } else { T::zero() };
    /// aᵇ
    Pow(a, b) = a.powf(b);
    /// The angle of the point (b, a).
    Atan2(a, b) = a.atan2(b);
}

/// `out[i] = O(a[i], b[i])`.
pub struct BinaryMap<'a, T, O> {
    /// First operand.
    pub a: Operand<'a, T>,
    /// Second operand.
    pub b: Operand<'a, T>,
    /// Result.
    pub out: &'a mut [T],
    /// The operation.
    pub operation: O,
}

impl<T: Lane, O: Operation<T>> Kernel for BinaryMap<'_, T, O> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        match (self.a, self.b) {
            (Operand::Scalar(p), Operand::Scalar(q)) => self.out.fill(self.operation.at(p, q)),
            (a, b) => for_each(self.out.iter_mut(), a, b, |o, p, q| *o = self.operation.at(p, q)),
        }
    }
}

/// `out[i] = ±a[i] · b[i] ± c[i]`.
pub struct MultiplyAdd<'a, T, const MINUS_PRODUCT: bool, const MINUS_SUMMAND: bool> {
    /// First factor.
    pub a: Operand<'a, T>,
    /// Second factor.
    pub b: Operand<'a, T>,
    /// Summand.
    pub c: Operand<'a, T>,
    /// Result.
    pub out: &'a mut [T],
}

impl<T: Lane, const MINUS_PRODUCT: bool, const MINUS_SUMMAND: bool> Kernel
    for MultiplyAdd<'_, T, MINUS_PRODUCT, MINUS_SUMMAND>
{
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let at = |p: T, q: T, c: T| {
            let p = if MINUS_PRODUCT { -p } else { p };
            p.fused::<FMA>(q, if MINUS_SUMMAND { -c } else { c })
        };
        match self.c {
            Operand::Slice(c) => for_each(self.out.iter_mut().zip(c), self.a, self.b, |(o, &c), p, q| *o = at(p, q, c)),
            Operand::Scalar(c) => for_each(self.out.iter_mut(), self.a, self.b, |o, p, q| *o = at(p, q, c)),
        }
    }
}
