//! The scale σ of a Gaussian kernel.

use super::kernel_scale::KernelScale;
use super::neighbors::{NeighborSearch, Neighbors};
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// How σ follows from the points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bandwidth {
    /// One that is given.
    Fixed(f64),
    /// A fraction of the median distance to the k-th neighbour. With all of it SpectralNet's own scale (Shaham et al.,
    /// 2018); half of it keeps apart what noise brings near one another (see [`Bandwidth::default`]).
    Median {
        /// k
        neighbor: usize,
        /// The share of that distance.
        fraction: f64,
    },
    /// Of each point its own, the distance to its k-th neighbour (Zelnik-Manor and Perona, 2004).
    Local(usize),
    /// datafold's (Lehmberg et al., 2020): σ² = ε with exp(−r²/ε) = tolerance at the largest distance r to a k-th
    /// neighbour.
    Cutoff {
        /// k
        neighbor: usize,
        /// What the kernel is worth at r, by datafold's formula, which leaves out the 2.
        tolerance: f64,
    },
    /// The one at which the sum of the kernel over so many neighbours grows fastest (Coifman, Shkolnisky, Sigworth and
    /// Singer, 2008): see [`KernelScale`], which tells the dimension as well.
    KernelSum(usize),
}

impl Default for Bandwidth {
    /// Half the median distance to the 25th neighbour.
    fn default() -> Self {
        Bandwidth::Median { neighbor: 25, fraction: 0.5 }
    }
}

/// σ of every point.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Widths<T> {
    Common(T),
    Own(Vec<T>),
}

impl<T: Scalar> Widths<T> {
    pub fn of(&self, i: usize) -> T {
        match self {
            Self::Common(width) => *width,
            Self::Own(widths) => widths[i],
        }
    }
}

impl Bandwidth {
    /// σ of points whose neighbours are known, as far as they reach.
    #[inline(never)]
    pub(super) fn of_points<T: Scalar>(
        &self,
        search: &NeighborSearch<T>,
        neighbors: &Neighbors<T>,
    ) -> Result<Widths<T>> {
        let distances = |neighbor: usize| -> Result<Vec<T>> {
            // There may be fewer points than the default asks for.
            let neighbor = neighbor.min(search.len().saturating_sub(1));
            let known = neighbor > 0 && neighbors.iter().all(|(_, distances)| distances.len() >= neighbor);
            let found;
            let neighbors = if known {
                neighbors
            } else {
                found = search.nearest_of_each(neighbor)?;
                &found
            };
            Ok(neighbors.iter().map(|(_, distances)| distances[neighbor - 1]).collect())
        };
        match *self {
            Bandwidth::Fixed(width) => positive(T::of(width), "it has to be positive").map(Widths::Common),
            Bandwidth::Median { neighbor, fraction } => {
                let width = T::of(fraction) * median(distances(neighbor)?);
                let reason = "half of the points have so many copies; take a larger neighbour, or a fixed bandwidth";
                positive(width, reason).map(Widths::Common)
            }
            Bandwidth::Local(neighbor) => {
                let widths = distances(neighbor)?;
                let reason = "a point has so many copies; take a larger neighbour, or a fixed bandwidth";
                widths.iter().try_for_each(|&width| positive(width, reason).map(drop))?;
                Ok(Widths::Own(widths))
            }
            Bandwidth::Cutoff { neighbor, tolerance } => {
                if !(tolerance > 0.0 && tolerance < 1.0) {
                    return Err(Error::invalid(
                        "tolerance of Bandwidth::Cutoff",
                        format!("{tolerance} is not in (0, 1)"),
                    ));
                }
                let reach = distances(neighbor)?.into_iter().fold(T::zero(), T::max);
                let width = reach / T::of((-tolerance.ln()).sqrt());
                positive(width, "all points are copies of one; a fixed bandwidth would do").map(Widths::Common)
            }
            Bandwidth::KernelSum(neighbors) => {
                let width = KernelScale::of(search, neighbors)?.sigma;
                positive(width, "it underflows; scale the points up").map(Widths::Common)
            }
        }
    }
}

impl Bandwidth {
    /// σ of new points, beside those of the points of a graph.
    pub(super) fn of_others<T: Scalar>(
        &self,
        search: &NeighborSearch<T>,
        at: &Matrix<T>,
        widths: &Widths<T>,
    ) -> Result<Widths<T>> {
        let Bandwidth::Local(neighbor) = *self else { return Ok(widths.clone()) };
        // A point of the graph is its own nearest: its k-th other is the one after.
        let neighbor = neighbor.min(search.len() - 1) + 1;
        let found = search.nearest(at, neighbor)?;
        let own = found.iter().map(|(_, distances)| {
            let itself = usize::from(distances[0] == T::zero());
            distances[neighbor - 2 + itself]
        });
        Ok(Widths::Own(own.collect()))
    }
}

fn positive<T: Scalar>(width: T, reason: &str) -> Result<T> {
    if width > T::zero() && width.is_finite() {
        return Ok(width);
    }
    Err(Error::invalid("bandwidth", format!("{width} is no scale: {reason}")))
}

/// The middle of some numbers, or of the two in the middle.
fn median<T: Scalar>(mut values: Vec<T>) -> T {
    let count = values.len();
    let middle = count / 2;
    let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, order);
    let lower = below.iter().copied().fold(T::neg_infinity(), T::max);
    if count.is_multiple_of(2) { T::of(0.5) * (lower + upper) } else { upper }
}
