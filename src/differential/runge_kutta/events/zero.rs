//! Zeros and minima of a function of one variable on an interval.

use crate::{Result, Scalar};

/// A point and the value of the function there.
pub(super) type Sample<T> = (T, T);

/// The end of an interval of length rounding in `from`..`to` on whose side of the zero `to` lies, by the method of
/// interpolation, truncation and projection (Oliveira and Takahashi, 2021): never slower than bisection by more than a
/// step. The signs at the ends differ.
pub(super) fn zero<T: Scalar>(
    mut g: impl FnMut(T) -> Result<T>,
    (mut a, mut at_a): Sample<T>,
    (mut b, mut at_b): Sample<T>,
) -> Result<T> {
    let half = T::of(0.5);
    let resolution = T::EPSILON;
    let mut allowed = b - a; // what bisection would have left, doubled: its one step of grace
    while b - a > resolution && at_b != T::zero() {
        let middle = half * (a + b);
        let width = b - a;
        let secant = (at_b * a - at_a * b) / (at_b - at_a);
        // Towards the middle by a little, then no further from it than bisection needs.
        let nudge = (T::of(0.2) * width * width).max(resolution);
        let toward = middle - secant;
        let truncated = if nudge < toward.abs() { secant + nudge * toward.signum() } else { middle };
        let radius = (allowed - half * width).max(T::zero());
        let off = (truncated - middle).max(-radius).min(radius);
        let x = if off.abs() < half * width { middle + off } else { middle };
        if x <= a || x >= b {
            break;
        }
        let at_x = g(x)?;
        if (at_x > T::zero()) == (at_a > T::zero()) && at_x != T::zero() {
            (a, at_a) = (x, at_x);
        } else {
            (b, at_b) = (x, at_x);
        }
        allowed *= half;
    }
    Ok(b)
}

/// A point between `a` and `c` where g has not the sign that it has at `a`, `b` and `c`, if the search for the minimum
/// of |g| by golden sections comes by one; |g| is smaller at `b` than at `a` and `c`.
pub(super) fn dip<T: Scalar>(
    mut g: impl FnMut(T) -> Result<T>,
    mut a: T,
    (mut b, mut at_b): Sample<T>,
    mut c: T,
) -> Result<Option<Sample<T>>> {
    let golden = T::of(0.381_966_011_250_105_1);
    let positive = at_b > T::zero();
    // Closer, a parabola does not differ from its minimum.
    while c - a > T::EPSILON.sqrt() {
        let x = if c - b > b - a { b + golden * (c - b) } else { b - golden * (b - a) };
        let at_x = g(x)?;
        if at_x == T::zero() || (at_x > T::zero()) != positive {
            return Ok(Some((x, at_x)));
        }
        if at_x.abs() < at_b.abs() {
            if x > b {
                a = b
            } else {
                c = b
            }
            (b, at_b) = (x, at_x);
        } else if x > b {
            c = x;
        } else {
            a = x;
        }
    }
    Ok(None)
}
