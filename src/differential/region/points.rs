//! Points in a region and along its boundary.

use std::ops::Range;

use super::Region;
use super::rejection::rejected;
use crate::differential::points::{check_count, equal_weights, side_of};
use crate::quadrature::Quadrature;
use crate::{Error, Result, Scalar, Seed};

impl Region {
    /// `count` points inside, of equal weight: those of a Halton sequence in the box around it that lie in the region.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a count of 0 or beyond what memory is likely to hold, and a region too
    /// thin to be hit or too far from zero for `T` to tell so many points apart.
    pub fn points<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        let domain = self.domain(["x", "y"])?;
        rejected(&domain, count, seed, self.area, |p| self.contains([p[0], p[1]]))
    }

    /// Points inside, of equal weight: the middles of `n` × `n` cells of the box around it that lie in the region.
    ///
    /// # Errors
    /// As [`points`](Self::points).
    pub fn grid<T: Scalar>(&self, n: usize) -> Result<Quadrature<T>> {
        check_count(n)?;
        check_count(n.saturating_mul(n))?;
        self.domain(["x", "y"])?.check_resolution::<T>([n; 2])?;
        let [across, up] = &self.bounds;
        let at = |r: &Range<f64>, i: usize| r.start + (r.end - r.start) * (i as f64 + 0.5) / n as f64;
        let cells = (0..n).flat_map(|i| (0..n).map(move |j| [at(across, i), at(up, j)]));
        let points: Vec<T> = cells.filter(|&p| self.contains(p)).flatten().map(T::of).collect();
        if points.is_empty() {
            return Err(Error::invalid("grid in a region", format!("none of {n} × {n} points lies inside; give more")));
        }
        equal_weights(points, self.area, 2)
    }

    /// `count` points on the boundary at equal distances along it, weights adding up to its length: for
    /// soft conditions.
    ///
    /// # Errors
    /// As [`points`](Self::points).
    pub fn boundary<T: Scalar>(&self, count: usize) -> Result<Quadrature<T>> {
        check_count(count)?;
        self.domain(["x", "y"])?.check_resolution::<T>([side_of(count, 2); 2])?;
        let step = self.perimeter() / count as f64;
        // How much of the boundary lies before each piece.
        let mut before = vec![0.0];
        for side in &self.boundary[..self.boundary.len() - 1] {
            before.push(before[before.len() - 1] + side.piece.length());
        }
        let mut points = Vec::with_capacity(2 * count);
        for i in 0..count {
            let wanted = (i as f64 + 0.5) * step;
            let k = before.partition_point(|&before| before <= wanted).saturating_sub(1);
            let piece = &self.boundary[k].piece;
            let t = ((wanted - before[k]) / piece.length()).min(1.0);
            points.extend(piece.at(t).map(T::of));
        }
        Quadrature::new(points, vec![T::of(step); count], 2)
    }
}
