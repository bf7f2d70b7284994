//! What spectra say of a classifier before and after its training, of an equation's network, or of the weights in a file.

mod classifier;
mod data;
mod dense;
mod equation;
mod figures;
mod large;
mod report;
mod run;
pub mod weights_file;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use eigennet::diagnostics::Section;

use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;

/// A section of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Singular values of the weight matrices
    Weights,
    /// What the units of each layer do over the samples
    Activations,
    /// The covariance of the gradients of single samples
    Gradients,
    /// The Hessian of the loss, by products alone and against the dense one
    Hessian,
    /// The neural tangent kernel, of the classifier and of an equation's network
    TangentKernel,
    /// Neural collapse
    Collapse,
}

impl Method {
    const ALL: [Method; 6] = [
        Method::Weights,
        Method::Activations,
        Method::Gradients,
        Method::Hessian,
        Method::TangentKernel,
        Method::Collapse,
    ];

    fn section(self) -> Section {
        match self {
            Method::Weights => Section::Weights,
            Method::Activations => Section::Activations,
            Method::Gradients => Section::Gradients,
            Method::Hessian => Section::Hessian,
            Method::TangentKernel => Section::TangentKernel,
            Method::Collapse => Section::Collapse,
        }
    }
}

/// How large the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// About 3000 parameters, trained until it collapses
    Small,
    /// A million parameters and 10000 samples, untrained: the ten largest Hessian eigenvalues
    Large,
}

/// The options of `diagnose`.
#[derive(Debug, Clone, Args)]
pub struct Diagnose {
    /// Section to look at [default: all]
    #[arg(long, value_enum)]
    pub method: Option<Method>,

    /// Weights to look at instead of a network of our own: .safetensors or .npy
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,

    /// Points to classify instead of three spirals: .csv without or with names of columns, the class (0, 1, …) last
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,

    /// Size of the network
    #[arg(long, value_enum, default_value = "small")]
    pub size: Size,
}

impl Diagnose {
    fn shows(&self, method: Method) -> bool {
        self.method.is_none_or(|only| only == method)
    }
}

impl Experiment for Diagnose {
    const NAME: &'static str = "diagnose";
    const TITLE: &'static str = "What spectra say of a network";
    const ABOUT: &'static str = "Weights, gradients, loss landscape and neural collapse of a classifier before and after its \
                                 training, the tangent kernel of an equation's network, or the weights in a file.";

    fn check(&self) -> Result<(), Failure> {
        if self.weights.is_some() && (self.input.is_some() || self.method.is_some_and(|m| m != Method::Weights)) {
            let text = "--weights: a file of weights has no data or loss; leave out --input and --method";
            return Err(Failure::Usage(text.to_string()));
        }
        let large = self.size == Size::Large;
        if large
            && (self.weights.is_some() || self.input.is_some() || self.method.is_some_and(|m| m != Method::Hessian))
        {
            let text = "--size large: shows the Hessian of a network of our own; leave the other options out";
            return Err(Failure::Usage(text.to_string()));
        }
        Ok(())
    }

    fn saves(&self) -> bool {
        false
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match (&self.weights, self.size) {
            (Some(path), _) => report::of_file(context, path, &weights_file::read(path)?),
            (None, Size::Large) => large::run(context),
            (None, Size::Small) => run::run(self, context),
        }
    }
}
