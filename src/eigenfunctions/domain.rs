//! Where functions live, and a box and a rule for it that the solver chooses.

use std::ops::{ControlFlow, Range};

use super::check::{RimShift, Solution};
use super::neural_ritz::NeuralRitz;
use super::operator::SelfAdjoint;
use super::solution::Eigenfunctions;
use super::trial::{Trial, TrialFunctions};
use crate::autodiff::{Graph, Initializer, Var};
use crate::error::Error;
use crate::nn::Mlp;
use crate::optim::{Outcome, Progress};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar, Seed};

/// Where the functions of an operator live.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// A box, one interval for each coordinate; the functions vanish on its boundary.
    Box(Vec<Range<f64>>),
    /// The whole space. A box that holds the functions is searched, first at this length.
    Space {
        /// About how far the functions reach from the origin.
        length: f64,
    },
}

impl Domain {
    /// The box `[start, end]^dimension`.
    pub fn cube(dimension: usize, side: Range<f64>) -> Self {
        Domain::Box(vec![side; dimension])
    }
}

/// Points of each axis in so many dimensions.
const POINTS: [usize; 3] = [120, 40, 20];
/// The first boxes, in the given length.
const LENGTHS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// By how much a side is moved in the search, in the half-width, and how often all are.
const MOVE: f64 = 0.25;
const MOVES: usize = 4;
/// By how much a box that is too small is enlarged, in the half-width, and how often.
const LARGER: f64 = 0.3;
const MAX_LARGER: usize = 5;
/// The scale of the inputs of the network, in half-widths: the slope of its functions at the start.
const SLOPE: f64 = 4.0;

/// A network in coordinates that lead the first box to `[−1, 1]^d`, times Π (1 − u²) of the present one.
struct BoxFunctions<'a> {
    settings: &'a TrialFunctions,
    first: Vec<Range<f64>>,
    sides: Vec<Range<f64>>,
}

fn scaled<'g>(x: Var<'g>, side: &Range<f64>) -> Var<'g> {
    (x - 0.5 * (side.start + side.end)) * (2.0 / (side.end - side.start))
}

impl Trial for BoxFunctions<'_> {
    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
        let inputs: Vec<Var<'g>> = x.iter().zip(&self.first).map(|(&x, side)| scaled(x, side)).collect();
        let mut widths = vec![x.len()];
        widths.extend(&self.settings.hidden);
        widths.push(count);
        let net = Mlp::new("trial", widths)
            .activation(self.settings.activation)
            .weights(self.settings.weights)
            .biases(Initializer::Uniform { low: -2.0, high: 2.0 });
        let f = net.call(SLOPE * g.concat(&inputs));
        let zero = g.constant(0.0);
        x.iter().zip(&self.sides).fold(f, |f, (&x, side)| {
            let u = scaled(x, side);
            f * (1.0 - u.square()).greater_equal(zero).select(1.0 - u.square(), zero)
        })
    }
}

impl NeuralRitz {
    /// [`solve`](Self::solve) with a quadrature that the solver chooses, in up to three dimensions: a product of
    /// Gauss–Legendre rules on a box. Of [`trial`](Self::trial), the hidden layers, their activation and weights are
    /// taken; the functions vanish on the boundary.
    ///
    /// In the whole space the box is searched: the Ritz values are lower bounds in any, so that the one with the largest
    /// at the start is the best. After the training it is enlarged while a state's slope on its
    /// [rim](Solution::rim) tells that a level would still move.
    ///
    /// ```
    /// use eigennet::Seed;
    /// use eigennet::eigenfunctions::{Domain, NeuralRitz, Schrodinger};
    /// let solver = NeuralRitz { states: 3, features: 24, ..NeuralRitz::default() };
    /// let solved = solver.solve_on(&Schrodinger::oscillator(1), &Domain::Space { length: 4.0 }, Seed(0))?;
    /// for (value, exact) in solved.eigenfunctions.values().iter().zip([-1.0, -3.0, -5.0]) {
    ///     assert!((value - exact).abs() < 1e-5, "{value}");
    /// }
    /// assert!(solved.doubt().is_none() && solved.small_box().is_none());
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for other dimensions than 1 to 3 or a domain that is none; as [`solve`](Self::solve).
    pub fn solve_on<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        domain: &Domain,
        seed: Seed,
    ) -> Result<Solution<T, Outcome>> {
        self.solve_on_observed(operator, domain, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve_on`](Self::solve_on) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_on_observed<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        domain: &Domain,
        seed: Seed,
        mut observer: impl FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let d = operator.dimension();
        let reason = format_args!("{d} coordinates; 1 to 3 have a rule, give `solve` a quadrature for others");
        Error::require((1..=POINTS.len()).contains(&d), "operator of NeuralRitz::solve_on", reason)?;
        self.trial.check()?;
        let first = match domain {
            Domain::Box(sides) => {
                Error::same_shape("Domain::Box", &[sides.len()], &[d])?;
                sides.clone()
            }
            Domain::Space { length } => self.find_box::<T>(operator, *length, seed)?,
        };
        let mut sides = first.clone();
        let mut parameters = None;
        let mut larger = 0;
        loop {
            let trial = BoxFunctions { settings: &self.trial, first: first.clone(), sides: sides.clone() };
            let rule = rule(&sides)?;
            let mut objective = self.objective_of(operator, &trial, &rule, seed)?;
            let mut parameters_now = parameters.take().unwrap_or_else(|| objective.start().to_vec());
            objective = objective.on(&rule, &parameters_now)?;
            let mut solution = self.train(&mut objective, &rule, &mut parameters_now, &mut observer)?;
            let Domain::Space { .. } = domain else { return Ok(solution) };
            let shifts = rim_shifts(&solution.eigenfunctions, &sides)?;
            let small = shifts.iter().any(|shift| shift.is_large());
            solution.rim = shifts;
            if !small || larger == MAX_LARGER {
                return Ok(solution);
            }
            for shift in solution.rim.iter().filter(|shift| shift.is_large()) {
                sides[shift.coordinate] = moved(&sides[shift.coordinate], shift.upper, LARGER);
            }
            parameters = Some(parameters_now);
            larger += 1;
        }
    }

    /// The box whose Ritz values at the start are the largest.
    fn find_box<T: Scalar>(&self, operator: &dyn SelfAdjoint, length: f64, seed: Seed) -> Result<Vec<Range<f64>>> {
        let reason = format_args!("{length}; give a positive number");
        Error::require(length > 0.0 && length.is_finite(), "length of Domain::Space", reason)?;
        let d = operator.dimension();
        let score = |sides: &[Range<f64>]| -> Result<f64> {
            let trial = BoxFunctions { settings: &self.trial, first: sides.to_vec(), sides: sides.to_vec() };
            let mut objective = self.objective_of::<T>(operator, &trial, &rule(sides)?, seed)?;
            let start = objective.start().to_vec();
            Ok(objective.functions(&start, self.states)?.values().iter().sum())
        };
        let mut best = (
            f64::NEG_INFINITY,
            Err(Error::invalid("length of Domain::Space", "no box of about it holds functions; give another")),
        );
        let consider = |sides: Vec<Range<f64>>, best: &mut (f64, Result<Vec<Range<f64>>>)| match score(&sides) {
            Ok(value) if value > best.0 => *best = (value, Ok(sides)),
            Err(error) if best.1.is_err() => best.1 = Err(error),
            _ => {}
        };
        for factor in LENGTHS {
            consider(vec![-factor * length..factor * length; d], &mut best);
        }
        for _ in 0..MOVES {
            for (coordinate, upper) in (0..d).flat_map(|coordinate| [(coordinate, false), (coordinate, true)]) {
                for by in [MOVE, -MOVE] {
                    let Ok(sides) = &best.1 else { break };
                    let mut sides = sides.clone();
                    sides[coordinate] = moved(&sides[coordinate], upper, by);
                    consider(sides, &mut best);
                }
            }
        }
        best.1
    }
}

/// One end moved outwards by so many half-widths.
fn moved(side: &Range<f64>, upper: bool, by: f64) -> Range<f64> {
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
