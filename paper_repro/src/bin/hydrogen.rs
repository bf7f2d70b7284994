//! The lowest states of the 2-D hydrogen atom, by neural Ritz and NestedLoRA.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::hydrogen::Hydrogen>()
}
