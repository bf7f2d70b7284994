//! Training steps of the residuals of differential equations, gradient and Adam:
//!
//! * `lagaris`: u_t = u_xx with u = (1 − t) sin πx + x(1 − x) t N, N 2-50-20-1 sigmoid, 20 × 20 points
//!   (Lagaris, Likas and Fotiadis, 1998);
//! * `eigenvector`: x′ = −x + f(x), f(x) = ‖x‖² A x + (1 − xᵀA x) x with x = e⁻ᵗ x₀ + (1 − e⁻ᵗ) N,
//!   N 1-100-6 sigmoid, 100 points in [0, 10] (Yi, Fu and Tang, 2004).
//!
//! Each as a recorded loss and as a `Collocation`; the gradients are checked against finite
//! differences first. With `EIGENNET_PEER_PYTHON=/path/to/python` (with jax) the same steps in JAX
//! run in turns with ours, and loss and gradients have to agree. Pin it: `taskset -c 0 cargo bench
//! --bench residual_step`.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use criterion::Criterion;
use eigennet::autodiff::{Graph, Initializer, Layout, Program, Rows, Var, Workspace, record};
use eigennet::differential::{Collocation, Domain, Equation};
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Adam, Objective, Optimizer};
use eigennet::{Result, Scalar, Seed};

type Failure = Box<dyn std::error::Error>;

/// An equation with its network and points.
trait Problem<const N: usize> {
    const NAME: &'static str;
    fn domain(&self) -> Result<Domain<N>>;
    fn counts(&self) -> [usize; N];
    fn residual<'g>(&self, g: &'g Graph, coordinates: [Var<'g>; N]) -> Var<'g>;
    /// Data that the peer needs beside the parameters.
    fn data(&self) -> Vec<f64> {
        Vec::new()
    }
}

fn network(name: &str, widths: &[usize]) -> Mlp {
    Mlp::new(name, widths).activation(Activation::Sigmoid).weights(Initializer::GlorotNormal { gain: 1.0 })
}

struct Lagaris;

impl Problem<2> for Lagaris {
    const NAME: &'static str = "lagaris";
    fn domain(&self) -> Result<Domain<2>> {
        Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])
    }
    fn counts(&self) -> [usize; 2] {
        [20, 20]
    }
    fn residual<'g>(&self, _: &'g Graph, [x, t]: [Var<'g>; 2]) -> Var<'g> {
        let n = network("net", &[2, 50, 20, 1]).call(Var::concat(&[x, t]));
        let u = (1.0 - t) * (std::f64::consts::PI * x).sin() + x * (1.0 - x) * t * n;
        u.d(t) - u.d(x).d(x)
    }
}

struct Eigenvector {
    /// `[6, 6]`, symmetric.
    matrix: Vec<f64>,
    start: Vec<f64>,
}

impl Eigenvector {
    fn new() -> Self {
        let mut stream = Seed(6).stream("matrix");
        let q: Vec<f64> = (0..36).map(|_| stream.normal()).collect();
        let matrix = (0..36).map(|k| 0.5 * (q[k] + q[k % 6 * 6 + k / 6])).collect();
        Eigenvector { matrix, start: (0..6).map(|_| stream.normal()).collect() }
    }
}

impl Problem<1> for Eigenvector {
    const NAME: &'static str = "eigenvector";
    fn domain(&self) -> Result<Domain<1>> {
        Domain::new(["t"], [0.0..10.0])
    }
    fn counts(&self) -> [usize; 1] {
        [100]
    }
    fn residual<'g>(&self, g: &'g Graph, [t]: [Var<'g>; 1]) -> Var<'g> {
        let [matrix, start] = [g.fixed_input("matrix", [6, 6]), g.fixed_input("start", [1, 6])];
        let decay = (-t).exp();
        let x = decay * start + (1.0 - decay) * network("net", &[1, 100, 6]).call(t);
        let ax = x.matmul(matrix);
        let f = x.square().row_sum() * ax + (1.0 - (x * ax).row_sum()) * x;
        x.d(t) + x - f
    }
    fn data(&self) -> Vec<f64> {
        self.matrix.iter().chain(&self.start).copied().collect()
    }
}

/// The mean square residual as a recorded loss.
struct Recorded<T> {
    program: Program<T>,
    workspace: Workspace<T>,
}

impl<T: Scalar> Objective<T> for Recorded<T> {
    fn parameter_count(&self) -> usize {
        self.program.parameters().len()
    }
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.program.gradient(parameters, &mut self.workspace, gradient)
    }
}

fn numbers<T: Scalar>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::of(v)).collect()
}

fn recorded<T: Scalar, const N: usize>(problem: &impl Problem<N>) -> Result<Recorded<T>> {
    let domain = problem.domain()?;
    let program = record(|g| {
        let coordinates = g.coordinates("points", Rows::named("points"));
        problem.residual(g, coordinates).square().mean()
    })?
    .compile();
    let mut workspace = program.workspace();
    workspace.set("points", domain.uniform(problem.counts())?.points())?;
    if let [.., _] = problem.data()[..] {
        let (matrix, start) = (&problem.data()[..36], &problem.data()[36..]);
        workspace.set("matrix", &numbers(matrix))?.set("start", &numbers(start))?;
    }
    Ok(Recorded { program, workspace })
}

fn collocation<T: Scalar, const N: usize>(problem: &impl Problem<N>) -> Result<Collocation<T>> {
    let domain = problem.domain()?;
    let equation = Equation::record(&domain, |g, coordinates| problem.residual(g, coordinates))?;
    let mut collocation = equation.on(&domain.uniform(problem.counts())?)?;
    if let [.., _] = problem.data()[..] {
        let (matrix, start) = (&problem.data()[..36], &problem.data()[36..]);
        collocation.set("matrix", &numbers(matrix))?.set("start", &numbers(start))?;
    }
    Ok(collocation)
}

/// Everything a training run carries from step to step.
struct Training<T, O> {
    objective: O,
    parameters: Vec<T>,
    gradient: Vec<T>,
    adam: Adam<T>,
}

impl<T: Scalar, O: Objective<T>> Training<T, O> {
    fn new(objective: O, parameters: &[f64]) -> Self {
        Training {
            objective,
            parameters: numbers(parameters),
            gradient: vec![T::zero(); parameters.len()],
            adam: Adam::default(),
        }
    }

    fn step(&mut self) -> Result<T> {
        let loss = self.objective.value_and_gradient(&self.parameters, &mut self.gradient)?;
        self.adam.step(T::of(1e-3), &mut self.parameters, &self.gradient)?;
        Ok(loss)
    }

    /// Seconds per step: the fastest tenth over a third of a second, which a busy machine disturbs the least.
    fn seconds(&mut self) -> Result<f64> {
        let (began, mut times) = (Instant::now(), Vec::new());
        while began.elapsed() < Duration::from_millis(300) {
            let before = Instant::now();
            for _ in 0..20 {
                black_box(self.step()?);
            }
            times.push(before.elapsed().as_secs_f64() / 20.0);
        }
        Ok(fraction(&mut times, 10))
    }
}

/// The time that one in `n` is below.
fn fraction(times: &mut [f64], n: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / n]
}

/// Compares the gradient with central differences along a few directions.
fn check(objective: &mut impl Objective<f64>, parameters: &[f64]) -> std::result::Result<(f64, Vec<f64>), Failure> {
    let mut gradient = vec![0.0; parameters.len()];
    let value = objective.value_and_gradient(parameters, &mut gradient)?;
    let (mut unused, step) = (gradient.clone(), 1e-5);
    for k in 0..5 {
        let mut stream = Seed(k).stream("direction");
        let direction: Vec<f64> = parameters.iter().map(|_| stream.normal()).collect();
        let mut at = |by: f64| {
            let moved: Vec<f64> = parameters.iter().zip(&direction).map(|(p, d)| p + by * d).collect();
            objective.value_and_gradient(&moved, &mut unused)
        };
        let difference = (at(step)? - at(-step)?) / (2.0 * step);
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        if (slope - difference).abs() > 1e-6 * (1.0 + slope.abs()) {
            return Err(format!("slope {slope}, by finite differences {difference}").into());
        }
    }
    Ok((value, gradient))
}

/// The same steps in JAX.
struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &str, problem: &str, kind: &str) -> std::result::Result<Self, Failure> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/python/residual_step.py");
        let mut process =
            Command::new(python).args([script, problem, kind]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or("no input of the peer")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output of the peer")?);
        Ok(Peer { process, input, output })
    }

    /// Numbers in answer to a line.
    fn ask(&mut self, line: &str) -> std::result::Result<Vec<f64>, Failure> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        let numbers: std::result::Result<Vec<f64>, _> = answer.split_whitespace().map(str::parse).collect();
        Ok(numbers.map_err(|_| format!("the peer said {answer:?}"))?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Loss and norms of the gradient's blocks, as the peer tells them.
fn summary<T: Scalar>(loss: T, gradient: &[T], layout: &Layout) -> Vec<f64> {
    let norm = |g: &[T]| g.iter().map(|&g| Scalar::to_f64(g).powi(2)).sum::<f64>().sqrt();
    let norms = layout.blocks().iter().map(|block| norm(&gradient[block.range()]));
    std::iter::once(Scalar::to_f64(loss)).chain(norms).collect()
}

fn suite<T: Scalar, const N: usize>(
    criterion: &mut Criterion,
    problem: &impl Problem<N>,
    name: &str,
) -> std::result::Result<(), Failure> {
    let start: Vec<f64> = recorded::<f64, N>(problem)?.program.initial(Seed(0));
    let (value, slope) = check(&mut recorded::<f64, N>(problem)?, &start)?;
    let mut system = collocation::<f64, N>(problem)?;
    let (sum, same) = check(&mut system, &start)?;
    // The collocation adds up the equations of a system, the recorded loss takes their mean.
    let equations = sum / value;
    let distance = slope.iter().zip(&same).map(|(a, b)| (a * equations - b).abs()).fold(0.0, f64::max);
    if distance > 1e-10 * (1.0 + sum.abs()) || (equations.round() - equations).abs() > 1e-12 {
        return Err(format!("{name}: the two objectives differ by {distance}").into());
    }

    let mut program = Training::new(recorded::<T, N>(problem)?, &start);
    let mut system = Training::new(collocation::<T, N>(problem)?, &start);
    let loss = program.step()?;
    let ours = summary(loss, &program.gradient, program.objective.program.parameters());
    let mut group = criterion.benchmark_group(format!("{name}/{}", T::NAME));
    group.sample_size(30).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    group.bench_function("program", |b| b.iter(|| program.step().expect("a step")));
    group.bench_function("collocation", |b| b.iter(|| system.step().expect("a step")));
    group.finish();

    let Some(python) = std::env::var_os("EIGENNET_PEER_PYTHON") else { return Ok(()) };
    let mut peer = Peer::start(&python.to_string_lossy(), name, T::NAME)?;
    let shown: Vec<String> = start.iter().chain(&problem.data()).map(f64::to_string).collect();
    let theirs = peer.ask(&shown.join(" "))?;
    let tolerance = 2e3 * T::EPSILON.to_f64();
    for (a, b) in ours.iter().zip(&theirs) {
        if (a - b).abs() > tolerance * (1.0 + b.abs()) || ours.len() != theirs.len() {
            return Err(format!("{name}: loss and gradient norms are {ours:?}, those of JAX {theirs:?}").into());
        }
    }
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..7 {
        times[0].push(program.seconds()?);
        times[1].push(system.seconds()?);
        for (times, what) in times[2..].iter_mut().zip(["loop", "call"]) {
            times.extend(peer.ask(what)?);
        }
    }
    let [program, system, loop_, call] = times.map(|mut t| 1e6 * fraction(&mut t, 2));
    println!(
        "{name:>12} {}: program {program:6.1} µs, collocation {system:6.1} µs | JAX, 100 steps a call {loop_:6.1} µs \
         ({:.2} x ours), one {call:6.1} µs ({:.2} x)",
        T::NAME,
        loop_ / program,
        call / program
    );
    Ok(())
}

fn main() -> std::result::Result<(), Failure> {
    let mut criterion = Criterion::default().configure_from_args();
    suite::<f32, 2>(&mut criterion, &Lagaris, Lagaris::NAME)?;
    suite::<f64, 2>(&mut criterion, &Lagaris, Lagaris::NAME)?;
    suite::<f32, 1>(&mut criterion, &Eigenvector::new(), Eigenvector::NAME)?;
    suite::<f64, 1>(&mut criterion, &Eigenvector::new(), Eigenvector::NAME)?;
    criterion.final_summary();
    Ok(())
}
