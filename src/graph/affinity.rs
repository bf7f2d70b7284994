//! How alike points are: a Gaussian kernel between neighbours.

use super::bandwidth::Bandwidth;
use super::neighbors::Index;

/// Which pairs of points have a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Neighborhood {
    /// Each point with its nearest others, so many.
    Nearest(usize),
    /// Each point with all others within a distance.
    Within(f64),
    /// Each point with all others within the distance that reaches this many neighbours of every point.
    Reach(usize),
    /// All with all: memory for n² weights.
    All,
}

/// The weight of a pair of which only one has the other as neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Symmetrization {
    /// Half of it, as in scikit-learn.
    #[default]
    Mean,
    /// All of it: neighbours are those of which either says so.
    Either,
    /// None: neighbours are those of which both say so.
    Mutual,
}

/// A Gaussian affinity wᵢⱼ = exp(−‖xᵢ − xⱼ‖²/(2 σᵢ σⱼ)) between neighbours. Points are not their own neighbours.
///
/// ```
/// use eigennet::graph::{Affinity, data};
/// use eigennet::Seed;
///
/// let moons = data::moons::<f64>(300, 0.05, Seed(0));
/// let graph = Affinity::nearest(10).fit(&moons.points)?;
/// assert_eq!(graph.components().count(), 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affinity {
    /// Which pairs have a weight.
    pub neighborhood: Neighborhood,
    /// σ.
    pub bandwidth: Bandwidth,
    /// How the weights of a pair become one.
    pub symmetrization: Symmetrization,
    /// How neighbours are looked for.
    pub index: Index,
}

impl Default for Affinity {
    fn default() -> Self {
        Affinity::nearest(25)
    }
}

impl Affinity {
    /// Between nearest neighbours, so many of each point.
    pub fn nearest(count: usize) -> Self {
        Affinity {
            neighborhood: Neighborhood::Nearest(count),
            bandwidth: Bandwidth::default(),
            symmetrization: Symmetrization::default(),
            index: Index::default(),
        }
    }
}
