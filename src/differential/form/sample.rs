//! Functions evaluated at sampled points of a box, of its faces and of its edges.

use super::condition::Side;
use crate::autodiff::{RESULT, Var, record};
use crate::differential::domain::{Domain, POINTS};
use crate::{Error, Result, Seed};

/// Number of points on a face, and on an edge.
const SAMPLES: usize = 64;

/// Values at points.
pub(super) struct Samples {
    pub points: Vec<f64>,
    pub values: Vec<f64>,
}

impl Samples {
    /// The least and the largest value; NaN if one is.
    pub fn range(&self) -> (f64, f64) {
        let nan = self.values.iter().any(|v| v.is_nan());
        let fold = |f: fn(f64, f64) -> f64| self.values.iter().copied().reduce(f).unwrap_or(0.0);
        if nan { (f64::NAN, f64::NAN) } else { (fold(f64::min), fold(f64::max)) }
    }

    /// The largest absolute value.
    pub fn size(&self) -> f64 {
        self.values.iter().fold(0.0, |size, v| f64::max(size, v.abs()))
    }

    /// The number of the entry that is largest in absolute value; a NaN is larger than all.
    pub fn worst(&self) -> usize {
        let rank = |i: &usize| if self.values[*i].is_nan() { f64::INFINITY } else { self.values[*i].abs() };
        (0..self.values.len()).max_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap_or(0)
    }

    /// Such as `x = 0, t = 1`.
    pub fn place<const N: usize>(&self, domain: &Domain<N>, index: usize) -> String {
        let point = &self.points[index * N..(index + 1) * N];
        let shown: Vec<String> = domain.names().iter().zip(point).map(|(name, x)| format!("{name} = {x}")).collect();
        shown.join(", ")
    }
}

/// The values of `function` at points of the domain whose coordinates `fixed` are given.
pub(super) fn sample<const N: usize, F>(domain: &Domain<N>, fixed: &[(usize, f64)], function: F) -> Result<Samples>
where
    F: for<'g> FnOnce([Var<'g>; N]) -> Var<'g>,
{
    let count = if fixed.len() == N { 1 } else { SAMPLES };
    let mut points = domain.latin_hypercube::<f64>(count, Seed(0))?.points().to_vec();
    for point in points.chunks_exact_mut(N) {
        for &(axis, value) in fixed {
            point[axis] = value;
        }
    }
    let mut width = 0;
    let program = record(|g| {
        let x = domain.coordinates(g);
        let value = function(x);
        width = value.width();
        value + 0.0 * x[0]
    })?
    .compile::<f64>();
    if width != 1 {
        return Err(Error::invalid(
            "data of a condition",
            format!("they have {width} columns; a form holds one unknown, so give each unknown a form of its own"),
        ));
    }
    let mut ws = program.workspace();
    ws.set(POINTS, &points)?;
    program.evaluate(&[], &mut ws)?;
    let values = ws.output(RESULT)?.to_vec();
    Ok(Samples { points, values })
}

/// The coordinates with that of `axis` at `side`.
pub(super) fn at_end<'g, const N: usize>(
    domain: &Domain<N>,
    mut x: [Var<'g>; N],
    axis: usize,
    side: Side,
) -> [Var<'g>; N] {
    x[axis] = x[axis].number(end(domain, axis, side));
    x
}

pub(super) fn end<const N: usize>(domain: &Domain<N>, axis: usize, side: Side) -> f64 {
    let range = &domain.ranges()[axis];
    match side {
        Side::Lower => range.start,
        Side::Upper => range.end,
    }
}
