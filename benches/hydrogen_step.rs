//! One training step of the paper's hydrogen experiment (Ryu et al., 2024): nine disjoint networks
//! 2-128-128-128-1, softplus, batches of 128 points, NestedLoRA, RMSProp, an average of the parameters.
//!
//! `cargo bench --bench hydrogen_step` prints milliseconds per step, nominal GFLOP/s and the share of
//! the FMA peak of the widest instruction set present, measured in the same process and on as many
//! threads. The nominal work is that of the products a forward Laplacian and a reverse pass through
//! the values need, whatever is executed. `f32` or `f64` as an argument runs that type alone.

use eigennet::autodiff::{Initializer, Output, Program, Rows, Workspace, record};
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use eigennet::kernels::isa::Isa;
use eigennet::kernels::peak::fma_peak;
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Average, Optimizer, RmsProp};
use eigennet::{Result, Scalar, Seed};
use rayon::ThreadPoolBuilder;
use std::hint::black_box;
use std::time::{Duration, Instant};

const STATES: usize = 9;
const BATCH: usize = 128;
const HIDDEN: usize = 128;
/// Batches drawn beforehand and used in turn.
const BATCHES: usize = 32;
/// Half the side of the box, in Bohr radii.
const BOX: f64 = 50.0;
/// Deviation of the normal distribution that the points are drawn from.
const DEVIATION: f64 = 16.0;
const RATE: f64 = 1e-4;
const DECAY: f64 = 0.995;

/// f / √p and T f / √p, T = Δ + 1/r, with zero boundary values and points drawn from p; T f is a
/// constant to the gradient because T is self-adjoint.
fn functions<T: Scalar>() -> Result<Program<T>> {
    let range = 1.0 / (HIDDEN as f64).sqrt();
    let networks = Mlp::new("net", [2, HIDDEN, HIDDEN, HIDDEN, 1])
        .members(STATES)
        .activation(Activation::Softplus)
        .weights(Initializer::LecunUniform)
        .biases(Initializer::Uniform { low: -range, high: range });
    let recording = record(|g| {
        let [x, y] = g.coordinates::<2>("points", Rows::named("batch"));
        let [wall_x, wall_y] = [x, y].map(|x| (2.0 * BOX * BOX - x.square()).sqrt() - BOX);
        let f = wall_x * wall_y * networks.call(eigennet::autodiff::Var::concat(&[x, y]));
        let squared_radius = x.square() + y.square();
        let tf = f.laplacian([x, y]) + f / squared_radius.sqrt();
        let height = (2f64.sqrt() - 1.0) * BOX;
        let weight = (squared_radius / (4.0 * DEVIATION * DEVIATION)).exp() / (height * height);
        g.output("Tf", (tf * weight).stop_gradient());
        let f = f * weight;
        g.output("f", f);
        f
    })?;
    Ok(recording.compile())
}

/// The gradient of −2 Σ m ⟨f, T f⟩ + Σ M ∘ G₁ ∘ G₂, with the Gram matrices of the halves of a batch.
struct Gradient<T> {
    program: Program<T>,
    f: Output,
    tf: Output,
    workspace: Workspace<T>,
    /// M ∘ G of each half.
    gram: [Vec<T>; 2],
    cotangent: Vec<T>,
    packing: Packing<T>,
}

fn nesting(function: usize, other: usize) -> f64 {
    (STATES - function.max(other)) as f64 / STATES as f64
}

impl<T: Scalar> Gradient<T> {
    fn new() -> Result<Self> {
        let program = functions()?;
        Ok(Gradient {
            f: program.output("f")?,
            tf: program.output("Tf")?,
            workspace: program.workspace(),
            program,
            gram: [vec![T::zero(); STATES * STATES], vec![T::zero(); STATES * STATES]],
            cotangent: vec![T::zero(); BATCH * STATES],
            packing: Packing::new(),
        })
    }

    fn evaluate(&mut self, parameters: &[T], points: &[T], gradient: &mut [T]) -> Result<()> {
        self.workspace.set("points", points)?;
        let mut pass = self.program.forward(parameters, &mut self.workspace)?;
        let (f, tf) = (pass.value(self.f)?, pass.value(self.tf)?);
        let rows = BATCH / 2;
        let halves = || f.chunks_exact(rows * STATES).map(|f| MatRef::row_major(f, rows, STATES));
        for (gram, f) in self.gram.iter_mut().zip(halves()) {
            let mut view = MatMut::row_major(gram, STATES, STATES);
            gemm(T::of(1.0 / rows as f64), f.transposed(), f, T::zero(), &mut view, &mut self.packing);
            for (k, entry) in gram.iter_mut().enumerate() {
                *entry *= T::of(nesting(k / STATES, k % STATES));
            }
        }
        let cotangents = self.cotangent.chunks_exact_mut(rows * STATES);
        for (((f, cotangent), tf), gram) in
            halves().zip(cotangents).zip(tf.chunks_exact(rows * STATES)).zip(self.gram.iter().rev())
        {
            for (bars, tf) in cotangent.chunks_exact_mut(STATES).zip(tf.chunks_exact(STATES)) {
                for (k, (bar, &tf)) in bars.iter_mut().zip(tf).enumerate() {
                    *bar = T::of(-4.0 * nesting(k, k) / BATCH as f64) * tf;
                }
            }
            let gram = MatRef::row_major(gram, STATES, STATES);
            let mut cotangent = MatMut::row_major(cotangent, rows, STATES);
            gemm(T::of(2.0 / rows as f64), f, gram, T::one(), &mut cotangent, &mut self.packing);
        }
        pass.pull_back(&[(self.f, &self.cotangent)], gradient)
    }
}

/// Everything a training run carries from step to step.
struct Training<T> {
    gradient: Gradient<T>,
    batches: Vec<Vec<T>>,
    parameters: Vec<T>,
    slope: Vec<T>,
    optimizer: RmsProp<T>,
    average: Average<T>,
    steps: usize,
}

impl<T: Scalar> Training<T> {
    fn new(seed: Seed) -> Result<Self> {
        let gradient = Gradient::new()?;
        let parameters = gradient.program.initial(seed);
        let mut stream = seed.stream("points");
        let mut inside = || loop {
            let x = DEVIATION * stream.normal::<f64>();
            if x.abs() < BOX {
                return T::of(x);
            }
        };
        Ok(Training {
            gradient,
            batches: (0..BATCHES).map(|_| (0..2 * BATCH).map(|_| inside()).collect()).collect(),
            slope: vec![T::zero(); parameters.len()],
            optimizer: RmsProp::default(),
            average: Average::new(DECAY, false, &parameters)?,
            parameters,
            steps: 0,
        })
    }

    fn step(&mut self) -> Result<()> {
        let points = &self.batches[self.steps % BATCHES];
        self.steps += 1;
        self.gradient.evaluate(&self.parameters, points, &mut self.slope)?;
        self.optimizer.step(T::of(RATE), &mut self.parameters, &self.slope)?;
        self.average.update(&self.parameters)
    }
}

/// Multiply-adds of the products, each counted as two: value, two slopes and the Laplacian forward,
/// the value alone in reverse.
fn nominal_flops() -> f64 {
    let layers = [(2, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 1)];
    let products = |k: usize| match k {
        // The slopes of the first layer are its weights, and nobody needs the cotangent of the points.
        0 => 1 + 1,
        _ => 4 + 2,
    };
    let per_point: usize = layers.iter().enumerate().map(|(k, (i, o))| 2 * products(k) * i * o).sum();
    (STATES * BATCH * per_point) as f64
}

/// Seconds per step: the median, and the fastest twentieth, which a busy machine disturbs the least.
fn measure<T: Scalar>() -> Result<(f64, f64)> {
    let mut training = Training::<T>::new(Seed(0))?;
    for _ in 0..5 {
        training.step()?;
    }
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < Duration::from_secs(3) || times.len() < 20 {
        let from = Instant::now();
        training.step()?;
        times.push(from.elapsed().as_secs_f64());
    }
    black_box(training.average.values());
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() / 20]))
}

fn suite<T: Scalar>() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let all = std::thread::available_parallelism()?.get();
    for threads in if all > 1 { vec![1, all] } else { vec![1] } {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        let peak: f64 = pool.broadcast(|_| fma_peak::<T>(Isa::best(), Duration::from_millis(200))).iter().sum();
        let (median, fast) = pool.install(measure::<T>)?;
        let rate = |seconds: f64| nominal_flops() / seconds / 1e9;
        println!(
            "{:>4} {threads} thread{} | median {:7.3} ms {:6.1} GFLOP/s {:5.1} % | fast {:7.3} ms {:6.1} GFLOP/s {:5.1} % of {peak:.0} GFLOP/s ({:?})",
            T::NAME,
            if threads == 1 { " " } else { "s" },
            median * 1e3,
            rate(median),
            100.0 * rate(median) / peak,
            fast * 1e3,
            rate(fast),
            100.0 * rate(fast) / peak,
            Isa::best(),
        );
    }
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let only = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    println!(
        "hydrogen step: {STATES} x (2-{HIDDEN}-{HIDDEN}-{HIDDEN}-1), batch {BATCH}, {:.3} GFLOP",
        nominal_flops() / 1e9
    );
    if only.as_deref() != Some("f64") {
        suite::<f32>()?;
    }
    if only.as_deref() != Some("f32") {
        suite::<f64>()?;
    }
    Ok(())
}
