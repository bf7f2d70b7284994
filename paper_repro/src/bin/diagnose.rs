//! What spectra say of a classifier, of an equation's network, or of the weights in a file.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::diagnose::Diagnose>()
}
