//! The scale at which clusters come apart: chosen by how nearly the eigenvectors are the clusters.

use super::affinity::Affinity;
use super::bandwidth::Bandwidth;
use super::spectral_clustering::{SpectralClustering, SpectralClusters};
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// Tries fractions of the median distance to the k-th neighbour as σ, from the largest on.
///
/// The normalised cut of any k clusters is at least λ₁ + … + λₖ, the smallest eigenvalues of the normalised Laplacian, and
/// equal to it where the eigenvectors are constant on the clusters (von Luxburg, 2007, §5). Their ratio therefore says how
/// far the clusters found are from what the eigenvectors mean, without knowing the truth. The first fraction is taken at which
/// it is at most [`tight`](Self::tight), or else the one at which it is least. As σ shrinks every graph falls apart at
/// last, into fragments that cost nothing to cut off: a fraction that leaves a cluster of fewer points than a neighbourhood
/// has does not count.
///
/// ```
/// use eigennet::graph::{ScaleSearch, SpectralClustering, accuracy, data};
/// use eigennet::Seed;
///
/// let moons = data::moons::<f64>(1000, 0.12, Seed(0));
/// let choice = ScaleSearch::default().fit(&SpectralClustering::new(2), &moons.points)?;
/// assert!(choice.fraction() < 1.0);
/// assert!(accuracy(&choice.clusters.labels, &moons.labels)? > 0.98);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleSearch {
    /// k
    pub neighbor: usize,
    /// Fractions of the median k-th distance, descending.
    pub fractions: Vec<f64>,
    /// The ratio of cut and bound at which the search ends.
    pub tight: f64,
}

impl Default for ScaleSearch {
    /// All of the median 25th distance down to a quarter of it, and a ratio of 3/2.
    fn default() -> Self {
        ScaleSearch { neighbor: 25, fractions: vec![1.0, 0.7, 0.5, 0.35, 0.25], tight: 1.5 }
    }
}

/// What one scale gave.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedScale {
    /// Of the median distance.
    pub fraction: f64,
    /// The normalised cut of the clusters.
    pub cut: f64,
    /// λ₁ + … + λₖ, below which no normalised cut is.
    pub bound: f64,
    /// Points of the smallest cluster.
    pub smallest: usize,
    /// Whether a cluster is a fragment, or the weights underflow: then the scale does not count.
    pub fell_apart: bool,
}

impl TriedScale {
    /// Cut by bound, at least 1.
    pub fn ratio(&self) -> f64 {
        // Both are sums of terms of size 1 that cancel: of values below their rounding nothing is known.
        let rounding = 1e-12;
        (self.cut.max(rounding) / self.bound.max(rounding)).max(1.0)
    }
}

/// The scale chosen, and the clusters at it.
#[derive(Debug)]
pub struct ScaleChoice<T> {
    /// The scales tried, in their order.
    pub tried: Vec<TriedScale>,
    /// Which of them it is.
    pub chosen: usize,
    /// The affinity with that scale.
    pub affinity: Affinity,
    /// Clusters at that scale.
    pub clusters: SpectralClusters<T>,
}

impl<T> ScaleChoice<T> {
    /// The fraction of the median distance that was chosen.
    pub fn fraction(&self) -> f64 {
        self.tried[self.chosen].fraction
    }
}

impl ScaleSearch {
    /// Clusters `points` `[points, coordinates]` at one scale after another; the bandwidth of `clustering` does not matter.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] without fractions, and where the graph falls apart at all of them; those of
    /// [`SpectralClustering::fit`] but for weights that underflow.
    pub fn fit<T: Scalar>(&self, clustering: &SpectralClustering, points: &Matrix<T>) -> Result<ScaleChoice<T>> {
        let surroundings = clustering.affinity.surroundings(points)?;
        let mut tried = Vec::with_capacity(self.fractions.len());
        let mut best: Option<(usize, Affinity, SpectralClusters<T>)> = None;
        let mut refused = None;
        for &fraction in &self.fractions {
            let bandwidth = Bandwidth::Median { neighbor: self.neighbor, fraction };
            let affinity = Affinity { bandwidth, ..clustering.affinity };
            let clusters = match affinity.weigh(&surroundings) {
                Ok(graph) => clustering.of_graph(graph)?,
                Err(error) => {
                    tried.push(TriedScale { fraction, cut: 0.0, bound: 0.0, smallest: 0, fell_apart: true });
                    refused = refused.or(Some(error));
                    continue;
                }
            };
            let partition = clusters.graph().partition(&clusters.labels)?;
            let smallest = partition.sizes.iter().copied().min().unwrap_or(0);
            let found = TriedScale {
                fraction,
                cut: partition.normalized_cut(),
                bound: clusters.pairs.values.iter().map(|&mu: &T| 1.0 - mu.to_f64()).sum(),
                smallest,
                fell_apart: smallest < self.neighbor.min(points.rows() / (2 * clustering.clusters)),
            };
            let (counts, ratio) = (!found.fell_apart, found.ratio());
            tried.push(found);
            if counts && best.as_ref().is_none_or(|(place, ..)| ratio < tried[*place].ratio()) {
                best = Some((tried.len() - 1, affinity, clusters));
            }
            if counts && ratio <= self.tight {
                break;
            }
        }
        match (best, refused) {
            (Some((chosen, affinity, clusters)), _) => Ok(ScaleChoice { tried, chosen, affinity, clusters }),
            (None, Some(error)) => Err(error),
            (None, None) => {
                let reason = "at every one a cluster is smaller than a neighbourhood: there may be outliers, or fewer \
                              clusters; take larger fractions, or a bandwidth of your own";
                Err(Error::invalid("fractions of ScaleSearch", reason))
            }
        }
    }
}
