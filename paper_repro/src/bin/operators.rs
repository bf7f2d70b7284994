//! The lowest states of many operators by every method.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::operators::Operators>()
}
