//! The passes of first-order training over long vectors.
//!
//! Every operation is rounded on its own, so the bits are the same with every instruction set.

use super::Simd;
use super::dispatch::dispatch;

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
        let step = self;
        dispatch!(T, FMA, |step: RmsProp<T>, gradient: &[T], squares: &mut [T], parameters: &mut [T]| {
            let RmsProp { rate, alpha, beta, epsilon, decay } = step;
            for ((p, &g), v) in parameters.iter_mut().zip(gradient).zip(squares) {
                let g = g + decay * *p;
                *v = alpha * *v + beta * g * g;
                *p -= rate * g / (v.sqrt() + epsilon);
            }
        })
    }
}

/// `y[i] += weight · (x[i] − y[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn approach<T: Simd>(weight: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "approach: lengths differ");
    dispatch!(T, FMA, |weight: T, x: &[T], y: &mut [T]| {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += weight * (x - *y);
        }
    })
}
