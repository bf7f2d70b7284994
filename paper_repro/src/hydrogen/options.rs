//! The options of `hydrogen`.

use clap::{Args, ValueEnum};

use crate::cli;

/// The solver to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// A network proposes features, Rayleigh–Ritz combines them
    NeuralRitz,
    /// Nested low-rank approximation on random batches (the paper's method)
    NestedLora,
    /// Spectral inference networks: the span's trace, orthonormalised by a Cholesky factor
    Spin,
    /// Neural eigenfunctions: Rayleigh quotients with penalties
    NeuralEf,
    /// Nested orbital minimisation, on the resolvent: with ∇² + 1/r itself, negative on fast waves, its loss has no lower
    /// bound
    NestedOmm,
    /// Neural Ritz and NestedLoRA, in one report
    All,
    /// All methods with the same networks, batches and steps: the paper's Figure 1
    Comparison,
}

/// How NestedLoRA and NestedOMM order their functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NestingOption {
    /// One weighted loss over all prefixes
    Joint,
    /// Each function takes those before it as constants
    Sequential,
}

/// The options of `hydrogen`.
#[derive(Debug, Clone, Args)]
pub struct Hydrogen {
    /// Solver to run
    #[arg(long, value_enum, default_value = "all")]
    pub method: Method,

    /// How NestedLoRA and NestedOMM order their functions [default: sequential]
    #[arg(long, value_enum)]
    pub nesting: Option<NestingOption>,

    /// Number of lowest states to find, up to 100
    // Ten levels fit the basis and the grids of this experiment.
    #[arg(long, value_name = "N", default_value = "9", allow_negative_numbers = true,
        value_parser = cli::whole::<usize>(1..=100))]
    pub states: usize,
}
