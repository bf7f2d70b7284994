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
use piece::{Piece, Point, distance, step};

/// A region of the plane: a disk, a polygon, or what is made of them by union, intersection and difference.
///
/// Its [`distance`](Self::distance) vanishes on the boundary, so that u = g + distance · N is g there
/// for every network N.
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
    /// [`Error::InvalidArgument`] unless the radius is positive and the numbers are finite.
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
    /// and edges that meet other than at a common vertex; [`Error::NonFinite`].
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
    /// [`Error::InvalidArgument`] if their sizes differ beyond what can be computed with.
    pub fn union(&self, other: &Region) -> Result<Self> {
        self.join(other, "union", |a, b| a || b)
    }

    /// What belongs to both.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing.
    pub fn intersection(&self, other: &Region) -> Result<Self> {
        self.join(other, "intersection", |a, b| a && b)
    }

    /// What belongs to this one, and not to the other.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing.
    pub fn difference(&self, other: &Region) -> Result<Self> {
        self.join(other, "difference", |a, b| a && !b)
    }

    /// The new boundary: the pieces of the old ones, cut where they meet, that have the new region on one side only.
    fn join(&self, other: &Region, name: &str, holds: fn(bool, bool) -> bool) -> Result<Self> {
        let (a, b) = (self.inside.clone(), other.inside.clone());
        let inside: Inside = Arc::new(move |p| holds(a(p), b(p)));
        let size = self.size().max(other.size());
        let tolerance = 1e-10 * size;
        let pieces = |region: &Region| region.boundary.iter().map(|side| side.piece).collect::<Vec<_>>();
        let (own, others) = (pieces(self), pieces(other));
        let cut = own.iter().flat_map(|p| p.cut(&others, tolerance));
        let cut = cut.chain(others.iter().flat_map(|p| p.cut(&own, tolerance)));
        let mut boundary: Vec<Side> = Vec::new();
        for piece in cut {
            let (middle, left) = (piece.at(0.5), piece.left());
            let near = 1e-6 * size.min(piece.length());
            let at = |h: f64| inside(step(middle, h, left));
            let within = at(near);
            // Where the two boundaries coincide there is one piece of each.
            let twice = |old: &Side| {
                distance(old.piece.at(0.5), middle) <= tolerance
                    && (old.piece.length() - piece.length()).abs() <= 10.0 * tolerance
            };
            if within != at(-near) && !boundary.iter().any(twice) {
                boundary.push(Side { piece, left: within });
            }
        }
        if boundary.is_empty() {
            let what = format!("{name} of regions");
            return Err(Error::invalid(what, "nothing is left; look at where the two lie"));
        }
        Self::new(inside, boundary)
    }

    fn new(inside: Inside, boundary: Vec<Side>) -> Result<Self> {
        let signed = |side: &Side| if side.left { side.piece.swept_area() } else { -side.piece.swept_area() };
        let area: f64 = boundary.iter().map(signed).sum();
        let range = |axis: usize| {
            let ends = boundary.iter().flat_map(|side| match side.piece {
                Piece::Segment { from, to } => [from[axis], to[axis]],
                // The whole circle: a little wide, and simple.
                Piece::Arc { center, radius, .. } => [center[axis] - radius, center[axis] + radius],
            });
            ends.fold(f64::INFINITY..f64::NEG_INFINITY, |r, x| r.start.min(x)..r.end.max(x))
        };
        let bounds = [range(0), range(1)];
        if !(area > 0.0 && area.is_normal()) {
            let reason =
                format!("its area comes out as {area}; its parts lie too close to each other to be told apart");
            return Err(Error::invalid("region", reason));
        }
        Ok(Region { inside, boundary: boundary.into(), area, bounds })
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
}

#[cfg(test)]
mod tests;
