//! The rod: networks in Lagaris form against finite differences, as in the report and done right.

mod classical;
mod network;
mod options;
pub mod problem;
mod report;
mod solved;

use eigennet::differential::finite_difference::Scheme;
use eigennet::optim::{Chain, Schedule, Trainer};

use crate::cli::Preset;
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use network::Setup;
pub use options::{Diffusion, Method};

const ADAM_RATE: f64 = 5e-3;

/// How long each method trains.
struct Effort {
    levenberg_marquardt: usize,
    lbfgs: usize,
    adam: u64,
}

impl Effort {
    fn of(preset: Preset) -> Self {
        match preset {
            Preset::Quick => Effort { levenberg_marquardt: 300, lbfgs: 600, adam: 3_000 },
            Preset::Standard => Effort { levenberg_marquardt: 2_000, lbfgs: 6_000, adam: 20_000 },
            // 100 epochs of 10 000 updates.
            Preset::Paper => Effort { levenberg_marquardt: 2_000, lbfgs: 6_000, adam: 1_000_000 },
        }
    }
}

impl Experiment for Diffusion {
    const NAME: &'static str = "diffusion";
    const TITLE: &'static str = "Diffusion in a rod";
    const ABOUT: &'static str = "u_t = u_xx with u(x, 0) = sin πx and cold ends: networks that meet the conditions by \
                                 construction (Lagaris et al.), trained the report's way and by second-order methods, \
                                 next to finite differences and a spectral solver.";

    fn check(&self) -> Result<(), Failure> {
        let in_the_report =
            matches!(self.method, Method::Lm | Method::Adam | Method::Lbfgs | Method::Ftcs | Method::All);
        if self.as_published && !in_the_report {
            return Err(Failure::Usage(
                "--as-published: the report has no such method; use adam, lbfgs, lm or ftcs".into(),
            ));
        }
        // What saves is what trains a network.
        if self.symmetric && !self.saves() {
            return Err(Failure::Usage("--symmetric is for networks: adam, lbfgs, lm or chain".into()));
        }
        Ok(())
    }

    fn saves(&self) -> bool {
        matches!(self.method, Method::Lm | Method::Adam | Method::Lbfgs | Method::Chain | Method::All)
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let effort = Effort::of(context.preset);
        // The report's way.
        let adam = Trainer { steps: effort.adam, schedule: Schedule::constant(ADAM_RATE)?, ..Trainer::default() };
        let adam = Chain::new().then(adam);
        let mut solved = Vec::new();
        let every = self.method == Method::All;
        let wanted = |method: Method| every || self.method == method;
        let options =
            |setup: Setup| Setup { symmetric: self.symmetric, as_published: self.as_published && !every, ..setup };
        if wanted(Method::Lm) {
            let setup = options(Setup::ours());
            let fit = Chain::new().levenberg_marquardt(effort.levenberg_marquardt);
            solved.push(network::chain(context, "lm", &setup, &fit)?);
        }
        if wanted(Method::RandomFeatures) {
            solved.push(network::random_features(context)?);
        }
        if wanted(Method::Lbfgs) {
            let setup = options(Setup::report_on_gauss_points());
            solved.push(network::chain(context, "lbfgs", &setup, &Chain::new().lbfgs(effort.lbfgs))?);
        }
        if wanted(Method::Chain) {
            let stages = Chain::new()
                .adam(effort.adam / 20, ADAM_RATE)
                .lbfgs(effort.lbfgs / 10)
                .levenberg_marquardt(effort.levenberg_marquardt / 2);
            solved.push(network::chain(context, "chain", &options(Setup::ours()), &stages)?);
        }
        if wanted(Method::Adam) {
            solved.push(network::chain(context, "adam", &options(Setup::report()), &adam)?);
        }
        if every {
            let setup = Setup { as_published: true, ..options(Setup::report()) };
            solved.push(network::chain(context, report::AS_PUBLISHED, &setup, &adam)?);
        }
        if wanted(Method::Ftcs) {
            // κ Δt/Δx² = 1/6, where the leading errors cancel.
            solved.push(classical::finite_differences("ftcs", Scheme::Ftcs, 1e-4 / 6.0)?);
        }
        if wanted(Method::Btcs) {
            solved.push(classical::finite_differences("btcs", Scheme::Btcs, 1e-4)?);
        }
        if wanted(Method::CrankNicolson) {
            solved.push(classical::finite_differences("crank-nicolson", Scheme::CrankNicolson, 1e-3)?);
        }
        if wanted(Method::Chebyshev) {
            solved.push(classical::chebyshev()?);
        }
        context.metrics_ready();
        report::outcome(self, context, &solved)
    }
}
