//! eˣ by a table that AVX-512 holds in registers (Tang 1989).
//!
//! x = m ln 2 + r with m a multiple of 1/16, so |r| ≤ ln 2/32; 2ᵐ is an entry of the table times a power of two, and of
//! the polynomial of [`exp`](super::exp) half the terms are enough (Remez exchange in 40 digits: below 2⁻⁵⁶ and 2⁻²⁹). What
//! rounding took from the entries is a second table. Compilers do not look up in registers by themselves, and
//! narrower ones do not hold the tables.

use super::exp::{Argument, Exponential};
use super::lane::Lane;
use super::tanh::HyperbolicTangent;
use std::arch::x86_64::*;

/// Entries of a table, and steps of an octave.
const ENTRIES: usize = 16;

/// 2^(j/16), rounded.
const POWERS: [f64; ENTRIES] = [
    1.0,
    1.0442737824274138,
    1.0905077326652577,
    1.1387886347566916,
    1.189207115002721,
    1.241857812073484,
    1.2968395546510096,
    1.3542555469368927,
    std::f64::consts::SQRT_2,
    1.4768261459394993,
    1.5422108254079407,
    1.6104903319492543,
    1.681792830507429,
    1.7562521603732995,
    1.8340080864093424,
    1.9152065613971474,
];

/// By how much the powers are larger than their entries, relatively.
const POWERS_LOW: [f64; ENTRIES] = [
    0.0,
    8.189317638195514e-17,
    -2.7939114859515733e-17,
    7.826573258636075e-17,
    3.3484623336251524e-17,
    3.7508542013031266e-17,
    1.9572585293112036e-17,
    5.68648095791174e-17,
    -6.835808657661923e-17,
    -2.3591094770850053e-17,
    5.1548301170786783e-17,
    1.5341410053603723e-17,
    4.875160526227061e-17,
    1.685487290628973e-17,
    1.790126907604513e-17,
    -5.5450656186394274e-17,
];

/// The tables in `f32`.
const POWERS_F32: ([f32; ENTRIES], [f32; ENTRIES]) = {
    let (mut high, mut low) = ([0.0; ENTRIES], [0.0; ENTRIES]);
    let mut j = 0;
    while j < ENTRIES {
        high[j] = POWERS[j] as f32;
        low[j] = (POWERS[j] / high[j] as f64 - 1.0) as f32;
        j += 1;
    }
    (high, low)
};

/// The powers of e of a slice: 0.65 ulp.
macro_rules! powers_of_e {
    ($name:ident, $scalar:ident, vector $vector:ident, mask $mask:ident, tables [$high:expr, $low:expr],
     registers |$entries:ident| $registers:expr, look_up |$table:ident, $at:ident| $look_up:expr,
     load [$load:ident, $load_part:ident], store [$store:ident, $store_part:ident], set $set:ident,
     arithmetic [$add:ident, $sub:ident, $mul:ident, $fma:ident, $fnma:ident, $least:ident],
     sign [$or:ident, $and_not:ident], at_least $at_least:ident, scale $scale:ident,
     tail |$r:ident, $square:ident| $tail:expr) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        pub fn $name(argument: Argument, x: &[$scalar], out: &mut [$scalar]) {
            const LANES: usize = 64 / size_of::<$scalar>();
            // Adding it rounds to a sixteenth.
            const ROUNDER: $scalar = <$scalar as Lane>::ROUNDER / ENTRIES as $scalar;

            let registers = |$entries: &[$scalar; ENTRIES]| {
                // SAFETY: an array of as many entries.
                unsafe { $registers }
            };
            let (high, low) = (registers($high), registers($low));
            let look_up = |$table: [$vector; _], $at| $look_up;
            let power = |x| {
                let shifted = $fma(x, $set(<$scalar>::INVERSE_LN_2), $set(ROUNDER));
                let m = $sub(shifted, $set(ROUNDER));
                let $r = $fnma(m, $set(<$scalar>::LN2_LOW), $fnma(m, $set(<$scalar>::LN2_HIGH), x));
                let $square = $mul($r, $r);
                let p = $fma($tail, $square, $add($r, look_up(low, shifted)));
                let entry = look_up(high, shifted);
                $scale($at_least::<_CMP_NLT_UQ>(x, $set(<$scalar>::EXP_FLOOR)), $fma(p, entry, entry), m)
            };
            match argument {
                // Of two the second is taken if one is NaN.
                Argument::Itself => each(x, out, |x| power($least($set(<$scalar>::EXP_CEILING), x))),
                Argument::MinusAbs => each(x, out, |x| power($or(x, $set(-0.0)))),
                Argument::TwiceAbs => each(x, out, |x| {
                    let a = $least($set(<$scalar>::TANH_CEILING), $and_not($set(-0.0), x));
                    power($add(a, a))
                }),
            }

            #[inline]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn each(x: &[$scalar], out: &mut [$scalar], function: impl Fn($vector) -> $vector) {
                let (x, x_rest) = x.as_chunks::<LANES>();
                let (out, out_rest) = out.as_chunks_mut::<LANES>();
                for (x, out) in x.iter().zip(out) {
                    // SAFETY: arrays of a vector's length.
                    unsafe { $store(out.as_mut_ptr(), function($load(x.as_ptr()))) };
                }
                let rest = x_rest.len().min(out_rest.len());
                let mask = ((1u32 << rest) - 1) as $mask;
                // SAFETY: the first `rest` entries of both.
                unsafe { $store_part(out_rest.as_mut_ptr(), mask, function($load_part(mask, x_rest.as_ptr()))) };
            }
        }
    };
}

powers_of_e! {
    powers_f64, f64, vector __m512d, mask __mmask8, tables [&POWERS, &POWERS_LOW],
    registers |t| [_mm512_loadu_pd(t.as_ptr()), _mm512_loadu_pd(t.as_ptr().add(8))],
    look_up |table, at| _mm512_permutex2var_pd(table[0], _mm512_castpd_si512(at), table[1]),
    load [_mm512_loadu_pd, _mm512_maskz_loadu_pd], store [_mm512_storeu_pd, _mm512_mask_storeu_pd], set _mm512_set1_pd,
    arithmetic [_mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_fmadd_pd, _mm512_fnmadd_pd, _mm512_min_pd],
    sign [_mm512_or_pd, _mm512_andnot_pd], at_least _mm512_cmp_pd_mask, scale _mm512_maskz_scalef_pd,
    tail |r, square| {
        let low = _mm512_fmadd_pd(_mm512_set1_pd(0.16666666664416963), r, _mm512_set1_pd(0.5000000000000006));
        let high = _mm512_fmadd_pd(_mm512_set1_pd(0.008333471951132566), r, _mm512_set1_pd(0.0416666666596544));
        _mm512_fmadd_pd(_mm512_fmadd_pd(_mm512_set1_pd(0.0013889129027039896), square, high), square, low)
    }
}
powers_of_e! {
    powers_f32, f32, vector __m512, mask __mmask16, tables [&POWERS_F32.0, &POWERS_F32.1],
    registers |t| [_mm512_loadu_ps(t.as_ptr())],
    look_up |table, at| _mm512_permutexvar_ps(_mm512_castps_si512(at), table[0]),
    load [_mm512_loadu_ps, _mm512_maskz_loadu_ps], store [_mm512_storeu_ps, _mm512_mask_storeu_ps], set _mm512_set1_ps,
    arithmetic [_mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_min_ps],
    sign [_mm512_or_ps, _mm512_andnot_ps], at_least _mm512_cmp_ps_mask, scale _mm512_maskz_scalef_ps,
    tail |r, square| _mm512_fmadd_ps(_mm512_set1_ps(0.16667058), r, _mm512_set1_ps(0.5000162))
}
