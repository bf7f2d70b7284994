//! Regions of the plane that are no boxes.

mod ball;
mod distance;
mod piece;
mod points;
mod polygon;
mod rejection;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::domain::Domain;
use crate::{Error, Result};
pub use ball::Ball;
use piece::{Piece, Point, distance, dot};

/// Where on a piece it is asked what is beside it: not in the middle, where symmetric figures have their corners.
const OFF_MIDDLE: f64 = 0.46;

/// A region of the plane: a disk, a polygon, or what is made of them by union, intersection and difference.
///
/// Its [`distance`](Self::distance) vanishes on the boundary, so that u = g + distance · N is g there
/// for every network N. Parts of a region may be as thin as 1e-10 of its size; far from the origin, as 2e-15 of
/// that distance. What is closer than that counts as one.
///
/// ```
/// use eigennet::{Seed, nn::Mlp, optim::LevenbergMarquardt, differential::{Equation, Region}};
/// // −Δu = 1 in the unit disk, u = 0 on its edge: u = (1 − r²)/4.
/// let disk = Region::disk([0.0, 0.0], 1.0)?;
/// let domain = disk.domain(["x", "y"])?;
/// let net = Mlp::new("net", [2, 8, 1]);
/// let poisson = Equation::<f64>::record(&domain, |g, [x, y]| {
///     let u = disk.distance([x, y]) * net.call(domain.scaled([x, y]));
///     g.output("u", u);
///     u.laplacian([x, y]) + 1.0
/// })?;
/// let fit = LevenbergMarquardt::default().fit(&mut poisson.on(&disk.points(100, Seed(0))?)?, Seed(0))?;
/// assert!((fit.function("u")?.at(&[0.3, 0.4])? - 0.1875).abs() < 1e-2, "{fit}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone)]
pub struct Region {
    inside: Inside,
    boundary: Arc<[Side]>,
    area: f64,
    bounds: [Range<f64>; 2],
}

/// Whether a point lies inside.
type Inside = Arc<dyn Fn(Point) -> bool + Send + Sync>;

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("boundary", &self.boundary).finish_non_exhaustive()
    }
}

/// A piece of the boundary, and whether the region is to its left.
#[derive(Debug, Clone, Copy)]
struct Side {
    piece: Piece,
    left: bool,
}

impl Region {
    /// The disk of this centre and radius.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the radius is positive and the numbers are finite, and for a disk so far from the
    /// origin that its coordinates would not be told apart.
    pub fn disk(center: [f64; 2], radius: f64) -> Result<Self> {
        Ball::new(center, radius)?;
        let piece = Piece::circle(center, radius);
        Self::new(Arc::new(move |p| distance(p, center) < radius), vec![Side { piece, left: true }])
    }

    /// The polygon with these vertices, in either orientation; it need not be convex. The first vertex may
    /// be repeated at the end.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for fewer than 3 or more than 1000 vertices, two that coincide, no area,
    /// edges that meet other than at a common vertex, and one as far from the origin as [`disk`](Self::disk) refuses;
    /// [`Error::NonFinite`].
    pub fn polygon(vertices: &[[f64; 2]]) -> Result<Self> {
        let vertices = polygon::checked(vertices)?;
        let n = vertices.len();
        let edge = |i: usize| Piece::Segment { from: vertices[i], to: vertices[(i + 1) % n] };
        let boundary = (0..n).map(|i| Side { piece: edge(i), left: true }).collect();
        Self::new(Arc::new(move |p| polygon::contains(&vertices, p)), boundary)
    }

    /// The rectangle between two opposite corners.
    ///
    /// # Errors
    /// As [`polygon`](Self::polygon).
    pub fn rectangle(a: [f64; 2], b: [f64; 2]) -> Result<Self> {
        Self::polygon(&[a, [b[0], a[1]], b, [a[0], b[1]]])
    }

    /// What belongs to one of the two.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if their sizes differ beyond what can be computed with, or the boundary of one comes too
    /// close to itself where it runs along the other's.
    pub fn union(&self, other: &Region) -> Result<Self> {
        self.join(other, "union", |a, b| a || b)
    }

    /// What belongs to both.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing, and as [`union`](Self::union).
    pub fn intersection(&self, other: &Region) -> Result<Self> {
        self.join(other, "intersection", |a, b| a && b)
    }

    /// What belongs to this one, and not to the other.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing, and as [`union`](Self::union).
    pub fn difference(&self, other: &Region) -> Result<Self> {
        self.join(other, "difference", |a, b| a && !b)
    }

    /// The new boundary: the pieces of the old ones, cut where they meet, that have the new region on one side only.
    fn join(&self, other: &Region, name: &str, holds: fn(bool, bool) -> bool) -> Result<Self> {
        let (a, b) = (self.inside.clone(), other.inside.clone());
        let inside: Inside = Arc::new(move |p| holds(a(p), b(p)));
        let tolerance = self.tolerance().max(other.tolerance());
        let mut boundary = self.parts(other, tolerance, holds)?;
        let own = boundary.len();
        for side in other.parts(self, tolerance, |b, a| holds(a, b))? {
            // Where the two boundaries coincide there is one piece of each.
            let twice = |old: &Side| {
                distance(old.piece.at(0.5), side.piece.at(0.5)) <= tolerance
                    && (old.piece.length() - side.piece.length()).abs() <= 10.0 * tolerance
            };
            if !boundary[..own].iter().any(twice) {
                boundary.push(side);
            }
        }
        if boundary.is_empty() {
            let reason = format!("nothing is left but what is thinner than {tolerance:.1e}; look at where the two lie");
            return Err(Error::invalid(format!("{name} of regions"), reason));
        }
        Self::new(inside, boundary)
    }

    /// What of this boundary bounds the region of the points p with `holds(p in self, p in other)`.
    fn parts(&self, other: &Region, tolerance: f64, holds: impl Fn(bool, bool) -> bool) -> Result<Vec<Side>> {
        let others: Vec<Piece> = other.boundary.iter().map(|side| side.piece).collect();
        let mut kept = Vec::new();
        for side in self.boundary.iter() {
            for piece in side.piece.cut(&others, tolerance) {
                let [left, right] = other.beside(&piece, tolerance)?;
                let left = holds(side.left, left);
                if left != holds(!side.left, right) {
                    kept.push(Side { piece, left });
                }
            }
        }
        Ok(kept)
    }

    /// Whether this region is to the left, and to the right, of a piece of another boundary that does not cross this one.
    fn beside(&self, piece: &Piece, tolerance: f64) -> Result<[bool; 2]> {
        let p = piece.at(OFF_MIDDLE);
        let left = piece.left(OFF_MIDDLE);
        // Which sides of this boundary lie along the piece, and whether they have the region to the piece's left.
        let along = |side: &Side| {
            let t = side.piece.locate(p, tolerance)?;
            Some(side.left == (dot(side.piece.left(t), left) > 0.0))
        };
        let mut found = self.boundary.iter().filter_map(along);
        let Some(inside) = found.next() else { return Ok([self.contains(p); 2]) };
        if found.any(|other| other != inside) {
            let reason = format!(
                "near {p:?} the boundary of the one comes closer than {tolerance:.1e} to itself along the other's; move them \
                 apart"
            );
            return Err(Error::invalid("joined regions", reason));
        }
        Ok([inside, !inside])
    }

    fn new(inside: Inside, boundary: Vec<Side>) -> Result<Self> {
        let range = |axis: usize| {
            let ends = boundary.iter().flat_map(|side| match side.piece {
                Piece::Segment { from, to } => [from[axis], to[axis]],
                // The whole circle: a little wide, and simple.
                Piece::Arc { center, radius, .. } => [center[axis] - radius, center[axis] + radius],
            });
            ends.fold(f64::INFINITY..f64::NEG_INFINITY, |r, x| r.start.min(x)..r.end.max(x))
        };
        let bounds = [range(0), range(1)];
        let origin = [0, 1].map(|axis| 0.5 * (bounds[axis].start + bounds[axis].end));
        let signed = |side: &Side| {
            let swept = side.piece.swept_area(origin);
            if side.left { swept } else { -swept }
        };
        let area: f64 = boundary.iter().map(signed).sum();
        let region = Region { inside, boundary: boundary.into(), area, bounds };
        let (size, tolerance) = (region.size(), region.tolerance());
        if tolerance > 1e-3 * size {
            let reason =
                format!("it extends over {size:e}, too little to be told so far from the origin; move it there");
            return Err(Error::invalid("region", reason));
        }
        if !(area > 0.0 && area.is_normal()) {
            let reason =
                format!("its area comes out as {area}; its parts lie too close to each other to be told apart");
            return Err(Error::invalid("region", reason));
        }
        Ok(region)
    }

    /// Whether the point lies inside.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        (self.inside)(point)
    }

    /// Its area, by Green's theorem.
    pub fn area(&self) -> f64 {
        self.area
    }

    /// The length of its boundary.
    pub fn perimeter(&self) -> f64 {
        self.boundary.iter().map(|side| side.piece.length()).sum()
    }

    /// A box around it, with names for the coordinates.
    ///
    /// # Errors
    /// As [`Domain::new`].
    pub fn domain(&self, names: [&'static str; 2]) -> Result<Domain<2>> {
        Domain::new(names, self.bounds.clone())
    }

    /// The diameter of the box around it, about.
    fn size(&self) -> f64 {
        self.bounds.iter().map(|r| r.end - r.start).fold(0.0, f64::max)
    }

    /// Places no further apart than this are one: more than the coordinates round.
    fn tolerance(&self) -> f64 {
        let far = self.bounds.iter().map(|r| r.start.abs().max(r.end.abs())).fold(0.0, f64::max);
        (1e-10 * self.size()).max(8.0 * f64::EPSILON * far)
    }
}

#[cfg(test)]
mod tests;
