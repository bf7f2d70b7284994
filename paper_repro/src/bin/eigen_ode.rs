//! Eigenvectors of a symmetric matrix by a differential equation: networks that follow it, and classical solvers.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::eigen_ode::EigenOde>()
}
