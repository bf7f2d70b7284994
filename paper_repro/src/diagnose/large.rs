//! A million parameters: what products alone can do, in time and memory.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use eigennet::diagnostics::{Curvature, Samples};
use eigennet::eigen::{Lanczos, Which};
use eigennet::linalg::{LinearOperator, Symmetry};
use eigennet::{Error, Seed};

use super::classifier;
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::progress::Phase;
use crate::table::{Cell, Table};

const INPUTS: usize = 100;
const HIDDEN: [usize; 2] = [950, 950];
const CLASSES: usize = 10;
const SAMPLES: usize = 10_000;
const EIGENPAIRS: usize = 10;
/// Residuals relative to λ₁: what an eigenvalue then lacks is the square of it over the gap.
const TOLERANCE: f64 = 1e-3;

/// Normal points about a centre for each class, `[samples, inputs]`, and their classes one-hot.
fn samples(count: usize, seed: Seed) -> (Vec<f32>, Vec<f32>) {
    let mut random = seed.stream("large");
    let centres: Vec<f32> = (0..CLASSES * INPUTS).map(|_| random.normal()).collect();
    let point = |k: usize| centres[(k / INPUTS) % CLASSES * INPUTS + k % INPUTS] + random.normal::<f32>();
    let x = (0..count * INPUTS).map(point).collect();
    let label = (0..count * CLASSES).map(|k| f32::from(u8::from(k % CLASSES == (k / CLASSES) % CLASSES))).collect();
    (x, label)
}

/// A Hessian whose products are counted on the terminal and end with Ctrl-C.
struct Watched<'a, 'c> {
    hessian: &'a Curvature<'a, f32>,
    context: &'c Context,
    phase: Mutex<(u64, Phase)>,
}

impl LinearOperator<f32> for Watched<'_, '_> {
    fn rows(&self) -> usize {
        self.hessian.rows()
    }

    fn cols(&self) -> usize {
        self.hessian.cols()
    }

    fn symmetry(&self) -> Symmetry {
        self.hessian.symmetry()
    }

    fn apply(&self, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        if self.context.interrupted() {
            return Err(Error::invalid("products with the Hessian", "interrupted"));
        }
        self.hessian.apply(x, y)?;
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        phase.0 += 1;
        let count = phase.0;
        phase.1.update(count, f64::NAN);
        Ok(())
    }
}

/// The ten largest Hessian eigenvalues.
///
/// # Errors
/// What the library says.
pub fn run(context: &Context) -> Result<Outcome, Failure> {
    let hidden = if context.preset == Preset::Quick { [95, 95] } else { HIDDEN };
    let program = classifier::program::<f32>(INPUTS, &hidden, CLASSES)?;
    let (x, label) = samples(SAMPLES, context.seed);
    let samples = Samples::new(SAMPLES)?.input("x", &x)?.input("label", &label)?;
    let parameters = program.initial(context.seed);
    let loss = program.select(&[program.recording().result()])?;
    let started = Instant::now();
    let hessian = Curvature::hessian(&loss, &parameters, &samples)?;
    let lanczos = Lanczos {
        k: EIGENPAIRS,
        which: Which::Largest,
        tolerance: TOLERANCE as f32,
        seed: context.seed,
        // A check for copies of an eigenvalue would double the time.
        complete: false,
        ..Lanczos::default()
    };
    let phase = context.progress.phase("products with the Hessian", 0);
    let watched = Watched { hessian: &hessian, context, phase: Mutex::new((0, phase)) };
    let found = lanczos.solve(&watched);
    if let Ok((_, phase)) = watched.phase.into_inner() {
        phase.finish();
    }
    context.check_interrupt()?;
    let found = found?;
    let seconds = started.elapsed().as_secs_f64();
    context.metrics_ready();
    let mut table = Table::new("hessian", "The ten largest Hessian eigenvalues", ["", "λ", "residual"]);
    for (k, (&value, &residual)) in found.values.iter().zip(&found.residuals).enumerate() {
        let row = [Cell::Integer(k as i64 + 1), Cell::Fixed(value.into(), 5), Cell::error(residual.into())];
        table.row(row);
    }
    let largest = f64::from(found.values[0]);
    let residual = found.residuals.iter().copied().fold(0.0, f32::max);
    let standard = context.preset != Preset::Quick;
    let timed = Metric::new("hessian_seconds", seconds);
    let mut outcome = Outcome::default()
        .setting("parameters", parameters.len())
        .setting("samples", SAMPLES)
        .setting("products", found.products)
        .metric(if standard { timed.at_most(60.0) } else { timed })
        .metric(Metric::new("hessian_relative_residual", f64::from(residual) / largest).at_most(TOLERANCE))
        .metric(Metric::new("hessian_largest", largest))
        .table(table)
        .note(Note::remark("f32, at initialisation; a block of 256 samples at a time."));
    if let Some(peak) = peak_memory() {
        outcome = outcome.metric(Metric::new("peak_memory_gib", peak).at_most(1.0));
    }
    Ok(outcome)
}

/// The most memory that this process has had, in GiB, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0 / 1024.0)
}
