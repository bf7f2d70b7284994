//! Errors in units in the last place, against double-double arithmetic.

use super::double_double::Dd;
use super::{Scramble, of, wide};
use crate::kernels::Simd;
use crate::kernels::isa::Isa;
use crate::kernels::vmath::{Unary, unary_on};

/// The distance of `value` from `reference` in ulps of `T` at the reference.
fn ulps<T: Simd>(value: T, reference: Dd) -> f64 {
    let precision = wide(T::epsilon());
    let size = reference.0.abs().max(wide(T::min_positive_value()));
    let exponent = ((size.to_bits() >> 52) as i32) - 1023;
    (Dd::from(wide(value)) - reference).value().abs() / (2f64.powi(exponent) * precision)
}

/// Arguments in [low, high]: a grid, random ones, and ones spread evenly over the exponents.
fn arguments<T: Simd>(low: f64, high: f64, count: usize) -> Vec<T> {
    let mut random = Scramble(0x9e37_79b9_7f4a_7c15);
    let mut x: Vec<T> = (0..count)
        .flat_map(|i| {
            let even = low + (high - low) * i as f64 / (count - 1) as f64;
            [of(even), of(low + (high - low) * random.unit())]
        })
        .collect();
    for (end, sign) in [(low, -1.0), (high, 1.0)] {
        if end * sign > 0.0 {
            let smallest = wide(T::min_positive_value()).max((low * sign).max(high * sign).min(low.abs()).max(0.0));
            let (from, to) = (smallest.ln(), (end * sign).ln());
            x.extend((0..count).map(|_| of::<T>(sign * (from + (to - from) * random.unit()).exp())));
        }
    }
    x.retain(|&v| wide(v) >= low && wide(v) <= high);
    x
}

/// The largest error over the arguments on every instruction set is at most `bound`.
fn check<T: Simd>(
    name: &str,
    x: &[T],
    reference: impl Fn(Dd) -> Dd,
    bound: f64,
    function: impl Fn(Isa, &[T], &mut [T]),
) {
    let references: Vec<Dd> = x.iter().map(|&v| reference(Dd::from(wide(v)))).collect();
    for isa in Isa::available() {
        let mut out = vec![T::nan(); x.len()];
        function(isa, x, &mut out);
        let (mut worst, mut at) = (0.0, T::zero());
        for ((&v, &r), &o) in x.iter().zip(&references).zip(&out) {
            let error = ulps(o, r);
            if error.is_nan() || error > worst {
                (worst, at) = (error, v);
            }
        }
        println!("{name} {isa:?} {}: {worst:.3} ulp at {at:e}", std::any::type_name::<T>());
        assert!(worst <= bound, "{name}, {isa:?}, {}: {worst} ulp at {at:e}", std::any::type_name::<T>());
    }
}

fn check_unary(function: Unary, reference: fn(Dd) -> Dd, bound: f64, ranges: &[(f64, f64)], ranges_f32: &[(f64, f64)]) {
    let name = format!("{function:?}");
    const COUNT: usize = 3_000;
    for &(low, high) in ranges {
        let x = arguments::<f64>(low, high, COUNT);
        check(&name, &x, reference, bound, |isa, x, out| unary_on(isa, function, x, out));
    }
    for &(low, high) in ranges_f32 {
        let x = arguments::<f32>(low, high, COUNT);
        check(&name, &x, reference, bound, |isa, x, out| unary_on(isa, function, x, out));
    }
}

#[test]
fn exp_is_accurate() {
    check_unary(Unary::Exp, Dd::exp, 1.1, &[(-2.0, 2.0), (-708.0, 709.7)], &[(-2.0, 2.0), (-87.3, 88.7)]);
}

#[test]
fn expm1_is_accurate() {
    check_unary(Unary::Expm1, Dd::expm1, 1.4, &[(-2.0, 2.0), (-60.0, 709.7)], &[(-2.0, 2.0), (-30.0, 88.7)]);
}

#[test]
fn elu_is_accurate() {
    let elu = |x: Dd| if x.value() < 0.0 { x.expm1() } else { x };
    check_unary(Unary::Elu, elu, 1.4, &[(-2.0, 2.0), (-60.0, 1e300)], &[(-2.0, 2.0), (-30.0, 1e30)]);
}

#[test]
fn log_is_accurate() {
    check_unary(
        Unary::Log,
        Dd::ln,
        0.9,
        &[(0.5, 2.0), (1e-310, 1e-300), (1e-300, 1e300)],
        &[(0.5, 2.0), (1e-43, 1e-30), (1e-38, 3e38)],
    );
}

#[test]
fn log1p_is_accurate() {
    let ranges = [(-0.999_999, 2.0), (-0.4, 0.6), (1.0, 1e30)];
    check_unary(Unary::Log1p, Dd::log1p, 0.9, &ranges, &ranges);
}

#[test]
fn sin_and_cos_are_accurate() {
    let ranges = [(-4.0, 4.0), (-1e5, 1e5)];
    check_unary(Unary::Sin, |x| x.sin_cos().0, 0.9, &ranges, &ranges);
    check_unary(Unary::Cos, |x| x.sin_cos().1, 0.9, &ranges, &ranges);
}

/// The neighbours of multiples of π/2, where nearly all digits cancel.
#[test]
fn sin_and_cos_are_accurate_where_they_vanish() {
    fn check_type<T: Simd>() {
        let x: Vec<T> = (1..80_000).step_by(9).map(|n| of(f64::from(n) * std::f64::consts::FRAC_PI_2)).collect();
        check("sin", &x, |x| x.sin_cos().0, 0.9, |isa, x, out| unary_on(isa, Unary::Sin, x, out));
        check("cos", &x, |x| x.sin_cos().1, 0.9, |isa, x, out| unary_on(isa, Unary::Cos, x, out));
    }
    check_type::<f64>();
    check_type::<f32>();
}

#[test]
fn tanh_is_accurate() {
    let ranges = [(-1.0, 1.0), (-25.0, 25.0)];
    check_unary(Unary::Tanh, Dd::tanh, 1.5, &ranges, &ranges);
}

#[test]
fn the_slopes_are_accurate_in_both_tails() {
    let [wide, narrow] = [[(-4.0, 4.0), (-708.0, 708.0)], [(-4.0, 4.0), (-87.3, 87.3)]];
    check_unary(Unary::SigmoidSlope, Dd::sigmoid_slope, 4.5, &wide, &narrow);
    let tanh_slope = |x: Dd| Dd::from(4.0) * (x + x).sigmoid_slope();
    check_unary(Unary::TanhSlope, tanh_slope, 2.1, &[(-1.0, 1.0), (-354.0, 354.0)], &[(-1.0, 1.0), (-43.6, 43.6)]);
}

#[test]
fn sigmoid_is_accurate() {
    check_unary(Unary::Sigmoid, Dd::sigmoid, 1.9, &[(-4.0, 4.0), (-708.0, 50.0)], &[(-4.0, 4.0), (-87.3, 50.0)]);
}

#[test]
fn softplus_is_accurate() {
    check_unary(Unary::Softplus, Dd::softplus, 1.95, &[(-4.0, 4.0), (-650.0, 800.0)], &[(-4.0, 4.0), (-87.3, 100.0)]);
}

#[test]
fn erf_is_accurate() {
    check_unary(Unary::Erf, Dd::erf, 1.65, &[(-1.5, 1.5), (-6.0, 6.0)], &[(-1.5, 1.5), (-5.0, 5.0)]);
}

#[test]
fn erfc_is_accurate_in_both_tails() {
    check_unary(Unary::Erfc, Dd::erfc, 5.5, &[(-1.5, 1.5), (-6.0, 26.5)], &[(-1.5, 1.5), (-5.0, 9.19)]);
}
