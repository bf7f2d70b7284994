//! The floating-point types the crate computes in: `f32` and `f64`.

use crate::kernels::Simd;

/// `f32` or `f64` (sealed). Everything numerical in the crate is generic over it.
pub trait Scalar: Simd {
    /// Machine epsilon: the distance from 1 to the next larger number.
    const EPSILON: Self;
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// Rounds an `f64` to this type.
    fn of(value: f64) -> Self;
    /// Widens to `f64`, exactly.
    fn to_f64(self) -> f64;

    /// Says of something that is made of scalars which ones they are. Where the work behind is worth it, it is
    /// then done by a function that is compiled with this crate, optimised, instead of by an instance in the crate of
    /// the caller, which in a debug build is not.
    fn known<F: Family>(x: F::Of<Self>) -> Known<F>;
}

/// Types by their scalar.
pub trait Family {
    /// The type with scalars `T`.
    type Of<T: Scalar>;
}

/// A member of a family whose scalar is known.
pub enum Known<F: Family> {
    /// Of `f32`.
    F32(F::Of<f32>),
    /// Of `f64`.
    F64(F::Of<f64>),
}

impl<F: Family> std::fmt::Debug for Known<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Known::F32(_)) { "Known::F32" } else { "Known::F64" })
    }
}

macro_rules! scalar {
    ($scalar:ident, $known:ident) => {
        impl Scalar for $scalar {
            const EPSILON: Self = $scalar::EPSILON;
            const NAME: &'static str = stringify!($scalar);
            fn of(value: f64) -> Self {
                value as $scalar
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn known<F: Family>(x: F::Of<Self>) -> Known<F> {
                Known::$known(x)
            }
        }
    };
}

scalar!(f32, F32);
scalar!(f64, F64);
