//! −Σ ln λ of the Ritz values on a quadrature, with its gradient, and what becomes of what was trained.

use std::sync::Arc;

use super::super::check::{Checked, RIM, Solution};
use super::super::family::Family;
use super::super::function_box::FunctionBox;
use super::super::operator::SelfAdjoint;
use super::super::outlook::Outlook;
use super::super::rayleigh_ritz::RayleighRitz;
use super::super::solution::Eigenfunctions;
use super::super::sweep::Sweep;
use super::NeuralRitz;
use crate::error::Error;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::optim::{Lbfgs, Objective};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// By how much more points each axis has after a refinement.
const FINER: f64 = 1.5;

/// Iterations for the first level beyond those that are trained.
const ITERATIONS_BEYOND: usize = 50;

/// The loss of a neural Ritz solve and its gradient.
#[derive(Debug)]
pub struct RitzObjective<T> {
    settings: NeuralRitz,
    family: Arc<Family<T>>,
    sweep: Sweep<T>,
    start: Vec<T>,
    rule: Quadrature<T>,
    refinements: usize,
    /// Where its functions live, if that was chosen by the solver.
    place: Option<FunctionBox>,
    /// What the operator is in all of its domain, if the solver looked.
    outlook: Option<Arc<Outlook>>,
    ritz: RayleighRitz<T>,
}

impl<T: Scalar> RitzObjective<T> {
    /// With a penalty on the distance from `start`, begun at `parameters`.
    pub(super) fn new(
        settings: NeuralRitz,
        family: Arc<Family<T>>,
        start: Vec<T>,
        quadrature: &Quadrature<T>,
        parameters: &[T],
    ) -> Result<Self> {
        let NeuralRitz { loss, jitter, .. } = settings;
        let ritz = RayleighRitz { loss, trained: settings.trained(), jitter, null_value: T::zero() };
        let mut objective = RitzObjective {
            rule: quadrature.clone(),
            refinements: 0,
            place: None,
            outlook: None,
            settings,
            sweep: Sweep::new(family.clone(), &family.weak.workspace().buffers())?,
            family,
            start,
            ritz,
        };
        let [a, m] = objective.matrices(parameters)?;
        objective.ritz.begin(&a, &m)?;
        Ok(objective)
    }

    /// The same on a box.
    pub(super) fn placed(self, place: FunctionBox) -> Self {
        RitzObjective { place: Some(place), ..self }
    }

    /// With what is known of the operator elsewhere.
    pub(in crate::eigenfunctions) fn with_outlook(self, outlook: Outlook) -> Self {
        RitzObjective { outlook: Some(Arc::new(outlook)), ..self }
    }

    /// The parameters to start from.
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// The Ritz functions at `parameters`.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] if the features are dependent.
    pub fn eigenfunctions(&mut self, parameters: &[T]) -> Result<Eigenfunctions<T>> {
        self.functions(parameters, self.settings.states)
    }

    /// The same with what an independent rule says of them; `outcome` says how they were found.
    ///
    /// # Errors
    /// As there.
    pub fn finish<O>(&mut self, parameters: &[T], outcome: O) -> Result<Solution<T, O>> {
        let states = self.settings.states;
        let others = self.rule.independent();
        let functions = self.functions(parameters, states + 1)?;
        let mut solution = Solution::new(&functions, states, outcome, others.as_ref());
        if self.settings.trained() == states && solution.beyond.is_some() {
            let functions = self.trained_for_one_more(parameters)?;
            solution.beyond = Solution::new(&functions, states, (), others.as_ref()).beyond;
        }
        if let Some(place) = &self.place {
            solution.rim = place.rim(&solution.eigenfunctions)?;
        }
        if let (Some(outlook), Some(checked)) = (self.outlook.clone(), &solution.checked) {
            let all = self.functions(parameters, self.settings.features).ok();
            solution.missed = outlook.missed(&solution.eigenfunctions, all.as_ref(), &checked.residuals);
        }
        Ok(solution)
    }

    /// One state more, after a few iterations for it as well: what is known of the first level beyond.
    fn trained_for_one_more(&mut self, parameters: &[T]) -> Result<Eigenfunctions<T>> {
        let trained = self.ritz.trained;
        self.ritz.trained += 1;
        let lbfgs = Lbfgs { max_iterations: ITERATIONS_BEYOND, ..self.settings.lbfgs };
        let mut more = parameters.to_vec();
        let ended = lbfgs.minimize(self, &mut more);
        self.ritz.trained = trained;
        // Where it is no level yet, there is nothing to train.
        self.functions(if ended.is_ok() { &more } else { parameters }, trained + 1)
    }

    /// The loss to go on with and the parameters to begin at, for the operator that this one was made for; `None` if
    /// `solution`, finished at `parameters`, is to stay.
    ///
    /// Where its levels depend on the rule, that is [finer](Quadrature::refined), up to [`NeuralRitz::refinements`] times, and
    /// the training begins anew: what was trained has learned the gaps of the coarser one. Where a box that the solver chose
    /// holds levels back, it is larger.
    ///
    /// # Errors
    /// As [`NeuralRitz::objective`].
    pub fn continued<O>(
        &self,
        operator: &dyn SelfAdjoint,
        solution: &Solution<T, O>,
        parameters: &[T],
    ) -> Result<Option<(Self, Vec<T>)>> {
        let RitzObjective { settings, family, start, rule, refinements, place, outlook, .. } = self;
        let agrees = |checked: &Checked| checked.agrees(solution.eigenfunctions.values());
        if !solution.checked.as_ref().is_none_or(agrees) {
            let finer = rule.refined(FINER).filter(|finer| settings.fits(finer.len()));
            let Some(finer) = finer.filter(|_| *refinements < settings.refinements) else { return Ok(None) };
            let objective = Self::new(settings.clone(), family.clone(), start.clone(), &finer, start)?;
            let (place, outlook, refinements) = (place.clone(), outlook.clone(), refinements + 1);
            return Ok(Some((RitzObjective { place, outlook, refinements, ..objective }, start.clone())));
        }
        // Of states that are none, the rim says nothing.
        let none = |checked: &Checked| checked.doubt(solution.eigenfunctions.values()).is_some();
        let sound = place.as_ref().filter(|_| !solution.checked.as_ref().is_some_and(none));
        let Some(place) = sound.and_then(|place| place.enlarged(&solution.rim, RIM)) else { return Ok(None) };
        let family = Arc::new(Family::record(operator, &place.functions(&settings.trial), settings.features)?);
        let objective = Self::new(settings.clone(), family, start.clone(), &place.rule()?, parameters)?;
        Ok(Some((RitzObjective { outlook: outlook.clone(), ..objective.placed(place) }, parameters.to_vec())))
    }

    /// The first `count` of them, or all.
    #[inline(never)]
    pub(in crate::eigenfunctions) fn functions(&mut self, parameters: &[T], count: usize) -> Result<Eigenfunctions<T>> {
        let [a, m] = self.matrices(parameters)?;
        let pairs = self.ritz.first_pairs(&a, &m, count.min(self.settings.features))?;
        // Beyond the trained ones there may be combinations that vanish.
        let levels = |&(k, &value): &(usize, &T)| k < self.settings.trained() || self.ritz.is_level(value);
        let levels = pairs.values.iter().enumerate().take_while(levels).count();
        // The Ritz values of these combinations alone, which the jitter has no part in.
        let c = pairs.vectors.submatrix(0..pairs.vectors.rows(), 0..levels);
        let project = |x: &Matrix<T>| -> Result<Matrix<T>> { Ok(symmetric_part(&c.t_matmul(&x.matmul(&c)?)?)) };
        let own = generalized_symmetric_eigen(&project(&a)?, &project(&m)?)?;
        let turn = Matrix::from_fn(levels, levels, |i, j| own.vectors[(i, levels - 1 - j)]);
        Ok(Eigenfunctions {
            family: self.family.clone(),
            trial: self.family.at(parameters, self.sweep.buffers())?,
            coefficients: Some(c.matmul(&turn)?),
            values: own.values.iter().rev().map(|&value| Scalar::to_f64(value)).collect(),
        })
    }

    /// A and M of the features at `parameters`.
    fn matrices(&mut self, parameters: &[T]) -> Result<[Matrix<T>; 2]> {
        let forms = self.sweep.forms(parameters, &self.rule)?;
        check(&forms)?;
        Ok(forms)
    }
}

fn check<T: Scalar>(forms: &[Matrix<T>; 2]) -> Result<()> {
    forms.iter().try_for_each(|form| Error::check_finite("Ritz matrices", form.as_slice()))
}

impl<T: Scalar> Objective<T> for RitzObjective<T> {
    fn parameter_count(&self) -> usize {
        self.start.len()
    }

    #[inline(never)]
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        let [a, m] = self.matrices(parameters)?;
        let RitzObjective { settings, sweep, start, rule, ritz, .. } = self;
        let (mut loss, slopes) = ritz.loss(&ritz.pairs(&a, &m)?)?;
        sweep.gradient(parameters, rule, &slopes, gradient)?;
        let penalty = T::of(settings.penalty);
        for ((g, &p), &start) in gradient.iter_mut().zip(parameters).zip(&*start) {
            let away = p - start;
            loss += penalty * away * away;
            *g += T::of(2.0) * penalty * away;
        }
        Ok(loss)
    }
}
