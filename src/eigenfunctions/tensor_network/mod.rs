//! The tensor-network Ritz method: sums of products of networks of one coordinate each (Wang, Jin and Xie, 2022).
//!
//! φ_h(x) = Π_i f_ih(x_i), with a network for each coordinate that has an output for each h. Integrals in any dimension are
//! products of integrals in one, which a quadrature of some dozens of points does to rounding: nothing is sampled.

mod forms;
mod residual;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use forms::Forms;

use super::chain_operator::{Link, links};
use super::check::{Checked, Doubt};
use super::coordinate::Coordinate;
use super::rayleigh_ritz::{RayleighRitz, RitzLoss};
use super::separable::SeparableSum;
use crate::autodiff::{Graph, Initializer, Output, Program, Rows, Var, Workspace, record};
use crate::error::Error;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::nn::Mlp;
use crate::optim::{Lbfgs, Objective, Outcome, Progress};
use crate::{Result, Seed};

/// The settings of a tensor-network Ritz solve.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::{Coordinate, SeparableSum, TensorNetwork};
/// // −Δ on the unit cube of five dimensions: 5π², 8π², …
/// let h = SeparableSum::kinetic(5, 1.0);
/// let cube = vec![Coordinate::Interval(0.0..1.0); 5];
/// let solver = TensorNetwork { states: 1, products: 4, hidden: vec![8], ..TensorNetwork::default() };
/// let solved = solver.solve(&h, &cube, Seed(0))?;
/// let exact = 5.0 * std::f64::consts::PI.powi(2);
/// assert!((solved.values()[0] / exact - 1.0).abs() < 1e-6 && solved.doubt().is_none());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorNetwork {
    /// States that are returned (default 1).
    pub states: usize,
    /// States whose levels are lowered (default: as many as returned). Give the end of the degenerate level that the last
    /// one belongs to.
    pub trained: Option<usize>,
    /// Products p (default 24).
    pub products: usize,
    /// Widths of the hidden layers of each network (default 24, 24).
    pub hidden: Vec<usize>,
    /// Points of each coordinate (default 64).
    pub points: usize,
    /// Added to the diagonal of the mass matrix, which is scaled to 1 (default 1e-11).
    pub jitter: f64,
    /// Weight of ‖θ − θ₀‖², which keeps networks from exploiting the quadrature (default 1e-9).
    pub penalty: f64,
    /// The optimiser (default: memory 40, 2000 iterations).
    pub lbfgs: Lbfgs,
}

impl Default for TensorNetwork {
    fn default() -> Self {
        TensorNetwork {
            states: 1,
            trained: None,
            products: 24,
            hidden: vec![24, 24],
            points: 64,
            jitter: 1e-11,
            penalty: 1e-9,
            lbfgs: Lbfgs { memory: 40, max_iterations: 2000, ..Lbfgs::default() },
        }
    }
}

/// How far from the centre of a line its points reach, in its lengths.
const REACH: f64 = 8.0;
/// The most values of all functions on all points: a slip beyond.
const MAX_ENTRIES: f64 = 1e8;

impl TensorNetwork {
    fn check(&self, h: &SeparableSum, coordinates: &[Coordinate]) -> Result<()> {
        let d = h.dimension();
        let some = d > 0 && h.terms() > 0;
        Error::require(some, "SeparableSum", "it has no coordinate or no term; give at least one of each")?;
        Error::same_shape("coordinates of TensorNetwork", &[coordinates.len()], &[d])?;
        coordinates.iter().try_for_each(Coordinate::check)?;
        let trained = self.trained.unwrap_or(self.states);
        let reason = format_args!(
            "{} states, {trained} trained, {} products: give at least one, and as many products as states",
            self.states, self.products
        );
        let sound = self.states > 0 && trained >= self.states && self.products >= trained;
        Error::require(sound, "states of TensorNetwork", reason)?;
        let sound = !self.hidden.contains(&0) && self.points >= 2;
        Error::require(sound, "hidden and points of TensorNetwork", "a layer of width 0, or fewer than 2 points")?;
        let small = self.jitter >= 0.0 && self.penalty >= 0.0 && self.jitter.is_finite() && self.penalty.is_finite();
        Error::require(small, "jitter and penalty of TensorNetwork", "they have to be finite and not negative")?;
        let width = self.hidden.iter().fold(self.products, |most, &width| most.max(width)).max(self.points);
        let entries = width as f64 * self.products as f64 * d as f64;
        Error::require(entries <= MAX_ENTRIES, "size of TensorNetwork", "the functions do not fit; take fewer")
    }

    /// The lowest levels of `h`. Ask the solution for its [`doubt`](ProductFunctions::doubt).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the optimiser reports.
    pub fn solve(&self, h: &SeparableSum, coordinates: &[Coordinate], seed: Seed) -> Result<ProductFunctions> {
        self.solve_observed(h, coordinates, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed(
        &self,
        h: &SeparableSum,
        coordinates: &[Coordinate],
        seed: Seed,
        observer: impl FnMut(&Progress<'_, f64>) -> ControlFlow<()>,
    ) -> Result<ProductFunctions> {
        self.check(h, coordinates)?;
        let family = Family::record(self, coordinates)?;
        let links = links(h)?;
        let start = family.forms.initial(seed.child("tensor-network"));
        let mut objective = Ritz::new(self, &family, h, &links, coordinates, self.points, start.clone())?;
        let [energy, mass] = objective.matrices(&start)?.0;
        objective.ritz.begin(&energy.scale(-1.0), &mass)?;
        let mut parameters = start;
        let outcome = self.lbfgs.minimize_observed(&mut objective, &mut parameters, observer)?;
        let ([energy, mass], norms) = objective.matrices(&parameters)?;
        let pairs = objective.ritz.pairs(&energy.scale(-1.0), &mass)?;
        let coefficients = pairs.vectors.submatrix(0..self.products, 0..self.states);
        let values: Vec<f64> = pairs.values[..self.states].iter().map(|value| -value).collect();
        // On other points: the levels by a denser rule, the residuals by random points.
        let finer = self.points + self.points / 4 + 1;
        let mut finer = Ritz::new(self, &family, h, &links, coordinates, finer, parameters.clone())?;
        let ([energy, mass], others) = finer.matrices(&parameters)?;
        let turned = Matrix::from_fn(self.products, self.states, |i, j| coefficients[(i, j)] * others[i] / norms[i]);
        let project = |a: &Matrix<f64>| turned.t_matmul(&a.matmul(&turned)?);
        let levels = generalized_symmetric_eigen(&project(&energy)?, &project(&mass)?);
        let levels = levels.map_or_else(|_| vec![f64::NAN; self.states], |pairs| pairs.values);
        let coefficients = Matrix::from_fn(self.products, self.states, |i, j| coefficients[(i, j)] / norms[i]);
        let mut found = ProductFunctions {
            values,
            outcome,
            checked: Checked { levels, residuals: Vec::new() },
            family,
            parameters,
            coefficients,
        };
        found.checked.residuals = found.residuals(h, &links, coordinates, seed.child("residual"))?;
        Ok(found)
    }
}

/// The networks of all coordinates, recorded once.
#[derive(Debug)]
struct Family {
    /// Values and slopes of each coordinate.
    forms: Program<f64>,
    first: Vec<[Output; 2]>,
    /// Values and second derivatives.
    curved: Program<f64>,
    second: Vec<[Output; 2]>,
    products: usize,
}

const POINTS: &str = "points";

impl Family {
    fn record(settings: &TensorNetwork, coordinates: &[Coordinate]) -> Result<Self> {
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

/// The loss on a rule for each coordinate.
struct Ritz<'a> {
    family: &'a Family,
    workspace: Workspace<f64>,
    forms: Forms,
    ritz: RayleighRitz<f64>,
    start: Vec<f64>,
    penalty: f64,
    cotangents: Vec<[Vec<f64>; 2]>,
}

impl<'a> Ritz<'a> {
    fn new(
        settings: &TensorNetwork,
        family: &'a Family,
        h: &SeparableSum,
        links: &[Link],
        coordinates: &[Coordinate],
        points: usize,
        start: Vec<f64>,
    ) -> Result<Self> {
        let rules = coordinates.iter().map(|coordinate| coordinate.rule(points, REACH)).collect::<Result<Vec<_>>>()?;
        let mut workspace = family.forms.workspace();
        let at: Vec<f64> = (0..points).flat_map(|q| rules.iter().map(move |rule| rule.points()[q])).collect();
        workspace.set(POINTS, &at)?;
        let room = || [(); 2].map(|()| vec![0.0; points * settings.products]);
        Ok(Ritz {
            family,
            workspace,
            forms: Forms::new(links, &h.factors, &rules)?,
            ritz: RayleighRitz {
                loss: RitzLoss::Sum,
                trained: settings.trained.unwrap_or(settings.states),
                jitter: settings.jitter,
                null_value: 0.0,
            },
            start,
            penalty: settings.penalty,
            cotangents: coordinates.iter().map(|_| room()).collect(),
        })
    }

    /// H and M of products of norm 1, and their norms before.
    fn matrices(&mut self, parameters: &[f64]) -> Result<([Matrix<f64>; 2], Vec<f64>)> {
        let values = self.family.forms.evaluate(parameters, &mut self.workspace)?;
        let functions = self.family.first.iter().map(|&[f, slope]| Ok([values.value(f)?, values.value(slope)?]));
        let (matrices, assembled) = self.forms.matrices(&functions.collect::<Result<Vec<_>>>()?)?;
        Ok((matrices, assembled.norms()))
    }
}

impl Objective<f64> for Ritz<'_> {
    fn parameter_count(&self) -> usize {
        self.start.len()
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let Ritz { family, workspace, forms, ritz, start, penalty, cotangents } = self;
        let pass = family.forms.forward_once(parameters, workspace)?;
        let functions = family.first.iter().map(|&[f, slope]| Ok([pass.value(f)?, pass.value(slope)?]));
        let functions = functions.collect::<Result<Vec<_>>>()?;
        let ([energy, mass], assembled) = forms.matrices(&functions)?;
        Error::check_finite("Ritz matrices", energy.as_slice())?;
        let (mut loss, [s, s_mass]) = ritz.loss(&ritz.pairs(&energy.scale(-1.0), &mass)?)?;
        cotangents.iter_mut().flatten().for_each(|cotangent| cotangent.fill(0.0));
        forms.pull_back(&assembled, &functions, [&s.scale(-1.0), &s_mass.scale(-1.0)], cotangents)?;
        let outputs = family.first.as_flattened();
        let seed = |output, _: &[f64], out: &mut [f64]| {
            if let Some(place) = outputs.iter().position(|&own| own == output) {
                out.copy_from_slice(&cotangents[place / 2][place % 2]);
            }
        };
        pass.pull_back_with(seed, gradient)?;
        for ((g, &p), &start) in gradient.iter_mut().zip(parameters).zip(&*start) {
            loss += *penalty * (p - start).powi(2);
            *g += 2.0 * *penalty * (p - start);
        }
        Ok(loss)
    }
}

/// Eigenfunctions as sums of products of networks, and how good they are.
#[derive(Debug)]
pub struct ProductFunctions {
    values: Vec<f64>,
    /// How the optimiser ended.
    pub outcome: Outcome,
    checked: Checked,
    family: Family,
    parameters: Vec<f64>,
    /// `[products, states]`
    coefficients: Matrix<f64>,
}

impl ProductFunctions {
    /// The levels, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The levels by a denser rule, and the residuals ‖Hψ − Eψ‖/‖ψ‖ by 4096 random points, which the training has not used.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The first level that is not to be trusted, as [`Checked::doubt`] tells.
    pub fn doubt(&self) -> Option<Doubt> {
        self.checked.doubt(&self.values)
    }

    /// The states at points `[rows, d]`: `[rows, states]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn evaluate(&self, points: &Matrix<f64>) -> Result<Matrix<f64>> {
        Error::same_shape("ProductFunctions::evaluate", &[points.cols()], &[self.family.first.len()])?;
        Error::check_finite("points of ProductFunctions", points.as_slice())?;
        let mut workspace = self.family.forms.workspace();
        workspace.set(POINTS, points.as_slice())?;
        let values = self.family.forms.evaluate(&self.parameters, &mut workspace)?;
        let mut products = Matrix::from_fn(points.rows(), self.family.products, |_, _| 1.0);
        for &[f, _] in &self.family.first {
            products.as_mut_slice().iter_mut().zip(values.value(f)?).for_each(|(product, f)| *product *= f);
        }
        products.matmul(&self.coefficients)
    }
}
