//! The networks of one coordinate each.

use super::TensorNetwork;
use crate::Result;
use crate::autodiff::{Graph, Initializer, Output, Program, Rows, Var, record};
use crate::eigenfunctions::coordinate::Coordinate;
use crate::nn::Linear;

/// The networks of all coordinates, recorded once.
#[derive(Debug)]
pub(super) struct Family {
    /// Values and slopes of each coordinate.
    pub forms: Program<f64>,
    pub first: Vec<[Output; 2]>,
    /// Values and second derivatives.
    pub curved: Program<f64>,
    pub second: Vec<[Output; 2]>,
    /// What the last layer of each coordinate takes in, `[points, width + 1]`, and its slopes.
    pub features: Program<f64>,
    pub inner: Vec<[Output; 2]>,
    /// The name of the last layer of each coordinate.
    pub last: Vec<String>,
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
                let (f, features) = functions(g, settings, i, x, coordinate);
                let slope = f.d(x);
                g.output(&format!("features {i}"), features);
                g.output(&format!("feature slopes {i}"), features.d(x));
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
        let inner = outputs(["features", "feature slopes"])?;
        let [forms, curved, features] = [&first, &second, &inner].map(|outputs| program.select(outputs.as_flattened()));
        let (forms, curved, features) = (forms?, curved?, features?);
        let last = (0..d).map(|i| layer_name(i, settings.hidden.len())).collect();
        Ok(Family { forms, first, curved, second, features, inner, last, products: settings.products })
    }
}

fn layer_name(coordinate: usize, at: usize) -> String {
    format!("coordinate {coordinate}.{at}")
}

/// The p functions of a coordinate, a network in ξ, times e^(−aξ²/2) with a rate a of each, or times what vanishes at both
/// ends; and what its last layer takes in, 1 for the bias behind it, times the like of all.
fn functions<'g>(
    g: &'g Graph,
    settings: &TensorNetwork,
    i: usize,
    x: Var<'g>,
    coordinate: &Coordinate,
) -> (Var<'g>, Var<'g>) {
    let p = settings.products;
    let layer = |at: usize, widths: [usize; 2]| {
        Linear::new(layer_name(i, at), widths)
            .weights(Initializer::GlorotUniform { gain: 2.0 })
            .biases(Initializer::Uniform { low: -1.0, high: 1.0 })
    };
    let network = |mut features: Var<'g>| {
        let mut width = 1;
        for (at, &next) in settings.hidden.iter().enumerate() {
            features = layer(at, [width, next]).call(features).tanh();
            width = next;
        }
        (features, layer(settings.hidden.len(), [width, p]).call(features))
    };
    let (features, values, envelope, common) = match coordinate {
        Coordinate::Line { centre, length } => {
            let xi = (x - *centre) * (1.0 / length);
            let rate = g.parameter(&format!("coordinate {i}.log_rate"), [1, p], Initializer::Constant(0.0)).exp();
            let gaussian = |rate: Var<'g>| (-0.5 * (xi.square() * rate)).exp();
            let (features, values) = network(0.5 * xi);
            (features, values, gaussian(rate), gaussian(rate.sum() * (1.0 / p as f64)))
        }
        Coordinate::Interval(interval) => {
            let t = (x - interval.start) * (1.0 / (interval.end - interval.start));
            let (features, values) = network(2.0 * t - 1.0);
            let bump = 4.0 * t * (1.0 - t);
            (features, values, bump, bump)
        }
    };
    (values * envelope, Var::concat(&[features * common, common]))
}
