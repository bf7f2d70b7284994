//! Learning rates by step number.

#[cfg(test)]
mod tests;

use std::f64::consts::PI;

use crate::{Error, Result};

use super::settings::shrinking;

/// A learning rate for every step: constant, falling in steps, or falling along a cosine, each
/// after an optional linear warm-up.
///
/// A schedule is a pure function of the step number, so a resumed training needs no memory of it.
///
/// ```
/// use eigennet::optim::Schedule;
/// let schedule = Schedule::cosine(1e-3, 1000)?.warm_up(10);
/// assert_eq!(schedule.rate(0), 1e-4);
/// assert!((schedule.rate(500) - 5e-4).abs() < 1e-15);
/// assert!(schedule.rate(999) < 1e-8);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    peak: f64,
    warm_up: u64,
    decay: Decay,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Decay {
    None,
    Step { every: u64, factor: f64 },
    Cosine { steps: u64, last: f64 },
}

impl Schedule {
    /// The same rate η for ever.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the rate is positive and finite.
    pub fn constant(rate: f64) -> Result<Self> {
        Self::with(rate, Decay::None)
    }

    /// `η · factor^⌊t/every⌋`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the rate is positive and finite, `every` is positive and
    /// `factor` lies in (0, 1].
    pub fn step(rate: f64, every: u64, factor: f64) -> Result<Self> {
        Error::require(every > 0, "every of Schedule::step", "the rate has to hold for at least one step")?;
        shrinking("factor of Schedule::step", factor, "")?;
        Self::with(rate, Decay::Step { every, factor })
    }

    /// `η · ½(1 + cos(πt/steps))`, and 0 from step `steps` on (Loshchilov and Hutter, 2017, without restarts).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the rate is positive and finite and `steps` is positive.
    pub fn cosine(rate: f64, steps: u64) -> Result<Self> {
        Self::cosine_to(rate, 0.0, steps)
    }

    /// From `rate` along half a cosine to `last`, where it stays from step `steps` on.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the rates are finite with 0 ≤ `last` ≤ `rate`, `rate` > 0,
    /// and `steps` is positive.
    pub fn cosine_to(rate: f64, last: f64, steps: u64) -> Result<Self> {
        Error::require(steps > 0, "steps of Schedule::cosine", "the cosine needs at least one step")?;
        let reason = format_args!("it must lie in [0, {rate}], not {last}");
        Error::require(last >= 0.0 && last <= rate, "last of Schedule::cosine_to", reason)?;
        Self::with(rate, Decay::Cosine { steps, last })
    }

    fn with(peak: f64, decay: Decay) -> Result<Self> {
        let reason = format_args!("it must be positive and finite, not {peak}; 1e-3 is a usual start");
        Error::require(peak > 0.0 && peak.is_finite(), "rate of Schedule", reason)?;
        Ok(Schedule { peak, warm_up: 0, decay })
    }

    /// The same schedule with its first `steps` rates multiplied by (t + 1)/`steps`. The decay is
    /// counted from step 0 all the same, so that its length stays that of the training.
    pub fn warm_up(self, steps: u64) -> Self {
        Schedule { warm_up: steps, ..self }
    }

    /// The learning rate of step `t`, counted from 0. Finite and not negative for every `t`.
    pub fn rate(&self, t: u64) -> f64 {
        let decayed = match self.decay {
            Decay::None => self.peak,
            Decay::Step { every, factor } => self.peak * factor.powf((t / every) as f64),
            Decay::Cosine { steps, last } => {
                let part = (t as f64 / steps as f64).min(1.0);
                last + (self.peak - last) * 0.5 * (1.0 + (PI * part).cos())
            }
        };
        if t < self.warm_up { decayed * ((t as f64 + 1.0) / self.warm_up as f64) } else { decayed }
    }
}

/// A constant rate of 1e-3.
impl Default for Schedule {
    fn default() -> Self {
        Schedule { peak: 1e-3, warm_up: 0, decay: Decay::None }
    }
}
