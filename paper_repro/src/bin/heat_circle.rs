//! Heat on a circle, from points alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::heat_circle::HeatCircle>()
}
