//! Simple polygons: what is none is refused.

use super::piece::{Point, cross, distance, dot, minus, step};
use crate::{Error, Result};

/// More edges make a distance function of more terms than is sensible.
const MAX_VERTICES: usize = 1000;

/// The vertices counterclockwise, the first not repeated at the end.
pub(super) fn checked(vertices: &[Point]) -> Result<Vec<Point>> {
    let refuse = |reason: String| Err(Error::invalid("vertices of Region::polygon", reason));
    let mut vertices = vertices.to_vec();
    if vertices.len() > 1 && vertices.first() == vertices.last() {
        vertices.pop();
    }
    let n = vertices.len();
    if !(3..=MAX_VERTICES).contains(&n) {
        return refuse(format!("{n} different ones; give 3 to {MAX_VERTICES}"));
    }
    Error::check_finite("vertices of Region::polygon", vertices.as_flattened())?;
    let size = vertices.iter().fold(0.0, |size: f64, &v| size.max(distance(v, vertices[0])));
    if !(size > 0.0 && (size * size).is_normal()) {
        return refuse(format!("they extend over {size}, which is too little or too much to compute with"));
    }
    let edge = |i: usize| (vertices[i], vertices[(i + 1) % n]);
    let tiny = 1e-10 * size;
    if let Some(i) = (0..n).find(|&i| distance(edge(i).0, edge(i).1) <= tiny) {
        return refuse(format!("vertices {i} and {} coincide; drop one", (i + 1) % n));
    }
    for i in 0..n {
        let (a, b) = edge(i);
        // The next edge shares one vertex, and folds back if it has more in common.
        let (_, c) = edge((i + 1) % n);
        let (u, v) = (minus(b, a), minus(c, b));
        if cross(u, v).abs() <= tiny * distance(a, b).max(distance(b, c)) && dot(u, v) < 0.0 {
            return refuse(format!("the edges at vertex {} fold back on themselves", (i + 1) % n));
        }
        for j in i + 2..n {
            if (j + 1) % n != i && meet(edge(i), edge(j), tiny) {
                let (c, d) = edge(j);
                return refuse(format!(
                    "edge {i} from {a:?} to {b:?} meets edge {j} from {c:?} to {d:?}; split it into simple polygons"
                ));
            }
        }
    }
    let origin = vertices[0];
    let area: f64 = (0..n).map(|i| 0.5 * cross(minus(edge(i).0, origin), minus(edge(i).1, origin))).sum();
    if area.abs() <= 1e-10 * size * size {
        return refuse("the area is 0; they lie on a line".to_string());
    }
    if area < 0.0 {
        vertices.reverse();
    }
    Ok(vertices)
}

/// Whether two edges have a point in common, to within `tiny`.
fn meet((a, b): (Point, Point), (c, d): (Point, Point), tiny: f64) -> bool {
    // Signed distances of the ends from the other's line.
    let side = |p: Point, q: Point, x: Point| cross(minus(q, p), minus(x, p)) / distance(p, q);
    let opposite = |s: f64, t: f64| s > tiny && t < -tiny || s < -tiny && t > tiny;
    let [ca, da, ab, bb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
    if opposite(ca, da) && opposite(ab, bb) {
        return true;
    }
    let touches = |p: Point, q: Point, x: Point| {
        let (length, along) = (distance(p, q), minus(q, p));
        let t = (dot(minus(x, p), along) / (length * length)).clamp(0.0, 1.0);
        distance(x, step(p, t, along)) <= tiny
    };
    touches(a, b, c) || touches(a, b, d) || touches(c, d, a) || touches(c, d, b)
}

/// Whether a point is inside, by the parity of the edges to its right.
pub(super) fn contains(vertices: &[Point], p: Point) -> bool {
    let n = vertices.len();
    (0..n).fold(false, |inside, i| {
        let (a, b) = (vertices[i], vertices[(i + 1) % n]);
        let x = || a[0] + (b[0] - a[0]) * ((p[1] - a[1]) / (b[1] - a[1]));
        inside != ((a[1] > p[1]) != (b[1] > p[1]) && p[0] < x())
    })
}
