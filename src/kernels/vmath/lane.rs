//! A floating-point number as one lane of a vector: the operations on its bits that vectorise everywhere.

/// What the branch-free bodies need of `f32` and `f64`.
///
/// Numbers that are to be used as integers are kept *shifted*: `n + ROUNDER` for a small integer n has n in its
/// lowest bits, and adding ROUNDER to any x rounds it to such an integer. No vector conversion is needed, which
/// for 64 bits AVX2 does not have.
pub trait Lane: num_traits::Float + num_traits::NumAssign + Default + 'static {
    /// 1.5 · 2^(mantissa bits): adding it rounds to an integer.
    const ROUNDER: Self;
    /// ½
    const HALF: Self;
    /// 2
    const TWO: Self;

    /// self · b + c, fused if `FMA`.
    fn fused<const FMA: bool>(self, b: Self, c: Self) -> Self;
    /// |self| with the sign of `sign`.
    fn with_sign_of(self, sign: Self) -> Self;
    /// −self if `sign` has its sign bit set.
    fn times_sign_of(self, sign: Self) -> Self;
    /// Itself, or 0 of its sign where it is subnormal.
    fn normal(self) -> Self;
    /// self · 2ⁿ for a shifted n, where 2ⁿ is a normal number.
    fn scaled(self, shifted: Self) -> Self;
    /// The two factors of 2ⁿ for a shifted n from −1100 to 1100 (−150 to 150 for `f32`). Neither overflows, and only
    /// the second product rounds.
    fn halves_of_power(shifted: Self) -> (Self, Self);
    /// (k, m) with self = 2ᵏ m and √½ ≤ m < √2, for normal positive numbers.
    fn split_exponent(self) -> (Self, Self);
    /// Whether a shifted n is odd.
    fn shifted_is_odd(self) -> bool;
    /// `value`, negated if the shifted n has bit 1 set.
    fn negate_by_bit_one(self, value: Self) -> Self;
}

macro_rules! lane {
    ($float:ident, $word:ident, $rounder:expr, $sqrt_half:expr) => {
        const _: () = {
            const MANTISSA: u32 = $float::MANTISSA_DIGITS - 1;
            const BIAS: $word = $float::MAX_EXP as $word - 1;
            const SIGN: $word = 1 << ($word::BITS - 1);
            const ONE: $word = BIAS << MANTISSA;
            const SQRT_HALF: $word = ($sqrt_half as $float).to_bits();
            // 2^(mantissa bits): or-ing a small integer into its mantissa adds the integer.
            const INTEGER: $float = ((1 as $word) << MANTISSA) as $float;

            impl Lane for $float {
                const ROUNDER: Self = $rounder;
                const HALF: Self = 0.5;
                const TWO: Self = 2.0;

                #[inline(always)]
                fn fused<const FMA: bool>(self, b: Self, c: Self) -> Self {
                    if FMA { self.mul_add(b, c) } else { self * b + c }
                }

                #[inline(always)]
                fn with_sign_of(self, sign: Self) -> Self {
                    Self::from_bits((self.to_bits() & !SIGN) | (sign.to_bits() & SIGN))
                }

                #[inline(always)]
                fn times_sign_of(self, sign: Self) -> Self {
                    Self::from_bits(self.to_bits() ^ (sign.to_bits() & SIGN))
                }

                #[inline(always)]
                fn normal(self) -> Self {
                    const EXPONENT: $word = $float::INFINITY.to_bits();
                    let bits = self.to_bits();
                    Self::from_bits(if bits & EXPONENT == 0 { bits & SIGN } else { bits })
                }

                #[inline(always)]
                fn scaled(self, shifted: Self) -> Self {
                    self * Self::from_bits((shifted.to_bits() << MANTISSA).wrapping_add(ONE))
                }

                #[inline(always)]
                fn halves_of_power(shifted: Self) -> (Self, Self) {
                    const OFFSET: $word = (2 * BIAS).wrapping_sub(<$float as Lane>::ROUNDER.to_bits());
                    let exponents = shifted.to_bits().wrapping_add(OFFSET);
                    let half = exponents >> 1;
                    let rest = exponents.wrapping_sub(half);
                    (Self::from_bits(half << MANTISSA), Self::from_bits(rest << MANTISSA))
                }

                #[inline(always)]
                fn split_exponent(self) -> (Self, Self) {
                    let bits = self.to_bits().wrapping_sub(SQRT_HALF);
                    let biased = bits.wrapping_add((BIAS + 1) << MANTISSA) >> MANTISSA;
                    let exponent = Self::from_bits(biased | INTEGER.to_bits()) - (INTEGER + (BIAS + 1) as $float);
                    let mantissa = (bits & ((1 << MANTISSA) - 1)).wrapping_add(SQRT_HALF);
                    (exponent, Self::from_bits(mantissa))
                }

                #[inline(always)]
                fn shifted_is_odd(self) -> bool {
                    self.to_bits() & 1 != 0
                }

                #[inline(always)]
                fn negate_by_bit_one(self, value: Self) -> Self {
                    Self::from_bits(value.to_bits() ^ ((self.to_bits() << ($word::BITS - 2)) & SIGN))
                }
            }
        };
    };
}

lane!(f32, u32, 12_582_912.0, std::f32::consts::FRAC_1_SQRT_2);
lane!(f64, u64, 6_755_399_441_055_744.0, std::f64::consts::FRAC_1_SQRT_2);

/// `polynomial!(FMA, x; c₀, c₁, c₂, …)` = c₀ + c₁ x + c₂ x² + …, neighbours first (Estrin 1960), for a short chain of
/// dependent operations. A macro, so that there is no loop the compiler may leave rolled up.
macro_rules! polynomial {
    (@pairs $fma:ident, $power:ident; $only:expr;) => { $only };
    (@pairs $fma:ident, $power:ident; $($sum:expr),+;) => {{
        let square = $power * $power;
        $crate::kernels::vmath::lane::polynomial!(@pairs $fma, square; ; $($sum),+)
    }};
    (@pairs $fma:ident, $power:ident; $($sum:expr),*; $last:expr) => {
        $crate::kernels::vmath::lane::polynomial!(@pairs $fma, $power; $($sum,)* $last;)
    };
    (@pairs $fma:ident, $power:ident; $($sum:expr),*; $even:expr, $odd:expr $(, $rest:expr)*) => {
        $crate::kernels::vmath::lane::polynomial!(
            @pairs $fma, $power;
            $($sum,)* $crate::kernels::vmath::lane::Lane::fused::<$fma>($odd, $power, $even);
            $($rest),*
        )
    };
    ($fma:ident, $x:ident; $($coefficient:expr),+ $(,)?) => {
        $crate::kernels::vmath::lane::polynomial!(@pairs $fma, $x; ; $($coefficient),+)
    };
}
pub(super) use polynomial;

/// `if value > bound { bound } else { value }`: one instruction, and NaN stays NaN.
#[inline(always)]
pub fn at_most<T: Lane>(value: T, bound: T) -> T {
    if value > bound { bound } else { value }
}

/// `if value < bound { bound } else { value }`: one instruction, and NaN stays NaN.
#[inline(always)]
pub fn at_least<T: Lane>(value: T, bound: T) -> T {
    if value < bound { bound } else { value }
}
