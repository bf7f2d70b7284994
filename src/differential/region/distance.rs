//! Smooth functions that vanish on a boundary.

use super::piece::{Piece, Point, distance, minus};
use super::{Region, Side};
use crate::autodiff::Var;

impl Region {
    /// A function of the coordinates that is 0 on the boundary, positive elsewhere, and near the
    /// boundary, away from corners, equal to the distance from it in first order. It may be differentiated twice
    /// inside, right up to the boundary but not on it.
    ///
    /// With f the distance from a piece's line or circle and t one that is positive where the piece is,
    /// φᵢ = √(f² + ((√(t² + f⁴/ℓ²) − t)/2)²) vanishes on the piece alone; φ = 1/Σ 1/φᵢ (Rvachev and Sheiko, 1995;
    /// Sukumar and Srivastava, 2022).
    #[track_caller]
    pub fn distance<'g>(&self, [x, y]: [Var<'g>; 2]) -> Var<'g> {
        let unit = 1.0 / self.size();
        let own = |side: &Side| match level(&side.piece, [x, y]) {
            (f, None) if self.boundary.len() == 1 => f,
            (f, None) => f.square().sqrt(),
            (f, Some(t)) => {
                let off = 0.5 * ((t.square() + (unit * f.square()).square()).sqrt() - t);
                (f.square() + off.square()).sqrt()
            }
        };
        // 1/(1/a + 1/b), also where one of them is 0; the summand is for corners, where both are.
        let joined = self.boundary.iter().map(own).reduce(|a, b| a * b / (a + b + 1e-30));
        joined.unwrap_or_else(|| x.number(0.0))
    }
}

/// f and t of a piece; no t where all of the circle belongs to it.
fn level<'g>(piece: &Piece, [x, y]: [Var<'g>; 2]) -> (Var<'g>, Option<Var<'g>>) {
    // The distance to the right of the line from `from` to `to`.
    let right = |from: Point, to: Point| {
        let (d, length) = (minus(to, from), distance(to, from));
        (x - from[0]) * (d[1] / length) - (y - from[1]) * (d[0] / length)
    };
    match *piece {
        Piece::Segment { from, to } => {
            let length = distance(from, to);
            let [mx, my] = piece.at(0.5);
            let radius = (x - mx).square() + (y - my).square();
            (right(from, to), Some((0.25 * length * length - radius) * (1.0 / length)))
        }
        Piece::Arc { center, radius, .. } => {
            let squared = (x - center[0]).square() + (y - center[1]).square();
            let f = (radius * radius - squared) * (0.5 / radius);
            (f, (!piece.is_closed()).then(|| right(piece.at(0.0), piece.at(1.0))))
        }
    }
}
