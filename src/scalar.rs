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
}

impl Scalar for f32 {
    const EPSILON: Self = f32::EPSILON;
    const NAME: &'static str = "f32";
    fn of(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Scalar for f64 {
    const EPSILON: Self = f64::EPSILON;
    const NAME: &'static str = "f64";
    fn of(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
}
