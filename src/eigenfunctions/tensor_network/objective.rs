//! The loss of a tensor-network Ritz solve, and what becomes of its parameters.

use std::sync::Arc;

use super::family::{Family, POINTS};
use super::forms::{Assembled, Forms};
use super::preconditioner::LastLayers;
use super::{ProductFunctions, TensorNetwork};
use crate::autodiff::Workspace;
use crate::eigenfunctions::chain_operator::{Link, links};
use crate::eigenfunctions::check::Checked;
use crate::eigenfunctions::coordinate::Coordinate;
use crate::eigenfunctions::rayleigh_ritz::{RayleighRitz, RitzLoss};
use crate::eigenfunctions::separable::SeparableSum;
use crate::eigenfunctions::wells::missed;
use crate::error::Error;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::optim::{Objective, Preconditioner};
use crate::quadrature::Quadrature;
use crate::{Result, Seed};

/// How far from the centre of a line its points reach, in its lengths.
const REACH: f64 = 8.0;

/// The loss of a [`TensorNetwork`], Σ of the lowest Ritz values + penalty ‖θ − θ₀‖², and its gradient.
#[derive(Debug)]
pub struct ProductObjective {
    pub(super) settings: TensorNetwork,
    pub(super) h: SeparableSum,
    pub(super) links: Vec<Link>,
    pub(super) coordinates: Vec<Coordinate>,
    pub(super) family: Arc<Family>,
    seed: Seed,
    start: Vec<f64>,
    ritz: RayleighRitz<f64>,
    rules: Rules,
    cotangents: Vec<[Vec<f64>; 2]>,
}

/// The functions and the Hamiltonian on a rule for each coordinate.
#[derive(Debug)]
struct Rules {
    workspace: Workspace<f64>,
    /// `[points, coordinates]`.
    points: Vec<f64>,
    forms: Forms,
}

impl Rules {
    fn new(
        family: &Family,
        h: &SeparableSum,
        links: &[Link],
        coordinates: &[Coordinate],
        points: usize,
    ) -> Result<Self> {
        let rules = coordinates.iter().map(|coordinate| coordinate.rule(points, REACH));
        let rules: Vec<Quadrature<f64>> = rules.collect::<Result<_>>()?;
        let mut workspace = family.forms.workspace();
        let points: Vec<f64> = (0..points).flat_map(|q| rules.iter().map(move |rule| rule.points()[q])).collect();
        workspace.set(POINTS, &points)?;
        Ok(Rules { workspace, points, forms: Forms::new(links, &h.factors, &rules)? })
    }

    /// H and M of products of norm 1.
    fn matrices(&mut self, family: &Family, parameters: &[f64]) -> Result<([Matrix<f64>; 2], Assembled)> {
        let values = family.forms.evaluate(parameters, &mut self.workspace)?;
        let functions = family.first.iter().map(|&[f, slope]| Ok([values.value(f)?, values.value(slope)?]));
        self.forms.matrices(&functions.collect::<Result<Vec<_>>>()?)
    }
}

impl ProductObjective {
    pub(super) fn new(
        settings: &TensorNetwork,
        h: &SeparableSum,
        coordinates: &[Coordinate],
        seed: Seed,
    ) -> Result<Self> {
        let family = Arc::new(Family::record(settings, coordinates)?);
        let links = links(h)?;
        let start = family.forms.initial(seed.child("tensor-network"));
        let mut rules = Rules::new(&family, h, &links, coordinates, settings.points)?;
        let trained = settings.trained.unwrap_or(settings.states);
        let mut ritz = RayleighRitz { loss: RitzLoss::Sum, trained, jitter: settings.jitter, null_value: 0.0 };
        let [energy, mass] = rules.matrices(&family, &start)?.0;
        ritz.begin(&energy.scale(-1.0), &mass)?;
        let room = || [(); 2].map(|()| vec![0.0; settings.points * settings.products]);
        Ok(ProductObjective {
            settings: settings.clone(),
            h: h.clone(),
            coordinates: coordinates.to_vec(),
            cotangents: coordinates.iter().map(|_| room()).collect(),
            links,
            family,
            seed,
            start,
            ritz,
            rules,
        })
    }

    /// The parameters to start from.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// [`Assembled::neighbourhoods`] of the states that are trained.
    pub(super) fn neighbourhoods(&mut self, parameters: &[f64]) -> Result<Vec<Matrix<f64>>> {
        let ([energy, mass], assembled) = self.rules.matrices(&self.family, parameters)?;
        let states = self.ritz.pairs(&energy.scale(-1.0), &mass)?.vectors;
        Ok(assembled.neighbourhoods(&states.matmul_t(&states)?))
    }

    /// The functions at `parameters`, and what other points say of them; `outcome` says how they were found.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] where a function vanished; [`Error::Shape`] for parameters that do not fit.
    pub fn finish<O>(&mut self, parameters: &[f64], outcome: O) -> Result<ProductFunctions<O>> {
        let (p, states) = (self.settings.products, self.settings.states);
        let ([energy, mass], assembled) = self.rules.matrices(&self.family, parameters)?;
        let norms = assembled.norms();
        let pairs = self.ritz.pairs(&energy.scale(-1.0), &mass)?;
        let values: Vec<f64> = pairs.values[..states].iter().map(|value| -value).collect();
        let coefficients = Matrix::from_fn(p, states, |i, j| pairs.vectors[(i, j)] / norms[i]);
        // The levels by a denser rule, the residuals by random points.
        let finer = self.settings.points + self.settings.points / 4 + 1;
        let mut finer = Rules::new(&self.family, &self.h, &self.links, &self.coordinates, finer)?;
        let ([energy, mass], assembled) = finer.matrices(&self.family, parameters)?;
        let norms = assembled.norms();
        let turned = Matrix::from_fn(p, states, |i, j| coefficients[(i, j)] * norms[i]);
        let project = |a: &Matrix<f64>| turned.t_matmul(&a.matmul(&turned)?);
        let levels = generalized_symmetric_eigen(&project(&energy)?, &project(&mass)?);
        let levels = levels.map_or_else(|_| vec![f64::NAN; states], |pairs| pairs.values);
        let residuals = self.residuals(parameters, &values, &coefficients, self.seed.child("residual"))?;
        let checked = Checked { levels, residuals };
        let (family, parameters) = (Arc::clone(&self.family), parameters.to_vec());
        let mut found = ProductFunctions { values, outcome, checked, missed: None, family, parameters, coefficients };
        let reach: Vec<_> = self.coordinates.iter().map(|coordinate| (coordinate.clone(), REACH)).collect();
        let wells = self.h.wells(&reach, self.seed.child("wells"));
        let overlaps = |gaussian: &_| found.overlaps(gaussian);
        let beside = missed(&wells, &found.values, &found.checked.residuals, overlaps, |_| true);
        found.missed = beside.first().map(|(well, value)| well.missed(*value));
        Ok(found)
    }
}

impl Objective<f64> for ProductObjective {
    fn parameter_count(&self) -> usize {
        self.start.len()
    }

    /// Of two coordinates and more: with one, the last layer only turns what Ritz combines anyway.
    fn preconditioner(&mut self, parameters: &[f64]) -> Result<Option<Preconditioner<f64>>> {
        if self.coordinates.len() == 1 {
            return Ok(None);
        }
        let gammas = self.neighbourhoods(parameters)?;
        let Rules { points, forms, .. } = &self.rules;
        let last = LastLayers::new(&self.family, &self.coordinates, points, forms, &gammas, parameters)?;
        Ok(Some(Arc::new(last)))
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let ProductObjective { settings, family, rules, ritz, start, cotangents, .. } = self;
        let Rules { workspace, forms, .. } = rules;
        let penalty = settings.penalty;
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
            loss += penalty * (p - start).powi(2);
            *g += 2.0 * penalty * (p - start);
        }
        Ok(loss)
    }
}
