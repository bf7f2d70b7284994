//! Every eigenvalue method on small matrices of the papers, and LAPACK's test ratios on LAPACK's test classes.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::solvers::Solvers>()
}
