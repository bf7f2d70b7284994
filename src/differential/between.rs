//! Points between given ones: where a fit is judged, and where it goes on.

#[cfg(test)]
mod tests;

use crate::linalg::sort_places;
use crate::quadrature::Quadrature;
use crate::rng::Stream;
use crate::{Result, Scalar};

/// A cell holds at most 2 to so many points.
const MAX_SPLITS: usize = 10;

/// The cells of a k-d tree (Bentley, 1975) whose neighbours share the points on the face between them: those of a grid are
/// its meshes. Nothing but the points says what the domain is, so that a [`Region`](super::Region) and points that crowd
/// somewhere keep their shape.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    /// The points of all cells, one cell after another, and where each cell ends.
    members: Vec<usize>,
    ends: Vec<usize>,
}

impl Cells {
    pub fn new<T: Scalar>(rule: &Quadrature<T>) -> Self {
        let mut cells = Cells { members: Vec::new(), ends: Vec::new() };
        let units: Vec<f64> = extents(rule, &(0..rule.len()).collect::<Vec<_>>(), None);
        cells.split(rule, &units, (0..rule.len()).collect());
        cells
    }

    fn split<T: Scalar>(&mut self, rule: &Quadrature<T>, units: &[f64], members: Vec<usize>) {
        if members.len() > 1 << units.len().min(MAX_SPLITS) {
            let extents = extents(rule, &members, Some(units));
            let mut axes: Vec<usize> = (0..units.len()).collect();
            sort_places(&mut axes, &|a, b| extents[b].total_cmp(&extents[a]));
            for axis in axes {
                let at = |i: usize| rule.point(i)[axis].to_f64();
                let mut places: Vec<f64> = members.iter().map(|&i| at(i)).collect();
                places.sort_by(f64::total_cmp);
                places.dedup();
                if places.len() > 2 {
                    let middle = places[places.len() / 2];
                    let lower = members.iter().copied().filter(|&i| at(i) <= middle).collect();
                    let upper = members.iter().copied().filter(|&i| at(i) >= middle).collect();
                    self.split(rule, units, lower);
                    return self.split(rule, units, upper);
                }
            }
        }
        self.members.extend(members);
        self.ends.push(self.members.len());
    }

    /// `count` points, each a random mean of the corners of a simplex in a cell, taken in turn; its weight is theirs.
    pub fn draw<T: Scalar>(&self, rule: &Quadrature<T>, count: usize, stream: &mut Stream) -> Result<Quadrature<T>> {
        let (cells, dimension) = (self.ends.len(), rule.dimension());
        let (mut points, mut weights) = (Vec::with_capacity(count * dimension), Vec::with_capacity(count));
        let mut corners = Vec::new();
        for i in 0..count {
            // The product is below 2¹²⁸.
            let cell = (i as u128 * cells as u128 / count as u128) as usize;
            let start = cell.checked_sub(1).map_or(0, |before| self.ends[before]);
            corners.clear();
            corners.extend_from_slice(&self.members[start..self.ends[cell]]);
            stream.shuffle(&mut corners);
            corners.truncate(dimension + 1);
            // Exponential numbers over their sum are even on the simplex.
            let mut shares: Vec<f64> = corners.iter().map(|_| -(1.0 - stream.uniform::<f64>()).ln()).collect();
            let total: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share /= total);
            let mean = |of: &dyn Fn(usize) -> f64| -> f64 {
                let values = || corners.iter().map(|&k| of(k));
                let mean = values().zip(&shares).map(|(value, share)| value * share).sum::<f64>();
                // Rounding leads out of no domain.
                mean.max(values().fold(f64::INFINITY, f64::min)).min(values().fold(f64::NEG_INFINITY, f64::max))
            };
            points.extend((0..dimension).map(|axis| T::of(mean(&|k| rule.point(k)[axis].to_f64()))));
            weights.push(T::of(mean(&|k| rule.weights()[k].to_f64())));
        }
        Quadrature::new(points, weights, dimension)
    }
}

/// How far the points extend along each axis, in `units`, 0 where a unit is.
fn extents<T: Scalar>(rule: &Quadrature<T>, members: &[usize], units: Option<&[f64]>) -> Vec<f64> {
    let extent = |axis: usize| {
        let places = || members.iter().map(|&i| rule.point(i)[axis].to_f64());
        let extent = places().fold(f64::NEG_INFINITY, f64::max) - places().fold(f64::INFINITY, f64::min);
        let unit = units.map_or(1.0, |units| units[axis]);
        if unit > 0.0 { extent / unit } else { 0.0 }
    };
    (0..rule.dimension()).map(extent).collect()
}
