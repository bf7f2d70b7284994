//! The functions that are one or two machine instructions.

use super::lane::Lane;

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

/// `out[i] = operation(a[i], b[i])`.
#[inline(always)]
pub fn zip_map<T: Lane>(a: Operand<'_, T>, b: Operand<'_, T>, out: &mut [T], operation: impl Fn(T, T) -> T) {
    match (a, b) {
        (Operand::Scalar(p), Operand::Scalar(q)) => out.fill(operation(p, q)),
        (a, b) => for_each(out.iter_mut(), a, b, |o, p, q| *o = operation(p, q)),
    }
}

/// `out[i] = operation(a[i], b[i], c[i])`.
#[inline(always)]
pub fn zip_map_three<T: Lane>(
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    c: Operand<'_, T>,
    out: &mut [T],
    operation: impl Fn(T, T, T) -> T,
) {
    match c {
        Operand::Slice(c) => for_each(out.iter_mut().zip(c), a, b, |(o, &c), p, q| *o = operation(p, q, c)),
        Operand::Scalar(c) => for_each(out.iter_mut(), a, b, |o, p, q| *o = operation(p, q, c)),
    }
}
