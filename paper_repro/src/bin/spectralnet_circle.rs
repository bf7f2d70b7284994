//! SpectralNet on the unit circle.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::spectralnet_circle::SpectralNetCircle>()
}
