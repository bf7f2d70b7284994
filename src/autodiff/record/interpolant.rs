//! Functions given by a table, as formulas.

use super::var::Var;
use crate::error::Error;

/// A monotone piecewise cubic through the points of a table (Fritsch and Carlson, 1980): it rises where the data rise,
/// falls where they fall, and never overshoots them. Beyond the table it goes on along the tangents at its ends.
///
/// The first derivative is continuous. The second one, linear between two knots, jumps at them; there it is that of
/// the interval to the right.
///
/// ```
/// use eigennet::autodiff::{Function, Interpolant, Rows, record};
/// let measured = Interpolant::monotone(&[0.0, 1.0, 2.0, 4.0], &[0.0, 1.0, 1.0, 3.0])?;
/// let program = record(|g| measured.call(g.coordinate("x", Rows::named("points"))))?.compile::<f64>();
/// let y = Function::new(&program, &[program.recording().result()], &[])?;
/// assert_eq!(y.on(&[1.0, 1.3, 2.0, 4.0])?, [1.0, 1.0, 1.0, 3.0]); // flat where the data are
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Interpolant {
    knots: Vec<f64>,
    /// For each number of knots that are ≤ x, a and c with y = c₀ + c₁(x − a) + c₂(x − a)² + c₃(x − a)³.
    pieces: Vec<[f64; PIECE]>,
}

/// The numbers of a piece.
const PIECE: usize = 5;

impl Interpolant {
    /// The interpolant of the points (xᵢ, yᵢ), x₀ < x₁ < …
    ///
    /// # Errors
    /// [`Error::Shape`] for lists of different lengths, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::InvalidArgument`] for fewer than two points, knots that do not ascend, and slopes that overflow.
    pub fn monotone(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        let what = "table of Interpolant::monotone";
        if x.len() != y.len() {
            return Err(Error::shape("Interpolant::monotone", &[x.len()], &[y.len()]));
        }
        if x.len() < 2 {
            return Err(Error::invalid(what, format!("it has {} points; give two or more", x.len())));
        }
        Error::check_finite("knots of Interpolant::monotone", x)?;
        Error::check_finite("values of Interpolant::monotone", y)?;
        if let Some(k) = x.windows(2).position(|pair| pair[0] >= pair[1]) {
            let reason = format!("knot {} does not lie above knot {k}; sort the table and merge equal knots", k + 1);
            return Err(Error::invalid(what, reason));
        }
        let last = x.len() - 1;
        let secants: Vec<f64> = x.windows(2).zip(y.windows(2)).map(|(x, y)| (y[1] - y[0]) / (x[1] - x[0])).collect();
        let slopes = monotone_slopes(&secants);
        let mut pieces = vec![[x[0], y[0], slopes[0], 0.0, 0.0]];
        for (k, &secant) in secants.iter().enumerate() {
            let (h, [d, e]) = (x[k + 1] - x[k], [slopes[k], slopes[k + 1]]);
            pieces.push([x[k], y[k], d, (3.0 * secant - 2.0 * d - e) / h, (d + e - 2.0 * secant) / h / h]);
        }
        pieces.push([x[last], y[last], slopes[last], 0.0, 0.0]);
        if !(x[last] - x[0]).is_finite() || pieces.iter().flatten().any(|c| !c.is_finite()) {
            return Err(Error::invalid(what, "its differences or slopes overflow; scale the knots or the values"));
        }
        Ok(Interpolant { knots: x.to_vec(), pieces })
    }

    /// Records the interpolant at each entry of `x` `[rows, width]`. Each replay compares each entry with all knots.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let g = x.graph();
        let knots = g.matrix([1, self.knots.len()], &self.knots);
        let pieces = g.matrix([self.pieces.len(), PIECE], self.pieces.as_flattened());
        let flat = x.heads_to_columns();
        let mut columns = Vec::with_capacity(flat.width());
        for k in 0..flat.width() {
            let x = flat.columns(k..k + 1);
            let below = x.greater_equal(knots).row_sum().stop_gradient();
            let piece = pieces.gather(below);
            let [start, c0, c1, c2, c3] = std::array::from_fn(|k| piece.columns(k..k + 1));
            let t = x - start;
            columns.push(c0 + t * (c1 + t * (c2 + t * c3)));
        }
        // After a mistake there are no columns, but the first mistake is what counts.
        g.concat(&columns).columns_to_heads(x.heads())
    }
}

/// Slopes at the knots for these slopes of the secants between them.
fn monotone_slopes(secants: &[f64]) -> Vec<f64> {
    let mut slopes = vec![secants[0]];
    slopes.extend(secants.windows(2).map(|s| {
        // A turning point of the data is one of the function.
        if s[0].signum() == s[1].signum() { 0.5 * (s[0] + s[1]) } else { 0.0 }
    }));
    slopes.push(secants[secants.len() - 1]);
    for (k, &secant) in secants.iter().enumerate() {
        // Inside a circle of this radius a cubic is monotone.
        let (length, radius) = (slopes[k].hypot(slopes[k + 1]), 3.0 * secant.abs());
        if length > radius {
            slopes[k] *= radius / length;
            slopes[k + 1] *= radius / length;
        }
    }
    slopes
}
