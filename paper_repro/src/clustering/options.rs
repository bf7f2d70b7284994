//! The options of `clustering`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli;

/// Points made on the spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Data {
    /// Two concentric circles
    Circles,
    /// Two half circles that reach into each other
    Moons,
    /// Two spirals that wind around each other
    Spirals,
    /// Three round clouds
    Blobs,
}

/// How the points are clustered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Lloyd's iteration on the points themselves
    KMeans,
    /// Spectral clustering by a direct eigensolver
    Direct,
    /// Spectral clustering by a network
    #[value(name = "spectralnet")]
    SpectralNet,
    /// All, in one report
    All,
}

/// The scale of the Gaussian kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScaleOption {
    /// The largest at which the eigenvectors are the clusters.
    Auto,
    /// A fraction of the median distance to the k-th neighbour.
    Fraction(f64),
}

/// The options of `clustering`.
#[derive(Debug, Clone, Args)]
pub struct Clustering {
    /// Points to make
    #[arg(long, value_enum, default_value = "circles", conflicts_with = "input")]
    pub data: Data,

    /// Standard deviation of what is added to each coordinate
    #[arg(long, value_name = "X", default_value = "0.05", value_parser = not_negative, conflicts_with = "input")]
    pub noise: f64,

    /// Radius of the inner circle, the outer being 1 [default: 0.5]
    #[arg(long, value_name = "X", value_parser = share, conflicts_with = "input")]
    pub factor: Option<f64>,

    /// How many points to make
    #[arg(long, value_name = "N", default_value = "1500", allow_negative_numbers = true, conflicts_with = "input",
        value_parser = cli::whole::<usize>(10..=10_000_000))]
    pub points: usize,

    /// Cluster the points of this file instead: .csv (a row each, a head or none) or .npy of two dimensions
    #[arg(long, value_name = "FILE", requires = "clusters")]
    pub input: Option<PathBuf>,

    /// How many clusters [default: as many as the points were made of]
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = cli::whole::<usize>(1..=10_000))]
    pub clusters: Option<usize>,

    /// How to cluster
    #[arg(long, value_enum, default_value = "all")]
    pub method: Method,

    /// Neighbours of each point
    #[arg(long, value_name = "K", default_value = "25", allow_negative_numbers = true,
        value_parser = cli::whole::<usize>(1..=10_000))]
    pub neighbors: usize,

    /// Scale of the kernel: auto, or a fraction of the median distance to the 25th neighbour
    #[arg(long, value_name = "auto|X", default_value = "auto", value_parser = scale)]
    pub scale: ScaleOption,
}

fn not_negative(text: &str) -> Result<f64, String> {
    cli::number(text, "a number of at least 0", |value| value >= 0.0)
}

fn share(text: &str) -> Result<f64, String> {
    cli::number(text, "a number between 0 and 1", |value| value > 0.0 && value < 1.0)
}

fn scale(text: &str) -> Result<ScaleOption, String> {
    if text == "auto" {
        return Ok(ScaleOption::Auto);
    }
    cli::number(text, "auto or a positive number", |value| value > 0.0).map(ScaleOption::Fraction)
}
