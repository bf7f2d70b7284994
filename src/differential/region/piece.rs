//! Pieces of a boundary in the plane: segments and arcs.

use std::f64::consts::TAU;

pub(super) type Point = [f64; 2];

pub(super) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

/// The third component of the vector product.
pub(super) fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

/// p + t d.
pub(super) fn step(p: Point, t: f64, d: Point) -> Point {
    [p[0] + t * d[0], p[1] + t * d[1]]
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A curve without a corner, run through by a parameter in [0, 1]: an arc counterclockwise from the angle `start` by
/// `sweep` ∈ (0, 2π].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece {
    Segment { from: Point, to: Point },
    Arc { center: Point, radius: f64, start: f64, sweep: f64 },
}

impl Piece {
    pub fn circle(center: Point, radius: f64) -> Self {
        Piece::Arc { center, radius, start: 0.0, sweep: TAU }
    }

    pub fn is_closed(&self) -> bool {
        matches!(self, Piece::Arc { sweep, .. } if *sweep >= TAU)
    }

    pub fn at(&self, t: f64) -> Point {
        match *self {
            // Both ends exactly.
            Piece::Segment { from, to } => [0, 1].map(|i| (1.0 - t) * from[i] + t * to[i]),
            Piece::Arc { center, radius, start, sweep } => {
                let (sin, cos) = (start + t * sweep).sin_cos();
                [center[0] + radius * cos, center[1] + radius * sin]
            }
        }
    }

    /// The unit vector to the left of the direction of travel, at t; of an arc, to its centre.
    pub fn left(&self, t: f64) -> Point {
        match *self {
            Piece::Segment { from, to } => {
                let (d, length) = (minus(to, from), distance(to, from));
                [-d[1] / length, d[0] / length]
            }
            Piece::Arc { start, sweep, .. } => {
                let (sin, cos) = (start + t * sweep).sin_cos();
                [-cos, -sin]
            }
        }
    }

    pub fn length(&self) -> f64 {
        match *self {
            Piece::Segment { from, to } => distance(from, to),
            Piece::Arc { radius, sweep, .. } => radius * sweep,
        }
    }

    /// ½ ∫ x dy − y dx along it, for x and y from `origin` on: near it, so that areas do not cancel.
    pub fn swept_area(&self, origin: Point) -> f64 {
        match *self {
            Piece::Segment { from, to } => 0.5 * cross(minus(from, origin), minus(to, origin)),
            Piece::Arc { center, radius, sweep, .. } => {
                let chord = minus(self.at(1.0), self.at(0.0));
                0.5 * (radius * radius * sweep + cross(minus(center, origin), chord))
            }
        }
    }

    /// The parameter of a point that lies on it to within `tolerance`.
    pub fn locate(&self, p: Point, tolerance: f64) -> Option<f64> {
        let t = match *self {
            Piece::Segment { from, to } => {
                let d = minus(to, from);
                dot(minus(p, from), d) / dot(d, d)
            }
            Piece::Arc { center, start, sweep, .. } => {
                let d = minus(p, center);
                (d[1].atan2(d[0]) - start).rem_euclid(TAU) / sweep
            }
        };
        ((0.0..=1.0).contains(&t) && distance(self.at(t), p) <= tolerance).then_some(t)
    }

    /// Where this one and `other`, both run on beyond their ends, may meet.
    fn meetings(&self, other: &Piece, tolerance: f64) -> Vec<Point> {
        match (*self, *other) {
            (Piece::Segment { from: a, to: b }, Piece::Segment { from: c, to: d }) => {
                let (u, v) = (minus(b, a), minus(d, c));
                let determinant = cross(u, v);
                if determinant.abs() <= 1e-14 * distance(a, b) * distance(c, d) {
                    return Vec::new();
                }
                let t = cross(minus(c, a), v) / determinant;
                vec![step(a, t, u)]
            }
            (Piece::Segment { from, to }, Piece::Arc { center, radius, .. })
            | (Piece::Arc { center, radius, .. }, Piece::Segment { from, to }) => {
                let length = distance(from, to);
                let along = minus(to, from).map(|d| d / length);
                let foot = step(from, dot(minus(center, from), along), along);
                either_side(foot, along, radius, distance(foot, center), tolerance)
            }
            (Piece::Arc { center: a, radius: r, .. }, Piece::Arc { center: b, radius: s, .. }) => {
                let apart = distance(a, b);
                if apart <= tolerance {
                    return Vec::new();
                }
                let along = minus(b, a).map(|d| d / apart);
                let reach = 0.5 * (apart + (r - s) * (r + s) / apart);
                either_side(step(a, reach, along), [-along[1], along[0]], r, reach.abs(), tolerance)
            }
        }
    }

    /// Cuts it where it meets `others`.
    pub fn cut(&self, others: &[Piece], tolerance: f64) -> Vec<Piece> {
        let mut cuts = Vec::new();
        for other in others {
            let mut candidates = self.meetings(other, tolerance);
            candidates.retain(|&p| other.locate(p, 10.0 * tolerance).is_some());
            candidates.extend([other.at(0.0), other.at(1.0)]);
            cuts.extend(candidates.into_iter().filter_map(|p| self.locate(p, tolerance)));
        }
        let short = 4.0 * tolerance / self.length();
        let mut piece = *self;
        cuts.sort_by(f64::total_cmp);
        if self.is_closed() {
            // A circle is cut open at the first place, not at the angle 0.
            let Some(&first) = cuts.first() else { return vec![piece] };
            if let Piece::Arc { start, sweep, .. } = &mut piece {
                *start += first * *sweep;
            }
            cuts.iter_mut().for_each(|t| *t -= first);
        }
        cuts.retain(|t| (short..=1.0 - short).contains(t));
        cuts.dedup_by(|b, a| *b - *a < short);
        if cuts.is_empty() && self.is_closed() {
            return vec![*self];
        }
        cuts.insert(0, 0.0);
        cuts.push(1.0);
        cuts.windows(2).map(|t| piece.between(t[0], t[1])).collect()
    }

    fn between(&self, low: f64, high: f64) -> Piece {
        match *self {
            Piece::Segment { .. } => Piece::Segment { from: self.at(low), to: self.at(high) },
            Piece::Arc { center, radius, start, sweep } => {
                Piece::Arc { center, radius, start: start + low * sweep, sweep: (high - low) * sweep }
            }
        }
    }
}

/// The points of a circle on the line through `foot`, which is `away` from its centre.
fn either_side(foot: Point, along: Point, radius: f64, away: f64, tolerance: f64) -> Vec<Point> {
    if away > radius + tolerance {
        return Vec::new();
    }
    if away > radius - tolerance {
        // It touches; the root of the rounding would make two points of it.
        return vec![foot];
    }
    let half = ((radius - away) * (radius + away)).sqrt();
    [-half, half].map(|h| step(foot, h, along)).to_vec()
}
