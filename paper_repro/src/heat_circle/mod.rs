//! Heat on a circle, spread by the eigenpairs of a diffusion map and by those of SpectralNet on the same kernel.

mod report;

use clap::Args;
use eigennet::graph::{DiffusionCoordinates, DiffusionMap, HeatFlow, Laplacian, SpectralNet};
use eigennet::linalg::{LinearOperator, Matrix};
use eigennet::reference::CircleHeat;

use crate::circle::{Circle, Sampling};
use crate::cli::{self, Preset};
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use crate::spectral_net;

/// The options of `heat_circle`.
#[derive(Debug, Clone, Args)]
pub struct HeatCircle {
    /// How the points lie on the circle
    #[arg(long, value_enum, default_value = "uniform")]
    pub sampling: Sampling,

    /// How much of the density is taken out of the kernel: 0 or 1; the other stands beside it
    #[arg(long, value_name = "0|1", default_value = "1", value_parser = cli::whole::<u8>(0..=1))]
    pub alpha: u8,

    /// Eigenpairs, the constant one counted [default: 5 of uniform points, 7 of squared ones]
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = cli::whole::<usize>(1..=50))]
    pub k: Option<usize>,

    /// How many points [default: 10000, quick: 2000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = cli::whole::<usize>(200..=1_000_000))]
    pub points: Option<usize>,
}

/// When errors are quoted.
const TIME: f64 = 0.5;

/// Eigenpairs by a method, and the heat they spread.
#[derive(Debug)]
struct Spread {
    name: String,
    values: Vec<f64>,
    /// `[points, eigenpairs]`
    functions: Matrix<f64>,
    flow: HeatFlow<f64>,
}

/// The kernel with one α: the graph's own eigenpairs and the network's.
#[derive(Debug)]
struct Pair {
    alpha: u8,
    direct: Spread,
    network: Spread,
    residual: f64,
    /// ‖μ of the network − μ of the direct solver‖, eigenvalues of the walk.
    difference: f64,
    losses: Vec<(f64, f64)>,
    doubt: Option<String>,
}

impl HeatCircle {
    fn components(&self) -> usize {
        self.k.unwrap_or(if self.sampling == Sampling::Uniform { 5 } else { 7 })
    }

    /// sin θ + cos 2θ, or sin 3θ + cos θ.
    fn heat(&self) -> Result<CircleHeat, Failure> {
        Ok(match self.sampling {
            Sampling::Uniform => CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0])?,
            Sampling::Squared => CircleHeat::new(&[0.0, 1.0], &[0.0, 0.0, 1.0])?,
        })
    }

    fn pair(&self, context: &Context, circle: &Circle, alpha: u8) -> Result<Pair, Failure> {
        let k = self.components();
        let exact = self.heat()?;
        let initial: Vec<f64> = circle.angles.iter().map(|&angle| exact.value(angle, 0.0)).collect();
        // datafold's kernel, which is the thesis's.
        let map =
            DiffusionMap { alpha: f64::from(alpha), components: k, seed: context.seed, ..DiffusionMap::default() };
        let map = map.fit(&circle.points)?;
        let spread = |name: &str, functions: Matrix<f64>, values: Vec<f64>| -> Result<Spread, Failure> {
            let flow = HeatFlow::new(functions.clone(), values.clone(), &initial)?;
            Ok(Spread { name: name.to_string(), values, functions, flow })
        };
        let direct = spread("direct", map.functions().clone(), map.generator_values())?;
        let residual = map.pairs().residuals.iter().copied().fold(0.0, f64::max);
        let settings = match context.preset {
            Preset::Paper => SpectralNet::paper(k),
            Preset::Quick | Preset::Standard => SpectralNet::new(k),
        };
        let name = format!("spectralnet-alpha-{alpha}");
        let run = format!("{settings:?} on {:?} {} {alpha}", self.sampling, circle.angles.len());
        let trained = spectral_net::train(context, &name, &settings, map.graph(), &circle.points, &run, context.seed)?;
        let functions = trained.fit.functions.transform(&circle.points)?;
        let values = trained.fit.functions.values();
        let values = if settings.normalized {
            values.iter().map(|value| map.generator_value(1.0 - value)).collect()
        } else {
            quotients(&map, &functions)?
        };
        let sigma = map.graph().bandwidth().unwrap_or(1.0);
        // The formula of the generator's eigenvalues, backwards.
        let off = |(lambda, mu): (&f64, &f64)| ((-0.5 * sigma * sigma * lambda).exp() - mu).powi(2);
        let difference = values.iter().zip(map.values()).map(off).sum::<f64>().sqrt();
        let network = spread("network", functions, values)?;
        let doubt = trained.fit.doubt().map(|doubt| doubt.to_string());
        Ok(Pair { alpha, direct, network, residual, difference, losses: trained.losses, doubt })
    }
}

/// By the Rayleigh quotients of the walk.
fn quotients(map: &DiffusionCoordinates<f64>, functions: &Matrix<f64>) -> Result<Vec<f64>, Failure> {
    let laplacian = map.graph().laplacian(Laplacian::Unnormalized);
    let degrees = map.graph().degrees();
    (0..functions.cols())
        .map(|j| {
            let f = functions.column(j);
            let mut image = vec![0.0; f.len()];
            laplacian.apply(&f, &mut image)?;
            let energy: f64 = f.iter().zip(&image).map(|(a, b)| a * b).sum();
            let mass: f64 = f.iter().zip(&degrees).map(|(f, d)| d * f * f).sum();
            Ok(map.generator_value(1.0 - energy / mass))
        })
        .collect()
}

impl Experiment for HeatCircle {
    const NAME: &'static str = "heat_circle";
    const TITLE: &'static str = "Heat on a circle";
    const ABOUT: &'static str = "The heat equation on a circle from points alone: eigenpairs of a diffusion map by a direct \
                                 solver and by SpectralNet on the same kernel, against the exact solution.";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let count = self.points.unwrap_or(if context.preset == Preset::Quick { 2000 } else { 10_000 });
        let circle = Circle::new(self.sampling, count, context.seed);
        let pairs = [self.alpha, 1 - self.alpha].map(|alpha| self.pair(context, &circle, alpha));
        let [asked, beside] = pairs;
        let pairs = [asked?, beside?];
        context.metrics_ready();
        report::outcome(self, context, &circle, &pairs)
    }
}
