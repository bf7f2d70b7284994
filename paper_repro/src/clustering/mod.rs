//! Clustering: k-means, spectral clustering by a direct solver and by SpectralNet, on the thesis's points or a user's.

mod data;
mod options;
mod report;
mod solve;

use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use data::Points;
pub use options::{Clustering, Data, Method, ScaleOption};

impl Experiment for Clustering {
    const NAME: &'static str = "clustering";
    const TITLE: &'static str = "Clusters of any shape";
    const ABOUT: &'static str = "Points that no straight line parts, clustered by the eigenvectors of their graph: by a \
                                 direct solver and by SpectralNet, with k-means beside them, and on points that none of \
                                 them has seen.";

    fn check(&self) -> Result<(), Failure> {
        if self.factor.is_some() && self.data != Data::Circles {
            return Err(Failure::Usage("--factor is for circles; leave it out".into()));
        }
        if self.method == Method::KMeans && self.scale != ScaleOption::Auto {
            return Err(Failure::Usage("--scale: k-means has none; leave it out".into()));
        }
        Ok(())
    }

    fn saves(&self) -> bool {
        matches!(self.method, Method::SpectralNet | Method::All)
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let points = Points::of(self, context.seed)?;
        // Always: it is what the others are measured by.
        let mut solved = vec![solve::k_means(&points, context.seed)?];
        context.check_interrupt()?;
        let mut scaled = None;
        if self.method != Method::KMeans {
            let (direct, scale) = solve::direct(self, &points, context.seed)?;
            if self.method != Method::SpectralNet {
                solved.push(direct);
            }
            context.check_interrupt()?;
            if self.method != Method::Direct {
                solved.push(solve::spectral_net(context, &points, &scale)?);
            }
            scaled = Some(scale);
        }
        context.metrics_ready();
        context.out.write("labels.csv", &report::labels(&solved)?)?;
        report::outcome(self, context, &points, &solved, scaled.as_ref())
    }
}
