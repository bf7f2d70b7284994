//! The networks of one coordinate each.

use super::TensorNetwork;
use crate::Result;
use crate::autodiff::{Graph, Initializer, Output, Program, Rows, Var, record};
use crate::eigenfunctions::coordinate::Coordinate;
use crate::nn::Mlp;

/// The networks of all coordinates, recorded once.
#[derive(Debug)]
pub(super) struct Family {
    /// Values and slopes of each coordinate.
    pub forms: Program<f64>,
    pub first: Vec<[Output; 2]>,
    /// Values and second derivatives.
    pub curved: Program<f64>,
    pub second: Vec<[Output; 2]>,
    pub products: usize,
}

pub(super) const POINTS: &str = "points";

impl Family {
    pub fn record(settings: &TensorNetwork, coordinates: &[Coordinate]) -> Result<Self> {
        let d = coordinates.len();
        let recording = record(|g| {
            let x = g.coordinates_slice(POINTS, Rows::named(POINTS), d);
            let mut all = Vec::with_capacity(d);
            for (i, (&x, coordinate)) in x.iter().zip(coordinates).enumerate() {
                let f = functions(g, settings, i, x, coordinate);
                let slope = f.d(x);
                g.output(&format!("value {i}"), f);
                g.output(&format!("slope {i}"), slope);
                g.output(&format!("curvature {i}"), slope.d(x));
                all.push(f);
            }
            g.concat(&all)
        })?;
        let program = recording.compile::<f64>();
        let outputs = |names: [&str; 2]| -> Result<Vec<[Output; 2]>> {
            (0..d)
                .map(|i| {
                    let [a, b] = names.map(|name| program.output(&format!("{name} {i}")));
                    Ok([a?, b?])
                })
                .collect()
        };
        let (first, second) = (outputs(["value", "slope"])?, outputs(["value", "curvature"])?);
        let [forms, curved] = [&first, &second].map(|outputs| program.select(outputs.as_flattened()));
        Ok(Family { forms: forms?, curved: curved?, first, second, products: settings.products })
    }
}

/// The p functions of a coordinate: a network in ξ, times e^(−aξ²/2) with a rate a of each, or times what vanishes at both
/// ends.
fn functions<'g>(g: &'g Graph, settings: &TensorNetwork, i: usize, x: Var<'g>, coordinate: &Coordinate) -> Var<'g> {
    let p = settings.products;
    let mut widths = vec![1];
    widths.extend(&settings.hidden);
    widths.push(p);
    let net = Mlp::new(format!("coordinate {i}"), widths)
        .weights(Initializer::GlorotUniform { gain: 2.0 })
        .biases(Initializer::Uniform { low: -1.0, high: 1.0 });
    match coordinate {
        Coordinate::Line { centre, length } => {
            let xi = (x - *centre) * (1.0 / length);
            let rate = g.parameter(&format!("coordinate {i}.log_rate"), [1, p], Initializer::Constant(0.0)).exp();
            net.call(0.5 * xi) * (-0.5 * (xi.square() * rate)).exp()
        }
        Coordinate::Interval(interval) => {
            let t = (x - interval.start) * (1.0 / (interval.end - interval.start));
            net.call(2.0 * t - 1.0) * (4.0 * t * (1.0 - t))
        }
    }
}
