//! Tests of the elementwise functions on every instruction set of the machine.

mod accuracy;
mod double_double;
mod loops;
mod special_values;

use crate::kernels::Simd;

/// A type from an `f64`.
fn of<T: Simd>(x: f64) -> T {
    T::from(x).expect("a floating-point type takes every f64")
}

/// An `f64` from either type.
fn wide<T: Simd>(x: T) -> f64 {
    x.to_f64().expect("both types fit into f64")
}

/// Xorshift (Marsaglia 2003): numbers without order, from a seed.
struct Scramble(u64);

impl Scramble {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}
