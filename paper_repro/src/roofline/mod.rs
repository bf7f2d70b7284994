//! How close to the machine: training steps, kernels and decompositions against the peak of the vector units, measured in
//! the same process; and how their cost grows.

mod flops;
mod growth;
pub mod measure;
mod report;
pub mod workloads;

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
use crate::preset::Preset;
use crate::run;
use workloads::{Kind, Precision, Workload};

/// The options of `roofline`.
#[derive(Debug, Clone, Args)]
pub struct Roofline {
    /// Workload to run alone, or a figure of how cost grows [default: all]
    #[arg(long, value_name = "NAME", value_parser = names())]
    pub workload: Option<String>,
}

fn names() -> PossibleValuesParser {
    let workloads = workloads::all().into_iter().map(|workload| workload.name);
    workloads.chain(growth::names().map(String::from)).collect::<Vec<_>>().into()
}

impl Roofline {
    fn runs(&self, name: &str) -> bool {
        self.workload.as_ref().is_none_or(|only| only == name)
    }
}

impl Experiment for Roofline {
    const NAME: &'static str = "roofline";
    const TITLE: &'static str = "How close to the machine";
    const ABOUT: &'static str = "Time per step of training steps, kernels and decompositions, their share of the peak of \
                                 fused multiply-adds measured in the same process, on one thread and on all, in f32 and \
                                 f64; and how their cost grows.";

    /// A share means something beside a peak of the same process and minute alone.
    fn saves(&self) -> bool {
        false
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let mut bench = Bench::new(context);
        let workloads: Vec<Workload> = workloads::all().into_iter().filter(|w| self.runs(&w.name)).collect();
        let mut measured = Vec::new();
        for kind in Kind::ALL {
            let of_kind: Vec<&Workload> = workloads.iter().filter(|workload| workload.kind == kind).collect();
            if of_kind.is_empty() {
                continue;
            }
            let settings = of_kind.len() * Precision::ALL.len() * Threads::ALL.len();
            let (mut phase, before) = (context.progress.phase(kind.name(), settings as u64), measured.len());
            for workload in of_kind {
                for precision in Precision::ALL {
                    for threads in Threads::ALL {
                        measured.push(bench.measure(workload, precision, threads)?);
                        phase.update((measured.len() - before) as u64, f64::NAN);
                    }
                }
            }
            phase.finish();
        }
        let growth = growth::figures(&mut bench, |name| self.runs(name))?;
        context.metrics_ready();
        Ok(report::outcome(&bench, &measured, growth))
    }
}

/// How many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Threads {
    One,
    All,
}

impl Threads {
    const ALL: [Threads; 2] = [Threads::One, Threads::All];

    fn name(self) -> &'static str {
        match self {
            Threads::One => "1",
            Threads::All => "all",
        }
    }
}

/// The time of a workload.
#[derive(Debug, Clone)]
struct Measured {
    name: String,
    kind: Kind,
    precision: Precision,
    threads: Threads,
    /// Nominal floating-point operations of a step, or its elements.
    work: f64,
    seconds: f64,
}

/// How long all threads are busy before anything is measured.
const WARM_UP: Duration = Duration::from_millis(200);

/// Measures, and remembers the machine's peak.
struct Bench<'a> {
    context: &'a Context,
    /// Seconds that a measurement is given.
    budget: f64,
    /// The largest peak seen in GFLOP/s, by precision and number of threads.
    peaks: Vec<(Precision, usize, f64)>,
}

impl<'a> Bench<'a> {
    fn new(context: &'a Context) -> Self {
        let budget = match context.preset {
            Preset::Quick => 0.03,
            Preset::Standard => 0.4,
            Preset::Paper => 2.0,
        };
        // The threads of a new pool may share a core until they have been busy for a while.
        measure::peak::<f64>(WARM_UP);
        Bench { context, budget, peaks: Vec::new() }
    }

    fn count(&self, threads: Threads) -> usize {
        match threads {
            Threads::One => 1,
            Threads::All => self.context.threads,
        }
    }

    fn measure(&mut self, workload: &Workload, precision: Precision, threads: Threads) -> Result<Measured, Failure> {
        let count = self.count(threads);
        let seconds = self.seconds(workload, precision, count)?;
        let (name, kind, work) = (workload.name.clone(), workload.kind, workload.work(count));
        Ok(Measured { name, kind, precision, threads, work, seconds })
    }

    /// Seconds per step in a pool of so many threads, this one if it has as many, the peak of which is measured just before.
    fn seconds(&mut self, workload: &Workload, precision: Precision, threads: usize) -> Result<f64, Failure> {
        let (context, budget) = (self.context, self.budget);
        let work = || {
            let duration = Duration::from_secs_f64(budget / 10.0);
            let peak = match precision {
                Precision::Single => measure::peak::<f32>(duration),
                Precision::Double => measure::peak::<f64>(duration),
            };
            let mut steps = workload.build(precision, context.seed)?;
            Ok((peak, measure::seconds_per_step(context, &mut *steps, budget)?))
        };
        let (peak, seconds) =
            if threads == rayon::current_num_threads() { work()? } else { run::in_pool(threads, work)? };
        match self.peaks.iter_mut().find(|known| (known.0, known.1) == (precision, threads)) {
            Some(known) => known.2 = known.2.max(peak),
            None => self.peaks.push((precision, threads, peak)),
        }
        Ok(seconds)
    }

    /// The peak in GFLOP/s; not a number before anything was measured.
    fn peak(&self, precision: Precision, threads: usize) -> f64 {
        let known = self.peaks.iter().find(|known| (known.0, known.1) == (precision, threads));
        known.map_or(f64::NAN, |known| known.2)
    }
}
