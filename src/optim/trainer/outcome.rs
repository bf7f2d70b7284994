//! How a training ended.

use std::fmt;

/// The end of a training. Displays as a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct TrainingOutcome {
    /// Steps made since the start.
    pub steps: u64,
    /// The loss of the last step; NaN if there was none.
    pub loss: f64,
    /// The best monitored value; infinite if none was looked at.
    pub best_value: f64,
    /// Steps made when it was seen.
    pub best_step: u64,
    /// How often the training went back because of NaN or infinity.
    pub recoveries: u32,
    /// Why it ended.
    pub reason: TrainingStop,
}

/// Why a training ended. Displays as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrainingStop {
    /// All steps are made.
    StepsDone,
    /// The monitored value has not improved for as many looks as the patience allows.
    EarlyStopped,
    /// The observer said so.
    StoppedByObserver,
}

impl fmt::Display for TrainingStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrainingStop::StepsDone => "all steps are made; raise `steps` and resume to go on",
            TrainingStop::EarlyStopped => {
                "the monitored value no longer improves; raise the patience or lower the learning rate to go on"
            }
            TrainingStop::StoppedByObserver => "stopped by the observer; resume from the state to go on",
        })
    }
}

impl fmt::Display for TrainingOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "loss {:.6e} after {} steps", self.loss, self.steps)?;
        if self.best_value.is_finite() {
            write!(f, ", best value {:.6e} at {}", self.best_value, self.best_step)?;
        }
        if self.recoveries > 0 {
            write!(f, ", {} recoveries from NaN or infinity", self.recoveries)?;
        }
        write!(f, "; {}", self.reason)
    }
}
