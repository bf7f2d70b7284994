//! Clusters of any shape: k-means, spectral clustering and SpectralNet.

use std::process::ExitCode;

fn main() -> ExitCode {
    paper_repro::main_of::<paper_repro::clustering::Clustering>()
}
