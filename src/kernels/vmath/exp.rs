//! eˣ and eˣ − 1.
//!
//! x = n ln 2 + r with |r| ≤ ½ ln 2; eʳ = 1 + r + r² q(r), q a minimax polynomial (Remez exchange in 40 digits,
//! error weighted as relative error of eʳ − 1: below 2⁻⁵⁵ and 2⁻²⁵·⁷); then the exponent takes n.

use super::lane::{Lane, at_least, at_most, polynomial};

/// The constants of eˣ.
pub trait Exponential: Lane {
    /// 1/ln 2
    const INVERSE_LN_2: Self;
    /// ln 2 to so few bits that its product with every exponent is exact.
    const LN2_HIGH: Self;
    /// ln 2 − LN2_HIGH
    const LN2_LOW: Self;
    /// Above this eˣ overflows, with a margin.
    const EXP_CEILING: Self;
    /// Below this eˣ is subnormal.
    const EXP_FLOOR: Self;
    /// Below this eˣ − 1 rounds to −1.
    const EXPM1_FLOOR: Self;

    /// (eʳ − 1 − r)/r²
    fn exp_tail<const FMA: bool>(r: Self) -> Self;
}

impl Exponential for f64 {
    const INVERSE_LN_2: f64 = std::f64::consts::LOG2_E;
    const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const EXP_CEILING: f64 = 710.0;
    const EXP_FLOOR: f64 = -708.396_418_532_264_1;
    const EXPM1_FLOOR: f64 = -40.0;

    #[inline(always)]
    fn exp_tail<const FMA: bool>(r: f64) -> f64 {
        polynomial!(FMA, r;
            0.5000000000000004, 0.16666666666666685, 0.041666666666581885, 0.008333333333315544,
            0.0013888888930236117, 0.00019841269901146272, 2.4801506606174703e-05, 2.7557229497872835e-06,
            2.7625581504138394e-07, 2.511402317612785e-08)
    }
}

impl Exponential for f32 {
    const INVERSE_LN_2: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = f32::from_bits(0x3f31_7200);
    const LN2_LOW: f32 = 1.428_606_8e-6;
    const EXP_CEILING: f32 = 89.0;
    const EXP_FLOOR: f32 = -87.336_54;
    const EXPM1_FLOOR: f32 = -20.0;

    #[inline(always)]
    fn exp_tail<const FMA: bool>(r: f32) -> f32 {
        polynomial!(FMA, r; 0.5, 1.6666545e-01, 4.1666288e-02, 8.366363e-03, 1.3946076e-03)
    }
}

/// What of a number is the exponent of e.
#[derive(Clone, Copy)]
pub enum Argument {
    /// x
    Itself,
    /// −|x|
    MinusAbs,
    /// 2|x|, as far as tanh needs it
    TwiceAbs,
}

/// x = n ln 2 + r.
pub struct Reduced<T> {
    /// n, shifted.
    pub shifted: T,
    /// r, rounded.
    pub r: T,
    /// What rounding took from r.
    pub r_low: T,
}

/// Reduces by multiples of ln 2.
#[inline(always)]
pub fn reduce<T: Exponential, const FMA: bool>(x: T) -> Reduced<T> {
    let shifted = x.fused::<FMA>(T::INVERSE_LN_2, T::ROUNDER);
    let minus_n = T::ROUNDER - shifted;
    let high = minus_n.fused::<FMA>(T::LN2_HIGH, x);
    let r = minus_n.fused::<FMA>(T::LN2_LOW, high);
    Reduced { shifted, r, r_low: minus_n.fused::<FMA>(T::LN2_LOW, high - r) }
}

/// eˣ: 1.1 ulp.
#[inline(always)]
pub fn exp<T: Exponential, const FMA: bool>(x: T) -> T {
    let clamped = at_least(at_most(x, T::EXP_CEILING), T::EXP_FLOOR);
    let Reduced { shifted, r, .. } = reduce::<T, FMA>(clamped);
    let p = (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r);
    let (first, second) = T::halves_of_power(shifted);
    let power = p.fused::<FMA>(first, first) * second;
    if x < T::EXP_FLOOR { T::zero() } else { power }
}

/// e^(−|x|): 0.8 ulp, for functions that go on from there.
#[inline(always)]
pub fn exp_of_minus_abs<T: Exponential, const FMA: bool>(x: T) -> T {
    let x = -x.abs();
    let Reduced { shifted, r, r_low } = reduce::<T, FMA>(at_least(x, T::EXP_FLOOR));
    let p = r + (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r_low);
    // At the floor 2ⁿ is still a normal number.
    let scale = T::one().scaled(shifted);
    let power = p.fused::<FMA>(scale, scale);
    if x < T::EXP_FLOOR { T::zero() } else { power }
}

/// e^(x + low) for |low| ≪ 1 where it is a normal number: 1 ulp.
#[inline(always)]
pub fn exp_of_sum<T: Exponential, const FMA: bool>(x: T, low: T) -> T {
    let Reduced { shifted, r: before, r_low } = reduce::<T, FMA>(x);
    let r = before + low;
    let r_low = (before - r) + low + r_low;
    let p = r + (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r_low);
    let (first, second) = T::halves_of_power(shifted);
    p.fused::<FMA>(first, first) * second
}

/// eˣ − 1: 1.4 ulp.
#[inline(always)]
pub fn expm1<T: Exponential, const FMA: bool>(x: T) -> T {
    let clamped = at_least(at_most(x, T::EXP_CEILING), T::EXPM1_FLOOR);
    let Reduced { shifted, r, r_low } = reduce::<T, FMA>(clamped);
    let tail = (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r_low);
    // 2ⁿ(1 + r + tail) − 1, halved lest 2ⁿ overflow.
    let scale = T::one().scaled(shifted - T::one());
    let constant = scale - T::HALF;
    let linear = scale * r;
    let high = constant + linear;
    let low = (constant - high) + linear;
    (T::TWO * (high + scale.fused::<FMA>(tail, low))).with_sign_of(x)
}

/// x where x ≥ 0, eˣ − 1 elsewhere, the same numbers as from [`expm1`]: there 2ⁿ does not overflow, and there is no −0.
#[inline(always)]
pub fn elu<T: Exponential, const FMA: bool>(x: T) -> T {
    let Reduced { shifted, r, r_low } = reduce::<T, FMA>(at_least(x, T::EXPM1_FLOOR));
    let tail = (r * r).fused::<FMA>(T::exp_tail::<FMA>(r), r_low);
    let scale = T::one().scaled(shifted);
    let constant = scale - T::one();
    let linear = scale * r;
    let high = constant + linear;
    let low = (constant - high) + linear;
    let below = high + scale.fused::<FMA>(tail, low);
    if x >= T::zero() { x } else { below }
}
