//! Functions on a box of one to three coordinates, with a rule for it: walls, or a box that holds them in the whole space.

use std::ops::Range;

use super::check::RimShift;
use super::operator::squared_radius;
use super::solution::{Eigenfunctions, FunctionValues};
use super::trial::{Trial, TrialFunctions, rates};
use crate::autodiff::{Graph, Initializer, Var};
use crate::linalg::Matrix;
use crate::nn::Mlp;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// Points of each axis in so many dimensions.
pub(super) const POINTS: [usize; 3] = [120, 40, 20];
/// By how much a side is moved out at least and at most, in the half-width, and how often.
const LARGER: [f64; 2] = [0.1, 0.6];
const MAX_LARGER: usize = 4;
/// The rise of a level that a side is moved out for.
const SMALL_RISE: f64 = 1e-8;
/// The share of the allowed rise from which a side is moved along with others.
const ALONG: f64 = 1e-2;
/// How far before a side its decay is measured, in the half-width.
const BEFORE: f64 = 0.25;
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
        // As dense as in the first box: the functions that the network can make are no smoother.
        let points = |(side, first): (&Range<f64>, &Range<f64>)| {
            let ratio = (side.end - side.start) / (first.end - first.start);
            (POINTS[self.sides.len() - 1] as f64 * ratio).ceil() as usize
        };
        let points: Vec<usize> = self.sides.iter().zip(&self.first).map(points).collect();
        Quadrature::rectangle(&self.sides, &points)
    }

    /// Its functions, with the layers of these settings.
    pub fn functions<'a>(&'a self, settings: &'a TrialFunctions) -> BoxFunctions<'a> {
        BoxFunctions { settings, place: self }
    }

    /// By how much the levels rise where a side gives way; empty for walls.
    pub fn rim<T: Scalar>(&self, functions: &Eigenfunctions<T>) -> Result<Vec<RimShift>> {
        if self.space { rim_shifts(functions, &self.sides) } else { Ok(Vec::new()) }
    }

    /// With the sides further out that hold back a level, if one does by more than this; `None` if none does, or after so
    /// many times.
    pub fn enlarged(&self, rim: &[RimShift], allowed: f64) -> Option<Self> {
        let mut larger = FunctionBox { larger: self.larger + 1, ..self.clone() };
        let beyond = |share: f64| rim.iter().filter(move |shift| shift.relative > share * allowed);
        // Sides that hold back less go along: each move is a training.
        let moves = if beyond(1.0).next().is_some() { ALONG } else { 1.0 };
        for shift in beyond(moves) {
            let side = &mut larger.sides[shift.coordinate];
            let by = 2.0 * shift.further / (side.end - side.start);
            *side = moved(side, shift.upper, by.clamp(LARGER[0], LARGER[1]));
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
        let half = 0.5 * (side.end - side.start);
        let (hair, before) = (2e-6 * half, BEFORE * half);
        let at_face = |at: f64| -> Result<FunctionValues<T>> {
            let rows = points.iter().flat_map(|point| {
                let mut point = point.clone();
                point.insert(coordinate, at);
                point.into_iter().map(T::of)
            });
            functions.evaluate(&rows.collect::<Vec<T>>())
        };
        let mean_square = |values: &Matrix<T>, state: usize| -> f64 {
            let square = |row: usize| Scalar::to_f64(values[(row, state)]).powi(2);
            weights.iter().enumerate().map(|(row, weight)| weight * square(row)).sum()
        };
        for upper in [false, true] {
            let (at, inwards) = if upper { (side.end, -1.0) } else { (side.start, 1.0) };
            let slopes = &at_face(at + inwards * hair)?.gradients[coordinate];
            let values = at_face(at + inwards * before)?.values;
            let (mut relative, mut further, mut most) = (0.0_f64, 0.0_f64, 0);
            for (state, level) in functions.values().iter().enumerate() {
                let slope = mean_square(slopes, state);
                let rise = slope * 0.1 * half / level.abs().max(f64::MIN_POSITIVE);
                // NaN is noted as well.
                if rise > relative || rise.is_nan() {
                    (relative, most) = (rise, state);
                }
                if rise > SMALL_RISE {
                    let decay = decay((mean_square(&values, state) / slope).sqrt() / before) / before;
                    further = further.max((rise / SMALL_RISE).ln() / (2.0 * decay));
                }
            }
            shifts.push(RimShift { coordinate, upper, at, relative, level: most, further });
        }
    }
    Ok(shifts)
}

/// κ with sinh κ / κ = `ratio`, of 0.1 to 50: f = sinh(κ (1 − u)) decays at the rate κ before it vanishes at u = 1.
fn decay(ratio: f64) -> f64 {
    let (mut low, mut high) = (0.1, 50.0_f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if middle.sinh() / middle < ratio { low = middle } else { high = middle }
    }
    low
}
