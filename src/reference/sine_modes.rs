//! Products of sines on a box.

use std::f64::consts::PI;
use std::ops::Range;

use crate::{Error, Result};

/// Σ_m c_m Π_i sin(π m_i (x_i − a_i)/(b_i − a_i)) on the box Π [a_i, b_i].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SineModes {
    intervals: Vec<Range<f64>>,
    modes: Vec<Mode>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mode {
    pub amplitude: f64,
    /// π m_i/(b_i − a_i).
    pub wave: Vec<f64>,
    /// −Σ waveᵢ²: the eigenvalue of the Laplacian.
    pub eigenvalue: f64,
}

impl SineModes {
    pub fn new(what: &'static str, intervals: &[Range<f64>]) -> Result<Self> {
        let usable = |i: &Range<f64>| i.start < i.end && (i.end - i.start).is_finite();
        if intervals.is_empty() || !intervals.iter().all(usable) {
            let reason = format!("{intervals:?} is no box; give one finite start < end for each dimension");
            return Err(Error::invalid(format!("intervals of {what}"), reason));
        }
        Ok(SineModes { intervals: intervals.to_vec(), modes: Vec::new() })
    }

    pub fn push(&mut self, what: &'static str, amplitude: f64, numbers: &[u32]) -> Result<()> {
        if numbers.len() != self.intervals.len() {
            return Err(Error::shape(what, &[numbers.len()], &[self.intervals.len()]));
        }
        Error::check_finite(&format!("amplitude of {what}"), &[amplitude])?;
        let wave: Vec<f64> =
            numbers.iter().zip(&self.intervals).map(|(&m, i)| PI * f64::from(m) / (i.end - i.start)).collect();
        let eigenvalue = -wave.iter().map(|k| k * k).sum::<f64>();
        self.modes.push(Mode { amplitude, wave, eigenvalue });
        Ok(())
    }

    pub fn dimension(&self) -> usize {
        self.intervals.len()
    }

    /// Σ_m `factor(m)` c_m Π sin, differentiated in one coordinate if any.
    ///
    /// # Panics
    /// If `x` has not one coordinate for each dimension.
    pub fn sum(&self, x: &[f64], differentiated: Option<usize>, factor: impl Fn(&Mode) -> f64) -> f64 {
        assert!(x.len() == self.dimension(), "a point of {} coordinates in {} dimensions", x.len(), self.dimension());
        self.modes.iter().map(|mode| factor(mode) * mode.amplitude * self.product(mode, x, differentiated)).sum()
    }

    fn product(&self, mode: &Mode, x: &[f64], differentiated: Option<usize>) -> f64 {
        let factor = |i: usize| {
            let Range { start, end } = self.intervals[i];
            // From the nearer end, so that it is exactly zero at both.
            let (near, far) = (x[i] - start, end - x[i]);
            let wave = mode.wave[i];
            let from_end = near.abs() > far.abs();
            let half_turns = (wave * (end - start) / PI).round();
            let sign = if half_turns % 2.0 == 0.0 { -1.0 } else { 1.0 }; // sin(mπ − y) = ± sin y
            match (differentiated == Some(i), from_end) {
                (false, false) => (wave * near).sin(),
                (false, true) => sign * (wave * far).sin(),
                (true, false) => wave * (wave * near).cos(),
                (true, true) => -sign * wave * (wave * far).cos(),
            }
        };
        (0..self.dimension()).map(factor).product()
    }
}
