//! The logistic functions: σ(x) = 1/(1 + e⁻ˣ), its integral softplus(x) = ln(1 + eˣ) and its slope σ′ = σ(x) σ(−x).
//!
//! All start from e = e^(−|x|) ≤ 1, so none overflows and all are accurate in relative terms in both tails. ln(1 + e) =
//! 2 artanh s, s = e/(2 + e) ≤ ⅓, by a minimax polynomial in s² (Remez exchange in 40 digits, relative error below 2⁻⁵⁹
//! and 2⁻²⁷·⁶ of the result).

use super::exp::Exponential;
use super::lane::{Lane, at_least, polynomial};

/// The constants of softplus.
pub trait Logistic: Exponential {
    /// (2 artanh(s) − 2s)/s³ at z = s² ≤ 1/9
    fn artanh_tail_to_third<const FMA: bool>(z: Self) -> Self;
}

impl Logistic for f64 {
    #[inline(always)]
    fn artanh_tail_to_third<const FMA: bool>(z: f64) -> f64 {
        polynomial!(FMA, z;
            0.6666666666666633, 0.4000000000014994, 0.2857142854861651, 0.22222223928886897,
            0.1818174519856167, 0.15386535459922057, 0.13301267164059905, 0.12103940954591667,
            0.08348833974762679, 0.1700339282264707)
    }
}

impl Logistic for f32 {
    #[inline(always)]
    fn artanh_tail_to_third<const FMA: bool>(z: f32) -> f32 {
        polynomial!(FMA, z; 6.666642e-01, 4.0021464e-01, 2.8002378e-01, 2.8010505e-01)
    }
}

/// σ(x) from e = e^(−|x|): 1.5 ulp, 1.9 without fused multiply-add.
#[inline(always)]
pub fn sigmoid<T: Lane, const FMA: bool>(x: T, e: T) -> T {
    let one = T::one();
    let denominator = one + e;
    let denominator_low = (one - denominator) + e;
    let numerator = if x < T::zero() { e } else { one };
    let quotient = numerator / denominator;
    // 1/(1 + e) ≥ ½. Not by the sign of x: asked for it twice, the compiler would divide twice.
    let reciprocal = at_least(quotient, one - quotient);
    // What rounding took from the quotient is known exactly only by a fused operation.
    let rest = if FMA { (-quotient).fused::<FMA>(denominator, numerator) } else { T::zero() };
    (-quotient).fused::<FMA>(denominator_low, rest).fused::<FMA>(reciprocal, quotient)
}

/// (σ(x), σ′(x)) from e = e^(−|x|), by σ′ = e/(1 + e)²: 4.5 ulp.
#[inline(always)]
pub fn sigmoid_and_slope<T: Lane, const FMA: bool>(x: T, e: T) -> (T, T) {
    let sigmoid = sigmoid::<T, FMA>(x, e);
    let reciprocal = at_least(sigmoid, T::one() - sigmoid);
    (sigmoid, e * reciprocal * reciprocal)
}

/// ln(1 + eˣ) from e = e^(−|x|): 1.95 ulp.
#[inline(always)]
pub fn softplus<T: Logistic, const FMA: bool>(x: T, e: T) -> T {
    // What is added to e is of the size of e², nothing beside it, and not to become subnormal.
    let c = if e < T::epsilon() * T::epsilon() { T::zero() } else { e };
    let s = c / (T::TWO + c);
    let z = s * s;
    let half_square = T::HALF * c * c;
    let tail = z.fused::<FMA>(T::artanh_tail_to_third::<FMA>(z), half_square);
    // In this order the first sum is small, and so is its rounding error.
    e + (s.fused::<FMA>(tail, -half_square) + at_least(x, T::zero()))
}
