//! The experiments that `reproduce` runs, one line each.

use crate::clustering::Clustering;
use crate::diagnose::Diagnose;
use crate::diffusion::Diffusion;
use crate::eigen_ode::EigenOde;
use crate::heat_circle::HeatCircle;
use crate::hydrogen::Hydrogen;
use crate::operators::Operators;
use crate::reproduce::Entry;
use crate::roofline::Roofline;
use crate::solvers::Solvers;
use crate::spectralnet_circle::SpectralNetCircle;

/// Every experiment, in the order of the index page.
///
/// A line names the folder below the output folder, and the experiment's own options.
pub fn experiments() -> Vec<Entry> {
    vec![
        Entry::new::<Hydrogen>("hydrogen", &[]),
        Entry::new::<Operators>("operators", &[]),
        Entry::new::<Diffusion>("diffusion", &[]),
        Entry::new::<EigenOde>("eigen_ode", &[]),
        Entry::new::<Solvers>("solvers", &[]),
        Entry::new::<Clustering>("clustering", &[]),
        Entry::new::<SpectralNetCircle>("spectralnet_circle", &[]),
        Entry::new::<HeatCircle>("heat_circle", &[]),
        Entry::new::<Diagnose>("diagnose", &[]),
        Entry::new::<Roofline>("roofline", &[]),
    ]
}
