//! What the kernels need of a floating-point type.

use super::gemm::Element;
use super::peak::Chains;
use super::vmath::Elementary;

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What the kernels need of a floating-point type; implemented for `f32` and `f64` (sealed).
/// Use [`Scalar`](crate::Scalar) in bounds: it includes this.
pub trait Simd:
    private::Sealed
    + Element
    + Chains
    + Elementary
    + num_traits::Float
    + num_traits::NumAssign
    + num_traits::FloatConst
    + std::iter::Sum
    + std::fmt::Debug
    + std::fmt::Display
    + std::fmt::LowerExp
    + Default
    + Send
    + Sync
    + 'static
{
}

impl Simd for f32 {}
impl Simd for f64 {}
