//! The thesis's studies of SpectralNet: what architecture, batch, number of functions, start and settings change.
//!
//! A study is a list of settings, each trained several times by a grid search, and what of the trainings is shown. All are
//! trained and measured in the same way.

mod measures;
mod plans;
mod report;
mod training;

use std::ops::ControlFlow;

use clap::ValueEnum;
use eigennet::graph::{DiffusionCoordinates, SpectralNet};
use eigennet::linalg::Matrix;
use eigennet::optim::{GridSearch, Trial};
use eigennet::reference::CircleHeat;

use super::SpectralNetCircle;
use crate::circle::{Circle, Sampling};
use crate::experiment::{Context, Outcome};
use crate::failure::Failure;
use crate::preset::Preset;
use measures::Measure;

/// Points that the number of neighbours is meant of, and the fewest neighbours of fewer points.
const WHOLE: usize = 10_000;
const LEAST_NEIGHBOURS: usize = 40;

/// A study of the thesis, chapter 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StudyName {
    /// Architectures beside 128-64-32 (section 3.3)
    WidthDepth,
    /// Points of a batch: orthogonality, Grassmann distance, time (Figs 3.12, 3.13)
    Batch,
    /// Error, time and Cholesky's breaks against the number of functions (Figs 3.12, 3.18)
    K,
    /// The same training again and again, from free and from fixed first weights (Figs 3.19, 3.20)
    Retrainings,
    /// Glorot, orthogonal, Glorot with batch normalisation (Fig. 3.19)
    Initializers,
    /// Eigenvalues as mean and median over points and as Rayleigh quotients (Figs 3.16, 3.17)
    Eigenvalues,
    /// Loss and Grassmann distance over the training (Figs 3.14, 3.15)
    Training,
    /// Learning rate, patience, drop and epochs (Fig. 3.10)
    Grid,
}

/// Whose configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ours,
    Thesis,
}

impl Family {
    const ALL: [Self; 2] = [Family::Ours, Family::Thesis];

    fn name(self) -> &'static str {
        match self {
            Family::Ours => "ours",
            Family::Thesis => "thesis",
        }
    }
}

/// One way to train, of which a study compares several.
#[derive(Debug, Clone)]
struct Setting {
    family: Family,
    words: String,
    /// Where it stands on a horizontal axis of numbers.
    place: f64,
    net: SpectralNet,
    /// Whether the first weights are the same in all repetitions.
    fixed_start: bool,
}

/// A setting, and the how manyth training by it.
#[derive(Debug)]
struct Candidate {
    setting: Setting,
    repeat: usize,
}

/// What the trainings of a study lie along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Horizontal {
    /// A number, the [place](Setting::place) of each setting.
    Number(&'static str),
    /// The words of each setting.
    Words,
    /// The repetitions.
    Trainings,
    /// The places in the ranking.
    Ranks,
}

/// A study: settings and repetitions, and what of the trainings is drawn.
#[derive(Debug)]
struct Study {
    title: &'static str,
    settings: Vec<Setting>,
    repeats: usize,
    horizontal: Horizontal,
    /// What is told of each training, the first few of it drawn.
    measures: &'static [Measure],
    drawn: usize,
    /// The curves that are drawn, one of each setting.
    curves: &'static [Curve],
}

/// Something that has a value in many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    /// Over the steps.
    Loss,
    /// Grassmann distance of the outputs to the direct solver, over the steps.
    Distance,
    /// Levels 1 − μ by [Rayleigh quotient](Measure::Rayleigh), median and mean, over their numbers.
    Levels(Measure),
}

/// How much work a study spends.
#[derive(Debug, Clone, Copy)]
struct Budget {
    points: usize,
    /// Steps of a training of ours, and of one of the thesis's.
    steps: [u64; 2],
    repeats: usize,
    /// Repetitions where these are the subject.
    retrainings: usize,
}

impl Budget {
    fn of(preset: Preset) -> Self {
        match preset {
            Preset::Quick => Budget { points: 800, steps: [60, 300], repeats: 1, retrainings: 3 },
            Preset::Standard => Budget { points: 3000, steps: [300, 3000], repeats: 3, retrainings: 30 },
            Preset::Paper => Budget { points: 10_000, steps: [1000, 7000], repeats: 3, retrainings: 30 },
        }
    }
}

/// What all trainings see and are measured by.
struct Problem<'a> {
    circle: &'a Circle,
    map: &'a DiffusionCoordinates<f64>,
    /// Heat that is spread by the functions; only of uniform points are they the circle's own.
    heat: Option<(CircleHeat, Vec<f64>)>,
    /// The first weights of a fixed start descend from it.
    seed: eigennet::Seed,
    /// Whether distances are measured during the training.
    looks: bool,
}

impl Problem<'_> {
    /// The first k functions of the direct solver.
    fn functions(&self, k: usize) -> Matrix<f64> {
        let functions = self.map.functions();
        functions.submatrix(0..functions.rows(), 0..k)
    }
}

/// Runs a study: trains, measures, reports.
pub fn run(options: &SpectralNetCircle, name: StudyName, context: &Context) -> Result<Outcome, Failure> {
    let budget = Budget::of(context.preset);
    let count = options.points.unwrap_or(budget.points);
    let study = plans::study(name, options, &budget, count);
    let most = study.settings.iter().map(|setting| setting.net.components).max().unwrap_or(options.k);
    // The same share of the circle, so that the kernel's scale is that of all points.
    let knn = options.knn.min((options.knn * count / WHOLE).max(LEAST_NEIGHBOURS));
    if knn >= count || most >= count {
        return Err(Failure::Usage(format!("--knn and --k have to be below the number of points, {count}")));
    }
    let circle = Circle::new(options.sampling, count, context.seed);
    let direct = SpectralNetCircle { k: most, knn, ..options.clone() }.direct(&circle, context.seed)?;
    let heat =
        (options.sampling == Sampling::Uniform).then(|| CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0])).transpose()?;
    let start = |heat: CircleHeat| {
        let values = circle.angles.iter().map(|&angle| heat.value(angle, 0.0)).collect();
        (heat, values)
    };
    let looks = study.curves.contains(&Curve::Distance);
    let problem =
        Problem { circle: &circle, map: &direct.map, heat: heat.map(start), seed: context.seed.child("start"), looks };
    let repeats = 0..options.repeats.unwrap_or(study.repeats);
    let candidates: Vec<Candidate> = repeats
        .flat_map(|repeat| study.settings.iter().map(move |setting| Candidate { setting: setting.clone(), repeat }))
        .collect();
    let checkpoints = Some(context.checkpoints("study", 1)?);
    let search = GridSearch { seed: context.seed.child("study"), checkpoints };
    let run = format!("{name:?} {:?} {count} {} {most} {}", options.sampling, knn, context.seed.0);
    let mut phase = context.progress.phase("trainings", candidates.len() as u64);
    let mut done = 0;
    let mut watch = |trial: &Trial<'_, Candidate>| {
        done += 1;
        phase.update(done, trial.score().unwrap_or(f64::NAN));
        if context.interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let train = |candidate: &Candidate, seed| training::train(candidate, &problem, seed);
    let ranking = search.run(&run, &candidates, train, &mut watch).map_err(|error| refused(context, error))?;
    phase.finish();
    context.check_interrupt()?;
    context.metrics_ready();
    report::outcome(&study, &problem, knn, &ranking)
}

/// A file of another study.
fn refused(context: &Context, error: eigennet::Error) -> Failure {
    if context.resume { crate::checkpoint::refused(&context.checkpoint("study"), error) } else { error.into() }
}
