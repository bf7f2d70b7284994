//! Functions evaluated at sampled points of a box, of its faces and of its edges.

use crate::autodiff::{RESULT, Recording, Var, record};
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
    /// The largest absolute value.
    pub fn size(&self) -> f64 {
        self.values.iter().fold(0.0, |size, v| f64::max(size, v.abs()))
    }

    /// Such as `x = 0, t = 1`.
    pub fn place<const N: usize>(&self, domain: &Domain<N>, index: usize) -> String {
        places(domain.names().iter().zip(self.points[index * N..].iter().copied()))
    }
}

/// Such as `x = 0, t = 1`.
pub(super) fn places<'a>(coordinates: impl Iterator<Item = (&'a &'static str, f64)>) -> String {
    coordinates.map(|(name, x)| format!("{name} = {x}")).collect::<Vec<_>>().join(", ")
}

/// The number of the entry that is largest in absolute value; a NaN is larger than all.
pub(super) fn worst(values: &[f64]) -> usize {
    let rank = |i: &usize| if values[*i].is_nan() { f64::INFINITY } else { values[*i].abs() };
    (0..values.len()).max_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap_or(0)
}

/// The values of `function` at points of the domain whose coordinates `fixed` are given.
pub(super) fn sample<const N: usize, F>(domain: &Domain<N>, fixed: &[(usize, f64)], function: F) -> Result<Samples>
where
    F: for<'g> FnOnce([Var<'g>; N]) -> Var<'g>,
{
    let points = points(domain, fixed)?;
    let mut width = 0;
    let recording = record(|g| {
        let x = domain.coordinates(g);
        let value = function(x);
        width = value.width();
        value + 0.0 * x[0]
    })?;
    at(points, recording, width)
}

/// Points of the domain whose coordinates `fixed` are given.
fn points<const N: usize>(domain: &Domain<N>, fixed: &[(usize, f64)]) -> Result<Vec<f64>> {
    let count = if fixed.len() == N { 1 } else { SAMPLES };
    let mut points = domain.latin_hypercube::<f64>(count, Seed(0))?.points().to_vec();
    for point in points.chunks_exact_mut(N) {
        for &(axis, value) in fixed {
            point[axis] = value;
        }
    }
    Ok(points)
}

/// What was recorded of a function with so many columns, at points.
fn at(points: Vec<f64>, recording: Recording, width: usize) -> Result<Samples> {
    let program = recording.compile::<f64>();
    if width != 1 {
        let reason =
            format!("they have {width} columns; a form holds one unknown: give each unknown a form of its own");
        return Err(Error::invalid("data of a condition", reason));
    }
    let mut ws = program.workspace();
    ws.set(POINTS, &points)?;
    program.evaluate(&[], &mut ws)?;
    let values = ws.output(RESULT)?.to_vec();
    Ok(Samples { points, values })
}
