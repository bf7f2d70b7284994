//! The choice of the step by the error it makes (Hairer, Nørsett and Wanner, *Solving Ordinary Differential
//! Equations I*, II.4; Gustafsson, 1991).

use std::ops::Range;

use super::integrator::RightHandSide;
use crate::differential::checks;
use crate::{Error, Result, Scalar};

/// What error is allowed: |errorⱼ| ≤ atol + rtol |yⱼ|, in the root mean square over the components.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

impl Tolerance {
    /// Refuses what cannot be met.
    pub fn new<T: Scalar>(method: &'static str, relative: f64, absolute: f64) -> Result<Self> {
        // Below that all is rounding.
        let least = 8.0 * Scalar::to_f64(T::EPSILON);
        if !(relative >= least && relative.is_finite()) {
            let reason = format!("{relative:e} cannot be met; give at least 8 times the epsilon of {}", T::NAME);
            return Err(Error::invalid(format!("rtol of {method}"), reason));
        }
        checks::positive(format!("atol of {method}"), absolute)?;
        Ok(Tolerance { relative, absolute })
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

    /// A first step for a method of order `order` (same book, II.4), from the start and the slope there: negative to run
    /// backwards. `rhs` is asked for a second slope, if that is what it gives.
    #[inline(never)]
    pub fn first_step<T: Scalar>(
        self,
        rhs: Option<&mut RightHandSide<'_, '_, T>>,
        interval: &Range<T>,
        start: &[T],
        slope: &[T],
        order: i32,
    ) -> T {
        let span = Scalar::to_f64(interval.end - interval.start);
        let (length, direction) = (span.abs(), span.signum());
        let size = self.norm(|j| start[j], start, start);
        let speed = self.norm(|j| slope[j], start, start);
        // A component that passes through zero here is small, but no reason for a step below the rounding of t.
        let least = 1e3 * Scalar::to_f64(T::EPSILON * interval.start.abs());
        let guess = if size < 1e-5 || speed < 1e-5 { 1e-6 * length.min(1.0) } else { 0.01 * size / speed };
        let guess = guess.max(least).min(length);
        let point: Vec<T> = start.iter().zip(slope).map(|(&y, &k)| y + T::of(direction * guess) * k).collect();
        let mut there = vec![T::zero(); start.len()];
        let bend = match rhs.map(|rhs| rhs.evaluate(interval.start + T::of(direction * guess), &point, &mut there)) {
            None => 0.0,
            Some(Ok(())) => self.norm(|j| there[j] - slope[j], start, start) / guess,
            Some(Err(_)) => f64::INFINITY, // too far already: the guess, shortened, is tried
        };
        let fastest = speed.max(bend);
        let by_error = if fastest <= 1e-15 {
            (guess * 1e-3).max(1e-6)
        } else if fastest.is_finite() {
            (0.01 / fastest).powf(1.0 / f64::from(order))
        } else {
            guess * 1e-3
        };
        T::of(direction * by_error.min(100.0 * guess).max(least).min(length))
    }
}

/// A step whose length is being chosen: from `t` to t + `h`, h negative if backwards.
#[derive(Debug)]
pub(super) struct Step<T> {
    pub method: &'static str,
    pub t: T,
    pub h: T,
    pub end: T,
    longest: T,
    /// Trials rejected so far.
    pub rejected: usize,
    /// Whether the last trial was.
    pub after_rejection: bool,
    /// Why it failed, if the derivative did.
    pub refusal: Option<Error>,
}

impl<T: Scalar> Step<T> {
    /// Refuses a `longest` step that is none, and more steps than can be waited for.
    pub fn new(method: &'static str, interval: &Range<T>, h: T, longest: f64, most: usize) -> Result<Self> {
        let Range { start: t, end } = *interval;
        // Infinity is allowed: no bound.
        checks::positive(format!("max_step of {method}"), if longest == f64::INFINITY { 1.0 } else { longest })?;
        let advice = |most| format!("give at most {most:e}, looser tolerances, or a shorter interval");
        checks::steps(format!("max_steps of {method}"), most as f64, advice)?;
        let longest = T::of(longest);
        Ok(Step { method, t, h, end, longest, rejected: 0, after_rejection: false, refusal: None })
    }

    /// Where it leads, and whether that is the end; `or_stiff` is a further reason why it may have shrunk to nothing.
    ///
    /// # Errors
    /// The end of the road: the step has become so small that t + h is t.
    #[inline(never)]
    pub fn aim(&mut self, accepted: usize, or_stiff: &str) -> Result<(T, bool)> {
        let Step { method, t, .. } = *self;
        let h = self.h.max(-self.longest).min(self.longest);
        if h == T::zero() || h.abs() * T::of(0.1) <= t.abs() * T::EPSILON {
            let reason = format!(
                "at t = {t} the step has shrunk to {h:e}; the solution or the derivative is singular there (end before \
                 it){or_stiff}, or the tolerances are below rounding"
            );
            let shrunk = Error::NoConvergence { method, iterations: accepted + self.rejected, reason };
            return Err(self.refusal.take().unwrap_or(shrunk));
        }
        // Not a tiny last step after this one.
        let last = (h * T::of(1.01)).abs() >= (self.end - t).abs();
        let to = if last { self.end } else { t + h };
        self.h = to - t;
        Ok((to, last))
    }

    /// Tries again with `factor` times the length.
    pub fn reject(&mut self, factor: f64, refusal: Option<Error>) {
        self.h *= T::of(factor);
        (self.rejected, self.after_rejection, self.refusal) = (self.rejected + 1, true, refusal);
    }

    /// Goes on from `t`.
    pub fn accept(&mut self, t: T) {
        (self.t, self.after_rejection) = (t, false);
    }

    /// The steps have run out.
    pub fn exhausted(&self, max_steps: usize, advice: &str) -> Error {
        let reason = format!("t = {} of {} reached; {advice}", self.t, self.end);
        Error::NoConvergence { method: self.method, iterations: max_steps, reason }
    }
}
