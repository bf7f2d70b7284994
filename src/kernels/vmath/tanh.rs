//! tanh x and its slope 1/cosh² x.
//!
//! From |x| = 0.55 on, 1 − 2/(e²ˣ + 1). Below, x + x³ P(x²)/Q(x²), a minimax rational function (Remez exchange
//! in 40 digits, relative error below 2⁻⁵⁸ and 2⁻²⁷·⁸ of the second term). Both share one division. The slope is q (2 −
//! q) with q = 2/(e²ˣ + 1), and 1 − tanh² x where x² < ½.

use super::exp::{Exponential, Reduced, reduce};
use super::lane::{at_most, polynomial};

/// The constants of tanh.
pub trait HyperbolicTangent: Exponential {
    /// From here on the slope, four times the least normal number, is 0.
    const TANH_CEILING: Self;
    /// Where the two formulas meet.
    const TANH_MIDDLE: Self;

    /// (P(z), Q(z))
    fn tanh_fraction<const FMA: bool>(z: Self) -> (Self, Self);
}

impl HyperbolicTangent for f64 {
    const TANH_CEILING: f64 = 354.19;
    const TANH_MIDDLE: f64 = 0.55;

    #[inline(always)]
    fn tanh_fraction<const FMA: bool>(z: f64) -> (f64, f64) {
        let p = polynomial!(FMA, z; -0.3333333333333333, -0.02050000923005042, -0.00019923166991064038);
        let q = polynomial!(FMA, z; 1.0, 0.4615000276901464, 0.02329294418113289, 0.00020659117766403819);
        (p, q)
    }
}

impl HyperbolicTangent for f32 {
    const TANH_CEILING: f32 = 43.66;
    const TANH_MIDDLE: f32 = 0.55;

    #[inline(always)]
    fn tanh_fraction<const FMA: bool>(z: f32) -> (f32, f32) {
        let p = polynomial!(FMA, z; -3.333332e-01, -1.5506357e-03);
        let q = polynomial!(FMA, z; 1.0, 4.0464398e-01);
        (p, q)
    }
}

/// e^(2|x|), as far as tanh needs it.
#[inline(always)]
pub fn exp_of_twice_abs<T: HyperbolicTangent, const FMA: bool>(x: T) -> T {
    let a = at_most(x.abs(), T::TANH_CEILING);
    let Reduced { shifted, r, .. } = reduce::<T, FMA>(a + a);
    (T::one() + (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r)).scaled(shifted)
}

/// (tanh x, 1/cosh² x) from e^(2|x|): 1.5 and 2.1 ulp.
#[inline(always)]
pub fn tanh_and_slope<T: HyperbolicTangent, const FMA: bool>(x: T, exponential: T) -> (T, T) {
    let a = x.abs();
    let z = a * a;
    let (p, q) = T::tanh_fraction::<FMA>(z);
    let small = a < T::TANH_MIDDLE;
    let numerator = if small { a * z * p } else { -T::TWO };
    let denominator = if small { q } else { exponential + T::one() };
    let base = if small { a } else { T::one() };
    let quotient = numerator / denominator;
    let tanh = base + quotient;
    // A condition of its own: with the one above, the compiler would divide twice.
    let slope = if z < T::HALF { (-tanh).fused::<FMA>(tanh, T::one()) } else { -quotient * (T::TWO + quotient) };
    (tanh.with_sign_of(x), if a > T::TANH_CEILING { T::zero() } else { slope })
}
