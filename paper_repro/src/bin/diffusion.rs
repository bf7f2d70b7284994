//! Diffusion in a rod by networks and by finite differences.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::diffusion::Diffusion>()
}
