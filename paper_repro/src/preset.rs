//! How much work a run spends.

use clap::ValueEnum;

/// How much work to spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// A first look in at most 15 seconds
    Quick,
    /// The setting that every figure quoted for this program means
    Standard,
    /// The source's own setting; hours, made to be interrupted and resumed
    Paper,
}

impl Preset {
    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Quick => "quick",
            Preset::Standard => "standard",
            Preset::Paper => "paper",
        }
    }
}
