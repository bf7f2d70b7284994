//! Infinities, NaN, signed zeros, subnormal numbers and the thresholds.

use super::{of, wide};
use crate::kernels::Simd;
use crate::kernels::isa::Isa;
use crate::kernels::vmath::{Binary, Family, Fused, Operand, Unary, binary_on, family_on, fused_on, unary_on};

const INFINITY: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Same value, same sign of zero; any NaN for NaN.
fn same(a: f64, b: f64) -> bool {
    (a == b && a.is_sign_negative() == b.is_sign_negative()) || (a.is_nan() && b.is_nan())
}

fn check(function: Unary, table: &[(f64, f64)]) {
    fn check_type<T: Simd>(isa: Isa, function: Unary, table: &[(f64, f64)]) {
        // Enough copies that vectors and tails meet every entry.
        for copies in [1, 67] {
            let x: Vec<T> = (0..copies).flat_map(|_| table.iter().map(|t| of::<T>(t.0))).collect();
            let mut out = vec![of::<T>(77.0); x.len()];
            unary_on(isa, function, &x, &mut out);
            for (i, o) in out.iter().enumerate() {
                let (x, expected) = table[i % table.len()];
                assert!(same(wide(*o), wide(of::<T>(expected))), "{function:?}({x}) on {isa:?} gives {o}");
            }
        }
    }
    for isa in Isa::available() {
        check_type::<f64>(isa, function, table);
        check_type::<f32>(isa, function, table);
    }
}

#[test]
fn the_ends_of_every_function() {
    let half_pi_free = [(NAN, NAN), (INFINITY, NAN), (-INFINITY, NAN)];
    check(Unary::Neg, &[(0.0, -0.0), (-0.0, 0.0), (INFINITY, -INFINITY), (NAN, NAN)]);
    check(Unary::Abs, &[(-0.0, 0.0), (-INFINITY, INFINITY), (-2.0, 2.0), (NAN, NAN)]);
    check(
        Unary::Sign,
        &[(0.0, 0.0), (-0.0, -0.0), (-INFINITY, -1.0), (INFINITY, 1.0), (1e-40, 1.0), (-3.0, -1.0), (NAN, NAN)],
    );
    check(Unary::Recip, &[(0.0, INFINITY), (-0.0, -INFINITY), (-INFINITY, -0.0), (NAN, NAN), (4.0, 0.25)]);
    check(Unary::Square, &[(-0.0, 0.0), (-INFINITY, INFINITY), (NAN, NAN), (-3.0, 9.0)]);
    check(Unary::Sqrt, &[(-0.0, -0.0), (0.0, 0.0), (INFINITY, INFINITY), (-1.0, NAN), (NAN, NAN), (9.0, 3.0)]);
    check(Unary::Exp, &[(0.0, 1.0), (-0.0, 1.0), (INFINITY, INFINITY), (-INFINITY, 0.0), (NAN, NAN)]);
    check(Unary::Exp, &[(1e30, INFINITY), (-1e30, 0.0), (710.0, INFINITY), (-746.0, 0.0)]);
    check(Unary::Expm1, &[(0.0, 0.0), (-0.0, -0.0), (INFINITY, INFINITY), (-INFINITY, -1.0), (NAN, NAN)]);
    check(Unary::Expm1, &[(1e30, INFINITY), (-1e30, -1.0), (1e-20, 1e-20), (-1e-20, -1e-20), (1e-40, 1e-40)]);
    check(Unary::Elu, &[(0.0, 0.0), (-0.0, -0.0), (INFINITY, INFINITY), (-INFINITY, -1.0), (NAN, NAN), (1e30, 1e30)]);
    check(Unary::Elu, &[(-1e30, -1.0), (1e-20, 1e-20), (-1e-20, -1e-20), (1e-40, 1e-40), (-1e-40, -1e-40)]);
    check(Unary::Log, &[(1.0, 0.0), (0.0, -INFINITY), (-0.0, -INFINITY), (INFINITY, INFINITY), (-1.0, NAN)]);
    check(Unary::Log, &[(-INFINITY, NAN), (NAN, NAN), (-1e-40, NAN)]);
    check(Unary::Log1p, &[(0.0, 0.0), (-0.0, -0.0), (-1.0, -INFINITY), (INFINITY, INFINITY), (-2.0, NAN)]);
    check(Unary::Log1p, &[(NAN, NAN), (1e-20, 1e-20), (-1e-20, -1e-20), (1e-40, 1e-40), (-INFINITY, NAN)]);
    check(Unary::Sin, &half_pi_free);
    check(Unary::Cos, &half_pi_free);
    check(Unary::Sin, &[(0.0, 0.0), (-0.0, -0.0), (1e-30, 1e-30), (-1e-40, -1e-40)]);
    check(Unary::Cos, &[(0.0, 1.0), (-0.0, 1.0), (1e-30, 1.0)]);
    check(Unary::Tanh, &[(0.0, 0.0), (-0.0, -0.0), (INFINITY, 1.0), (-INFINITY, -1.0), (NAN, NAN), (1e30, 1.0)]);
    check(Unary::Tanh, &[(1e-40, 1e-40), (-1e-30, -1e-30)]);
    check(Unary::Sigmoid, &[(0.0, 0.5), (INFINITY, 1.0), (-INFINITY, 0.0), (NAN, NAN), (1e30, 1.0), (-1e30, 0.0)]);
    let ends = [(0.0, 0.25), (INFINITY, 0.0), (-INFINITY, 0.0), (NAN, NAN), (1e30, 0.0), (-1e30, 0.0), (720.0, 0.0)];
    check(Unary::SigmoidSlope, &ends);
    check(Unary::TanhSlope, &ends.map(|(x, slope)| (x, 4.0 * slope)));
    let ln_2 = std::f64::consts::LN_2;
    check(Unary::Softplus, &[(0.0, ln_2), (INFINITY, INFINITY), (-INFINITY, 0.0), (NAN, NAN), (1e30, 1e30)]);
    check(Unary::Softplus, &[(-1e30, 0.0), (800.0, 800.0)]);
    check(
        Unary::Erfc,
        &[(0.0, 1.0), (-0.0, 1.0), (INFINITY, 0.0), (-INFINITY, 2.0), (NAN, NAN), (-1e30, 2.0), (1e30, 0.0)],
    );
    check(Unary::Erf, &[(0.0, 0.0), (-0.0, -0.0), (INFINITY, 1.0), (-INFINITY, -1.0), (NAN, NAN), (-1e30, -1.0)]);
}

/// The last finite value, the last normal one and the first zero of eˣ, and of σ and softplus, which equal it there.
#[test]
fn exp_overflows_and_underflows() {
    for isa in Isa::available() {
        for function in [Unary::Exp, Unary::Expm1] {
            let mut out = [0.0];
            unary_on(isa, function, &[709.782_712_893_383_9], &mut out);
            assert!(out[0] > 1.797e308 && out[0] < INFINITY, "{out:?}");
            unary_on(isa, function, &[709.782_712_893_384_1], &mut out);
            assert_eq!(out[0], INFINITY);
            let mut out = [0f32];
            unary_on(isa, function, &[88.722_83], &mut out);
            assert!(out[0] > 3.4e38 && out[0] < f32::INFINITY, "{out:?}");
            unary_on(isa, function, &[88.722_84], &mut out);
            assert_eq!(out[0], f32::INFINITY);
        }
        for function in [Unary::Exp, Unary::Sigmoid, Unary::Softplus] {
            for i in 0..4000 {
                let x = -708.0 - f64::from(i) * 0.01;
                let mut out = [0.0];
                unary_on(isa, function, &[x], &mut out);
                // Scaled, for the standard library's is not accurate among subnormal numbers either.
                let expected = (x + 708.0).exp() * (-708_f64).exp();
                let right =
                    if expected < f64::MIN_POSITIVE { out[0] == 0.0 } else { (out[0] / expected - 1.0).abs() < 3e-13 };
                assert!(right, "{function:?}({x}): {:e}, not {expected:e}", out[0]);
                let x = -87.0 - i as f32 * 0.01;
                let mut out = [0f32];
                unary_on(isa, function, &[x], &mut out);
                let expected = f64::from(x).exp();
                let least = f64::from(f32::MIN_POSITIVE);
                let right =
                    if expected < least { out[0] == 0.0 } else { (f64::from(out[0]) / expected - 1.0).abs() < 3e-7 };
                assert!(right, "{function:?}({x}): {:e}, not {expected:e}", out[0]);
            }
        }
    }
}

/// A product, a quotient or a power that would be subnormal is 0 of its sign; sums and what is passed on stay.
#[test]
fn products_do_not_become_subnormal() {
    let [tiny, least] = [f64::from_bits(7), f64::MIN_POSITIVE];
    for isa in Isa::available() {
        let one = |f: Unary, x: f64| {
            let mut out = [0.0];
            unary_on(isa, f, &[x], &mut out);
            out[0].to_bits()
        };
        let two = |f: Binary, a: f64, b: f64| {
            let (mut slices, mut scalar) = ([0.0; 3], [0.0; 3]);
            binary_on(isa, f, Operand::Slice(&[a; 3]), Operand::Slice(&[b; 3]), &mut slices);
            binary_on(isa, f, Operand::Slice(&[a; 3]), Operand::Scalar(b), &mut scalar);
            assert_eq!(slices.map(f64::to_bits), scalar.map(f64::to_bits));
            slices[0].to_bits()
        };
        let zero = |negative: bool| if negative { (-0.0_f64).to_bits() } else { 0 };
        assert_eq!([two(Binary::Mul, 1e-200, 1e-110), two(Binary::Mul, -1e-200, 1e-110)], [zero(false), zero(true)]);
        assert_eq!([two(Binary::Div, least, 2.0), two(Binary::Div, least, -2.0)], [zero(false), zero(true)]);
        assert_eq!(two(Binary::Mul, least, 1.0), least.to_bits());
        assert_eq!([one(Unary::Square, 1e-160), one(Unary::Recip, -1.5e308)], [zero(false), zero(true)]);
        assert_eq!([one(Unary::Neg, tiny), one(Unary::Abs, -tiny)], [(-tiny).to_bits(), tiny.to_bits()]);
        assert_eq!(
            [two(Binary::Add, tiny, tiny), two(Binary::Max, tiny, 0.0)],
            [(2.0 * tiny).to_bits(), tiny.to_bits()]
        );
        let mut out = [1.0_f64];
        fused_on(
            isa,
            Fused::MultiplyAdd,
            Operand::Slice(&[1e-200]),
            Operand::Scalar(-1e-110),
            Operand::Scalar(0.0),
            &mut out,
        );
        assert_eq!(out[0].to_bits(), zero(true));
    }
}

#[test]
fn log_of_subnormal_numbers() {
    for isa in Isa::available() {
        for k in 0..52 {
            let x = f64::from_bits(1 << k);
            let mut out = [0.0];
            unary_on(isa, Unary::Log, &[x], &mut out);
            assert!((out[0] - f64::from(k - 1074) * std::f64::consts::LN_2).abs() <= 2e-13, "{x:e}");
        }
        for k in 0..23 {
            let x = f32::from_bits(1 << k);
            let mut out = [0.0];
            unary_on(isa, Unary::Log, &[x], &mut out);
            assert!((f64::from(out[0]) - f64::from(k - 149) * std::f64::consts::LN_2).abs() <= 1e-5, "{x:e}");
        }
    }
}

/// Arguments beyond the fast path, among small ones.
#[test]
fn sin_and_cos_of_large_arguments_are_the_standard_ones() {
    for isa in Isa::available() {
        let x: Vec<f64> = (0..90).map(|i| if i % 13 == 5 { 1e5 * f64::from(i).exp2() } else { 0.5 }).collect();
        let mut sin = vec![0.0; x.len()];
        let mut cos = vec![0.0; x.len()];
        family_on(isa, Family::Circular, &x, [Some(&mut sin), Some(&mut cos), None]);
        for ((&x, &s), &c) in x.iter().zip(&sin).zip(&cos) {
            assert!((s - x.sin()).abs() < 3e-16 && (c - x.cos()).abs() < 3e-16, "{x}");
        }
        for (function, expected) in [(Unary::Sin, &sin), (Unary::Cos, &cos)] {
            let mut out = vec![0.0; x.len()];
            unary_on(isa, function, &x, &mut out);
            assert_eq!(&out, expected);
        }
    }
}

#[test]
fn the_larger_and_the_smaller_propagate_nan() {
    for isa in Isa::available() {
        let a = [NAN, 1.0, NAN, 2.0, -1.0];
        let b = [1.0, NAN, NAN, 1.0, INFINITY];
        let table = [(Binary::Max, [NAN, NAN, NAN, 2.0, INFINITY]), (Binary::Min, [NAN, NAN, NAN, 1.0, -1.0])];
        for (function, expected) in table {
            let mut out = [0.0; 5];
            binary_on(isa, function, Operand::Slice(&a), Operand::Slice(&b), &mut out);
            assert!(out.iter().zip(&expected).all(|(&o, &e)| same(o, e)), "{function:?}: {out:?}");
        }
        let mut out = [7.0; 5];
        binary_on(isa, Binary::GreaterEqual, Operand::Slice(&a), Operand::Slice(&b), &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}

#[test]
fn powers_at_the_ends() {
    let table = [
        (NAN, 0.0, 1.0),
        (0.0, 0.0, 1.0),
        (0.0, -1.0, INFINITY),
        (-0.0, -1.0, -INFINITY),
        (-INFINITY, 3.0, -INFINITY),
        (-INFINITY, 0.5, INFINITY),
        (-0.0, 0.5, 0.0),
        (-8.0, 0.5, NAN),
        (-2.0, 3.0, -8.0),
        (-2.0, 2.0, 4.0),
        (2.0, -2.0, 0.25),
        (2.0, NAN, NAN),
        (1.0, NAN, 1.0),
        (-2.0, 0.3, NAN),
    ];
    for isa in Isa::available() {
        for (a, b, expected) in table {
            for b in [Operand::Scalar(b), Operand::Slice(&[b; 5])] {
                let mut out = [0.0; 5];
                binary_on(isa, Binary::Pow, Operand::Slice(&[a; 5]), b, &mut out);
                assert!(out.iter().all(|&o| same(o, expected)), "{a} to the {b:?} on {isa:?}: {out:?}");
            }
        }
    }
}
