//! The passes of first-order training over long vectors.
//!
//! Every operation is rounded on its own, so the bits are the same with every instruction set. Where gradients vanish,
//! nothing becomes subnormal: such products take a hundred times as long on many processors.

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
                let g = felt(g + decay * *p);
                *v = decayed(alpha, *v) + beta * g * g;
                *p -= rate * g / (v.sqrt() + epsilon);
            }
        })
    }
}

/// One step of Adam: `g ← g + λθ`, `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `θ ← sθ − ηm / (c√v + ε)`.
#[derive(Debug, Clone, Copy)]
pub struct Adam<T> {
    /// η, the first bias correction in it.
    pub rate: T,
    /// β₁ and 1 − β₁
    pub first: [T; 2],
    /// β₂ and 1 − β₂
    pub second: [T; 2],
    /// c, the second bias correction.
    pub root: T,
    /// ε
    pub epsilon: T,
    /// λ
    pub decay: T,
    /// s, where the decay acts on the parameters.
    pub shrink: T,
}

impl<T: Simd> Adam<T> {
    /// Updates `mean` (m), `squares` (v) and `parameters` (θ).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run(self, gradient: &[T], mean: &mut [T], squares: &mut [T], parameters: &mut [T]) {
        let n = gradient.len();
        assert!(mean.len() == n && squares.len() == n && parameters.len() == n, "Adam: lengths differ");
        let step = self;
        dispatch!(T, FMA, |step: Adam<T>, gradient: &[T], mean: &mut [T], squares: &mut [T], parameters: &mut [T]| {
            let Adam { rate, first: [keep1, take1], second: [keep2, take2], root, epsilon, decay, shrink } = step;
            for ((p, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(mean.iter_mut().zip(squares)) {
                let g = felt(g + decay * *p);
                *m = decayed(keep1, *m) + take1 * g;
                *v = decayed(keep2, *v) + take2 * g * g;
                *p = shrink * *p - rate * *m / (v.sqrt() * root + epsilon);
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
            *y = (*y + weight * (x - *y)).normal();
        }
    })
}

/// `decay · moment`, or 0 where the moment is hardly above the least normal number.
#[inline(always)]
pub fn decayed<T: Simd>(decay: T, moment: T) -> T {
    if moment.abs() < least() { T::zero() } else { decay * moment }
}

/// The gradient, or 0 where its square is hardly above the least normal number.
#[inline(always)]
pub fn felt<T: Simd>(gradient: T) -> T {
    if gradient.abs() < least::<T>().sqrt() { T::zero() } else { gradient }
}

/// Stays normal when it is multiplied by the weights of a mean.
#[inline(always)]
fn least<T: Simd>() -> T {
    T::min_positive_value() * T::from(1024.0).unwrap_or_else(T::one)
}
