//! ‖Hψ − Eψ‖ by random points.

use super::ProductObjective;
use super::family::POINTS;
use crate::eigenfunctions::coordinate::Coordinate;
use crate::linalg::Matrix;
use crate::rng::Stream;
use crate::{Result, Seed};

const COUNT: usize = 4096;
/// The deviation of the points of a line, in its lengths: beyond that of a state e^(−ξ²/2), so that no tail is missed.
const DEVIATION: f64 = 1.1;

impl ProductObjective {
    /// ‖Hψ − Eψ‖/‖ψ‖ of each state. Point by point H acts on the functions themselves, so that nothing cancels but what
    /// cancels in ψ.
    pub(super) fn residuals(
        &self,
        parameters: &[f64],
        levels: &[f64],
        coefficients: &Matrix<f64>,
        seed: Seed,
    ) -> Result<Vec<f64>> {
        let ProductObjective { family, h, links, coordinates, .. } = self;
        let (p, d) = (family.products, coordinates.len());
        let mut stream = seed.into_stream();
        let mut points = Matrix::zeros(COUNT, d);
        let mut weights = vec![1.0; COUNT];
        for (row, weight) in weights.iter_mut().enumerate() {
            for (x, coordinate) in points.row_mut(row).iter_mut().zip(coordinates) {
                let (at, own) = draw(coordinate, &mut stream);
                *x = at;
                *weight *= own;
            }
        }
        let mut workspace = family.curved.workspace();
        workspace.set(POINTS, points.as_slice())?;
        let values = family.curved.evaluate(parameters, &mut workspace)?;
        let outputs = family.second.iter().map(|&[f, curvature]| Ok([values.value(f)?, values.value(curvature)?]));
        let functions: Vec<[&[f64]; 2]> = outputs.collect::<Result<_>>()?;
        // Hφ and φ of all products at all points.
        let (mut images, mut plain) = (Matrix::zeros(COUNT, p), Matrix::from_fn(COUNT, p, |_, _| 1.0));
        for row in 0..COUNT {
            let mut carried = vec![vec![1.0; p]];
            for (i, link) in links.iter().enumerate() {
                let [f, curvature] = functions[i].map(|values| &values[row * p..(row + 1) * p]);
                let mut next = vec![vec![0.0; p]; link.behind];
                for &(w, v, c, factor) in &link.entries {
                    let value = factor.map_or(Some(1.0), |place| h.factors[place].value(points[(row, i)]));
                    let (own, c) = value.map_or((curvature, -c), |value| (f, c * value));
                    let terms = next[v].iter_mut().zip(&carried[w]).zip(own);
                    terms.for_each(|((next, carried), own)| *next += c * carried * own);
                }
                plain.row_mut(row).iter_mut().zip(f).for_each(|(product, f)| *product *= f);
                carried = next;
            }
            images.row_mut(row).copy_from_slice(&carried[0]);
        }
        let (images, plain) = (images.matmul(coefficients)?, plain.matmul(coefficients)?);
        let residual = |(s, &value): (usize, &f64)| {
            let sum = |f: &dyn Fn(usize) -> f64| (0..COUNT).map(|row| weights[row] * f(row).powi(2)).sum::<f64>();
            (sum(&|row| images[(row, s)] - value * plain[(row, s)]) / sum(&|row| plain[(row, s)])).sqrt()
        };
        Ok(levels.iter().enumerate().map(residual).collect())
    }
}

/// A point and the inverse of its density: normal on a line, 6t(1 − t) on an interval, the median of three.
fn draw(coordinate: &Coordinate, stream: &mut Stream) -> (f64, f64) {
    match coordinate {
        Coordinate::Line { centre, length } => {
            let xi = stream.normal::<f64>();
            (centre + length * DEVIATION * xi, (0.5 * xi * xi).exp() * length * DEVIATION)
        }
        Coordinate::Interval(interval) => {
            let mut three = [(); 3].map(|()| stream.uniform::<f64>());
            three.sort_by(f64::total_cmp);
            let (t, width) = (three[1], interval.end - interval.start);
            (interval.start + width * t, width / (6.0 * t * (1.0 - t)).max(f64::MIN_POSITIVE))
        }
    }
}
