//! The passes of first-order training over long vectors.
//!
//! Every operation is rounded on its own, so the bits are the same with every instruction set.

use super::Simd;
use super::dispatch::{Kernel, run};

/// One step of RMSProp without momentum: `g ← g + λθ`, `v ← αv + βg²`, `θ ← θ − ηg / (√v + ε)`.
#[derive(Debug, Clone, Copy)]
pub struct RmsProp<T> {
    /// η
    pub rate: T,
    /// α
    pub alpha: T,
    /// β
    pub beta: T,
    /// ε
    pub epsilon: T,
    /// λ
    pub decay: T,
}

impl<T: Simd> RmsProp<T> {
    /// Updates `squares` (v) and `parameters` (θ).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run(self, gradient: &[T], squares: &mut [T], parameters: &mut [T]) {
        let n = gradient.len();
        assert!(squares.len() == n && parameters.len() == n, "RmsProp: lengths differ");
        run(RmsPropPass { step: self, gradient, squares, parameters });
    }
}

struct RmsPropPass<'a, T> {
    step: RmsProp<T>,
    gradient: &'a [T],
    squares: &'a mut [T],
    parameters: &'a mut [T],
}

impl<T: Simd> Kernel for RmsPropPass<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let RmsProp { rate, alpha, beta, epsilon, decay } = self.step;
        for ((p, &g), v) in self.parameters.iter_mut().zip(self.gradient).zip(self.squares) {
            let g = g + decay * *p;
            *v = alpha * *v + beta * g * g;
            *p -= rate * g / (v.sqrt() + epsilon);
        }
    }
}

/// `y[i] += weight · (x[i] − y[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn approach<T: Simd>(weight: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "approach: lengths differ");
    run(Approach { weight, x, y });
}

struct Approach<'a, T> {
    weight: T,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Simd> Kernel for Approach<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y += self.weight * (x - *y);
        }
    }
}
