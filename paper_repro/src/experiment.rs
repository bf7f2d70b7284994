//! The contract between an experiment and everything around it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use eigennet::Seed;
use eigennet::optim::Checkpoints;
use eigennet::par;

use crate::artifacts::OutputFolder;
use crate::failure::Failure;
use crate::figure::Figure;
use crate::interrupt::Interrupt;
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::progress::Progress;
use crate::table::Table;

/// One experiment of a paper. Its fields are its own command-line options.
pub trait Experiment: clap::Args + Send + Sync {
    /// Name of the binary, of the folder it writes to and of `experiment` in `metrics.json`.
    const NAME: &'static str;
    /// Headline of the report.
    const TITLE: &'static str;
    /// One or two sentences for `--help` and for the head of the report.
    const ABOUT: &'static str;

    /// Refuses options that contradict each other, or that the chosen method does not use; called before any work.
    ///
    /// # Errors
    /// [`Failure::Usage`].
    fn check(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the run saves checkpoints: one of seconds does not, and `--resume` is refused.
    fn saves(&self) -> bool {
        true
    }

    /// Runs it. Called inside the rayon pool that the options ask for.
    ///
    /// Call [`Context::metrics_ready`] when the metrics are there and only figures are left to be
    /// computed, so that `seconds` does not count them.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] after a checkpoint is saved, or what went wrong.
    fn run(&self, context: &Context) -> Result<Outcome, Failure>;
}

/// What an experiment is given.
#[derive(Debug)]
pub struct Context {
    /// How much work to spend.
    pub preset: Preset,
    /// The seed of every random number.
    pub seed: Seed,
    /// Threads of the pool that [`Experiment::run`] is called in.
    pub threads: usize,
    /// Whether to go on from a checkpoint, if there is one.
    pub resume: bool,
    /// Where every file goes.
    pub out: OutputFolder,
    /// Progress bars.
    pub progress: Progress,
    /// Raised by Ctrl-C.
    pub interrupt: Interrupt,
    clock: Clock,
}

impl Context {
    /// A context whose clock starts now.
    pub fn new(
        preset: Preset,
        seed: u64,
        threads: usize,
        resume: bool,
        out: OutputFolder,
        progress: Progress,
        interrupt: Interrupt,
    ) -> Self {
        Context { preset, seed: Seed(seed), threads, resume, out, progress, interrupt, clock: Clock::start() }
    }

    /// Whether Ctrl-C was pressed: save a checkpoint and return [`Failure::Interrupted`]. Several processes stop
    /// together, when the first says so.
    pub fn interrupted(&self) -> bool {
        par::decide(self.interrupt.is_raised()).unwrap_or(true)
    }

    /// [`Failure::Interrupted`] once Ctrl-C was pressed, for code that has nothing to save.
    ///
    /// # Errors
    /// Ctrl-C was pressed.
    pub fn check_interrupt(&self) -> Result<(), Failure> {
        if self.interrupted() { Err(Failure::Interrupted) } else { Ok(()) }
    }

    /// Where the checkpoint of that name belongs.
    pub fn checkpoint(&self, name: &str) -> PathBuf {
        self.out.path(&format!("{name}.checkpoint"))
    }

    /// The checkpoint of that name if `--resume` was given and there is one. A run that was killed before its first
    /// checkpoint starts anew with it; and so does one without it, which moves aside what a run before left there.
    ///
    /// # Errors
    /// The file cannot be moved.
    pub fn checkpoint_to_resume(&self, name: &str) -> Result<Option<PathBuf>, Failure> {
        let path = self.checkpoint(name);
        if !self.resume {
            self.keep(&path)?;
            return Ok(None);
        }
        Ok(par::decide(path.is_file()).unwrap_or(false).then_some(path))
    }

    /// The checkpoints of a solve, one in so many iterations. Without `--resume` what a run before left there is moved
    /// aside.
    ///
    /// # Errors
    /// The file cannot be moved.
    pub fn checkpoints(&self, name: &str, every: u64) -> Result<Checkpoints, Failure> {
        self.checkpoint_to_resume(name)?;
        Ok(Checkpoints { path: self.checkpoint(name), every })
    }

    /// Moves the checkpoint of a run before to the first of `….old`, `….old2`, … that is free, and says so: it may be the
    /// work of hours, and `--resume` forgotten.
    fn keep(&self, path: &Path) -> Result<(), Failure> {
        if !par::is_first() || !path.is_file() {
            return Ok(());
        }
        let numbered = |number: usize| {
            let end = if number == 1 { ".old".to_string() } else { format!(".old{number}") };
            let mut name = path.as_os_str().to_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        let Some(old) = (1..).map(numbered).find(|old| !old.exists()) else { return Ok(()) };
        std::fs::rename(path, &old).map_err(|error| Failure::file(path, error))?;
        self.progress.tell(&format!(
            "Without --resume this starts anew. The checkpoint of a run before is kept as {}; to go on from it, move it back \
             to {} and give --resume.",
            old.display(),
            path.display()
        ));
        Ok(())
    }

    /// Stops the clock behind `seconds`: the metrics are there, what follows only draws.
    pub fn metrics_ready(&self) {
        self.seconds();
    }

    /// Seconds of this process up to [`metrics_ready`](Self::metrics_ready), which the first call of either fixes.
    pub fn seconds(&self) -> f64 {
        *self.clock.seconds.get_or_init(|| self.clock.started.elapsed().as_secs_f64())
    }
}

#[derive(Debug)]
struct Clock {
    started: Instant,
    seconds: OnceLock<f64>,
}

impl Clock {
    fn start() -> Self {
        Clock { started: Instant::now(), seconds: OnceLock::new() }
    }
}

/// What an experiment hands back: plain data for `metrics.json`, CSV, terminal and report.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Settings worth knowing, such as `("network", "9 × 2-128-128-128-1, softplus")`.
    pub settings: Vec<(String, String)>,
    /// The numbers that matter, headline first.
    pub metrics: Vec<Metric>,
    /// Tables, in reading order.
    pub tables: Vec<Table>,
    /// Figures, in reading order.
    pub figures: Vec<Figure>,
    /// What a reader must know to read the numbers rightly.
    pub notes: Vec<Note>,
}

impl Outcome {
    /// Adds a setting.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.settings.push((name.into(), value.to_string()));
        self
    }

    /// Adds a metric.
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        self.metrics.push(metric);
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: Note) -> Self {
        self.notes.push(note);
        self
    }
}

/// A sentence beside the numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Background.
    Remark(String),
    /// Something that limits what the numbers mean.
    Warning(String),
}

impl Note {
    /// A [`Note::Remark`].
    pub fn remark(text: impl Into<String>) -> Self {
        Note::Remark(text.into())
    }

    /// A [`Note::Warning`].
    pub fn warning(text: impl Into<String>) -> Self {
        Note::Warning(text.into())
    }

    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Note::Remark(text) | Note::Warning(text) => text,
        }
    }
}
