//! The report's network: one for the whole interval, trained by Adam.

use std::ops::ControlFlow;

use super::flow::EigenvectorFlow;
use crate::differential::{Collocation, Domain, Equation};
use crate::kernels::reduce::dot;
use crate::nn::{Activation, Mlp};
use crate::optim::{
    Adam, AdamSettings, FullBatch, LevenbergMarquardt, Residuals, Schedule, StepReport, StopReason, Trainer,
};
use crate::quadrature::MAX_POINTS;
use crate::{Error, Result, Scalar, Seed};

/// What is put in the place of dx̃ᵢ/dt in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeDerivative {
    /// dx̃ᵢ/dt, component by component (eq. 24).
    #[default]
    Components,
    /// d(Σⱼ x̃ⱼ)/dt in every component, as the published code has it: it asks a deep-learning framework
    /// for the gradient of a vector, which is that of its sum, and broadcasts it. The minimum of that loss
    /// is no solution of the equation.
    SumAsPublished,
}

/// One network for a whole interval [0, t_f], x̃ = x₀(1 − t) + t N(t) (eq. 23), trained by Adam on the
/// mean square residual at equidistant times (eq. 22), both ends among them.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::differential::eigenvector_ode::{EigenvectorFlow, WholeIntervalNetwork};
/// use eigennet::linalg::Matrix;
/// let flow = EigenvectorFlow::new(&Matrix::from_diagonal(&[2.0, 1.0]))?;
/// let network = WholeIntervalNetwork { hidden: 20, points: 20, epochs: 200, rate: 0.01, ..Default::default() };
/// let trained = network.train(&flow, &[0.6, 0.8], Seed(0))?;
/// assert!(trained.losses()[199] < trained.losses()[0]);
/// assert_eq!(trained.at(0.0)?, [0.6, 0.8]); // built in
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WholeIntervalNetwork {
    /// Neurons, with the sigmoid (default 100).
    pub hidden: usize,
    /// Equidistant times (default 100).
    pub points: usize,
    /// t_f (default 2).
    pub time: f64,
    /// Steps of Adam on all points (default 10⁵).
    pub epochs: u64,
    /// The learning rate (default 1e-3).
    pub rate: f64,
    /// How dx̃/dt enters (default by components).
    pub derivative: TimeDerivative,
    /// What follows the epochs of Adam (default nothing, as in the report). With it there may be 0 of
    /// them.
    pub refine: Option<LevenbergMarquardt>,
}

impl Default for WholeIntervalNetwork {
    fn default() -> Self {
        WholeIntervalNetwork {
            hidden: 100,
            points: 100,
            time: 2.0,
            epochs: 100_000,
            rate: 1e-3,
            derivative: TimeDerivative::Components,
            refine: None,
        }
    }
}

const START: &str = "start";
const MATRIX: &str = "matrix";

/// A trained [`WholeIntervalNetwork`].
#[derive(Debug, Clone)]
pub struct WholeIntervalSolution<T> {
    losses: Vec<f64>,
    /// t_f.
    time: T,
    /// ‖residual‖² at each point.
    residuals: Vec<T>,
    parameters: Vec<T>,
    hidden: usize,
    start: Vec<T>,
    /// Why `refine` ended, if there was one.
    pub refined: Option<StopReason>,
}

impl WholeIntervalNetwork {
    fn check(&self) -> Result<()> {
        if !(self.time > 0.0 && self.time.is_finite()) {
            let reason = format!("{}; it has to be positive and finite", self.time);
            return Err(Error::invalid("time of WholeIntervalNetwork", reason));
        }
        if self.hidden == 0 || !(2..=MAX_POINTS).contains(&self.points) || (self.epochs == 0 && self.refine.is_none()) {
            let reason = format!(
                "give at least 1 neuron, 2 (the ends) to {MAX_POINTS} points, and 1 epoch unless there is `refine`"
            );
            return Err(Error::invalid("WholeIntervalNetwork", reason));
        }
        Ok(())
    }

    fn record<T: Scalar>(&self, n: usize) -> Result<Collocation<T>> {
        let net = Mlp::new("net", [1, self.hidden, n]).activation(Activation::Sigmoid);
        let domain = Domain::new(["t"], [0.0..self.time])?;
        let equation = Equation::record(&domain, |g, [t]| {
            let (start, matrix) = (g.fixed_input(START, [1, n]), g.fixed_input(MATRIX, [n, n]));
            let x = start * (1.0 - t) + t * net.call(t);
            let slope = match self.derivative {
                TimeDerivative::Components => x.d(t),
                TimeDerivative::SumAsPublished => x.row_sum().d(t),
            };
            let product = x.matmul(matrix);
            slope - x.square().row_sum() * product + (x * product).row_sum() * x
        })?;
        equation.on(&domain.uniform([self.points])?)
    }

    /// Trains from `start` `[n]`.
    ///
    /// # Errors
    /// Those of [`EigenvectorFlow::check_start`]; [`Error::InvalidArgument`] for settings outside their
    /// ranges; those of [`Trainer::run`] if the loss does not stay finite.
    pub fn train<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        start: &[T],
        seed: Seed,
    ) -> Result<WholeIntervalSolution<T>> {
        self.train_observed(flow, start, seed, |_, _| ControlFlow::Continue(()))
    }

    /// As [`train`](Self::train), calling `observer` with the number and the loss of each epoch, and then
    /// of each iteration of `refine`; it may end the training.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn train_observed<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        start: &[T],
        seed: Seed,
        mut observer: impl FnMut(u64, f64) -> ControlFlow<()>,
    ) -> Result<WholeIntervalSolution<T>> {
        self.check()?;
        flow.check_start(start)?;
        let mut collocation = self.record::<T>(flow.order())?;
        collocation.set(START, start)?.set(MATRIX, flow.matrix().as_slice())?;
        let mut parameters = collocation.equation().initial(seed.child("whole interval"));
        let mut losses = Vec::new();
        let mut watch = |loss: f64| {
            losses.push(loss);
            observer(losses.len() as u64, loss)
        };
        let mut ended = false;
        if self.epochs > 0 {
            let schedule = Schedule::constant(self.rate)?;
            let trainer = Trainer { steps: self.epochs, schedule, ..Trainer::default() };
            // The ε of the report's library.
            let mut adam = Adam::new(AdamSettings { epsilon: 1e-7, ..AdamSettings::default() })?;
            let mut report = |report: &StepReport<'_, T>| watch(Scalar::to_f64(report.loss));
            let trained = trainer.run(&mut FullBatch(&mut collocation), &mut adam, &mut parameters, &mut report)?;
            ended = trained.reason == StopReason::StoppedByObserver;
        }
        let mut refined = None;
        if let Some(optimizer) = self.refine.filter(|_| !ended) {
            let outcome = optimizer.minimize_observed(&mut collocation, &mut parameters, |p| watch(p.value))?;
            refined = Some(outcome.reason);
        }
        let mut residuals = vec![T::zero(); self.points * start.len()];
        collocation.residuals(&parameters, &mut residuals)?;
        // Their squares add up to the mean over the points.
        let count = T::of(self.points as f64);
        let square = |row: &[T]| count * dot(row, row);
        Ok(WholeIntervalSolution {
            losses,
            residuals: residuals.chunks_exact(start.len()).map(square).collect(),
            time: T::of(self.time),
            parameters,
            hidden: self.hidden,
            start: start.to_vec(),
            refined,
        })
    }
}

impl<T: Scalar> WholeIntervalSolution<T> {
    /// The loss before each epoch, then after each iteration of `refine`.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// The loss at the end: the mean square residual.
    pub fn loss(&self) -> f64 {
        let sum: T = self.residuals.iter().copied().sum();
        Scalar::to_f64(sum) / self.residuals.len() as f64
    }

    /// The times of training and ‖residual‖² at each of them, with the derivative that was trained.
    pub fn residuals(&self) -> impl Iterator<Item = (T, T)> + '_ {
        let last = T::of((self.residuals.len() - 1) as f64);
        self.residuals.iter().enumerate().map(move |(i, &square)| (self.time * T::of(i as f64) / last, square))
    }

    /// x̃(t) `[n]`; beyond t_f it is extrapolated.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `t` is not finite.
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        if !t.is_finite() {
            return Err(Error::invalid("t of WholeIntervalSolution::at", format!("{t} is no time; give a finite one")));
        }
        let (n, hidden) = (self.start.len(), self.hidden);
        let (slopes, rest) = self.parameters.split_at(hidden);
        let (biases, rest) = rest.split_at(hidden);
        let (outputs, bias) = rest.split_at(hidden * n);
        let mut net = bias.to_vec();
        for ((&slope, &bias), row) in slopes.iter().zip(biases).zip(outputs.chunks_exact(n)) {
            let activation = T::one() / (T::one() + (-(slope * t + bias)).exp());
            net.iter_mut().zip(row).for_each(|(out, &weight)| *out += activation * weight);
        }
        Ok(self.start.iter().zip(&net).map(|(&x, &n)| x * (T::one() - t) + t * n).collect())
    }

    /// x̃(t_f) `[n]`, what the report takes for an eigenvector.
    ///
    /// # Errors
    /// None in practice.
    pub fn end(&self) -> Result<Vec<T>> {
        self.at(self.time)
    }
}
