//! The numerical inner loops, and the only place in the crate with `unsafe`.
//!
//! Every function here is safe to call: it checks the lengths it is given.

pub mod bidiagonal;
mod dispatch;
pub mod gemm;
pub mod isa;
pub mod peak;
pub mod poles;
pub mod reduce;
pub mod reflections;
pub mod rotations;
pub mod rows;
pub mod sparse;
pub mod substitution;
pub mod symmetric;
pub mod update;
pub mod vmath;

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What the kernels need of a floating-point type; implemented for `f32` and `f64` (sealed).
/// Use [`Scalar`](crate::Scalar) in bounds: it includes this.
pub trait Simd:
    private::Sealed
    + gemm::Element
    + peak::Chains
    + vmath::Elementary
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
