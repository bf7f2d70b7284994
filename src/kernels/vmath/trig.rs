//! sin x and cos x.
//!
//! x = n π/2 + r + r_low with |r| ≤ π/4 (Cody and Waite 1980, in as many parts of π/2 as |x| ≤ 2¹⁷ needs), then
//! minimax polynomials for both functions (Remez exchange in 40 digits; absolute errors below 2⁻⁵⁸ and 2⁻²⁸), of
//! which the quadrant n mod 4 picks one. Larger arguments go one by one to the standard library.

use super::lane::{Lane, polynomial};

/// The constants of sin and cos.
pub trait Circular: Lane {
    /// Up to here the reduction is accurate.
    const TRIG_LIMIT: Self;
    /// 2/π
    const TWO_OVER_PI: Self;

    /// (r, r_low) with x = n π/2 + r + r_low.
    fn subtract_quarter_turns<const FMA: bool>(x: Self, n: Self) -> (Self, Self);
    /// (sin r − r)/r³ at z = r²
    fn sin_tail<const FMA: bool>(z: Self) -> Self;
    /// (cos r − 1 + r²/2)/r⁴ at z = r²
    fn cos_tail<const FMA: bool>(z: Self) -> Self;
}

impl Circular for f64 {
    const TRIG_LIMIT: f64 = 131_072.0;
    const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;

    #[inline(always)]
    fn subtract_quarter_turns<const FMA: bool>(x: f64, n: f64) -> (f64, f64) {
        if FMA {
            // Parts of 53, 36 and 53 bits: the first two differences are exact or lose no more than `low` recovers.
            const PARTS: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123233995707727e-17, 2.9038559739793605e-28];
            let first = (-n).mul_add(PARTS[0], x);
            let r = (-n).mul_add(PARTS[1], first);
            let low = (-n).mul_add(PARTS[1], first - r);
            (r, (-n).mul_add(PARTS[2], low))
        } else {
            // Four parts of 33 bits: their products with n ≤ 2¹⁷ are exact.
            const PARTS: [f64; 4] =
                [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32];
            let first = x - n * PARTS[0];
            let second = n * PARTS[1];
            let partial = first - second;
            let partial_low = ((first - partial) - second) - n * PARTS[2];
            let r = partial + partial_low;
            (r, (partial - r) + partial_low - n * PARTS[3])
        }
    }

    #[inline(always)]
    fn sin_tail<const FMA: bool>(z: f64) -> f64 {
        polynomial!(FMA, z;
            -0.16666666666666632, 0.008333333333322463, -0.00019841269829823184, 2.7557313691436495e-06,
            -2.5050757359703505e-08, 1.5896720653636839e-10)
    }

    #[inline(always)]
    fn cos_tail<const FMA: bool>(z: f64) -> f64 {
        polynomial!(FMA, z;
            0.041666666666666616, -0.0013888888888876503, 2.480158729077773e-05, -2.755731468624066e-07,
            2.087576444578585e-09, -1.136160596613317e-11)
    }
}

impl Circular for f32 {
    const TRIG_LIMIT: f32 = 131_072.0;
    const TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;

    #[inline(always)]
    fn subtract_quarter_turns<const FMA: bool>(x: f32, n: f32) -> (f32, f32) {
        if FMA {
            const PARTS: [f32; 3] = [std::f32::consts::FRAC_PI_2, -4.371139e-08, -1.7151245e-15];
            let first = (-n).mul_add(PARTS[0], x);
            let product = n * PARTS[1];
            let r = first - product;
            let low = ((first - r) - product) - n.mul_add(PARTS[1], -product);
            (r, (-n).mul_add(PARTS[2], low))
        } else {
            let (x, n) = (f64::from(x), f64::from(n));
            let exact = (x - n * 1.5707963267341256) - n * 6.077100506506192e-11;
            let r = exact as f32;
            (r, (exact - f64::from(r)) as f32)
        }
    }

    #[inline(always)]
    fn sin_tail<const FMA: bool>(z: f32) -> f32 {
        polynomial!(FMA, z; -1.6666655e-01, 8.332192e-03, -1.9518782e-04)
    }

    #[inline(always)]
    fn cos_tail<const FMA: bool>(z: f32) -> f32 {
        polynomial!(FMA, z; 4.1666646e-02, -1.3887299e-03, 2.443024e-05)
    }
}

/// (sin x, cos x): 0.9 ulp up to `TRIG_LIMIT`, beyond which the caller must use something else.
#[inline(always)]
pub fn sin_cos<T: Circular, const FMA: bool>(x: T) -> (T, T) {
    let a = x.abs();
    let shifted = a.fused::<FMA>(T::TWO_OVER_PI, T::ROUNDER);
    let (r, r_low) = T::subtract_quarter_turns::<FMA>(a, shifted - T::ROUNDER);
    let z = r * r;
    let half = T::HALF * z;
    let cos_high = T::one() - half;
    let sin = r + (r * z).fused::<FMA>(T::sin_tail::<FMA>(z), r_low * cos_high);
    let cos_low = (z * z).fused::<FMA>(T::cos_tail::<FMA>(z), (T::one() - cos_high) - half);
    let cos = cos_high + (-r).fused::<FMA>(r_low, cos_low);
    let odd = shifted.shifted_is_odd();
    let (sin, cos) = if odd { (cos, sin) } else { (sin, cos) };
    // The sine is odd; −0 must stay −0.
    (shifted.negate_by_bit_one(sin).times_sign_of(x), (shifted + T::one()).negate_by_bit_one(cos))
}
