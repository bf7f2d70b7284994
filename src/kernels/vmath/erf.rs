//! erf x and erfc x = 1 − erf x.
//!
//! erf: below |x| = 0.84, x + x P(x²); from there on 1 − erfc x with erfc x = e^Q(x). Both are minimax polynomials (Remez
//! exchange in 40 digits): P in relative error of erf, Q in absolute error of erfc.
//!
//! erfc: for a = |x|, e^(−a²) P(q)/(1 + 2a) with q = (a − c)/(a + c) (Shepherd and Laframboise 1981), P interpolated at
//! Chebyshev's points in 50 digits (relative error below 2⁻⁵⁶ and 2⁻²⁶·⁷), and 2 less that for negative x.

use super::exp::{Exponential, exp, exp_of_sum};
use super::lane::{at_most, polynomial};

/// The constants of erf.
pub trait ErrorFunction: Exponential {
    /// From here on erf rounds to 1.
    const ERF_CEILING: Self;
    /// Where the two formulas meet.
    const ERF_MIDDLE: Self;

    /// erf(x)/x − 1 at z = x²
    fn erf_tail<const FMA: bool>(z: Self) -> Self;
    /// Above this erfc is subnormal.
    const ERFC_CEILING: Self;
    /// c
    const ERFC_CENTRE: Self;
    /// Adding and subtracting it leaves of a so many digits that its square is exact.
    const ERFC_ROUNDER: Self;

    /// e^(a²) erfc(a) (1 + 2a) at q
    fn scaled_erfc<const FMA: bool>(q: Self) -> Self;
    /// ln erfc x
    fn log_erfc<const FMA: bool>(x: Self) -> Self;
}

impl ErrorFunction for f64 {
    const ERF_CEILING: f64 = 5.93;
    const ERF_MIDDLE: f64 = 0.84;
    const ERFC_CEILING: f64 = 26.543_258_454_250_98;
    const ERFC_CENTRE: f64 = 4.0;
    /// 1.5 · 2³²
    const ERFC_ROUNDER: f64 = 6_442_450_944.0;

    #[inline(always)]
    fn scaled_erfc<const FMA: bool>(q: f64) -> f64 {
        polynomial!(FMA, q;
            1.2329951186255526, -0.13962111684056283, 0.015379652102621225, 0.06809705425473195,
            -0.10103906603638212, 0.09373283499695562, -0.06633036581080073, 0.03716751556039361,
            -0.016197734068137334, 0.005031969769427061, -0.000757773277416026, -0.0001992555488219761,
            0.00015062197006674788, -2.4403149482077205e-05, -1.1224076731817858e-05, 5.7181323323262435e-06,
            3.0027247744395825e-07, -8.359072083251654e-07, 6.351906535547641e-08, 1.1624772096494892e-07,
            -7.837865916306315e-09, -1.4078643475972477e-08, -1.9456064972434173e-09)
    }

    #[inline(always)]
    fn erf_tail<const FMA: bool>(z: f64) -> f64 {
        polynomial!(FMA, z;
            0.12837916709551256, -0.37612638903183354, 0.1128379167093301, -0.02686617064032919,
            0.005223977571930533, -0.0008548323540777122, 0.00012055191408541727, -1.4921942495124544e-05,
            1.6399368261474309e-06, -1.569871018273799e-07, 1.068010502497288e-08)
    }

    #[inline(always)]
    fn log_erfc<const FMA: bool>(x: f64) -> f64 {
        polynomial!(FMA, x;
            -3.4959058245802954e-08, -1.1283787916287573, -0.6366216006776094, -0.10276733501843263,
            0.019118757573154968, 0.00022005512240333937, -0.0017003834514557606, 0.0005804165805558308,
            -2.300942993211796e-06, -9.406221520749002e-05, 5.5575184953841456e-05, -2.024466731600203e-05,
            5.370654408918293e-06, -1.0781080979714137e-06, 1.6351906823750704e-07, -1.8249043145758284e-08,
            1.4170736539387843e-09, -6.844421534968529e-11, 1.5484163823604311e-12)
    }
}

impl ErrorFunction for f32 {
    const ERF_CEILING: f32 = 4.0;
    const ERF_MIDDLE: f32 = 0.84;
    const ERFC_CEILING: f32 = 9.194_549;
    const ERFC_CENTRE: f32 = 2.0;
    /// 1.5 · 2¹⁵
    const ERFC_ROUNDER: f32 = 49_152.0;

    #[inline(always)]
    fn scaled_erfc<const FMA: bool>(q: f32) -> f32 {
        polynomial!(FMA, q;
            1.2769784e+00, -9.276392e-02, -1.660311e-01, 1.6405396e-01, -5.4208048e-02, -8.051899e-03,
            8.647441e-03, 1.298802e-03, -1.255811e-03, -3.9429974e-04, 1.1783392e-05)
    }

    #[inline(always)]
    fn erf_tail<const FMA: bool>(z: f32) -> f32 {
        polynomial!(FMA, z; 1.2837917e-01, -3.7612575e-01, 1.128277e-01, -2.6804572e-02, 5.054272e-03, -6.3326105e-04)
    }

    #[inline(always)]
    fn log_erfc<const FMA: bool>(x: f32) -> f32 {
        polynomial!(FMA, x;
            -1.03911385e-04, -1.1280621e+00, -6.3651973e-01, -1.0452283e-01,
            2.2516359e-02, -3.1168752e-03, 2.0354646e-04)
    }
}

/// ln erfc |x|, as far as erf needs it.
#[inline(always)]
pub fn log_erfc_of_abs<T: ErrorFunction, const FMA: bool>(x: T) -> T {
    T::log_erfc::<FMA>(at_most(x.abs(), T::ERF_CEILING))
}

/// erf x from ln erfc |x|: 1.65 ulp.
#[inline(always)]
pub fn erf<T: ErrorFunction, const FMA: bool>(x: T, log_erfc: T) -> T {
    let a = x.abs();
    let small = a.fused::<FMA>(T::erf_tail::<FMA>(a * a), a);
    let large = T::one() - exp::<T, FMA>(log_erfc);
    let value = if a < T::ERF_MIDDLE { small } else { large };
    value.with_sign_of(x)
}

/// e^(−x²), as far as erfc needs it.
#[inline(always)]
pub fn bell<T: ErrorFunction, const FMA: bool>(x: T) -> T {
    let a = at_most(x.abs(), T::ERFC_CEILING);
    let high = (a + T::ERFC_ROUNDER) - T::ERFC_ROUNDER;
    exp_of_sum::<T, FMA>(-(high * high), (high - a) * (high + a))
}

/// erfc x from e^(−x²): 5.5 ulp.
#[inline(always)]
pub fn erfc<T: ErrorFunction, const FMA: bool>(x: T, bell: T) -> T {
    let a = at_most(x.abs(), T::ERFC_CEILING);
    let q = (a - T::ERFC_CENTRE) / (a + T::ERFC_CENTRE);
    let value = bell * (T::scaled_erfc::<FMA>(q) / (T::one() + (a + a)));
    let value = if x.abs() > T::ERFC_CEILING { T::zero() } else { value };
    if x < T::zero() { T::TWO - value } else { value }
}
