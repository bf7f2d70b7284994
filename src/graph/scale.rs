//! The scale at which clusters come apart: chosen by how nearly the eigenvectors are the clusters.

use super::affinity::Affinity;
use super::bandwidth::Bandwidth;
use super::cut::Partition;
use super::spectral_clustering::{SpectralClustering, SpectralClusters};
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// Tries fractions of the median distance to the k-th neighbour as σ, from the largest on.
///
/// The normalised cut of any k clusters is at least λ₁ + … + λₖ, the smallest eigenvalues of the normalised Laplacian, and
/// equal to it where the eigenvectors are constant on the clusters (von Luxburg, 2007, §5). Their ratio therefore says how
/// far the clusters found are from what the eigenvectors mean, without knowing the truth. The first fraction is taken at which
/// it is at most [`tight`](Self::tight), or else the smallest at which it is within that factor of the least.
///
/// As σ shrinks every graph falls apart at last, into fragments that cost nothing to cut off. A cluster of fewer points than
/// a neighbourhood has, where the graph held together at a larger σ, is one: its points are left out, the rest is clustered
/// again, and they get the clusters of those about them. A fraction at which as many points break off as a neighbourhood has
/// does not count.
///
/// ```
/// use eigennet::graph::{ScaleSearch, SpectralClustering, accuracy, data};
/// use eigennet::Seed;
///
/// let moons = data::moons::<f64>(1000, 0.12, Seed(0));
/// let choice = ScaleSearch::default().fit(&SpectralClustering::new(2), &moons.points)?;
/// assert!(choice.fraction() < 1.0);
/// assert!(accuracy(&choice.labels, &moons.labels)? > 0.98);
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
    /// Points in fragments that were left out.
    pub left_out: usize,
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
    /// The cluster of each point `[n]`.
    pub labels: Vec<usize>,
    /// The points that are in no fragment, ascending.
    pub kept: Vec<usize>,
    /// The clusters of those.
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
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, clustering: &SpectralClustering, points: &Matrix<T>) -> Result<ScaleChoice<T>> {
        let surroundings = clustering.affinity.surroundings(points)?;
        let enough = self.neighbor.min(points.rows() / (2 * clustering.clusters.max(1)));
        let mut tried: Vec<TriedScale> = Vec::with_capacity(self.fractions.len());
        let mut best: Option<(usize, Affinity, Bulk<T>)> = None;
        let (mut least, mut refused) = (f64::INFINITY, None);
        for &fraction in &self.fractions {
            let bandwidth = Bandwidth::Median { neighbor: self.neighbor, fraction };
            let affinity = Affinity { bandwidth, ..clustering.affinity };
            let mut bulk = match affinity.weigh(&surroundings) {
                Ok(graph) => Bulk::all(clustering.of_graph(graph)?)?,
                Err(error) => {
                    let nothing =
                        TriedScale { fraction, cut: 0.0, bound: 0.0, smallest: 0, left_out: 0, fell_apart: true };
                    tried.push(nothing);
                    refused = refused.or(Some(error));
                    continue;
                }
            };
            if best.is_some() {
                bulk = bulk.without_fragments(clustering, points, enough)?;
            }
            let found = TriedScale {
                fraction,
                cut: bulk.partition.normalized_cut(),
                bound: bulk.clusters.pairs.values.iter().map(|&mu: &T| 1.0 - mu.to_f64()).sum(),
                smallest: bulk.smallest(),
                left_out: points.rows() - bulk.kept.len(),
                fell_apart: bulk.smallest() < enough,
            };
            let (counts, ratio) = (!found.fell_apart, found.ratio());
            tried.push(found);
            if counts && ratio <= self.tight.max(1.0) * least {
                least = least.min(ratio);
                best = Some((tried.len() - 1, affinity, bulk));
            }
            if counts && ratio <= self.tight {
                break;
            }
        }
        match (best, refused) {
            (Some((chosen, affinity, bulk)), _) => {
                let labels = bulk.labels(points)?;
                Ok(ScaleChoice { tried, chosen, affinity, labels, kept: bulk.kept, clusters: bulk.clusters })
            }
            (None, Some(error)) => Err(error),
            (None, None) => {
                let reason = "at every one a cluster is smaller than a neighbourhood: there may be outliers, or fewer \
                              clusters; take larger fractions, or a bandwidth of your own";
                Err(Error::invalid("fractions of ScaleSearch", reason))
            }
        }
    }
}

/// The clusters of all points but some.
struct Bulk<T> {
    /// Ascending.
    kept: Vec<usize>,
    clusters: SpectralClusters<T>,
    partition: Partition,
}

impl<T: Scalar> Bulk<T> {
    fn new(kept: Vec<usize>, clusters: SpectralClusters<T>) -> Result<Self> {
        let partition = clusters.graph().partition(&clusters.labels)?;
        Ok(Bulk { kept, clusters, partition })
    }

    fn all(clusters: SpectralClusters<T>) -> Result<Self> {
        Bulk::new((0..clusters.labels.len()).collect(), clusters)
    }

    fn smallest(&self) -> usize {
        self.partition.sizes.iter().copied().min().unwrap_or(0)
    }

    /// Leaves out clusters of fewer points than `enough` until there are none, or that many points would be gone.
    fn without_fragments(mut self, clustering: &SpectralClustering, points: &Matrix<T>, enough: usize) -> Result<Self> {
        let width = self.clusters.graph().bandwidth().map_or(0.0, |width| width.to_f64());
        let affinity = Affinity { bandwidth: Bandwidth::Fixed(width), ..clustering.affinity };
        while self.smallest() < enough {
            let whole = |(_, label): &(&usize, &usize)| self.partition.sizes[**label] >= enough;
            let kept: Vec<usize> = self.kept.iter().zip(&self.clusters.labels).filter(whole).map(|(&i, _)| i).collect();
            if points.rows() - kept.len() >= enough {
                break;
            }
            let fit = SpectralClustering { affinity, ..*clustering }.fit(&rows(points, &kept));
            // What is left may be too few for so many neighbours.
            let Ok(clusters) = fit else { break };
            self = Bulk::new(kept, clusters)?;
        }
        Ok(self)
    }

    /// The clusters of all points, those that were left out by Nyström.
    fn labels(&self, points: &Matrix<T>) -> Result<Vec<usize>> {
        let mut labels = vec![usize::MAX; points.rows()];
        self.kept.iter().zip(&self.clusters.labels).for_each(|(&i, &label)| labels[i] = label);
        let others: Vec<usize> = (0..points.rows()).filter(|&i| labels[i] == usize::MAX).collect();
        if !others.is_empty() {
            let found = self.clusters.predict(&rows(points, &others))?;
            others.iter().zip(found).for_each(|(&i, label)| labels[i] = label);
        }
        Ok(labels)
    }
}

fn rows<T: Scalar>(points: &Matrix<T>, which: &[usize]) -> Matrix<T> {
    Matrix::from_fn(which.len(), points.cols(), |i, j| points[(which[i], j)])
}
