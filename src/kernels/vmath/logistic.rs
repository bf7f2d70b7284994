//! The logistic functions: σ(x) = 1/(1 + e⁻ˣ) and its integral softplus(x) = ln(1 + eˣ).
//!
//! Both start from e = e^(−|x|) ≤ 1, kept as a sum of two numbers, so neither overflows and both are accurate
//! in relative terms in both tails. ln(1 + e) = 2 artanh s, s = e/(2 + e) ≤ ⅓, by a minimax polynomial in s²
//! (Remez exchange in 40 digits, relative error below 2⁻⁵⁹ and 2⁻²⁷·⁶ of the result).

use super::exp::{Exponential, exp_of_negative};
use super::lane::polynomial;

/// The constants of softplus.
pub trait Logistic: Exponential {
    /// (2 artanh(s) − 2s)/s³ at z = s² ≤ 1/9
    fn artanh_tail_to_third<const FMA: bool>(z: Self) -> Self;
}

impl Logistic for f64 {
    #[inline(always)]
    fn artanh_tail_to_third<const FMA: bool>(z: f64) -> f64 {
        polynomial::<f64, FMA, 10>(
            z,
            [
                0.6666666666666633,
                0.4000000000014994,
                0.2857142854861651,
                0.22222223928886897,
                0.1818174519856167,
                0.15386535459922057,
                0.13301267164059905,
                0.12103940954591667,
                0.08348833974762679,
                0.1700339282264707,
            ],
        )
    }
}

impl Logistic for f32 {
    #[inline(always)]
    fn artanh_tail_to_third<const FMA: bool>(z: f32) -> f32 {
        polynomial::<f32, FMA, 4>(z, [6.666642e-01, 4.0021464e-01, 2.8002378e-01, 2.8010505e-01])
    }
}

/// (σ(x), 1/(1 + e)), both from e = e^(−|x|) = `high + low`.
#[inline(always)]
fn sigmoid_from<T: Exponential, const FMA: bool>(x: T, high: T, low: T) -> (T, T) {
    let one = T::one();
    let negative = x < T::zero();
    let denominator = one + high;
    let denominator_low = (one - denominator) + high + low;
    let (numerator, numerator_low) = if negative { (high, low) } else { (one, T::zero()) };
    let quotient = numerator / denominator;
    let reciprocal = if negative { one - quotient } else { quotient };
    let correction = numerator_low - quotient * denominator_low;
    (correction.fused::<FMA>(reciprocal, quotient), reciprocal)
}

/// ln(1 + eˣ) from e = e^(−|x|) = `high + low` and 1/(1 + e).
#[inline(always)]
fn softplus_from<T: Logistic, const FMA: bool>(x: T, high: T, low: T, reciprocal: T) -> T {
    let s = high / (T::TWO + high);
    let z = s * s;
    let half_square = T::HALF * high * high;
    let tail = z.fused::<FMA>(T::artanh_tail_to_third::<FMA>(z), half_square);
    let logarithm = high + (low.fused::<FMA>(reciprocal, s * tail) - half_square);
    logarithm + super::lane::at_least(x, T::zero())
}

/// σ(x): 1.3 ulp.
#[inline(always)]
pub fn sigmoid<T: Exponential, const FMA: bool>(x: T) -> T {
    let (high, low) = exp_of_negative::<T, FMA>(-x.abs());
    sigmoid_from::<T, FMA>(x, high, low).0
}

/// ln(1 + eˣ): 1.5 ulp.
#[inline(always)]
pub fn softplus<T: Logistic, const FMA: bool>(x: T) -> T {
    let (high, low) = exp_of_negative::<T, FMA>(-x.abs());
    softplus_from::<T, FMA>(x, high, low, T::one() - T::HALF * high)
}

/// (softplus x, σ(x)) from one exponential.
#[inline(always)]
pub fn softplus_sigmoid<T: Logistic, const FMA: bool>(x: T) -> (T, T) {
    let (high, low) = exp_of_negative::<T, FMA>(-x.abs());
    let (sigmoid, reciprocal) = sigmoid_from::<T, FMA>(x, high, low);
    (softplus_from::<T, FMA>(x, high, low, reciprocal), sigmoid)
}
