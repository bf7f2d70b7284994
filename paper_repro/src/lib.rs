//! What the binaries of `paper_repro` share: command line, progress, metrics, plots and reports.
//!
//! An experiment implements [`Experiment`]; its binary is one line, `main_of::<Hydrogen>()`, and it
//! joins `reproduce` by one line in [`registry`]. Everything an experiment hands back is plain data
//! ([`Outcome`]), which the terminal and the HTML report render each in their own way.
//!
//! ```no_run
//! use paper_repro::{Context, Experiment, Failure, Metric, Outcome};
//!
//! /// The smallest eigenvalue of a matrix we know.
//! #[derive(clap::Args)]
//! struct Example {
//!     /// Number of states
//!     #[arg(long, default_value = "9", value_parser = paper_repro::cli::whole::<usize>(1..))]
//!     states: usize,
//! }
//!
//! impl Experiment for Example {
//!     const NAME: &'static str = "example";
//!     const TITLE: &'static str = "An example";
//!     const ABOUT: &'static str = "What it shows, in one sentence.";
//!
//!     fn run(&self, context: &Context) -> Result<Outcome, Failure> {
//!         let mut phase = context.progress.phase("training", 100);
//!         for step in 0..100 {
//!             context.check_interrupt()?; // after saving a checkpoint
//!             phase.update(step + 1, 1.0 / (step + 1) as f64);
//!         }
//!         phase.finish();
//!         Ok(Outcome::default().metric(Metric::new("max_relative_eigenvalue_error", 3e-9).at_most(1e-6)))
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     paper_repro::main_of::<Example>()
//! }
//! ```

pub mod artifacts;
pub mod checkpoint;
pub mod circle;
pub mod cli;
pub mod clustering;
pub mod colour;
pub mod curve;
pub mod diagnose;
pub mod diffusion;
pub mod eigen_ode;
pub mod experiment;
pub mod failure;
pub mod figure;
pub mod heat_circle;
pub mod html;
pub mod hydrogen;
pub mod image;
pub mod interrupt;
pub mod metrics;
pub mod number;
pub mod operators;
pub mod plot;
pub mod preset;
pub mod processes;
pub mod progress;
pub mod registry;
pub mod reproduce;
pub mod roofline;
pub mod run;
pub mod solvers;
pub mod spectral_net;
pub mod spectralnet_circle;
pub mod table;
pub mod terminal;
pub mod training;
pub mod watched;

pub use cli::{Preset, SharedOptions};
pub use experiment::{Context, Experiment, Note, Outcome};
pub use failure::Failure;
pub use figure::Figure;
pub use metrics::Metric;
pub use run::main_of;
pub use table::{Cell, Table};
