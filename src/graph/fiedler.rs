//! Two-way cuts by the Fiedler vector (Fiedler, 1973), and how many clusters the gaps of a spectrum suggest.

use super::components::components_by;
use super::cut::Partition;
use super::laplacian::Laplacian;
use super::weighted_graph::Graph;
use crate::eigen;
use crate::kernels::reduce::{dot, norm};
use crate::sparse::Csr;
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
    /// A solver may mix the vector with the known one of λ₁ = 0 where the two numbers differ by less than rounding: it is
    /// the combination of both that is orthogonal to the known one, and λ₂ is its quotient ½ Σ wᵢⱼ (fᵢ − fⱼ)²/Σ mᵢfᵢ²,
    /// m = 1 or d, which does not cancel; or the indicator of the parts takes its place, where its quotient, the
    /// [ratio cut](Partition::ratio_cut) or the [normalised cut](Partition::normalized_cut), is smaller.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the graph is not connected, for then its [components](Self::components) are the
    /// cut, where it has three parts or more up to rounding, for then which cut costs least is not known, and for fewer
    /// than two points; those of the eigensolver.
    pub fn fiedler(&self, laplacian: Laplacian, seed: Seed) -> Result<Fiedler<T>> {
        let components = self.components().count();
        if components != 1 || self.len() < 2 {
            let reason = format!("it has {} points in {components} parts; cut it into its components", self.len());
            return Err(Error::invalid("graph of a Fiedler vector", reason));
        }
        let plain = laplacian == Laplacian::Unnormalized;
        // I − D⁻¹W has the eigenvalues of I − D^(−½)WD^(−½), and its vectors over √d.
        let matrix = self.laplacian(if plain { Laplacian::Unnormalized } else { Laplacian::Symmetric });
        // √m, the vector of λ₁ = 0.
        let roots: Vec<T> = self.degrees().iter().map(|d| if plain { T::one() } else { d.sqrt() }).collect();
        let [first, second] = self.lowest_pair(plain, &matrix, seed)?;
        let [along_first, along_second] = [&first, &second].map(|vector| dot(vector, &roots));
        let vector: Vec<T> = first.iter().zip(&second).map(|(&a, &b)| along_first * b - along_second * a).collect();
        // The sign of the second.
        let length = norm(&vector).copysign(along_first);
        let mut function: Vec<T> = vector.iter().zip(&roots).map(|(&v, &root)| v / length / root).collect();
        let side = function[0] > T::zero();
        let labels: Vec<usize> = function.iter().map(|&f| usize::from((f > T::zero()) != side)).collect();
        let partition = self.partition(&labels)?;
        let mut value = self.energy(&function);
        let cost = if plain { partition.ratio_cut() } else { partition.normalized_cut() };
        if partition.sizes.len() == 2 && cost < value {
            let mass = |part: usize| if plain { partition.sizes[part] as f64 } else { partition.volumes[part] };
            let of_parts = [T::of(mass(1) / mass(0)).sqrt(), -T::of(mass(0) / mass(1)).sqrt()];
            function = labels.iter().map(|&part| of_parts[part]).collect();
            value = cost;
        }
        if laplacian == Laplacian::Symmetric {
            function.iter_mut().zip(&roots).for_each(|(f, &root)| *f *= root);
        }
        let length = norm(&function);
        function.iter_mut().for_each(|f| *f /= length);
        Ok(Fiedler { value: T::of(value), vector: function, labels, partition })
    }

    /// Two vectors of the smallest eigenvalues of a Laplacian, of which the third is larger than rounding.
    fn lowest_pair(&self, plain: bool, matrix: &Csr<T>, seed: Seed) -> Result<[Vec<T>; 2]> {
        let degrees = self.degrees();
        let largest = degrees.iter().fold(T::zero(), |most, &degree| most.max(degree));
        let refused = |parts: &str| {
            let reason = format!(
                "up to rounding it has {parts} parts, and which cut costs least is not known: take a larger bandwidth, leave \
                 out what is far from all others, or seek more clusters by SpectralClustering"
            );
            Err(Error::invalid("graph of a Fiedler vector", reason))
        };
        // What D − W loses is a rounding of its largest entry; in I − D^(−½)WD^(−½) an edge counts beside its ends' degrees.
        let size = |i: usize, j: usize| if plain { largest } else { degrees[i].min(degrees[j]) };
        let parts = components_by(self.weights(), |i, j, weight| weight > T::EPSILON * size(i, j)).count();
        if parts > 2 {
            return refused(&parts.to_string());
        }
        let smallest = |count: usize| eigen::smallest(matrix, count).bound(T::zero()).seed(seed).solve_symmetric();
        let pairs = smallest(2)?;
        // The first value, which should be 0, tells of the solver's rounding.
        let rounding = T::of(8.0) * (T::EPSILON * if plain { largest } else { T::one() }).max(pairs.values[0].abs());
        if pairs.values[1] <= rounding && self.len() > 2 && smallest(3)?.values[2] <= rounding {
            return refused("three or more");
        }
        Ok([0, 1].map(|j| pairs.vectors.column(j)))
    }

    /// ½ Σ wᵢⱼ (fᵢ − fⱼ)²
    fn energy(&self, f: &[T]) -> f64 {
        let of_edge = |i: usize, j: u32, w: T| w.to_f64() * (f[i].to_f64() - f[j as usize].to_f64()).powi(2);
        let rows = self.weights().row_iter().enumerate();
        0.5 * rows
            .map(|(i, (others, row))| others.iter().zip(row).map(|(&j, &w)| of_edge(i, j, w)).sum::<f64>())
            .sum::<f64>()
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
