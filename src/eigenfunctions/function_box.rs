//! Functions on a box of one to three coordinates, with a rule for it: walls, or a box that holds them in the whole space.

use std::ops::Range;

use super::check::RimShift;
use super::operator::squared_radius;
use super::solution::Eigenfunctions;
use super::trial::{Trial, TrialFunctions, rates};
use crate::autodiff::{Graph, Initializer, Var};
use crate::nn::Mlp;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// Points of each axis in so many dimensions.
pub(super) const POINTS: [usize; 3] = [120, 40, 20];
/// By how much a box that is too small is enlarged, in the half-width, and how often.
const LARGER: f64 = 0.3;
const MAX_LARGER: usize = 5;
/// The scale of the inputs of the network, in half-widths: the slope of its functions at the start.
const SLOPE: f64 = 4.0;
/// The rates at the start of functions that decay, the first and the last.
const RATES: [f64; 2] = [0.1, 16.0];

/// A box, and what its functions are.
#[derive(Debug, Clone)]
pub(super) struct FunctionBox {
    /// Where they started: the network sees coordinates that lead it to `[−1, 1]^d`.
    first: Vec<Range<f64>>,
    /// Where they vanish.
    sides: Vec<Range<f64>>,
    /// Whether it stands for the whole space.
    space: bool,
    /// How often it was enlarged.
    larger: usize,
}

impl FunctionBox {
    /// With walls, or to hold functions of the whole space.
    pub fn new(sides: Vec<Range<f64>>, space: bool) -> Self {
        FunctionBox { first: sides.clone(), sides, space, larger: 0 }
    }

    /// A rule on it.
    pub fn rule<T: Scalar>(&self) -> Result<Quadrature<T>> {
        rule(&self.sides)
    }

    /// Its functions, with the layers of these settings.
    pub fn functions<'a>(&'a self, settings: &'a TrialFunctions) -> BoxFunctions<'a> {
        BoxFunctions { settings, place: self }
    }

    /// By how much the levels rise where a side gives way; empty for walls.
    pub fn rim<T: Scalar>(&self, functions: &Eigenfunctions<T>) -> Result<Vec<RimShift>> {
        if self.space { rim_shifts(functions, &self.sides) } else { Ok(Vec::new()) }
    }

    /// With the sides further out where they hold levels back; `None` if none does, or after so many times.
    pub fn enlarged(&self, rim: &[RimShift]) -> Option<Self> {
        let mut larger = FunctionBox { larger: self.larger + 1, ..self.clone() };
        for shift in rim.iter().filter(|shift| shift.is_large()) {
            larger.sides[shift.coordinate] = moved(&larger.sides[shift.coordinate], shift.upper, LARGER);
        }
        (larger.sides != self.sides && self.larger < MAX_LARGER).then_some(larger)
    }
}

/// A network in the coordinates of the first box, times Π (1 − u²) of the present one; in the whole space times
/// e^(−α_k |u|²/2) as well, with a trainable rate for each function: else all of them would have to learn to vanish where
/// the potential is high.
pub(super) struct BoxFunctions<'a> {
    settings: &'a TrialFunctions,
    place: &'a FunctionBox,
}

fn scaled<'g>(x: Var<'g>, side: &Range<f64>) -> Var<'g> {
    (x - 0.5 * (side.start + side.end)) * (2.0 / (side.end - side.start))
}

impl Trial for BoxFunctions<'_> {
    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
        let inputs: Vec<Var<'g>> = x.iter().zip(&self.place.first).map(|(&x, side)| scaled(x, side)).collect();
        let mut widths = vec![x.len()];
        widths.extend(&self.settings.hidden);
        widths.push(count);
        let net = Mlp::new("trial", widths)
            .activation(self.settings.activation)
            .weights(self.settings.weights)
            .biases(Initializer::Uniform { low: -2.0, high: 2.0 });
        let mut f = net.call(SLOPE * g.concat(&inputs));
        if self.place.space {
            let rate = rates(g, RATES[0], RATES[1], count);
            f = f * (-0.5 * (squared_radius(&inputs) * rate)).exp();
        }
        let zero = g.constant(0.0);
        x.iter().zip(&self.place.sides).fold(f, |f, (&x, side)| {
            let u = scaled(x, side);
            f * (1.0 - u.square()).greater_equal(zero).select(1.0 - u.square(), zero)
        })
    }
}

/// One end moved outwards by so many half-widths.
pub(super) fn moved(side: &Range<f64>, upper: bool, by: f64) -> Range<f64> {
    let step = 0.5 * by * (side.end - side.start);
    if upper { side.start..side.end + step } else { side.start - step..side.end }
}

fn rule<T: Scalar>(sides: &[Range<f64>]) -> Result<Quadrature<T>> {
    Quadrature::rectangle(sides, &vec![POINTS[sides.len() - 1]; sides.len()])
}

/// By how much the levels rise where a side of the box gives way: Hadamard's formula (1908), dλ/dn = ∮ (∂f/∂n)²
/// for functions of norm 1 that vanish on the rim, over a tenth of the half-width.
fn rim_shifts<T: Scalar>(functions: &Eigenfunctions<T>, sides: &[Range<f64>]) -> Result<Vec<RimShift>> {
    let mut shifts = Vec::with_capacity(2 * sides.len());
    for (coordinate, side) in sides.iter().enumerate() {
        let others: Vec<Range<f64>> =
            sides.iter().enumerate().filter(|&(k, _)| k != coordinate).map(|(_, side)| side.clone()).collect();
        let (points, weights) = if others.is_empty() {
            (vec![Vec::new()], vec![1.0])
        } else {
            let face = Quadrature::<f64>::rectangle(&others, &vec![POINTS[sides.len() - 1]; others.len()])?;
            ((0..face.len()).map(|i| face.point(i).to_vec()).collect(), face.weights().to_vec())
        };
        // A hair inside, where the envelope has a slope.
        let hair = 1e-6 * (side.end - side.start);
        for (upper, at) in [(false, side.start + hair), (true, side.end - hair)] {
            let rows = points.iter().flat_map(|point| {
                let mut point = point.clone();
                point.insert(coordinate, at);
                point.into_iter().map(T::of)
            });
            let values = functions.evaluate(&rows.collect::<Vec<T>>())?;
            let slopes = &values.gradients[coordinate];
            let share = |(state, value): (usize, &f64)| {
                let slope = |row: usize| Scalar::to_f64(slopes[(row, state)]).powi(2);
                let rise: f64 = weights.iter().enumerate().map(|(row, weight)| weight * slope(row)).sum();
                rise * 0.05 * (side.end - side.start) / value.abs().max(f64::MIN_POSITIVE)
            };
            let relative = functions.values().iter().enumerate().map(share).fold(0.0, f64::max);
            shifts.push(RimShift { coordinate, upper, at: if upper { side.end } else { side.start }, relative });
        }
    }
    Ok(shifts)
}
