//! The rod: networks in Lagaris form against finite differences, as in the report and done right.

mod network;
pub mod problem;
mod solved;

use clap::{Args, ValueEnum};

use crate::cli::Preset;
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use crate::metrics::Metric;
pub use network::{Points, Setup};

/// The solver to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Levenberg–Marquardt on the residual of a network
    Lm,
    /// Every method, in one report
    All,
}

/// The options of `diffusion`.
#[derive(Debug, Clone, Args)]
pub struct Diffusion {
    /// Solver to run
    #[arg(long, value_enum, default_value = "all")]
    pub method: Method,
    /// iterations
    #[arg(long, default_value = "3000")]
    pub iterations: usize,
}

impl Experiment for Diffusion {
    const NAME: &'static str = "diffusion";
    const TITLE: &'static str = "Diffusion in a rod";
    const ABOUT: &'static str = "x";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let lm = network::levenberg_marquardt(context, "lm", &Setup::ours(), self.iterations)?;
        eprintln!("{} s {}", lm.seconds, lm.stopped);
        for ((s, e), (_, l)) in lm.errors.iter().zip(&lm.losses).rev().take(12) { eprintln!("{s} {e:.2e} {l:.2e}"); }
        Ok(Outcome::default().metric(Metric::new("relative_l2_error", lm.grid.errors().0).at_most(1e-6)))
    }
}
