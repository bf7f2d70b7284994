//! The choice of the step by the error it makes (Hairer, Nørsett and Wanner, *Solving Ordinary Differential
//! Equations I*, II.4; Gustafsson, 1991).

use std::ops::Range;

use super::integrator::RightHandSide;
use crate::{Error, Result, Scalar};

/// What error is allowed: |errorⱼ| ≤ atol + rtol |yⱼ|, in the root mean square over the components.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

impl Tolerance {
    /// Refuses what cannot be met.
    pub fn check<T: Scalar>(self, method: &'static str) -> Result<()> {
        for (name, value, least) in
            [("rtol", self.relative, 8.0 * Scalar::to_f64(T::EPSILON)), ("atol", self.absolute, 0.0)]
        {
            if !(value.is_finite() && value > 0.0 && value >= least) {
                return Err(Error::invalid(
                    format!("{name} of {method}"),
                    format!(
                        "{value:e} cannot be met; give a positive number, for rtol at least 8 times the epsilon of {}",
                        T::NAME
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The norm of `error` where the components are as large as the larger of `y` and `other`: at most 1 is good.
    pub fn norm<T: Scalar>(self, error: impl Fn(usize) -> T, y: &[T], other: &[T]) -> f64 {
        let (relative, absolute) = (T::of(self.relative), T::of(self.absolute));
        let square = |j: usize| {
            let ratio = Scalar::to_f64(error(j) / (absolute + relative * y[j].abs().max(other[j].abs())));
            ratio * ratio
        };
        ((0..y.len()).map(square).sum::<f64>() / y.len() as f64).sqrt()
    }

    /// A first step for a method of order `order` (same book, II.4), from the start and the slope there.
    pub fn first_step<T: Scalar>(
        self,
        rhs: &mut RightHandSide<'_, '_, T>,
        interval: &Range<T>,
        start: &[T],
        slope: &[T],
        order: i32,
    ) -> T {
        let length = Scalar::to_f64(interval.end - interval.start);
        let size = self.norm(|j| start[j], start, start);
        let speed = self.norm(|j| slope[j], start, start);
        let guess = if size < 1e-5 || speed < 1e-5 { 1e-6 * length.min(1.0) } else { 0.01 * size / speed }.min(length);
        let point: Vec<T> = start.iter().zip(slope).map(|(&y, &k)| y + T::of(guess) * k).collect();
        let mut there = vec![T::zero(); start.len()];
        let bend = match rhs.evaluate(interval.start + T::of(guess), &point, &mut there) {
            Ok(()) => self.norm(|j| there[j] - slope[j], start, start) / guess,
            Err(_) => f64::INFINITY, // too far already: the guess, shortened, is tried
        };
        let fastest = speed.max(bend);
        let by_error = if fastest <= 1e-15 {
            (guess * 1e-3).max(1e-6)
        } else if fastest.is_finite() {
            (0.01 / fastest).powf(1.0 / f64::from(order))
        } else {
            guess * 1e-3
        };
        T::of(by_error.min(100.0 * guess).min(length))
    }
}

/// The end of the road: the step has become so small that t + h is t.
pub(super) fn vanished<T: Scalar>(t: T, h: T) -> bool {
    h <= T::zero() || h * T::of(0.1) <= t.abs() * T::EPSILON
}
