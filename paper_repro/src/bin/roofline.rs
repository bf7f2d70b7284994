//! How close to the machine the library's kernels and training steps come, and how their cost grows.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::roofline::Roofline>()
}
