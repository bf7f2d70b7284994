//! erf x.
//!
//! Below |x| = 0.84, x + x P(x²); from there on 1 − erfc x with erfc x = e^Q(x). Both are minimax polynomials (Remez
//! exchange in 40 digits): P in relative error of erf, Q in absolute error of erfc.

use super::exp::{Exponential, exp};
use super::lane::{at_most, polynomial};

/// The constants of erf.
pub trait ErrorFunction: Exponential {
    /// From here on erf rounds to 1.
    const ERF_CEILING: Self;
    /// Where the two formulas meet.
    const ERF_MIDDLE: Self;

    /// erf(x)/x − 1 at z = x²
    fn erf_tail<const FMA: bool>(z: Self) -> Self;
    /// ln erfc x
    fn log_erfc<const FMA: bool>(x: Self) -> Self;
}

impl ErrorFunction for f64 {
    const ERF_CEILING: f64 = 5.93;
    const ERF_MIDDLE: f64 = 0.84;

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
