//! Two-way cuts by the Fiedler vector (Fiedler, 1973), and how many clusters the gaps of a spectrum suggest.

use super::cut::Partition;
use super::laplacian::{Laplacian, reciprocal_roots};
use super::weighted_graph::Graph;
use crate::eigen;
use crate::{Error, Result, Scalar, Seed};

/// The second eigenvector of a Laplacian and the two parts it cuts a graph into.
#[derive(Debug, Clone, PartialEq)]
pub struct Fiedler<T> {
    /// λ₂, the algebraic connectivity of the unnormalised Laplacian; 0 where the graph is not connected.
    pub value: T,
    /// The vector `[n]`, of length 1.
    pub vector: Vec<T>,
    /// The part of each point, by the sign of its entry: 0 that of the first point.
    pub labels: Vec<usize>,
    /// What the parts cut.
    pub partition: Partition,
}

impl<T: Scalar> Graph<T> {
    /// The Fiedler vector of a connected graph, of any of its Laplacians, and the cut by its signs.
    ///
    /// ```
    /// use eigennet::graph::{Affinity, Laplacian, data};
    /// use eigennet::Seed;
    /// let circles = data::circles::<f64>(400, 0.1, 0.2, Seed(0));
    /// let graph = Affinity::nearest(25).fit(&circles.points)?;
    /// let cut = graph.fiedler(Laplacian::RandomWalk, Seed(0))?;
    /// // Cheeger: ½ λ₂ ≤ the least conductance ≤ that of this cut.
    /// assert!(cut.value > 0.0 && cut.value <= cut.partition.normalized_cut());
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the graph is not connected, for then its [components](Self::components) are the
    /// cut, and for fewer than two points; those of the eigensolver.
    pub fn fiedler(&self, laplacian: Laplacian, seed: Seed) -> Result<Fiedler<T>> {
        let components = self.components().count();
        if components != 1 || self.len() < 2 {
            let reason = format!("it has {} points in {components} parts; cut it into its components", self.len());
            return Err(Error::invalid("graph of a Fiedler vector", reason));
        }
        // I − D⁻¹W has the eigenvalues of I − D^(−½)WD^(−½), and its vectors over √d.
        let symmetric = if laplacian == Laplacian::RandomWalk { Laplacian::Symmetric } else { laplacian };
        let pairs = eigen::smallest(&self.laplacian(symmetric), 2).bound(T::zero()).seed(seed).solve_symmetric()?;
        let mut vector = pairs.vectors.column(1);
        if laplacian == Laplacian::RandomWalk {
            vector.iter_mut().zip(reciprocal_roots(&self.degrees())).for_each(|(v, root)| *v *= root);
            let length = crate::kernels::reduce::norm(&vector);
            vector.iter_mut().for_each(|v| *v /= length);
        }
        let first = vector[0] > T::zero();
        let labels: Vec<usize> = vector.iter().map(|&v| usize::from((v > T::zero()) != first)).collect();
        let partition = self.partition(&labels)?;
        Ok(Fiedler { value: pairs.values[1], vector, labels, partition })
    }

    /// How many clusters the largest gap between neighbouring eigenvalues of the normalised Laplacian suggests
    /// (von Luxburg, 2007, §8.3), among 1 to `most`, and the smallest `most + 1` eigenvalues it is read from.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 1 ≤ most < n; those of the eigensolver.
    pub fn clusters_by_gap(&self, most: usize, seed: Seed) -> Result<SpectralGap<T>> {
        if most == 0 || most >= self.len() {
            let reason = format!("{most} is not in 1..={}, one less than there are points", self.len() - 1);
            return Err(Error::invalid("most clusters", reason));
        }
        let laplacian = self.laplacian(Laplacian::Symmetric);
        let pairs = eigen::smallest(&laplacian, most + 1).bound(T::zero()).seed(seed).solve_symmetric()?;
        let values = pairs.values;
        let gap = |k: usize| values[k] - values[k - 1];
        let clusters = (1..=most).fold(1, |best, k| if gap(k) > gap(best) { k } else { best });
        Ok(SpectralGap { clusters, gap: gap(clusters), values })
    }
}

/// The largest gap of a spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralGap<T> {
    /// k, the eigenvalues before it.
    pub clusters: usize,
    /// λ₍ₖ₊₁₎ − λₖ
    pub gap: T,
    /// The smallest eigenvalues, ascending.
    pub values: Vec<T>,
}
