//! Spectral clustering: k-means on the eigenvectors of a graph Laplacian.

use super::affinity::Affinity;
use super::k_means::{KMeans, KMeansFit};
use super::points;
use super::spectrum;
use super::transition::Transition;
use super::weighted_graph::Graph;
use crate::eigen::Eigenpairs;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar, Seed};

/// Which coordinates the points are clustered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Embedding {
    /// The eigenvectors of I − D⁻¹ W (Shi and Malik, 2000).
    ShiMalik,
    /// Those of I − D^(−½) W D^(−½), each point brought to length 1 (Ng, Jordan and Weiss, 2002).
    #[default]
    NgJordanWeiss,
}

/// Settings of spectral clustering.
///
/// ```
/// use eigennet::graph::{SpectralClustering, accuracy, data};
/// use eigennet::Seed;
///
/// let moons = data::moons::<f64>(500, 0.05, Seed(0));
/// let fit = SpectralClustering::new(2).fit(&moons.points)?;
/// assert_eq!(accuracy(&fit.labels, &moons.labels)?, 1.0);
/// // Points never seen.
/// let others = data::moons::<f64>(200, 0.05, Seed(1));
/// assert_eq!(accuracy(&fit.predict(&others.points)?, &others.labels)?, 1.0);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralClustering {
    /// Clusters sought.
    pub clusters: usize,
    /// The weights.
    pub affinity: Affinity,
    /// The coordinates.
    pub embedding: Embedding,
    /// Settings of k-means, but for the clusters.
    pub k_means: KMeans,
    /// Residual up to which eigenpairs are refined.
    pub tolerance: f64,
    /// Of k-means and of the eigensolver's start.
    pub seed: Seed,
}

impl SpectralClustering {
    /// With the default affinity.
    pub fn new(clusters: usize) -> Self {
        SpectralClustering {
            clusters,
            affinity: Affinity::default(),
            embedding: Embedding::default(),
            k_means: KMeans::new(clusters),
            tolerance: 1e-8,
            seed: Seed(0),
        }
    }

    /// Clusters `points` `[points, coordinates]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no clusters, more than there are different points, or as many as there are parts of
    /// which some are points without neighbours; those of [`Affinity::fit`], of the eigensolver and of [`KMeans::fit`].
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, points: &Matrix<T>) -> Result<SpectralClusters<T>> {
        self.of_graph(self.affinity.fit(points)?)
    }

    /// Clusters a graph that is there already, whatever [`affinity`](Self::affinity) says.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    #[inline(never)]
    pub fn of_graph<T: Scalar>(&self, graph: Graph<T>) -> Result<SpectralClusters<T>> {
        if self.clusters == 0 || self.clusters > graph.len() {
            let reason = format!("{} is not in 1..={}, the number of points", self.clusters, graph.len());
            return Err(Error::invalid("clusters of SpectralClustering", reason));
        }
        if let Some(different) = points::fewer_differ(graph.points(), self.clusters) {
            let reason = format!("{} are more than there are different points, which are {different}", self.clusters);
            return Err(Error::invalid("clusters of SpectralClustering", reason));
        }
        let lone = graph.degrees().iter().filter(|&&degree| degree == T::zero()).count();
        let parts = if lone > 0 { graph.components().count() } else { 0 };
        if lone > 0 && (self.clusters..self.clusters + lone).contains(&parts) {
            let reason = format!(
                "{lone} of the points have no neighbours, so that {} clusters would cut the others where they hang \
                 together; take the lone points out, or ask for {}",
                self.clusters,
                (parts - lone).max(1)
            );
            return Err(Error::invalid("clusters of SpectralClustering", reason));
        }
        let transition = Transition::new(graph)?;
        let pairs = spectrum::largest(&transition, self.clusters, self.tolerance, self.seed)?;
        let functions = transition.functions(&pairs.vectors);
        let coordinates = self.embedding.coordinates(functions.clone());
        let k_means = KMeans { clusters: self.clusters, ..self.k_means }.fit(&coordinates, self.seed)?;
        let labels = k_means.labels.clone();
        Ok(SpectralClusters { labels, coordinates, pairs, functions, k_means, embedding: self.embedding, transition })
    }
}

impl Embedding {
    /// From the eigenvectors of the walk. √D, by which those of the two Laplacians differ, is gone where rows are brought
    /// to length 1.
    #[inline(never)]
    pub(super) fn coordinates<T: Scalar>(self, mut functions: Matrix<T>) -> Matrix<T> {
        if self == Self::NgJordanWeiss {
            for i in 0..functions.rows() {
                let row = functions.row_mut(i);
                let length = row.iter().fold(T::zero(), |sum, &x| sum + x * x).sqrt();
                if length > T::zero() {
                    row.iter_mut().for_each(|x| *x /= length);
                }
            }
        }
        functions
    }
}

/// Clusters found, and what tells those of other points.
#[derive(Debug)]
pub struct SpectralClusters<T> {
    /// The cluster of each point, numbered by their first points.
    pub labels: Vec<usize>,
    /// What k-means was given `[n, clusters]`.
    pub coordinates: Matrix<T>,
    /// Eigenpairs of D^(−½) W D^(−½), the largest first, with residuals; 1 − μ are those of the normalised Laplacians.
    pub pairs: Eigenpairs<T>,
    /// How k-means ended, and the centres.
    pub k_means: KMeansFit<T>,
    functions: Matrix<T>,
    embedding: Embedding,
    transition: Transition<T>,
}

impl<T: Scalar> SpectralClusters<T> {
    /// The coordinates of other points `[rows of at, clusters]`, by Nyström's formula.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn transform(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        let functions = self.transition.extend(at, &self.functions, &self.pairs.values)?;
        Ok(self.embedding.coordinates(functions))
    }

    /// The clusters of other points.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn predict(&self, at: &Matrix<T>) -> Result<Vec<usize>> {
        self.k_means.predict(&self.transform(at)?)
    }

    /// The graph.
    pub fn graph(&self) -> &Graph<T> {
        self.transition.graph()
    }
}
