//! The report's network: one for the whole interval, trained by Adam.

use std::ops::ControlFlow;

use eigennet::differential::eigenvector_ode::EigenvectorFlow;
use eigennet::differential::{Domain, Equation};
use eigennet::kernels::reduce::dot;
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Adam, AdamSettings, FitState, FullBatch, LevenbergMarquardt, Residuals, Schedule, Trainer};
use eigennet::{Seed, autodiff::Var};

use crate::checkpoint;
use crate::curve::{self, Recorded};
use crate::experiment::Context;
use crate::failure::Failure;
use crate::training;

/// What is put in the place of dx̃ᵢ/dt in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeDerivative {
    /// dx̃ᵢ/dt, component by component (eq. 24).
    #[default]
    Components,
    /// d(Σⱼ x̃ⱼ)/dt in every component, as the published code has it: it asks a deep-learning framework
    /// for the gradient of a vector, which is that of its sum, and broadcasts it. The minimum of that loss
    /// is no solution of the equation.
    SumAsPublished,
}

impl TimeDerivative {
    /// The end of the names of what was trained with it.
    pub fn suffix(self) -> &'static str {
        match self {
            TimeDerivative::Components => "",
            TimeDerivative::SumAsPublished => "-as-published",
        }
    }
}

/// One network for a whole interval [0, t_f], x̃ = x₀(1 − t) + t N(t) (eq. 23), trained by Adam on the
/// mean square residual at equidistant times (eq. 22), both ends among them.
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
    /// What follows the epochs of Adam (default nothing, as in the report).
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

const MATRIX: &str = "matrix";
/// Iterations of the refinement between two checkpoints.
const REFINE_CHECKPOINT: usize = 20;

/// A trained [`WholeIntervalNetwork`].
#[derive(Debug, Clone)]
pub struct WholeIntervalSolution {
    /// Epochs and the mean loss of those up to there, then iterations of `refine` and theirs.
    pub losses: Vec<(f64, f64)>,
    /// The times of training and ‖residual‖² at each of them, with the derivative that was trained.
    pub residuals: Vec<(f64, f64)>,
    time: f64,
    solution: eigennet::autodiff::Function<f64>,
}

impl WholeIntervalNetwork {
    /// The name of its training in metrics and files.
    pub fn name(&self) -> String {
        let refined = if self.refine.is_some() { "-lm" } else { "" };
        format!("whole-interval{refined}{}", self.derivative.suffix())
    }

    fn equation(&self, start: &[f64]) -> Result<Equation<f64>, Failure> {
        let n = start.len();
        let net = Mlp::new("net", [1, self.hidden, n]).activation(Activation::Sigmoid);
        Ok(Equation::record(&self.domain()?, |g, [t]| {
            let start: Vec<Var<'_>> = start.iter().map(|&x| g.constant(x)).collect();
            let x = g.concat(&start) * (1.0 - t) + t * net.call(t);
            g.output("x", x);
            let slope = match self.derivative {
                TimeDerivative::Components => x.d(t),
                TimeDerivative::SumAsPublished => x.row_sum().d(t),
            };
            let product = x.matmul(g.fixed_input(MATRIX, [n, n]));
            slope - x.square().row_sum() * product + (x * product).row_sum() * x
        })?)
    }

    fn domain(&self) -> Result<Domain<1>, Failure> {
        Ok(Domain::new(["t"], [0.0..self.time])?)
    }

    /// Trains from `start`, or goes on from the checkpoint `name`; `watch` is told the epoch and the loss.
    pub fn train(
        &self,
        context: &Context,
        name: &str,
        flow: &EigenvectorFlow<f64>,
        start: &[f64],
        seed: Seed,
        mut watch: impl FnMut(u64, f64),
    ) -> Result<WholeIntervalSolution, Failure> {
        let equation = self.equation(start)?;
        let mut system = equation.on(&self.domain()?.uniform([self.points])?)?;
        system.set(MATRIX, flow.matrix().as_slice())?;
        let settings = format!("{self:?} from {start:?} and {seed:?}");
        let trainer = Trainer { steps: self.epochs, schedule: Schedule::constant(self.rate)?, ..Trainer::default() };
        // The ε of the report's library.
        let mut adam = Adam::new(AdamSettings { epsilon: 1e-7, ..AdamSettings::default() })?;
        let mut task = Recorded::new(FullBatch(&mut system), self.epochs).of_run(&settings);
        let initial = equation.initial(seed.child("whole interval"));
        let (state, _) = training::run(context, name, trainer, &mut task, &mut adam, &initial, |report| {
            watch(report.step, report.loss);
            ControlFlow::Continue(())
        })?;
        let (mut losses, mut parameters) = (task.into_points(), state.trained().to_vec());
        if let Some(method) = self.refine {
            let name = format!("{name}-refined");
            let mut state = match checkpoint::to_resume(context, &name, &settings)? {
                Some(container) => {
                    losses = curve::read(&container)?;
                    FitState::load(&container, "refine")?
                }
                None => method.start(&mut system, &parameters)?,
            };
            let save = |state: &FitState<f64>, losses: &[(f64, f64)]| {
                let mut container = checkpoint::of_run(&settings)?;
                curve::insert(&mut container, losses)?;
                state.save(&mut container, "refine")?;
                container.save(context.checkpoint(&name))
            };
            let mut saved = Ok(());
            let _ = method.resume(&mut system, &mut state, |progress| {
                let epoch = self.epochs + progress.iteration as u64;
                losses.push((epoch as f64, progress.value));
                watch(epoch, progress.value);
                let stop = context.interrupted();
                if stop || progress.iteration % REFINE_CHECKPOINT == 0 {
                    saved = save(progress.state, &losses);
                }
                if stop || saved.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            saved?;
            context.check_interrupt()?;
            save(&state, &losses)?;
            parameters = state.parameters().to_vec();
        }
        let mut residuals = vec![0.0; system.residual_count()];
        system.residuals(&parameters, &mut residuals)?;
        // Their squares add up to the mean over the points.
        let count = self.points as f64;
        let at = |(i, row): (usize, &[f64])| (self.time * i as f64 / (count - 1.0), count * dot(row, row));
        Ok(WholeIntervalSolution {
            losses,
            residuals: residuals.chunks_exact(start.len()).enumerate().map(at).collect(),
            time: self.time,
            solution: equation.solution("x", &parameters)?,
        })
    }
}

impl WholeIntervalSolution {
    /// The loss at the end: the mean square residual.
    pub fn loss(&self) -> f64 {
        self.residuals.iter().map(|(_, square)| square).sum::<f64>() / self.residuals.len() as f64
    }

    /// x̃(t) `[n]`.
    pub fn at(&self, t: f64) -> Result<Vec<f64>, eigennet::Error> {
        self.solution.on(&[t])
    }

    /// x̃(t_f) `[n]`, what the report takes for an eigenvector.
    pub fn end(&self) -> Result<Vec<f64>, eigennet::Error> {
        self.at(self.time)
    }
}
