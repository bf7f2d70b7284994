//! Eigenvectors by the differential equation of Yi, Fu and Tang: a network on marching windows, forward Euler, Runge–Kutta
//! and the closed form; and what the report on it tried, with the fault of its code on request.

mod figures;
pub mod published;
mod report;
pub mod settings;
mod solve;

use clap::{Args, ValueEnum};
use eigennet::differential::eigenvector_ode::{Deflation, TimeDerivative};

use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use solve::Problem;

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

impl DeflationOption {
    /// The library's word.
    pub fn library(self) -> Deflation {
        match self {
            DeflationOption::Projection => Deflation::Projection,
            DeflationOption::Complement => Deflation::Complement,
        }
    }
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

    /// How eigenvectors found before are kept out
    #[arg(long, value_enum, default_value = "complement")]
    pub deflation: DeflationOption,
}

impl EigenOde {
    fn runs(&self, method: Method) -> bool {
        self.method == method || self.method == Method::All
    }

    /// The time derivatives that the report's network is trained with.
    fn derivatives(&self) -> Vec<TimeDerivative> {
        match (self.method, self.as_published) {
            (Method::All, _) => vec![TimeDerivative::Components, TimeDerivative::SumAsPublished],
            (_, true) => vec![TimeDerivative::SumAsPublished],
            (_, false) => vec![TimeDerivative::Components],
        }
    }
}

impl Experiment for EigenOde {
    const NAME: &'static str = "eigen_ode";
    const TITLE: &'static str = "Eigenvectors by a differential equation";
    const ABOUT: &'static str = "The six eigenpairs of a symmetric matrix as limits of the flow of Yi, Fu and Tang: by \
                                 networks that follow it, by classical solvers, and as a report of 2022 tried, with its \
                                 fault reproduced.";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let diagonalising = !matches!(self.method, Method::WholeInterval | Method::Search);
        if self.as_published && diagonalising && self.method != Method::All {
            return Err(Failure::Usage(
                "--as-published: the fault is in the report's own network; add --method whole-interval or search"
                    .into(),
            ));
        }
        let problem = Problem::of_report()?;
        let mut solved = Vec::new();
        for (method, name) in [
            (Method::Network, "network"),
            (Method::Euler, "euler"),
            (Method::RungeKutta, "runge-kutta"),
            (Method::ClosedForm, "closed-form"),
        ] {
            if self.runs(method) {
                let library = settings::method(method, context.preset);
                solved.push(solve::diagonalise(context, &problem, name, library, self.deflation.library())?);
            }
        }
        let (mut wholes, mut searches) = (Vec::new(), Vec::new());
        for derivative in self.derivatives() {
            if self.runs(Method::WholeInterval) {
                let network = settings::whole_interval(context.preset, derivative);
                wholes.push(solve::whole_interval(context, &problem, network)?);
                if derivative == TimeDerivative::Components {
                    let network = settings::whole_interval_refined(context.preset);
                    wholes.push(solve::whole_interval(context, &problem, network)?);
                }
            }
            if self.runs(Method::Search) {
                let search = settings::search(context.preset, derivative);
                searches.push(solve::search(context, &problem, search)?);
            }
        }
        context.metrics_ready();
        report::outcome(self, context, &problem, &solved, &wholes, &searches)
    }
}
