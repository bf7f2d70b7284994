//! The numerical inner loops, and the only place in the crate with `unsafe`.
//!
//! Every function here is safe to call: it checks the lengths it is given.

pub mod bidiagonal;
mod dispatch;
pub mod distances;
mod extent;
pub mod gather;
pub mod gemm;
pub mod isa;
pub mod peak;
pub mod poles;
pub mod reduce;
pub mod reflections;
pub mod rotations;
pub mod rows;
mod simd;
pub mod sparse;
pub mod substitution;
pub mod symmetric;
pub mod transpose;
pub mod update;
mod vectors;
pub mod vmath;

pub use simd::Simd;
