//! The one recording of a SpectralNet: its outputs, and its loss on a batch.

use super::features::Features;
use super::loss::Loss;
use super::pairs::{differences, energy_of_all, of_pairs, of_points, points};
use super::standardize::standardized;
use crate::autodiff::{Output, Program, record};
use crate::linalg::Matrix;
use crate::nn::{Initializer, Linear};
use crate::{Result, Scalar};

/// What each point of the batch weighs in means; together 1.
pub(super) const NODE_WEIGHTS: &str = "node weights";
/// What each edge weighs in E.
pub(super) const EDGE_WEIGHTS: &str = "edge weights";
/// The last layer.
pub(super) const HEAD: &str = "head";
const BASIS: &str = "basis";
const MOMENTS: &str = "moments";

/// A network and its loss, recorded once.
#[derive(Debug, Clone)]
pub(super) struct Network<T> {
    /// The loss of a batch.
    pub loss: Program<T>,
    /// The second moments of the outputs `[q, q]` over the points of a batch.
    pub moments: (Program<T>, Output),
    /// 1, outputs and features of points, side by side.
    pub basis: (Program<T>, Output),
    pub outputs: usize,
}

impl<T: Scalar> Network<T> {
    /// On batches of `batch` points, given their edges or, for a `dense` graph, their Laplacian.
    #[inline(never)]
    pub fn record(
        features: &dyn Features,
        loss: Loss,
        outputs: usize,
        known: &Matrix<T>,
        batch: usize,
        dense: bool,
    ) -> Result<Self> {
        features.check()?;
        let recording = record(|g| {
            let hidden = features.record(standardized(points(g, known.cols()), known));
            let start = Initializer::GlorotUniform { gain: 1.0 };
            let f = Linear::new(HEAD, [hidden.width(), outputs]).weights(start).call(hidden);
            g.output(BASIS, g.concat(&[g.constant(1.0), f, hidden]));
            let weights = of_points(g, NODE_WEIGHTS);
            g.output(MOMENTS, (weights * f).transpose_matmul(f));
            let centred = f - (weights * f).sum_rows();
            let covariance = (weights * centred).transpose_matmul(centred);
            let energy = if dense {
                energy_of_all(f, batch)
            } else {
                let difference = differences(f, batch);
                (of_pairs(g, EDGE_WEIGHTS) * difference).transpose_matmul(difference)
            };
            loss.record(energy, covariance)
        })?;
        let program = recording.compile::<T>();
        let result = program.recording().result();
        let [basis, moments] = [program.output(BASIS)?, program.output(MOMENTS)?];
        Ok(Network {
            loss: program.select(&[result])?,
            moments: (program.select(&[moments])?, moments),
            basis: (program.select(&[basis])?, basis),
            outputs,
        })
    }
}
