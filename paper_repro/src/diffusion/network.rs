//! Networks on the rod: the trial form of Lagaris, the report's faults on request, and every way to train it.

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use eigennet::autodiff::{Initializer, Var};
use eigennet::container::Container;
use eigennet::differential::{Domain, Equation, RandomFeatures};
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{self, Chain, SolveState};
use eigennet::quadrature::Quadrature;

use super::problem::OnGrid;
use super::solved::Solved;
use crate::checkpoint::refused;
use crate::experiment::Context;
use crate::failure::Failure;
use crate::progress::Phase;

/// Checkpoints of a training.
const CHECKPOINTS: u64 = 40;

/// What is trained, and on which points.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Between the layers.
    pub activation: Activation,
    /// Points in x and t.
    pub points: Points,
    /// The mean of the network and of its mirror image, which is symmetric about the middle of the rod.
    pub symmetric: bool,
    /// The report's fault: where u_xx is meant, N_xx + N_xt is used.
    pub as_published: bool,
}

/// Where the residual is made small.
#[derive(Debug, Clone, Copy)]
pub enum Points {
    /// Equidistant, ends included.
    Uniform(usize),
    /// Gauss–Legendre.
    Gauss(usize),
}

impl Setup {
    /// The report's network: 2-50-20-1 sigmoid on 20 × 20 equidistant points.
    pub fn report() -> Self {
        Setup {
            hidden: vec![50, 20],
            activation: Activation::Sigmoid,
            points: Points::Uniform(20),
            symmetric: false,
            as_published: false,
        }
    }

    /// The report's widths with tanh, on 20 × 20 Gauss points.
    pub fn report_on_gauss_points() -> Self {
        Setup { activation: Activation::Tanh, points: Points::Gauss(20), ..Setup::report() }
    }

    /// A smaller network on points that leave no room between them: 2-16-16-1 tanh, 24 × 24 Gauss.
    pub fn ours() -> Self {
        Setup { hidden: vec![16, 16], activation: Activation::Tanh, points: Points::Gauss(24), ..Setup::report() }
    }

    /// For tables: `2-16-16-1 tanh, 24 × 24 Gauss`.
    pub fn describe(&self) -> String {
        let hidden: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        let activation = format!("{:?}", self.activation).to_lowercase();
        let points = match self.points {
            Points::Uniform(n) => format!("{n} × {n} uniform"),
            Points::Gauss(n) => format!("{n} × {n} Gauss"),
        };
        let symmetric = if self.symmetric { ", symmetric" } else { "" };
        format!("2-{}-1 {activation}, {points}{symmetric}", hidden.join("-"))
    }

    fn network(&self) -> Mlp {
        let widths: Vec<usize> = [2].into_iter().chain(self.hidden.iter().copied()).chain([1]).collect();
        let net = Mlp::new("net", widths).activation(self.activation);
        match self.points {
            Points::Uniform(_) => net,
            Points::Gauss(_) => net
                .weights(Initializer::GlorotUniform { gain: 2.0 })
                .biases(Initializer::Uniform { low: -0.5, high: 0.5 }),
        }
    }

    /// The equation for u = (1 − t) sin πx + x (1 − x) t N(x, t).
    pub fn equation(&self) -> Result<Equation<f64>, Failure> {
        let (domain, net) = (domain()?, self.network());
        let scaled = matches!(self.points, Points::Gauss(_));
        Ok(Equation::record(&domain, |g, [x, t]| {
            let call = |x| {
                let inputs = if scaled { domain.scaled([x, t]) } else { Var::concat(&[x, t]) };
                net.call(inputs)
            };
            let n = if self.symmetric { 0.5 * (call(x) + call(1.0 - x)) } else { call(x) };
            let u = (1.0 - t) * (PI * x).sin() + x * (1.0 - x) * t * n;
            g.output("u", u);
            let residual = u.d(t) - u.d(x).d(x);
            if self.as_published { residual - x * (1.0 - x) * t * n.d(x).d(t) } else { residual }
        })?)
    }

    /// The points with their weights.
    pub fn quadrature(&self) -> Result<Quadrature<f64>, Failure> {
        let domain = domain()?;
        Ok(match self.points {
            Points::Uniform(n) => domain.uniform([n, n])?,
            Points::Gauss(n) => domain.gauss([n, n])?,
        })
    }
}

/// The unit square.
pub fn domain() -> Result<Domain<2>, Failure> {
    Ok(Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?)
}

/// Follows a training: progress, Ctrl-C, curves.
struct Watch<'a> {
    context: &'a Context,
    equation: &'a Equation<f64>,
    points: Vec<f64>,
    next: u64,
    losses: Vec<(f64, f64)>,
    errors: Vec<(f64, f64)>,
    started: Instant,
    /// Time spent on looking, which is not the solver's.
    looking: Duration,
    /// Seconds of the runs that this one goes on from.
    before: f64,
    phase: Option<Phase>,
}

impl optim::Watch<f64> for Watch<'_> {
    fn look(&mut self, state: &dyn SolveState<f64>) -> ControlFlow<()> {
        if let Some(phase) = &mut self.phase {
            phase.update(state.iterations(), state.value());
        }
        self.look(state.iterations(), state.value(), state.parameters())
    }

    fn save_state(&self, container: &mut Container) -> Result<(), eigennet::Error> {
        container.insert_number("next", self.next)?;
        container.insert("seconds", &[1], &[self.seconds()])?;
        for (name, curve) in [("losses", &self.losses), ("errors", &self.errors)] {
            let flat: Vec<f64> = curve.iter().flat_map(|&(x, y)| [x, y]).collect();
            container.insert(name, &[curve.len(), 2], &flat)?;
        }
        Ok(())
    }

    fn restore_state(&mut self, container: &Container) -> Result<(), eigennet::Error> {
        self.next = container.number("next")?;
        self.before = container.get::<f64>("seconds")?.iter().sum();
        for (name, curve) in [("losses", &mut self.losses), ("errors", &mut self.errors)] {
            *curve = container.get::<f64>(name)?.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        }
        Ok(())
    }
}

impl<'a> Watch<'a> {
    fn new(context: &'a Context, equation: &'a Equation<f64>) -> Self {
        Watch {
            context,
            equation,
            points: OnGrid::points(),
            next: 1,
            losses: Vec::new(),
            errors: Vec::new(),
            started: Instant::now(),
            looking: Duration::ZERO,
            before: 0.0,
            phase: None,
        }
    }

    /// What the solver took.
    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64() - self.looking.as_secs_f64()
    }

    /// The solution on the grid.
    fn grid(&self, parameters: &[f64]) -> Result<OnGrid, Failure> {
        OnGrid::new(self.equation.solution("u", parameters)?.on(&self.points)?)
    }

    /// Notes step, loss and, at some twenty steps in each power of ten, the error.
    fn look(&mut self, step: u64, loss: f64, parameters: &[f64]) -> ControlFlow<()> {
        if step >= self.next {
            self.next = (step as f64 * 1.12).ceil().max(step as f64 + 1.0) as u64;
            self.losses.push((step as f64, loss));
            let began = Instant::now();
            match self.grid(parameters) {
                Ok(grid) => self.errors.push((step as f64, grid.errors().0)),
                Err(_) => return ControlFlow::Break(()),
            }
            self.looking += began.elapsed();
        }
        if self.context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Optimisers one after another on one network, checkpointed, resumable; their stages and why each stopped are in the
/// solution's words.
pub fn chain(context: &Context, name: &'static str, setup: &Setup, stages: &Chain) -> Result<Solved, Failure> {
    let equation = setup.equation()?;
    let mut theta = equation.initial(context.seed);
    let mut system = equation.on(&setup.quadrature()?)?;
    let mut watch = Watch::new(context, &equation);
    let total: u64 = stages.stages().iter().map(|stage| stage.max_iterations() as u64).sum();
    watch.phase = Some(context.progress.phase(name, total));
    let checkpoints = context.checkpoints(name, (total / CHECKPOINTS).max(1))?;
    let fingerprint = format!("{stages:?} on {setup:?} from {:?}", context.seed);
    let outcome = checkpoints
        .run(&fingerprint, stages, &mut system, &mut theta, &mut watch)
        .map_err(|error| refused(&checkpoints.path, error))?;
    watch.phase = None;
    context.check_interrupt()?;
    let steps: Vec<String> =
        outcome.stages.iter().map(|s| format!("{} {}", s.name.replace('_', "-"), s.iterations)).collect();
    let what = format!("{}; {}", steps.join(", "), setup.describe());
    watch.solved(name, what, &theta, outcome.reason)
}

/// 800 random features, linear least squares for what is after them.
pub fn random_features(context: &Context) -> Result<Solved, Failure> {
    let (domain, net) = (domain()?, RandomFeatures::default());
    let equation = Equation::<f64>::record(&domain, |g, [x, t]| {
        let u = (1.0 - t) * (PI * x).sin() + x * (1.0 - x) * t * net.call(domain.scaled([x, t]));
        g.output("u", u);
        u.d(t) - u.d(x).d(x)
    })?;
    let watch = Watch::new(context, &equation);
    let mut theta = equation.initial(context.seed);
    let mut system = equation.on(&domain.gauss([40, 40])?)?;
    let outcome = net.solve(&mut system, equation.parameters(), &mut theta)?;
    let what = format!("{} tanh features of range {}, 40 × 40 Gauss", net.features, net.range);
    watch.solved("random-features", what, &theta, outcome)
}

impl Watch<'_> {
    fn solved(
        self,
        name: &'static str,
        what: String,
        parameters: &[f64],
        reason: impl std::fmt::Display,
    ) -> Result<Solved, Failure> {
        let seconds = self.seconds();
        let grid = self.grid(parameters)?;
        let (losses, errors) = (self.losses, self.errors);
        Ok(Solved { name, what, grid, seconds, losses, errors, stopped: reason.to_string() })
    }
}
