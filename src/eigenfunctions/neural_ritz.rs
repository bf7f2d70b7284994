//! Neural Ritz: a network proposes features, linear algebra combines them.
//!
//! With A = ⟨φᵢ, T φⱼ⟩ and M = ⟨φᵢ, φⱼ⟩ on a fixed quadrature, the Ritz values λ of A c = λ M c are lower bounds of the
//! true ones, and −Σ ln λ (or −Σ λ) is lowered by L-BFGS. Its gradient needs no derivative of the eigensolver,
//! dλ = cᵀ(dA − λ dM)c (Hellmann, 1937; Feynman, 1939), and degenerate levels do no harm if they are complete.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::check::Solution;
use super::operator::SelfAdjoint;
use super::rayleigh_ritz::{RayleighRitz, RitzLoss};
use super::solution::{Eigenfunctions, Family, POINTS, add_forms, weigh};
use super::trial::{Envelope, TrialFunctions};
use crate::autodiff::{Output, Workspace};
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix};
use crate::optim::{Lbfgs, Objective, Outcome, Progress};
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
    /// What is lowered.
    pub loss: RitzLoss,
    /// Added to the diagonal of M, whose diagonal is scaled to 1 (default 1e-10).
    pub jitter: f64,
    /// Weight of ‖θ − θ₀‖²: keeps the network from exploiting the quadrature (default 1e-8).
    pub penalty: f64,
    /// The optimiser (default: 600 iterations).
    pub lbfgs: Lbfgs,
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
            loss: RitzLoss::LogSum { floor: 1e-4 },
            jitter: 1e-10,
            penalty: 1e-8,
            lbfgs: Lbfgs { max_iterations: 600, max_evaluations: 1200, ..Lbfgs::default() },
        }
    }
}

/// The most values of all features on the quadrature: a slip beyond, and 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;

impl NeuralRitz {
    fn trained(&self) -> usize {
        self.trained.unwrap_or(self.states)
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

    /// Solves for the largest eigenvalues of `operator`, integrating by `quadrature`. Ask the solution for its
    /// [`doubt`](Solution::doubt): a network can exploit the gaps between points.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit, and what the optimiser reports.
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
        let mut objective = self.objective(operator, quadrature, seed)?;
        let mut parameters = objective.start.clone();
        let outcome = self.lbfgs.minimize_observed(&mut objective, &mut parameters, &mut observer)?;
        let eigenfunctions = objective.eigenfunctions(&parameters)?;
        Ok(Solution::new(eigenfunctions, outcome, quadrature.independent().as_ref()))
    }

    /// The function that is minimised, for an optimiser of one's own or a checkpointed run.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    pub fn objective<T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        quadrature: &Quadrature<T>,
        seed: Seed,
    ) -> Result<RitzObjective<T>> {
        self.check()?;
        let most = quadrature.len().max(self.features);
        if most.checked_mul(self.features).is_none_or(|entries| entries > MAX_ENTRIES) {
            return Err(Error::invalid(
                "features of NeuralRitz",
                format!("{} on {} points; at most {MAX_ENTRIES} values fit", self.features, quadrature.len()),
            ));
        }
        if quadrature.is_empty() {
            return Err(Error::invalid("quadrature of NeuralRitz", "it has no points; give at least one"));
        }
        let family = Arc::new(Family::record(operator, &self.trial, self.features)?);
        if quadrature.dimension() != family.dimension {
            return Err(Error::shape("quadrature", &[quadrature.dimension()], &[family.dimension]));
        }
        let mut workspace = family.weak.workspace();
        workspace.set(POINTS, quadrature.points())?;
        let start = family.weak.initial(seed.child("neural-ritz"));
        let mut objective = RitzObjective {
            settings: self.clone(),
            weights: quadrature.weights().to_vec(),
            weighted: Vec::with_capacity(quadrature.len() * self.features),
            packing: Packing::new(),
            room: Gram::new(),
            ritz: RayleighRitz { loss: self.loss, trained: self.trained(), jitter: self.jitter, null_value: T::zero() },
            start,
            workspace,
            family,
        };
        if self.loss == RitzLoss::Sum {
            let start = objective.start.clone();
            let [a, m] = objective.matrices(&start)?;
            objective.ritz.sink_null_directions(&a, &m)?;
        }
        Ok(objective)
    }
}

/// The loss of a neural Ritz solve and its gradient.
#[derive(Debug)]
pub struct RitzObjective<T> {
    settings: NeuralRitz,
    family: Arc<Family<T>>,
    workspace: Workspace<T>,
    start: Vec<T>,
    weights: Vec<T>,
    weighted: Vec<T>,
    packing: Packing<T>,
    room: Gram<T>,
    ritz: RayleighRitz<T>,
}

impl<T: Scalar> RitzObjective<T> {
    /// The parameters to start from.
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// The Ritz functions at `parameters`.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] if the features are dependent.
    pub fn eigenfunctions(&mut self, parameters: &[T]) -> Result<Eigenfunctions<T>> {
        let [a, m] = self.matrices(parameters)?;
        let pairs = self.ritz.pairs(&a, &m)?;
        let (features, states) = (self.settings.features, self.settings.states);
        let coefficients = Matrix::from_fn(features, states, |i, j| pairs.vectors[(i, j)]);
        Ok(Eigenfunctions {
            family: self.family.clone(),
            trial: self.family.at(parameters, self.workspace.buffers())?,
            coefficients: Some(coefficients),
            values: pairs.values[..states].iter().map(|&v| Scalar::to_f64(v)).collect(),
        })
    }

    /// A and M of the features at `parameters`.
    fn matrices(&mut self, parameters: &[T]) -> Result<[Matrix<T>; 2]> {
        let values = self.family.weak.evaluate(parameters, &mut self.workspace)?;
        matrices(&self.family, |output| values.value(output), &self.weights, &mut self.room)
    }
}

fn matrices<'v, T: Scalar>(
    family: &Family<T>,
    value: impl Fn(Output) -> Result<&'v [T]>,
    weights: &[T],
    room: &mut Gram<T>,
) -> Result<[Matrix<T>; 2]> {
    let n = family.count;
    let (mut a, mut m) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    add_forms(family, value, weights, room, [&mut a, &mut m])?;
    Error::check_finite("Ritz matrices", a.as_slice())?;
    Error::check_finite("Ritz matrices", m.as_slice())?;
    Ok([a, m])
}

impl<T: Scalar> Objective<T> for RitzObjective<T> {
    fn parameter_count(&self) -> usize {
        self.start.len()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        let RitzObjective { settings, family, workspace, start, weights, weighted, packing, room, ritz } = self;
        let pass = family.weak.forward_once(parameters, workspace)?;
        let [a, m] = matrices(family, |output| pass.value(output), weights, room)?;
        let (mut loss, [s, s_mass]) = ritz.loss(&ritz.pairs(&a, &m)?)?;
        let n = settings.features;
        let two = T::of(2.0);
        let seed = |output, value: &[T], out: &mut [T]| {
            let term = family.terms.iter().find(|(term, _)| *term == output);
            let (factor, matrix) = term.map_or((-two, &s_mass), |&(_, sign)| (two * T::of(sign), &s));
            weigh(value, weights, weighted);
            let left = MatRef::row_major(weighted, weights.len(), n);
            let mut out = MatMut::row_major(out, weights.len(), n);
            gemm(factor, left, matrix.view(), T::zero(), &mut out, packing);
        };
        pass.pull_back_with(seed, gradient)?;
        let penalty = T::of(settings.penalty);
        for ((g, &p), &start) in gradient.iter_mut().zip(parameters).zip(&*start) {
            let away = p - start;
            loss += penalty * away * away;
            *g += two * penalty * away;
        }
        Ok(loss)
    }
}
