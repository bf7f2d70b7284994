//! The passes of first-order training over long vectors.
//!
//! Every operation is rounded on its own, so the bits are the same with every instruction set. Where gradients vanish,
//! nothing becomes subnormal: such products take a hundred times as long on many processors.

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
            let g = felt(g + decay * *p);
            *v = decayed(alpha, *v) + beta * g * g;
            *p -= rate * g / (v.sqrt() + epsilon);
        }
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
        run(AdamPass { step: self, gradient, mean, squares, parameters });
    }
}

struct AdamPass<'a, T> {
    step: Adam<T>,
    gradient: &'a [T],
    mean: &'a mut [T],
    squares: &'a mut [T],
    parameters: &'a mut [T],
}

impl<T: Simd> Kernel for AdamPass<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let Adam { rate, first: [keep1, take1], second: [keep2, take2], root, epsilon, decay, shrink } = self.step;
        let moments = self.mean.iter_mut().zip(self.squares);
        for ((p, &g), (m, v)) in self.parameters.iter_mut().zip(self.gradient).zip(moments) {
            let g = felt(g + decay * *p);
            *m = decayed(keep1, *m) + take1 * g;
            *v = decayed(keep2, *v) + take2 * g * g;
            *p = shrink * *p - rate * *m / (v.sqrt() * root + epsilon);
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
            *y = (*y + self.weight * (x - *y)).normal();
        }
    }
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
