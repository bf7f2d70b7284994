//! Neural Ritz: a network proposes features, linear algebra combines them.
//!
//! With A = ⟨φᵢ, T φⱼ⟩ and M = ⟨φᵢ, φⱼ⟩ on a fixed quadrature, the Ritz values λ of A c = λ M c are lower bounds of the
//! true ones, and −Σ ln λ (or −Σ λ) is lowered by L-BFGS. Its gradient needs no derivative of the eigensolver,
//! dλ = cᵀ(dA − λ dM)c (Hellmann, 1937; Feynman, 1939), and degenerate levels do no harm if they are complete.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::check::{Checked, RIM, Solution};
use super::function_box::FunctionBox;
use super::operator::SelfAdjoint;
use super::rayleigh_ritz::{RayleighRitz, RitzLoss};
use super::solution::{Eigenfunctions, Family, POINTS, add_forms, weigh};
use super::trial::{Envelope, Trial, TrialFunctions};
use crate::autodiff::Workspace;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Gram, Matrix, generalized_symmetric_eigen};
use crate::optim::{InverseHessian, Lbfgs, Objective, Outcome, Progress, StopReason};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar, Seed};

/// The settings of a neural Ritz solve.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::quadrature::PolarGrid;
/// use eigennet::eigenfunctions::{NeuralRitz, Schrodinger};
/// let grid = PolarGrid::training().build::<f64>()?;
/// let solved = NeuralRitz::default().solve(&Schrodinger::hydrogen(), &grid, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralRitz {
    /// States that are returned (default 9).
    pub states: usize,
    /// States whose Ritz values are trained (default: as many as returned). Give the end of the
    /// degenerate level that the last state belongs to: cutting a level makes the loss non-smooth.
    pub trained: Option<usize>,
    /// Features that the network proposes (default 40).
    pub features: usize,
    /// The network and its envelope.
    pub trial: TrialFunctions,
    /// What is lowered (default: what fits the sign of the levels).
    pub loss: RitzLoss,
    /// Added to the diagonal of M, whose diagonal is scaled to 1 (default 1e-10).
    pub jitter: f64,
    /// Weight of ‖θ − θ₀‖²: keeps the network from exploiting the quadrature (default 1e-10).
    pub penalty: f64,
    /// The optimiser (default: 600 iterations, with the [whole inverse Hessian](InverseHessian::Full)).
    pub lbfgs: Lbfgs,
    /// How often [`solve`](Self::solve) goes on with a finer quadrature where an independent one gives other levels
    /// (default 2).
    pub refinements: usize,
}

impl Default for NeuralRitz {
    fn default() -> Self {
        NeuralRitz {
            states: 9,
            trained: None,
            features: 40,
            trial: TrialFunctions {
                hidden: vec![32],
                length: 10.0,
                envelope: Envelope::Exponential { first: 1.5, last: 0.12 },
                ..TrialFunctions::default()
            },
            loss: RitzLoss::Auto,
            jitter: 1e-10,
            penalty: 1e-10,
            lbfgs: Lbfgs {
                max_iterations: 600,
                max_evaluations: 1200,
                inverse_hessian: InverseHessian::Full,
                ..Lbfgs::default()
            },
            refinements: 2,
        }
    }
}

/// By how much more points each axis has after a refinement.
const FINER: f64 = 1.5;

/// Iterations for the first level beyond those that are trained.
const ITERATIONS_BEYOND: usize = 50;

/// The most values of all features on the quadrature: a slip beyond, and 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;

impl NeuralRitz {
    fn trained(&self) -> usize {
        self.trained.unwrap_or(self.states)
    }

    fn fits(&self, points: usize) -> bool {
        points.max(self.features).checked_mul(self.features).is_some_and(|entries| entries <= MAX_ENTRIES)
    }

    fn check(&self) -> Result<()> {
        if self.states == 0 {
            return Err(Error::invalid("states of NeuralRitz", "0; ask for at least one"));
        }
        if self.trained() < self.states || self.features < self.trained() {
            return Err(Error::invalid(
                "states of NeuralRitz",
                format!(
                    "{} states, {} trained, {} features: a basis holds no more states than features; raise features",
                    self.states,
                    self.trained(),
                    self.features
                ),
            ));
        }
        if !(self.jitter >= 0.0 && self.penalty >= 0.0 && self.jitter.is_finite() && self.penalty.is_finite()) {
            return Err(Error::invalid("NeuralRitz", "jitter and penalty have to be finite and not negative"));
        }
        if let RitzLoss::LogSum { floor } = self.loss
            && !(floor > 0.0 && floor.is_finite())
        {
            return Err(Error::invalid("floor of RitzLoss::LogSum", format!("{floor}; give a positive number")));
        }
        Ok(())
    }

    /// Solves for the largest eigenvalues of `operator`, integrating by `quadrature`.
    ///
    /// A network can exploit the gaps between points. So the levels are computed anew by an
    /// [independent](Quadrature::independent) rule; where they differ, the training begins anew with a
    /// [finer](Quadrature::refined) one, up to [`refinements`](Self::refinements) times. If they differ still, or were
    /// not trained for long enough, the [`doubt`](Solution::doubt) of the solution says so.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the optimiser reports.
    #[inline(never)]
    pub fn solve<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<Solution<T, Outcome>> {
        self.solve_observed(operator, quadrature, seed, |_| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each iteration.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
        mut observer: impl FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let objective = self.objective(operator, quadrature, seed)?;
        self.train(objective, operator, &mut observer)
    }

    /// Trains on finer rules, and in larger boxes, until neither changes a level.
    pub(super) fn train<T: Scalar>(
        &self,
        mut objective: RitzObjective<T>,
        operator: &dyn SelfAdjoint,
        observer: &mut dyn FnMut(&Progress<'_, T>) -> ControlFlow<()>,
    ) -> Result<Solution<T, Outcome>> {
        let mut parameters = objective.start.clone();
        loop {
            let outcome = self.lbfgs.minimize_observed(&mut objective, &mut parameters, &mut *observer)?;
            let stopped = outcome.reason == StopReason::StoppedByObserver;
            let solution = objective.finish(&parameters, outcome)?;
            let next = if stopped { None } else { objective.continued(operator, &solution, &parameters)? };
            let Some(next) = next else { return Ok(solution) };
            (objective, parameters) = next;
        }
    }

    /// The loss of functions on a box.
    pub(super) fn objective_in<T: Scalar>(
        &self,
        place: FunctionBox,
        operator: &dyn SelfAdjoint,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        let objective = self.objective_of(&place.functions(&self.trial), operator, &place.rule()?, seed)?;
        Ok(RitzObjective { place: Some(place), ..objective })
    }

    /// The function that is minimised, for an optimiser of one's own or a checkpointed run.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    #[inline(never)]
    pub fn objective<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        self.objective_of(&self.trial, operator, quadrature, seed)
    }

    /// The same for trial functions of any kind, in place of [`trial`](Self::trial).
    ///
    /// # Errors
    /// As there.
    pub fn objective_of<T: Scalar>(
        &self,
        trial: &dyn Trial,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        self.check()?;
        let reason = format_args!("{} on {} points; at most {MAX_ENTRIES} values fit", self.features, quadrature.len());
        Error::require(self.fits(quadrature.len()), "features of NeuralRitz", reason)?;
        if quadrature.is_empty() {
            return Err(Error::invalid("quadrature of NeuralRitz", "it has no points; give at least one"));
        }
        let family = Arc::new(Family::record(operator, trial, self.features)?);
        if quadrature.dimension() != family.dimension {
            return Err(Error::shape("quadrature", &[quadrature.dimension()], &[family.dimension]));
        }
        let start = family.weak.initial(seed.child("neural-ritz"));
        RitzObjective::new(self.clone(), family, start.clone(), quadrature, &start)
    }
}

/// The loss of a neural Ritz solve and its gradient.
#[derive(Debug)]
pub struct RitzObjective<T> {
    settings: NeuralRitz,
    family: Arc<Family<T>>,
    workspace: Workspace<T>,
    start: Vec<T>,
    rule: Quadrature<T>,
    refinements: usize,
    /// Where its functions live, if that was chosen by the solver.
    place: Option<FunctionBox>,
    /// How many points are computed at a time.
    block: usize,
    weighted: Vec<T>,
    /// The gradient of a block.
    partial: Vec<T>,
    packing: Packing<T>,
    room: Gram<T>,
    ritz: RayleighRitz<T>,
}

/// The most points that are computed at a time: what bounds the memory of a training.
const MAX_BLOCK: usize = 1024;

/// As many points in each block, of all blocks that are needed.
fn block_of(points: usize) -> usize {
    points.div_ceil(points.div_ceil(MAX_BLOCK).max(1)).max(1)
}

impl<T: Scalar> RitzObjective<T> {
    /// With a penalty on the distance from `start`, begun at `parameters`.
    fn new(
        settings: NeuralRitz,
        family: Arc<Family<T>>,
        start: Vec<T>,
        quadrature: &Quadrature<T>,
        parameters: &[T],
    ) -> Result<Self> {
        let NeuralRitz { loss, jitter, features, .. } = settings;
        let ritz = RayleighRitz { loss, trained: settings.trained(), jitter, null_value: T::zero() };
        let mut objective = RitzObjective {
            rule: quadrature.clone(),
            refinements: 0,
            place: None,
            block: block_of(quadrature.len()),
            weighted: Vec::with_capacity(block_of(quadrature.len()) * features),
            partial: vec![T::zero(); start.len()],
            packing: Packing::new(),
            room: Gram::new(),
            settings,
            workspace: family.weak.workspace(),
            family,
            start,
            ritz,
        };
        let [a, m] = objective.matrices(parameters)?;
        objective.ritz.begin(&a, &m)?;
        Ok(objective)
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
        let RitzObjective { settings, family, start, rule, refinements, place, .. } = self;
        let agrees = |checked: &Checked| checked.agrees(solution.eigenfunctions.values());
        if !solution.checked.as_ref().is_none_or(agrees) {
            let finer = rule.refined(FINER).filter(|finer| settings.fits(finer.len()));
            let Some(finer) = finer.filter(|_| *refinements < settings.refinements) else { return Ok(None) };
            let objective = Self::new(settings.clone(), family.clone(), start.clone(), &finer, start)?;
            let (place, refinements) = (place.clone(), refinements + 1);
            return Ok(Some((RitzObjective { place, refinements, ..objective }, start.clone())));
        }
        // Of states that are none, the rim says nothing.
        let sound = place.as_ref().filter(|_| solution.doubt().is_none());
        let Some(place) = sound.and_then(|place| place.enlarged(&solution.rim, RIM)) else { return Ok(None) };
        let family = Arc::new(Family::record(operator, &place.functions(&settings.trial), settings.features)?);
        let objective = Self::new(settings.clone(), family, start.clone(), &place.rule()?, parameters)?;
        Ok(Some((RitzObjective { place: Some(place), ..objective }, parameters.to_vec())))
    }

    /// The first `count` of them, or all.
    #[inline(never)]
    pub(super) fn functions(&mut self, parameters: &[T], count: usize) -> Result<Eigenfunctions<T>> {
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
            trial: self.family.at(parameters, self.workspace.buffers())?,
            coefficients: Some(c.matmul(&turn)?),
            values: own.values.iter().rev().map(|&value| Scalar::to_f64(value)).collect(),
        })
    }

    /// A and M of the features at `parameters`.
    fn matrices(&mut self, parameters: &[T]) -> Result<[Matrix<T>; 2]> {
        let n = self.family.count;
        let [mut a, mut m] = [(); 2].map(|()| Matrix::zeros(n, n));
        for k in 0..blocks(&self.rule, self.block).count() {
            self.add_block(k, parameters, [&mut a, &mut m])?;
        }
        check(&a, &m)?;
        Ok([a, m])
    }

    /// Adds what a block of points contributes to A and M.
    fn add_block(&mut self, k: usize, parameters: &[T], forms: [&mut Matrix<T>; 2]) -> Result<()> {
        let Some((points, weights)) = blocks(&self.rule, self.block).nth(k) else { return Ok(()) };
        self.workspace.set(POINTS, points)?;
        let values = self.family.weak.evaluate(parameters, &mut self.workspace)?;
        add_forms(&self.family, |output| values.value(output), weights, &mut self.room, forms)
    }
}

/// Points and weights, so many at a time; there is at least one block.
fn blocks<T: Scalar>(rule: &Quadrature<T>, block: usize) -> impl DoubleEndedIterator<Item = (&[T], &[T])> {
    rule.points().chunks(block * rule.dimension()).zip(rule.weights().chunks(block))
}

fn check<T: Scalar>(a: &Matrix<T>, m: &Matrix<T>) -> Result<()> {
    Error::check_finite("Ritz matrices", a.as_slice())?;
    Error::check_finite("Ritz matrices", m.as_slice())
}

impl<T: Scalar> Objective<T> for RitzObjective<T> {
    fn parameter_count(&self) -> usize {
        self.start.len()
    }

    /// Two sweeps over blocks of points: one for A and M, one for the gradient, which computes the features of all blocks but
    /// the last anew rather than keep them.
    #[inline(never)]
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        let n = self.settings.features;
        let [mut a, mut m] = [(); 2].map(|()| Matrix::zeros(n, n));
        let last = blocks(&self.rule, self.block).count() - 1;
        for k in 0..last {
            self.add_block(k, parameters, [&mut a, &mut m])?;
        }
        let RitzObjective {
            settings,
            family,
            workspace,
            start,
            rule,
            block,
            weighted,
            partial,
            packing,
            room,
            ritz,
            ..
        } = self;
        gradient.fill(T::zero());
        let two = T::of(2.0);
        let mut slopes = None;
        for (points, weights) in blocks(rule, *block).rev() {
            workspace.set(POINTS, points)?;
            let pass = family.weak.forward_once(parameters, workspace)?;
            let (_, [s, s_mass]) = match &slopes {
                Some(known) => known,
                None => {
                    add_forms(family, |output| pass.value(output), weights, room, [&mut a, &mut m])?;
                    check(&a, &m)?;
                    slopes.insert(ritz.loss(&ritz.pairs(&a, &m)?)?)
                }
            };
            let seed = |output, value: &[T], out: &mut [T]| {
                let term = family.terms.iter().find(|(term, _)| *term == output);
                let (factor, matrix) = term.map_or((-two, s_mass), |&(_, sign)| (two * T::of(sign), s));
                weigh(value, weights, weighted);
                let left = MatRef::row_major(weighted, weights.len(), n);
                let mut out = MatMut::row_major(out, weights.len(), n);
                gemm(factor, left, matrix.view(), T::zero(), &mut out, packing);
            };
            pass.pull_back_with(seed, partial)?;
            gradient.iter_mut().zip(&*partial).for_each(|(sum, &part)| *sum += part);
        }
        let mut loss = slopes.map_or(T::zero(), |(loss, _)| loss);
        let penalty = T::of(settings.penalty);
        for ((g, &p), &start) in gradient.iter_mut().zip(parameters).zip(&*start) {
            let away = p - start;
            loss += penalty * away * away;
            *g += two * penalty * away;
        }
        Ok(loss)
    }
}
