//! Regions of the plane that are no boxes.

mod ball;
mod distance;
mod piece;
mod points;
mod polygon;
mod rejection;

use std::ops::Range;
use std::sync::Arc;

use super::domain::Domain;
use crate::{Error, Result};
pub use ball::Ball;
use piece::{Piece, Point, minus};

/// A region of the plane: a disk, a polygon, or what is made of them by union, intersection and
/// difference.
///
/// Its [`distance`](Self::distance) vanishes on the boundary, so that u = g + distance · N is g there
/// for every network N.
///
/// ```
/// use eigennet::{Seed, nn::Mlp, optim::Lbfgs, differential::{Equation, Region}};
/// // −Δu = 1 in the unit disk, u = 0 on its edge: u = (1 − r²)/4.
/// let disk = Region::disk([0.0, 0.0], 1.0)?;
/// let domain = disk.domain(["x", "y"])?;
/// let net = Mlp::new("net", [2, 8, 1]);
/// let poisson = Equation::<f64>::record(&domain, |g, [x, y]| {
///     let u = disk.distance([x, y]) * net.call(domain.scaled([x, y]));
///     g.output("u", u);
///     u.laplacian([x, y]) + 1.0
/// })?;
/// let mut theta = poisson.initial(Seed(0));
/// let mut loss = poisson.on(&disk.points(200, Seed(0))?)?;
/// let outcome = Lbfgs { max_iterations: 200, ..Lbfgs::default() }.minimize(&mut loss, &mut theta)?;
/// let u = poisson.solution("u", &theta)?;
/// assert!((u.at(&[0.3, 0.4])? - 0.1875).abs() < 1e-2, "{}", outcome.reason);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Region {
    shape: Arc<Shape>,
    boundary: Arc<[Side]>,
    area: f64,
    bounds: [Range<f64>; 2],
}

#[derive(Debug)]
enum Shape {
    Disk { center: Point, radius: f64 },
    Polygon(Vec<Point>),
    Joined { operation: Operation, a: Arc<Shape>, b: Arc<Shape> },
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

/// A piece of the boundary, and whether the region is to its left.
#[derive(Debug, Clone, Copy)]
struct Side {
    piece: Piece,
    left: bool,
}

impl Shape {
    fn contains(&self, p: Point) -> bool {
        match self {
            Shape::Disk { center, radius } => {
                let d = minus(p, *center);
                d[0].hypot(d[1]) < *radius
            }
            Shape::Polygon(vertices) => polygon::contains(vertices, p),
            Shape::Joined { operation, a, b } => match operation {
                Operation::Union => a.contains(p) || b.contains(p),
                Operation::Intersection => a.contains(p) && b.contains(p),
                Operation::Difference => a.contains(p) && !b.contains(p),
            },
        }
    }
}

impl Region {
    /// The disk of this centre and radius.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the radius is positive and the numbers are finite.
    pub fn disk(center: [f64; 2], radius: f64) -> Result<Self> {
        Ball::new(center, radius)?;
        let piece = Piece::circle(center, radius);
        Self::new(Shape::Disk { center, radius }, vec![Side { piece, left: true }])
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
        Self::new(Shape::Polygon(vertices), boundary)
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
        self.join(other, Operation::Union)
    }

    /// What belongs to both.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing.
    pub fn intersection(&self, other: &Region) -> Result<Self> {
        self.join(other, Operation::Intersection)
    }

    /// What belongs to this one, and not to the other.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that is nothing.
    pub fn difference(&self, other: &Region) -> Result<Self> {
        self.join(other, Operation::Difference)
    }

    /// The new boundary: the pieces of the old ones, cut where they meet, that have the new region on one
    /// side only.
    fn join(&self, other: &Region, operation: Operation) -> Result<Self> {
        let shape = Shape::Joined { operation, a: self.shape.clone(), b: other.shape.clone() };
        let size = self.size().max(other.size());
        let tolerance = 1e-10 * size;
        let pieces = |region: &Region| region.boundary.iter().map(|side| side.piece).collect::<Vec<_>>();
        let (own, others) = (pieces(self), pieces(other));
        let cut = own.iter().flat_map(|p| p.cut(&others, tolerance));
        let cut = cut.chain(others.iter().flat_map(|p| p.cut(&own, tolerance)));
        let mut boundary: Vec<Side> = Vec::new();
        for piece in cut {
            let (middle, left) = (piece.at(0.5), piece.left());
            let step = 1e-6 * size.min(piece.length());
            let at = |step: f64| shape.contains([middle[0] + step * left[0], middle[1] + step * left[1]]);
            let inside = at(step);
            // Where the two boundaries coincide there is one piece of each.
            let twice = |old: &Side| {
                piece::distance(old.piece.at(0.5), middle) <= tolerance
                    && (old.piece.length() - piece.length()).abs() <= 10.0 * tolerance
            };
            if inside != at(-step) && !boundary.iter().any(twice) {
                boundary.push(Side { piece, left: inside });
            }
        }
        if boundary.is_empty() {
            return Err(Error::invalid(
                format!("{operation:?} of regions"),
                "nothing is left; look at where the two lie",
            ));
        }
        Self::new(shape, boundary)
    }

    fn new(shape: Shape, boundary: Vec<Side>) -> Result<Self> {
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
        if !(area > 0.0 && area.is_normal() && area.is_finite()) {
            return Err(Error::invalid(
                "region",
                format!("its area comes out as {area}; its parts lie too close to each other to be told apart"),
            ));
        }
        Ok(Region { shape: Arc::new(shape), boundary: boundary.into(), area, bounds })
    }

    /// Whether the point lies inside.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        self.shape.contains(point)
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
