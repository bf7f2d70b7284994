//! Nearest neighbours: exactly, or likely ones for large sets of many coordinates.

mod descent;
mod forest;
mod found;
mod kd_tree;
mod nearest;
mod products;

use std::sync::atomic::AtomicUsize;

use rayon::prelude::*;

use self::descent::{Descent, Walk};
use self::found::Found;
use self::kd_tree::{KdTree, Space};
use self::nearest::{Collector, Nearest, Within};
use self::products::Products;
use super::points;
use crate::kernels::gemm::Packing;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar, Seed, par};

/// How neighbours are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Index {
    /// All are found.
    #[default]
    Exact,
    /// Nearly all are: see [`NeighborSearch::approximate`].
    Approximate {
        /// Of the random trees it starts from.
        seed: Seed,
    },
}

/// Up to so many coordinates a tree is faster.
const TREE_DIMENSION: usize = 16;
/// Points that one thread searches at a time; more where it needs memory for each point.
const BLOCK: usize = 64;
const BLOCK_OF_WALKS: usize = 1024;
/// The most neighbours of all points together.
const MOST_NEIGHBORS: usize = 1 << 28;

/// The neighbours of each of some points, nearest first; of equal distances the first in number.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors<T> {
    starts: Vec<usize>,
    indices: Vec<u32>,
    distances: Vec<T>,
}

impl<T: Scalar> Neighbors<T> {
    /// How many points were asked about.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The neighbours of point `i` and how far they are.
    ///
    /// # Panics
    /// Unless `i` is below [`len`](Self::len).
    pub fn of(&self, i: usize) -> (&[u32], &[T]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.indices[range.clone()], &self.distances[range])
    }

    /// The neighbours of each point in turn.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u32], &[T])> {
        (0..self.len()).map(|i| self.of(i))
    }

    /// Neighbours of all points together.
    pub fn count(&self) -> usize {
        self.indices.len()
    }
}

/// Finds neighbours among the rows of a matrix `[points, coordinates]`, by Euclidean distance: by a k-d tree (Friedman,
/// Bentley and Finkel, 1977) up to 16 coordinates, by blocked matrix products beyond. Both are exact, and the same on any
/// number of threads.
///
/// ```
/// use eigennet::graph::NeighborSearch;
/// use eigennet::linalg::Matrix;
///
/// let line = Matrix::from_fn(10, 1, |i, _| (i * i) as f64);
/// let search = NeighborSearch::new(&line)?;
/// assert_eq!(search.nearest_of_each(2)?.of(3), (&[2, 4][..], &[5.0, 7.0][..]));
/// assert_eq!(search.within(&Matrix::from_vec(1, 1, vec![20.0])?, 5.0)?.of(0).0, [4, 5]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct NeighborSearch<T> {
    points: Matrix<T>,
    /// Lengths in `points` by true lengths: a power of 2 for which no square over- or underflows.
    scale: T,
    method: Method<T>,
}

#[derive(Debug)]
enum Method<T> {
    Tree(KdTree<T>),
    Products(Products<T>),
    Descent(Descent<T>),
}

impl<T: Scalar> NeighborSearch<T> {
    /// Among the rows of `points`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] without points or coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn new(points: &Matrix<T>) -> Result<Self> {
        Self::with_tree(points, points.cols() <= TREE_DIMENSION)
    }

    /// Among the rows of `points`, nearly always: for so many points of so many coordinates that exact search takes too
    /// long. Random trees (Dasgupta and Freund, 2008) and neighbours of neighbours (Dong, Moses and Li, 2011) make a graph,
    /// on which searches walk. Unlike elsewhere the result does not depend on the number of threads.
    ///
    /// ```
    /// use eigennet::graph::NeighborSearch;
    /// use eigennet::linalg::Matrix;
    /// use eigennet::Seed;
    ///
    /// let mut stream = Seed(1).into_stream();
    /// let points = Matrix::from_fn(2000, 20, |_, _| stream.normal::<f32>());
    /// let likely = NeighborSearch::approximate(&points, Seed(0))?.nearest_of_each(10)?;
    /// let exact = NeighborSearch::new(&points)?.nearest_of_each(10)?;
    /// let found: usize = likely.iter().zip(exact.iter()).map(|(a, b)| a.0.iter().filter(|i| b.0.contains(i)).count()).sum();
    /// assert!(found > 19_800); // of 20 000
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::InvalidArgument`] for a single point.
    pub fn approximate(points: &Matrix<T>, seed: Seed) -> Result<Self> {
        if points.rows() == 1 {
            return Err(Error::invalid("points of NeighborSearch", "a single one has no neighbours; search exactly"));
        }
        Self::by(points, |points| Method::Descent(Descent::new(points, seed)))
    }

    /// As an index says.
    pub(in crate::graph) fn with_index(points: &Matrix<T>, index: Index) -> Result<Self> {
        match index {
            Index::Approximate { seed } if points.rows() > 1 => Self::approximate(points, seed),
            _ => Self::new(points),
        }
    }

    /// By the tree, or by products.
    pub(in crate::graph) fn with_tree(points: &Matrix<T>, tree: bool) -> Result<Self> {
        Self::by(
            points,
            |points| {
                if tree { Method::Tree(KdTree::new(points)) } else { Method::Products(Products::new(points)) }
            },
        )
    }

    fn by(points: &Matrix<T>, method: impl FnOnce(&Matrix<T>) -> Method<T>) -> Result<Self> {
        points::check(points, "points of NeighborSearch")?;
        if u32::try_from(points.rows()).is_err() {
            return Err(Error::invalid(
                "points of NeighborSearch",
                "there are more than 2³²; search among a part of them",
            ));
        }
        let scale = points::unit(points).recip();
        let points = points.map(|x| x * scale);
        let method = method(&points);
        Ok(NeighborSearch { points, scale, method })
    }

    /// The points, in units of a power of 2.
    pub(in crate::graph) fn points(&self) -> &Matrix<T> {
        &self.points
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.points.rows()
    }

    /// Whether there are none: never.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The `count` nearest points of each row of `at`, which are counted themselves if they are among them.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 1 ≤ count ≤ the number of points; [`Error::Shape`] for other coordinates;
    /// [`Error::NonFinite`] for others than numbers.
    pub fn nearest(&self, at: &Matrix<T>, count: usize) -> Result<Neighbors<T>> {
        self.check_count(count, self.len())?;
        let at = self.scaled(at)?;
        self.collect(Some(&at), || Nearest::new(count))
    }

    /// The `count` nearest others of each point.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 1 ≤ count < the number of points.
    pub fn nearest_of_each(&self, count: usize) -> Result<Neighbors<T>> {
        self.check_count(count, self.len() - 1)?;
        self.collect(None, || Nearest::new(count))
    }

    /// All points at most `radius` away from each row of `at`, by their distances as [`nearest`](Self::nearest) tells them.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest), for a radius that is negative or no number, and where all together would be more
    /// than 2²⁸.
    pub fn within(&self, at: &Matrix<T>, radius: T) -> Result<Neighbors<T>> {
        let at = self.scaled(at)?;
        self.collect_within(Some(&at), radius)
    }

    /// All others at most `radius` away from each point.
    ///
    /// # Errors
    /// As [`within`](Self::within).
    pub fn within_of_each(&self, radius: T) -> Result<Neighbors<T>> {
        self.collect_within(None, radius)
    }

    fn collect_within(&self, at: Option<&Matrix<T>>, radius: T) -> Result<Neighbors<T>> {
        if !(radius >= T::zero() && radius.is_finite()) {
            return Err(Error::invalid("radius of neighbours", format!("{radius} is not a length")));
        }
        if let Method::Descent(_) = self.method {
            let reason = "an approximate search knows only of the nearest; ask for a number of them, or search exactly";
            return Err(Error::invalid("radius of neighbours", reason));
        }
        let radius = radius * self.scale;
        self.collect(at, || Within::new(radius))
    }

    fn check_count(&self, count: usize, most: usize) -> Result<()> {
        if count == 0 || count > most {
            let reason = format!("{count} is not in 1..={most}, for there are {} points", self.len());
            return Err(Error::invalid("number of neighbours", reason));
        }
        Ok(())
    }

    fn scaled(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        if at.cols() != self.points.cols() {
            return Err(Error::shape("neighbours", &at.shape(), &self.points.shape()));
        }
        points::check(at, "points whose neighbours are sought")?;
        let scaled = at.map(|x| x * self.scale);
        // Beyond this the square of a distance overflows.
        let most = T::max_value().sqrt() / T::of(4.0 * at.cols() as f64);
        if scaled.max_abs() > most {
            let reason = "they lie so far from those that are searched that distances overflow; rescale them";
            return Err(Error::invalid("points whose neighbours are sought", reason));
        }
        Ok(scaled)
    }

    /// The neighbours of each row of `at`, or of each point; each finds its own, so threads and processes do not matter.
    fn collect<C: Collector<T> + Send>(
        &self,
        at: Option<&Matrix<T>>,
        collector: impl Fn() -> C + Sync,
    ) -> Result<Neighbors<T>> {
        let count = at.map_or(self.len(), Matrix::rows);
        // Own points in the order of the tree: then what one search read is still in the cache for the next.
        let order: Vec<u32> = match (&self.method, at) {
            (Method::Tree(tree), None) => tree.order().to_vec(),
            _ => (0..count as u32).collect(),
        };
        let rows = at.unwrap_or(&self.points);
        let total = AtomicUsize::new(0);
        let block = if let Method::Descent(_) = self.method { BLOCK_OF_WALKS } else { BLOCK };
        let (team, blocks) = (par::team(), order.len().div_ceil(block));
        let own = team.as_ref().map_or(0..blocks, |team| par::own_shards(&**team, blocks));
        let [first, end] = [own.start, own.end].map(|index| (index * block).min(order.len()));
        let own: Option<Vec<Found<T>>> = order[first..end]
            .par_chunks(block)
            .map(|block| {
                let mut found = Found { ends: Vec::with_capacity(block.len()), candidates: Vec::new() };
                match &self.method {
                    Method::Tree(tree) => {
                        let (mut space, mut collector) = (Space::default(), collector());
                        for &i in block {
                            tree.search(rows.row(i as usize), at.is_none().then_some(i), &mut space, &mut collector);
                            found.take(&mut collector, &total)?;
                        }
                    }
                    Method::Descent(descent) => {
                        let (mut walk, mut collector) = (Walk::default(), collector());
                        for &i in block {
                            let (own, wanted) = (at.is_none().then_some(i), collector.copies());
                            descent.search(&self.points, rows.row(i as usize), own, wanted, &mut walk, &mut collector);
                            found.take(&mut collector, &total)?;
                        }
                    }
                    Method::Products(products) => {
                        let mut collectors: Vec<C> = block.iter().map(|_| collector()).collect();
                        let searched = &rows.as_slice()[block[0] as usize * rows.cols()..][..block.len() * rows.cols()];
                        let except = at.is_none().then_some(block);
                        products.search(&self.points, searched, except, &mut collectors, &mut Packing::new());
                        collectors.iter_mut().try_for_each(|collector| found.take(collector, &total))?;
                    }
                }
                Some(found)
            })
            .collect();
        let all = match &team {
            None => own,
            Some(team) => found::of_all(&**team, own)?,
        };
        let Some(blocks) = all else {
            let reason =
                format!("together they are more than {MOST_NEIGHBORS}; take a smaller radius, or a number of nearest");
            return Err(Error::invalid("radius of neighbours", reason));
        };
        Ok(self.assemble(&order, &blocks))
    }

    /// Puts the neighbours of `order` where their points stand.
    fn assemble(&self, order: &[u32], blocks: &[Found<T>]) -> Neighbors<T> {
        let found = || order.iter().zip(blocks.iter().flat_map(Found::iter));
        let mut starts = vec![0; order.len() + 1];
        found().for_each(|(&i, candidates)| starts[i as usize + 1] = candidates.len());
        for i in 0..order.len() {
            starts[i + 1] += starts[i];
        }
        let count = starts[order.len()];
        let (mut indices, mut distances) = (vec![0; count], vec![T::zero(); count]);
        let inverse = self.scale.recip();
        for (&i, candidates) in found() {
            for (k, candidate) in (starts[i as usize]..).zip(candidates) {
                indices[k] = candidate.index;
                distances[k] = candidate.distance.sqrt() * inverse;
            }
        }
        Neighbors { starts, indices, distances }
    }
}
