//! Points and the weights between them.

use std::borrow::Cow;
use std::sync::Arc;

use super::affinity::{Affinity, Neighborhood};
use super::bandwidth::Widths;
use super::components::{Components, components};
use super::laplacian::{Laplacian, degrees};
use super::neighbors::{NeighborSearch, Neighbors};
use super::weights::{exponent, symmetric};
use crate::linalg::Matrix;
use crate::sparse::Csr;
use crate::{Error, Result, Scalar};

/// A weighted graph over points: made by [`Affinity::fit`].
#[derive(Debug)]
pub struct Graph<T> {
    search: Arc<NeighborSearch<T>>,
    affinity: Affinity,
    widths: Widths<T>,
    weights: Csr<T>,
    /// What each point weighs with itself; empty where that is nothing.
    loops: Vec<T>,
    /// By what a kernel has been divided at each point; empty where it is as it was.
    densities: Vec<T>,
    /// How far neighbours may be, where that is what makes them neighbours.
    reach: T,
}

/// Points and which of them are neighbours, before anything is weighed.
#[derive(Debug)]
pub(super) struct Surroundings<T> {
    search: Arc<NeighborSearch<T>>,
    neighbors: Neighbors<T>,
    reach: T,
}

impl Affinity {
    /// The graph of some points `[points, coordinates]`.
    ///
    /// # Errors
    /// Those of [`NeighborSearch`] and [`Bandwidth`](super::Bandwidth); [`Error::InvalidArgument`] where every weight
    /// underflows.
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, points: &Matrix<T>) -> Result<Graph<T>> {
        self.weigh(&self.surroundings(points)?)
    }

    #[inline(never)]
    pub(super) fn surroundings<T: Scalar>(&self, points: &Matrix<T>) -> Result<Surroundings<T>> {
        let search = Arc::new(NeighborSearch::with_index(points, self.index)?);
        let reach = match self.neighborhood {
            Neighborhood::Within(radius) => T::of(radius),
            Neighborhood::Reach(count) => {
                let nearest = search.nearest_of_each(count.min(search.len() - 1))?;
                nearest.iter().filter_map(|(_, distances)| distances.last().copied()).fold(T::zero(), T::max)
            }
            _ => T::zero(),
        };
        let neighbors = match self.neighborhood {
            Neighborhood::Nearest(count) => search.nearest_of_each(count)?,
            Neighborhood::Within(_) | Neighborhood::Reach(_) => search.within_of_each(reach)?,
            Neighborhood::All => search.nearest_of_each(points.rows().saturating_sub(1))?,
        };
        Ok(Surroundings { search, neighbors, reach })
    }

    /// The weights between neighbours.
    #[inline(never)]
    pub(super) fn weigh<T: Scalar>(&self, points: &Surroundings<T>) -> Result<Graph<T>> {
        let Surroundings { search, neighbors, reach } = points;
        let widths = self.bandwidth.of_points(search, neighbors)?;
        let weights = |i: usize, j: usize, distance: T| exponent(distance, widths.of(i), widths.of(j)).exp();
        let weights = symmetric(neighbors, self.symmetrization, weights)?;
        if search.len() > 1 && weights.entries().iter().all(|&w| w == T::zero()) {
            let reason =
                "every weight underflows to 0, or no point has a neighbour: take a larger bandwidth or neighbourhood";
            return Err(Error::invalid("affinity", reason));
        }
        let (search, loops, densities) = (Arc::clone(search), Vec::new(), Vec::new());
        Ok(Graph { search, affinity: *self, widths, weights, loops, densities, reach: *reach })
    }
}

impl<T: Scalar> Graph<T> {
    /// How many points it has.
    pub fn len(&self) -> usize {
        self.weights.rows()
    }

    /// Whether it has none: never.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The points, in units of a power of 2.
    pub(super) fn points(&self) -> &Matrix<T> {
        self.search.points()
    }

    /// W `[n, n]`: symmetric, no entries on the diagonal.
    pub fn weights(&self) -> &Csr<T> {
        &self.weights
    }

    /// σ, where all points have the same.
    pub fn bandwidth(&self) -> Option<T> {
        match self.widths {
            Widths::Common(width) => Some(width),
            Widths::Own(_) => None,
        }
    }

    /// The graph with α of its density taken out (Coifman and Lafon, 2006): each point has the weight 1 with itself, and
    /// then wᵢⱼ becomes wᵢⱼ/(qᵢqⱼ)^α, q the degrees. Its random walk is that of a [`DiffusionMap`](super::DiffusionMap)
    /// with this α.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless α is a number, or where this has been done before; [`Error::NonFinite`] where a
    /// weight overflows.
    pub fn renormalized(self, alpha: T) -> Result<Self> {
        Error::require(alpha.is_finite(), "alpha of a graph", "it has to be a number")?;
        Error::require(self.loops.is_empty(), "graph to renormalise", "it has been renormalised before")?;
        let densities: Vec<T> = self.degrees().into_iter().map(|q| (q + T::one()).powf(alpha)).collect();
        let mut weights = Csr::empty(self.len(), self.weights.nnz());
        for ((others, row), &own) in self.weights.row_iter().zip(&densities) {
            weights.push_line(others.iter().zip(row).map(|(&j, &w)| (j, w / (own * densities[j as usize]))));
        }
        let loops: Vec<T> = densities.iter().map(|&own| (own * own).recip()).collect();
        Error::check_finite("kernel: alpha is too large for so different densities; degrees", weights.entries())?;
        Error::check_finite("kernel: alpha is too large for so different densities; degrees", &loops)?;
        Ok(Graph { weights, loops, densities, ..self })
    }

    /// The degrees Σⱼ wᵢⱼ `[n]`, j = i among them where points have a weight with themselves.
    pub fn degrees(&self) -> Vec<T> {
        let mut degrees = degrees(&self.weights);
        degrees.iter_mut().zip(&self.loops).for_each(|(degree, &own)| *degree += own);
        degrees
    }

    /// The weight of each point with itself `[n]`: 0, unless the graph is [renormalised](Self::renormalized).
    pub fn loops(&self) -> Vec<T> {
        if self.loops.is_empty() { vec![T::zero(); self.len()] } else { self.loops.clone() }
    }

    /// W with what points weigh with themselves on its diagonal.
    #[inline(never)]
    pub(super) fn kernel(&self) -> Cow<'_, Csr<T>> {
        if self.loops.is_empty() {
            return Cow::Borrowed(&self.weights);
        }
        let mut kernel = Csr::empty(self.len(), self.weights.nnz() + self.len());
        for (i, (others, row)) in self.weights.row_iter().enumerate() {
            let before = others.partition_point(|&j| (j as usize) < i);
            let entries = || others.iter().zip(row).map(|(&j, &w)| (j, w));
            kernel.push_line(entries().take(before).chain([(i as u32, self.loops[i])]).chain(entries().skip(before)));
        }
        Cow::Owned(kernel)
    }

    /// Its connected components.
    pub fn components(&self) -> Components {
        components(&self.weights)
    }

    /// A Laplacian `[n, n]`.
    pub fn laplacian(&self, laplacian: Laplacian) -> Csr<T> {
        laplacian.of(&self.weights, &self.degrees())
    }

    /// Where a walk goes from new points, in one step to those of the graph `[rows of at, n]`: to each neighbour in
    /// proportion to its weight. However far away a point is, it goes somewhere.
    pub(super) fn walk_from(&self, at: &Matrix<T>) -> Result<Csr<T>> {
        let exponents = self.exponents_to(at)?;
        let mut out = Csr::empty(self.len(), exponents.nnz());
        for (others, row) in exponents.row_iter() {
            // Beside the largest, so that they do not all underflow.
            let largest = row.iter().fold(T::neg_infinity(), |most, &e| most.max(e));
            let density = |j: u32| self.densities.get(j as usize).copied().unwrap_or(T::one());
            let weight = |(&j, &e): (&u32, &T)| (e - largest).exp() / density(j);
            let sum = others.iter().zip(row).map(weight).fold(T::zero(), |sum, w| sum + w);
            out.push_line(others.iter().zip(row).map(|entry| (*entry.0, weight(entry) / sum)));
        }
        Ok(out)
    }

    /// The logarithms of the weights from new points to their neighbours in the graph `[rows of at, n]`, each to one at
    /// least.
    pub(super) fn exponents_to(&self, at: &Matrix<T>) -> Result<Csr<T>> {
        let n = self.len();
        let neighbors = match self.affinity.neighborhood {
            Neighborhood::Nearest(count) => self.search.nearest(at, count.min(n))?,
            Neighborhood::Reach(_) | Neighborhood::Within(_) => self.search.within(at, self.reach)?,
            Neighborhood::All => self.search.nearest(at, n)?,
        };
        let lonely = neighbors.iter().any(|(others, _)| others.is_empty());
        let alone = if lonely { Some(self.search.nearest(at, 1)?) } else { None };
        let widths = self.affinity.bandwidth.of_others(&self.search, at, &self.widths)?;
        let mut out = Csr::empty(n, neighbors.count());
        let mut row: Vec<(u32, T)> = Vec::new();
        for i in 0..at.rows() {
            let (others, distances) = match &alone {
                Some(alone) if neighbors.of(i).0.is_empty() => alone.of(i),
                _ => neighbors.of(i),
            };
            row.clear();
            row.extend(
                others
                    .iter()
                    .zip(distances)
                    .map(|(&j, &distance)| (j, exponent(distance, widths.of(i), self.widths.of(j as usize)))),
            );
            row.sort_unstable_by_key(|&(j, _)| j);
            out.push_line(row.iter().copied());
        }
        Ok(out)
    }
}
