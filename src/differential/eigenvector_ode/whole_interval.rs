//! The report's network: one for the whole interval, trained by Adam.

use std::ops::ControlFlow;

use super::flow::EigenvectorFlow;
use crate::autodiff::{Program, RESULT, Rows, Workspace, record};
use crate::linalg::Matrix;
use crate::nn::{Activation, Mlp};
use crate::optim::{Adam, AdamSettings, FullBatch, Objective, StepReport, Trainer, TrainingOutcome};
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
        }
    }
}

const TIMES: &str = "times";
const START: &str = "start";
const MATRIX: &str = "matrix";
const SOLUTION: &str = "solution";
const RESIDUALS: &str = "residuals";

/// A trained [`WholeIntervalNetwork`].
#[derive(Debug, Clone)]
pub struct WholeIntervalSolution<T> {
    losses: Vec<f64>,
    /// Times at which it was trained.
    times: Vec<T>,
    /// ‖residual‖² at each.
    residuals: Vec<T>,
    parameters: Vec<T>,
    hidden: usize,
    start: Vec<T>,
    /// How the training ended.
    pub outcome: TrainingOutcome,
}

/// Mean over the rows of the squared residuals, and its gradient.
struct Loss<'a, T> {
    program: &'a Program<T>,
    workspace: Workspace<T>,
}

impl<T: Scalar> Objective<T> for Loss<'_, T> {
    fn parameter_count(&self) -> usize {
        self.program.parameters().len()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.program.gradient(parameters, &mut self.workspace, gradient)
    }
}

impl WholeIntervalNetwork {
    fn check(&self) -> Result<()> {
        if !(self.time > 0.0 && self.time.is_finite()) {
            let reason = format!("{}; it has to be positive and finite", self.time);
            return Err(Error::invalid("time of WholeIntervalNetwork", reason));
        }
        if self.hidden == 0 || !(2..=MAX_POINTS).contains(&self.points) || self.epochs == 0 {
            return Err(Error::invalid(
                "WholeIntervalNetwork",
                format!("give at least 1 neuron, 2 to {MAX_POINTS} points (the ends among them) and 1 epoch"),
            ));
        }
        Ok(())
    }

    fn record<T: Scalar>(&self, n: usize) -> Result<Program<T>> {
        let net = Mlp::new("net", [1, self.hidden, n]).activation(Activation::Sigmoid);
        let recording = record(|g| {
            let t = g.coordinate(TIMES, Rows::named(TIMES));
            let (start, matrix) = (g.fixed_input(START, [1, n]), g.fixed_input(MATRIX, [n, n]));
            let x = start * (1.0 - t) + t * net.call(g, t);
            let slope = match self.derivative {
                TimeDerivative::Components => x.d(t),
                TimeDerivative::SumAsPublished => x.row_sum().d(t),
            };
            let product = x.matmul(matrix);
            let residual = slope - x.square().row_sum() * product + (x * product).row_sum() * x;
            let squares = residual.square().row_sum();
            g.output(SOLUTION, x);
            g.output(RESIDUALS, squares);
            squares.mean()
        })?;
        Ok(recording.compile())
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

    /// As [`train`](Self::train), calling `observer` with epoch and loss after each; it may end the
    /// training.
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
        let program = self.record::<T>(flow.order())?;
        let last = (self.points - 1) as f64;
        let times: Vec<T> = (0..self.points).map(|i| T::of(self.time * i as f64 / last)).collect();
        let mut workspace = program.workspace();
        bind(&mut workspace, &times, start, flow.matrix())?;
        let mut loss = Loss { program: &program, workspace };
        let mut parameters = program.initial(seed.child("whole interval"));
        let mut losses = Vec::new();
        let trainer = Trainer {
            steps: self.epochs,
            schedule: crate::optim::Schedule::constant(self.rate)?,
            ..Trainer::default()
        };
        // The ε of the report's library.
        let mut adam = Adam::new(AdamSettings { epsilon: 1e-7, ..AdamSettings::default() })?;
        let outcome =
            trainer.run(&mut FullBatch(&mut loss), &mut adam, &mut parameters, &mut |report: &StepReport<'_, T>| {
                let loss = Scalar::to_f64(report.loss);
                losses.push(loss);
                observer(report.step, loss)
            })?;
        let Loss { mut workspace, .. } = loss;
        program.evaluate(&parameters, &mut workspace)?;
        debug_assert!(workspace.output(RESULT).is_ok());
        let residuals = workspace.output(RESIDUALS)?.to_vec();
        Ok(WholeIntervalSolution {
            losses,
            times,
            residuals,
            parameters,
            hidden: self.hidden,
            start: start.to_vec(),
            outcome,
        })
    }
}

fn bind<T: Scalar>(workspace: &mut Workspace<T>, times: &[T], start: &[T], matrix: &Matrix<T>) -> Result<()> {
    workspace.set(TIMES, times)?.set(START, start)?.set(MATRIX, matrix.as_slice())?;
    Ok(())
}

impl<T: Scalar> WholeIntervalSolution<T> {
    /// The loss before each epoch.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// The times of training and ‖residual‖² at each of them, with the derivative that was trained.
    pub fn residuals(&self) -> impl Iterator<Item = (T, T)> + '_ {
        self.times.iter().copied().zip(self.residuals.iter().copied())
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
        self.at(self.times.last().copied().unwrap_or_else(T::zero))
    }
}
