//! SpectralNet on the unit circle: how far its functions are from those of a direct solver, on points seen and fresh.

mod race;
mod report;
mod study;

use std::time::Instant;

use clap::Args;
use eigennet::Seed;
use eigennet::graph::spectral_net::Readout;
use eigennet::graph::{Affinity, Bandwidth, DiffusionCoordinates, DiffusionMap, Neighborhood, SpectralNet};
use eigennet::linalg::{Matrix, grassmann_distance};
use eigennet::reference::CircleHeat;

use crate::circle::{Circle, Sampling};
use crate::cli::{self, Preset};
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use crate::spectral_net::{self, Trained};
use race::Race;
pub use study::StudyName;

/// The options of `spectralnet_circle`.
#[derive(Debug, Clone, Args)]
pub struct SpectralNetCircle {
    /// How the points lie on the circle
    #[arg(long, value_enum, default_value = "uniform")]
    pub sampling: Sampling,

    /// Eigenfunctions, the constant one counted
    #[arg(long, value_name = "K", default_value = "9", allow_negative_numbers = true,
        value_parser = cli::whole::<usize>(2..=200))]
    pub k: usize,

    /// The neighbour whose distance, where it is largest, is how far the kernel reaches; of a study of fewer than 10000 points
    /// a nearer one in proportion, the 40th at least
    #[arg(long, value_name = "K", default_value = "200", allow_negative_numbers = true,
        value_parser = cli::whole::<usize>(2..=2000))]
    pub knn: usize,

    /// How much of the density is taken out of the kernel: 0 or 1
    #[arg(long, value_name = "0|1", default_value = "1", value_parser = cli::whole::<u8>(0..=1))]
    pub alpha: u8,

    /// Trainings, each from other random numbers on the same points [default: 1; of a study 3, or 30 retrainings]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = cli::whole::<usize>(1..=1000))]
    pub repeats: Option<usize>,

    /// Compare settings, ours beside the thesis's, in place of the one training: minutes on two cores (quick: seconds, paper:
    /// hours)
    #[arg(long, value_enum, value_name = "NAME")]
    pub study: Option<StudyName>,

    /// How many points [default: 10000, quick: 2000; of a study 3000, quick: 800, paper: 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = cli::whole::<usize>(300..=1_000_000))]
    pub points: Option<usize>,
}

/// Products with the kernel that refine the functions.
const PRODUCTS: usize = 4;
/// The square of the kernel where it is cut off.
const TOLERANCE: f64 = 5e-6;

/// Grassmann distances of one training to the direct solver.
#[derive(Debug, Clone)]
struct Distances {
    outputs: f64,
    hidden_ritz: f64,
    held_out: f64,
    refined: f64,
    /// To sines and cosines, where the spans are determined.
    exact: Option<f64>,
}

/// One training.
#[derive(Debug)]
struct Run {
    distances: Option<Distances>,
    /// Eigenvalues 1 − μ of the walk by the network.
    values: Vec<f64>,
    losses: Vec<(f64, f64)>,
    doubt: Option<String>,
    seconds: f64,
}

/// What all trainings are measured by.
struct Direct {
    map: DiffusionCoordinates<f64>,
    fresh: Matrix<f64>,
    seconds: f64,
    exact: Option<f64>,
}

impl SpectralNetCircle {
    fn settings(&self, preset: Preset) -> SpectralNet {
        match preset {
            Preset::Paper => SpectralNet::paper(self.k),
            Preset::Quick | Preset::Standard => SpectralNet::new(self.k),
        }
    }

    fn direct(&self, circle: &Circle, seed: Seed) -> Result<Direct, Failure> {
        let started = Instant::now();
        let bandwidth = Bandwidth::Cutoff { neighbor: self.knn, tolerance: TOLERANCE };
        let affinity = Affinity { neighborhood: Neighborhood::Reach(self.knn), bandwidth, ..Affinity::default() };
        let alpha = f64::from(self.alpha);
        let map = DiffusionMap { alpha, components: self.k, affinity, seed, ..DiffusionMap::default() };
        let map = map.fit(&circle.points)?;
        let seconds = started.elapsed().as_secs_f64();
        let exact = self.exact(circle, map.functions())?;
        let fresh = map.functions_at(&circle.fresh)?;
        Ok(Direct { map, fresh, seconds, exact })
    }

    /// An even number cuts a pair of sine and cosine, and a density that is left in has other functions.
    fn exact(&self, circle: &Circle, functions: &Matrix<f64>) -> Result<Option<f64>, Failure> {
        if self.k.is_multiple_of(2) || (self.sampling != Sampling::Uniform && self.alpha == 0) {
            return Ok(None);
        }
        Ok(Some(grassmann_distance(functions, &CircleHeat::eigenfunctions(&circle.angles, self.k))?))
    }

    /// A training and its distances; what broke in it is a failure that is counted.
    fn training(
        &self,
        context: &Context,
        circle: &Circle,
        direct: &Direct,
        repeat: usize,
    ) -> Result<(Run, Option<Matrix<f64>>), Failure> {
        let started = Instant::now();
        let settings = self.settings(context.preset);
        let seed = if repeat == 0 { context.seed } else { context.seed.child("repeat").numbered(repeat as u64) };
        let name = if repeat == 0 { "spectralnet".to_string() } else { format!("spectralnet-{repeat}") };
        let run =
            format!("{settings:?} on {:?} {} {} {} {repeat}", self.sampling, circle.angles.len(), self.knn, self.alpha);
        let graph = direct.map.graph();
        let trained = match spectral_net::train(context, &name, &settings, graph, &circle.points, &run, seed) {
            Ok(trained) => trained,
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(Failure::Usage(text)) => return Err(Failure::Usage(text)),
            Err(error) => {
                let doubt = Some(error.to_string());
                let seconds = started.elapsed().as_secs_f64();
                return Ok((Run { distances: None, values: Vec::new(), losses: Vec::new(), doubt, seconds }, None));
            }
        };
        let Trained { fit, parameters, losses, before } = trained;
        let seconds = before + started.elapsed().as_secs_f64();
        let functions = fit.functions.transform(&circle.points)?;
        let measured = || -> Result<Distances, Failure> {
            let own = direct.map.functions();
            // Of the outputs alone, with the same parameters.
            let readout = match settings.readout {
                Readout::OutputsAndHidden => Readout::Outputs,
                readout => readout,
            };
            let outputs = SpectralNet { readout, ritz_start: false, held_out: 0.0, ..settings.clone() };
            let outputs = outputs.task(graph, &circle.points, seed)?.finish(&parameters, ())?;
            let outputs = outputs.functions.transform(&circle.points)?;
            let refined = fit.functions.refine(graph, &circle.points, PRODUCTS)?;
            Ok(Distances {
                outputs: grassmann_distance(&outputs, own)?,
                hidden_ritz: grassmann_distance(&functions, own)?,
                held_out: grassmann_distance(&fit.functions.transform(&circle.fresh)?, &direct.fresh)?,
                refined: grassmann_distance(&refined.functions, own)?,
                exact: self.exact(circle, &functions)?,
            })
        };
        let distances = measured().ok().filter(|d| d.hidden_ritz.is_finite());
        let doubt = fit.doubt().map(|doubt| doubt.to_string());
        let run = Run { distances, values: fit.functions.values().to_vec(), losses, doubt, seconds };
        Ok((run, Some(functions)))
    }
}

impl Experiment for SpectralNetCircle {
    const NAME: &'static str = "spectralnet_circle";
    const TITLE: &'static str = "SpectralNet on the circle";
    const ABOUT: &'static str = "Eigenfunctions of a graph over points of the unit circle by SpectralNet, against those of a \
                                 direct solver on the same graph: how far apart they span, on fresh points too, and what a \
                                 network saves an iterative solver that starts from it.";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        if let Some(name) = self.study {
            return study::run(self, name, context);
        }
        let count = self.points.unwrap_or(if context.preset == Preset::Quick { 2000 } else { 10_000 });
        if self.knn >= count || self.k >= count {
            return Err(Failure::Usage(format!("--knn and --k have to be below the number of points, {count}")));
        }
        let circle = Circle::new(self.sampling, count, context.seed);
        let direct = self.direct(&circle, context.seed)?;
        let mut runs = Vec::new();
        let mut race = None;
        for repeat in 0..self.repeats.unwrap_or(1) {
            context.check_interrupt()?;
            let (run, functions) = self.training(context, &circle, &direct, repeat)?;
            if race.is_none() {
                race = functions.map(|functions| Race::run(&direct.map, &functions, context.seed)).transpose()?;
            }
            runs.push(run);
        }
        context.metrics_ready();
        report::outcome(self, context, &circle, &direct, &runs, race.as_ref())
    }
}
