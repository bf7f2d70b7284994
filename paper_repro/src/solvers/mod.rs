//! The classical half judged: every eigenvalue method of the library on the small matrices of the papers, and the dense
//! decompositions by LAPACK's test ratios on the matrix classes of LAPACK's own testing.

pub mod classes;
pub mod lapack;
pub mod methods;
pub mod oracle;
pub mod problems;
pub mod race;
pub mod ratios;
mod report;

use clap::Args;

use crate::cli::{self, Preset};
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use problems::Problem;

/// The options of `solvers`.
#[derive(Debug, Clone, Args)]
pub struct Solvers {
    /// Largest order of LAPACK's test matrices, up to 1000 [default: 300, quick: 100]
    // Beyond it the one-sided Jacobi of the SVD takes minutes a class.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = cli::whole::<usize>(1..=1000))]
    pub order: Option<usize>,
}

impl Experiment for Solvers {
    const NAME: &'static str = "solvers";
    const TITLE: &'static str = "Classical eigensolvers";
    const ABOUT: &'static str = "Every eigenvalue method of the library on the matrices that the papers work with, its \
                                 errors and its convergence; and LAPACK's test ratios of the dense decompositions on the \
                                 classes of LAPACK's own testing.";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let largest = self.order.unwrap_or(if context.preset == Preset::Quick { 100 } else { 300 });
        let report = Problem::report()?;
        let article = Problem::article()?;
        let methods = methods::all();
        let mut phase = context.progress.phase("methods", methods.len() as u64);
        let mut results = Vec::with_capacity(methods.len());
        for (done, method) in methods.iter().enumerate() {
            context.check_interrupt()?;
            let on_article = article.iter().map(|problem| race::run(method, problem, context.seed));
            let on_article = on_article.collect::<Result<Vec<_>, _>>()?;
            results.push(report::OfMethod { report: race::run(method, &report, context.seed)?, article: on_article });
            phase.update(done as u64 + 1, f64::NAN);
        }
        phase.finish();
        // Orders around the blocks of the library, and the smallest ones.
        let mut orders: Vec<usize> = [0, 1, 2, 3, 10, 33, 100].into_iter().filter(|&n| n < largest).collect();
        orders.push(largest);
        let ratios = lapack::measure(context, &orders)?;
        context.metrics_ready();
        Ok(report::outcome(context, &report, &article, &results, &orders, &ratios))
    }
}
