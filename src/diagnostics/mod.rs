//! What spectra say of a network: its weights, the covariance of its gradients, its loss landscape, its classes.
//!
//! Everything is known by products with blocks of samples, one block at a time: no Hessian is formed and no more gradients
//! are held than a block has samples.

mod collapse;
mod curvature;
mod density;
mod samples;
mod tail;
#[cfg(test)]
mod tests;
mod trace;
mod verdict;
mod weights;

pub use collapse::NeuralCollapse;
pub use curvature::{Curvature, OutputLoss};
pub use density::{SpectralDensity, spectral_density};
pub use samples::Samples;
pub use tail::PowerLaw;
pub use trace::{TraceEstimate, trace};
pub use verdict::{Finding, Verdict};
pub use weights::{MarchenkoPastur, WeightSpectrum};
