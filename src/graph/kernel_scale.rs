//! The scale and the dimension of points by the sum of their kernel (Coifman, Shkolnisky, Sigworth and Singer, 2008).

use super::neighbors::NeighborSearch;
use crate::{Error, Result, Scalar};

/// Logarithms of lengths are told apart in steps of this.
const STEP: f64 = 1.0 / 32.0;
/// Lengths that count, in units of the median distance to the last neighbour: what is nearer is a copy, what is farther
/// has no weight.
const NEAREST: f64 = 1e-6;
const FARTHEST: f64 = 16.0;
/// Neighbours that a kernel has to hold on average before its growth says anything.
const LEAST: f64 = 1.0;

/// The scale at which the sum of a Gaussian kernel grows fastest, and the dimension that its growth tells.
///
/// Where points fill a set of dimension d, S(ε) = Σᵢⱼ exp(−dᵢⱼ²/(2ε)) grows like ε^(d/2): slower below, where a kernel
/// holds its own point alone, and above, where it holds all. So ε = σ² is taken where d log S/d log ε is largest (Coifman,
/// Shkolnisky, Sigworth and Singer, 2008; Berry and Harlim, 2016), and the dimension is twice the slope there, of the sum
/// over i ≠ j: the n that points add to S by themselves do not grow, and would halve the slope of few neighbours.
///
/// The sum is over nearest neighbours, which keeps it to a scale at which a surface is flat. It is cut off with them, so
/// of scattered points the dimension is one from below, more so the more there are: of a ball in three dimensions 200
/// neighbours tell 2.8, in five 4.3, of ten normal coordinates 6. Of a lattice it is too large, 2.7 to 2.9 in two
/// dimensions: its points keep their distance, so that a kernel narrower than that grows faster than any that fills.
///
/// ```
/// use eigennet::graph::{KernelScale, NeighborSearch, data};
/// use eigennet::Seed;
///
/// let angles = data::CircleSampling::Uniform.angles(2000, Seed(0));
/// let search = NeighborSearch::new(&data::unit_circle::<f64>(&angles))?;
/// let scale = KernelScale::of(&search, 100)?;
/// assert!((scale.dimension - 1.0).abs() < 0.1);
/// assert!(scale.sigma < 0.1);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelScale<T> {
    /// σ = √ε
    pub sigma: T,
    /// 2 d log S/d log ε there, of the sum over i ≠ j.
    pub dimension: T,
}

impl<T: Scalar> KernelScale<T> {
    /// Of the points of a search, by so many neighbours of each, or by all where there are fewer. For surfaces 100 to
    /// 200 are good: fewer know less of the dimension, more feel how a surface bends.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there are too few points or neighbours to tell, or half of the points have so many
    /// copies.
    #[inline(never)]
    pub fn of(search: &NeighborSearch<T>, neighbors: usize) -> Result<Self> {
        let refused = |reason: &str| Err(Error::invalid("neighbors of KernelScale", reason));
        let neighbors = neighbors.min(search.len() - 1);
        if neighbors == 0 {
            return refused("there are none: take more, and two points at least");
        }
        let nearest = search.nearest_of_each(neighbors)?;
        let mut reach: Vec<f64> = nearest.iter().map(|(_, distances)| distances[neighbors - 1].to_f64()).collect();
        let middle = reach.len() / 2;
        let unit = *reach.select_nth_unstable_by(middle, f64::total_cmp).1;
        if unit <= 0.0 {
            return refused("half of the points have so many copies; take more neighbours, or leave copies out");
        }
        let mut sum = KernelSum::new(search.len());
        for (_, distances) in nearest.iter() {
            distances.iter().for_each(|d| sum.add(Scalar::to_f64(*d) / unit));
        }
        let found = sum.steepest();
        if found.held < LEAST {
            return refused("the kernel holds less than one where it grows fastest; take more neighbours or points");
        }
        Ok(KernelScale { sigma: T::of(found.sigma * unit), dimension: T::of(found.dimension) })
    }
}

/// S(ε), from how many pairs are how far apart.
struct KernelSum {
    points: f64,
    copies: f64,
    /// Pairs by the logarithm of their distance.
    pairs: Vec<f64>,
}

/// Where a sum grows fastest.
struct Steepest {
    sigma: f64,
    dimension: f64,
    /// Neighbours in the kernel, on average.
    held: f64,
}

impl KernelSum {
    fn new(points: usize) -> Self {
        let bins = ((FARTHEST / NEAREST).ln() / STEP).ceil() as usize;
        KernelSum { points: points as f64, copies: 0.0, pairs: vec![0.0; bins] }
    }

    fn add(&mut self, distance: f64) {
        if distance < NEAREST {
            self.copies += 1.0;
        } else if let Some(bin) = self.pairs.get_mut(((distance / NEAREST).ln() / STEP) as usize) {
            *bin += 1.0;
        }
    }

    /// Σ exp(−d²/(2ε)) over pairs that are no copies, and its derivative by log ε.
    fn at(&self, epsilon: f64) -> (f64, f64) {
        let mut out = (0.0, 0.0);
        for (bin, &count) in self.pairs.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let distance = NEAREST * ((bin as f64 + 0.5) * STEP).exp();
            let exponent = 0.5 * distance * distance / epsilon;
            let weight = count * (-exponent).exp();
            out.0 += weight;
            out.1 += exponent * weight;
        }
        out
    }

    fn steepest(&self) -> Steepest {
        let alone = self.points + self.copies;
        let steps = ((1.0 / NEAREST).ln() / STEP) as usize;
        let mut best = (f64::NEG_INFINITY, Steepest { sigma: 1.0, dimension: 0.0, held: 0.0 });
        for sigma in (0..steps).map(|step| (-STEP * step as f64).exp()) {
            let (sum, derivative) = self.at(sigma * sigma);
            let slope = derivative / (alone + sum);
            if slope > best.0 {
                best = (slope, Steepest { sigma, dimension: 2.0 * derivative / sum, held: sum / self.points });
            }
        }
        best.1
    }
}
