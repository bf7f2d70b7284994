//! ln x and ln(1 + x).
//!
//! x = 2ᵏ(1 + f) with √½ ≤ 1 + f < √2; ln(1 + f) = 2 artanh s, s = f/(2 + f), by a minimax polynomial in s²
//! (Remez exchange in 40 digits, relative error below 2⁻⁵⁹ and 2⁻³⁰), arranged around f as in FDLIBM
//! (Sun Microsystems 1993).

use super::exp::Exponential;
use super::lane::{at_most, polynomial};

/// The constants of ln.
pub trait Logarithm: Exponential {
    /// A power of two that makes every subnormal number normal, and its exponent.
    const LIFT: (Self, Self);
    /// From this exponent of 1 + x on, what rounding took from the sum no longer matters.
    const NEGLIGIBLE: Self;

    /// (2 artanh(s) − 2s)/s³ at z = s² ≤ (√2 − 1)²/(√2 + 1)²
    fn artanh_tail<const FMA: bool>(z: Self) -> Self;
}

impl Logarithm for f64 {
    const LIFT: (f64, f64) = (18_014_398_509_481_984.0, 54.0);
    const NEGLIGIBLE: f64 = 60.0;

    #[inline(always)]
    fn artanh_tail<const FMA: bool>(z: f64) -> f64 {
        polynomial!(FMA, z;
            0.6666666666666726, 0.3999999999945795, 0.28571428734178567, 0.22222199318200858,
            0.18183529288287478, 0.1531487460903751, 0.14788283198952554)
    }
}

impl Logarithm for f32 {
    const LIFT: (f32, f32) = (33_554_432.0, 25.0);
    const NEGLIGIBLE: f32 = 60.0;

    #[inline(always)]
    fn artanh_tail<const FMA: bool>(z: f32) -> f32 {
        polynomial!(FMA, z; 6.6666776e-01, 3.997751e-01, 2.987418e-01)
    }
}

/// k ln 2 + ln(1 + f + f_low).
#[inline(always)]
fn assemble<T: Logarithm, const FMA: bool>(k: T, f: T, f_low: T) -> T {
    let s = f / (T::TWO + f);
    let z = s * s;
    let half_square = T::HALF * f * f;
    let tail = z.fused::<FMA>(T::artanh_tail::<FMA>(z), half_square);
    // 1/(1 + f) = (1 − s)/(1 + s) ≈ 1 − 2s + 2s² is enough for f_low.
    let low = f_low.fused::<FMA>(T::one() - T::TWO * (s - z), k * T::LN2_LOW);
    k.fused::<FMA>(T::LN2_HIGH, f - (half_square - s.fused::<FMA>(tail, low)))
}

/// ln x: 0.9 ulp.
#[inline(always)]
pub fn log<T: Logarithm, const FMA: bool>(x: T) -> T {
    let tiny = x < T::min_positive_value();
    let (lift, lift_exponent) = if tiny { T::LIFT } else { (T::one(), T::zero()) };
    let (k, m) = (x * lift).split_exponent();
    let value = assemble::<T, FMA>(k - lift_exponent, m - T::one(), T::zero());
    at_the_ends(x, value)
}

/// ln(1 + x): 0.9 ulp.
#[inline(always)]
pub fn log1p<T: Logarithm, const FMA: bool>(x: T) -> T {
    let one = T::one();
    let sum = one + x;
    // What rounding took from the sum: the larger term is subtracted first.
    let sum_low = if x.abs() < one { x - (sum - one) } else { one - (sum - x) };
    let (k, m) = sum.split_exponent();
    // Clamped, for 2⁻ᵏ must not become subnormal.
    let f_low = sum_low.scaled(T::ROUNDER - at_most(k, T::NEGLIGIBLE));
    at_the_ends(sum, assemble::<T, FMA>(k, m - one, f_low)).with_sign_of(x)
}

/// ln at and beyond the ends of its domain.
#[inline(always)]
fn at_the_ends<T: Logarithm>(x: T, value: T) -> T {
    let value = if x < T::infinity() { value } else { x };
    let value = if x == T::zero() { T::neg_infinity() } else { value };
    if x < T::zero() { T::nan() } else { value }
}
