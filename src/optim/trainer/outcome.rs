//! How a training ended.

use std::fmt;

use crate::optim::StopReason;
use crate::optim::held_out::{HeldOut, warn};

/// The end of a training: as [`Outcome`](crate::optim::Outcome) of a minimisation. Displays as a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct TrainingOutcome {
    /// The loss of the last step; NaN if there was none.
    pub value: f64,
    /// Steps made since the start.
    pub iterations: u64,
    /// The best monitored value; infinite if none was looked at.
    pub best_value: f64,
    /// Steps made when it was seen.
    pub best_step: u64,
    /// How often the training went back because of NaN or infinity.
    pub recoveries: u32,
    /// The residual on points it was not trained on, if the loss is of points that can be moved.
    pub held_out: Option<HeldOut>,
    /// Why it ended.
    pub reason: StopReason,
}

impl fmt::Display for TrainingOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        warn(f, self.held_out, 0, None)?;
        write!(f, "loss {:.6e} after {} steps", self.value, self.iterations)?;
        if self.best_value.is_finite() {
            write!(f, ", best value {:.6e} at {}", self.best_value, self.best_step)?;
        }
        if self.recoveries > 0 {
            write!(f, ", {} recoveries from NaN or infinity", self.recoveries)?;
        }
        self.held_out.map_or(Ok(()), |held_out| write!(f, ", {held_out}"))?;
        write!(f, "; {}", self.reason)
    }
}
