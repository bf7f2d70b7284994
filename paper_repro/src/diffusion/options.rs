//! The options of `diffusion`.

use clap::{Args, ValueEnum};

/// The solver to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// A network trained by Levenberg–Marquardt
    Lm,
    /// A network trained by Adam, the report's way
    Adam,
    /// A network trained by L-BFGS
    Lbfgs,
    /// Adam, then L-BFGS, then Levenberg–Marquardt on one network
    Chain,
    /// A wide random layer, and one least-squares solve for the layer after it
    RandomFeatures,
    /// Finite differences, explicit in time
    Ftcs,
    /// Finite differences, implicit in time
    Btcs,
    /// Finite differences, half and half
    CrankNicolson,
    /// Chebyshev collocation and the matrix exponential
    Chebyshev,
    /// All of them, in one report
    All,
}

/// The options of `diffusion`.
#[derive(Debug, Clone, Args)]
pub struct Diffusion {
    /// Solver to run
    #[arg(long, value_enum, default_value = "all")]
    pub method: Method,

    /// With the faults of the report's code: mixed derivatives in the network's residual, a grid of 10 points taken for
    /// one of spacing 1/10 (for adam, lbfgs, lm and ftcs)
    #[arg(long)]
    pub as_published: bool,

    /// Take the mean of the network and its mirror image: symmetric about the middle of the rod
    #[arg(long)]
    pub symmetric: bool,
}
