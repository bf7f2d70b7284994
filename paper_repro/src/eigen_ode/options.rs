//! The options of `eigen_ode`.

use clap::{Args, ValueEnum};
use eigennet::differential::eigenvector_ode::Deflation;

use super::whole_interval::TimeDerivative;

/// What solves the equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Small networks on marching windows: every pair, in order
    Network,
    /// Forward Euler with the report's steps (Table I)
    Euler,
    /// The adaptive pair of Dormand and Prince
    RungeKutta,
    /// The closed form of the solution
    ClosedForm,
    /// The report's one network for the whole interval (Figs 6 and 7)
    WholeInterval,
    /// That network from many random starts (Table II)
    Search,
    /// All of them, the report's network both done right and as published
    All,
}

/// How eigenvectors found before are kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeflationOption {
    /// Gram–Schmidt and eq. 30, after every step or window
    Projection,
    /// The matrix restricted to the complement
    Complement,
}

/// The options of `eigen_ode`.
#[derive(Debug, Clone, Args)]
pub struct EigenOde {
    /// What solves the equation
    #[arg(long, value_enum, default_value = "all")]
    pub method: Method,

    /// With whole-interval or search: the published code's fault, one derivative for all components
    #[arg(long)]
    pub as_published: bool,

    /// How eigenvectors found before are kept out [default: complement]
    #[arg(long, value_enum)]
    pub deflation: Option<DeflationOption>,
}

impl EigenOde {
    /// Whether a method is to be run.
    pub fn runs(&self, method: Method) -> bool {
        self.method == method || self.method == Method::All
    }

    /// How eigenvectors found before are kept out.
    pub fn deflation(&self) -> Deflation {
        match self.deflation {
            Some(DeflationOption::Projection) => Deflation::Projection,
            Some(DeflationOption::Complement) | None => Deflation::Complement,
        }
    }

    /// The time derivatives that the report's network is trained with.
    pub fn derivatives(&self) -> Vec<TimeDerivative> {
        match (self.method, self.as_published) {
            (Method::All, _) => vec![TimeDerivative::Components, TimeDerivative::SumAsPublished],
            (_, true) => vec![TimeDerivative::SumAsPublished],
            (_, false) => vec![TimeDerivative::Components],
        }
    }
}
