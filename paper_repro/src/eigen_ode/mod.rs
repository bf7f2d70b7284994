//! Eigenvectors by the differential equation of Yi, Fu and Tang: a network on marching windows, forward Euler, Runge–Kutta
//! and the closed form; and what the report on it tried, with the fault of its code on request.

mod errors;
mod figures;
pub mod options;
mod problem;
pub mod published;
mod report;
mod search;
pub mod settings;
mod solve;
pub mod whole_interval;

use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
pub use options::EigenOde;
use options::Method;
use problem::Problem;
use whole_interval::TimeDerivative;

impl Experiment for EigenOde {
    const NAME: &'static str = "eigen_ode";
    const TITLE: &'static str = "Eigenvectors by a differential equation";
    const ABOUT: &'static str = "The six eigenpairs of a symmetric matrix as limits of the flow of Yi, Fu and Tang: by \
                                 networks that follow it, by classical solvers, and as a report of 2022 tried, with its \
                                 fault reproduced.";

    fn check(&self) -> Result<(), Failure> {
        let diagonalises = !matches!(self.method, Method::WholeInterval | Method::Search);
        if self.as_published && diagonalises && self.method != Method::All {
            return Err(Failure::Usage(
                "--as-published: the fault is in the report's own network; add --method whole-interval or search"
                    .into(),
            ));
        }
        if self.deflation.is_some() && !diagonalises {
            return Err(Failure::Usage("--deflation: this method finds one vector at a time; leave it out".into()));
        }
        Ok(())
    }

    fn saves(&self) -> bool {
        !matches!(self.method, Method::Euler | Method::RungeKutta | Method::ClosedForm)
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
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
                solved.push(solve::diagonalise(context, &problem, name, library, self.deflation())?);
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
                searches.push(search::search(context, &problem, search)?);
            }
        }
        context.metrics_ready();
        report::outcome(self, context, &problem, &solved, &wholes, &searches)
    }
}
