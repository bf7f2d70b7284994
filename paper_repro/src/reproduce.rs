//! Every experiment, one after the other, and one index page over their reports.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::artifacts::OutputFolder;
use crate::cli::{self, SharedOptions};
use crate::experiment::Experiment;
use crate::failure::Failure;
use crate::html;
use crate::interrupt::Interrupt;
use crate::metrics::{self, Metric};
use crate::number;
use crate::processes::Processes;
use crate::progress::Progress;
use crate::run::{self, Finished};
use crate::terminal;

const NAME: &str = "reproduce";
const ABOUT: &str = "Runs every experiment at its quick preset and makes one index of their reports.";

type Run = Box<dyn Fn(&SharedOptions, OutputFolder, Progress, Interrupt) -> Result<Finished, Failure> + Send + Sync>;

/// An experiment with its own options, ready to run.
pub struct Entry {
    /// Folder below the output folder, and the prefix of its metrics.
    pub folder: String,
    /// Headline.
    pub title: &'static str,
    /// What it shows.
    pub about: &'static str,
    run: Run,
}

impl Entry {
    /// Experiment `E` with its own options, written as on its command line.
    pub fn new<E: Experiment>(folder: impl Into<String>, arguments: &[&str]) -> Self {
        let line: Vec<OsString> = std::iter::once(E::NAME).chain(arguments.iter().copied()).map(Into::into).collect();
        let run: Run = Box::new(move |options, out, progress, interrupt| {
            let (experiment, _) = cli::parse::<E>(&line).map_err(|error| Failure::Usage(error.to_string()))?;
            run::run(&experiment, options, out, progress, interrupt)
        });
        Entry { folder: folder.into(), title: E::TITLE, about: E::ABOUT, run }
    }
}

#[derive(Debug, clap::Args)]
struct NoOptions {}

/// The whole `main` of `reproduce`.
pub fn main_of(entries: &[Entry]) -> ExitCode {
    Processes::main(|processes| exit_code_of(processes, entries, std::env::args_os()))
}

/// Runs `reproduce` with a command line (program name first) and returns the exit code.
pub fn exit_code_of(processes: &Processes, entries: &[Entry], line: impl IntoIterator<Item = OsString>) -> u8 {
    let line: Vec<OsString> = line.into_iter().collect();
    let command = cli::command::<NoOptions>(NAME, ABOUT).mut_arg("preset", |preset| preset.default_value("quick"));
    let options = match cli::parse_as::<NoOptions>(command, &line) {
        Ok((_, options)) => options,
        Err(error) => return run::print_usage(processes, &error),
    };
    let ended = Interrupt::on_ctrl_c(true, processes.is_first()).and_then(|interrupt| {
        processes.run(options.threads, || {
            let out = OutputFolder::create(options.out_or_default(NAME))?;
            reproduce(entries, &options, &out, processes.progress(), &interrupt)
        })
    });
    match ended {
        Ok(results) => u8::from(results.iter().any(|result| result.is_err())),
        Err(failure) => run::print_failure(processes, &failure, NAME, &line, &options),
    }
}

/// Runs every entry below `out` and writes the index. One that fails is told and does not stop the others.
///
/// # Errors
/// Ctrl-C, or an index that cannot be written.
pub fn reproduce(
    entries: &[Entry],
    options: &SharedOptions,
    out: &OutputFolder,
    progress: Progress,
    interrupt: &Interrupt,
) -> Result<Vec<Result<Finished, Failure>>, Failure> {
    let say = |text: &str| {
        if progress != Progress::Silent {
            terminal::say(text);
        }
    };
    let mut results = Vec::new();
    for entry in entries {
        say(&format!("\n── {} ──\n", entry.title));
        let result = OutputFolder::create(out.path(&entry.folder))
            .and_then(|below| (entry.run)(options, below, progress, interrupt.clone()));
        match &result {
            Ok(done) => say(&terminal::summary(&done.outcome, done.seconds, &done.report)),
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(failure) => eprintln!("error: {}: {failure}", entry.folder),
        }
        results.push(result);
    }
    let seconds = results.iter().flatten().fold(0.0, |sum, done| sum + done.seconds);
    let all = combined(entries, &results);
    out.write("metrics.json", metrics::to_json(NAME, options.seed, seconds, &all)?.as_bytes())?;
    out.write("metrics.csv", &metrics::to_csv(&all)?)?;
    let cards = entries.iter().zip(&results).map(|(entry, result)| html::Entry {
        folder: &entry.folder,
        title: entry.title,
        about: entry.about,
        result: result.as_ref().map(|done| (&done.outcome, done.seconds)),
    });
    let cards: Vec<html::Entry<'_>> = cards.collect();
    let index = out.write("report.html", html::index(&cards, options, seconds)?.as_bytes())?;
    say(&format!("\nAll in {} · index: {}\n", number::duration(seconds), index.display()));
    Ok(results)
}

/// The metrics of every experiment, each name prefixed by its folder.
fn combined(entries: &[Entry], results: &[Result<Finished, Failure>]) -> Vec<Metric> {
    let of = |(entry, result): (&Entry, &Result<Finished, Failure>)| -> Vec<Metric> {
        let metrics = result.as_ref().map_or(&[][..], |done| &done.outcome.metrics);
        let prefixed = |metric: &Metric| Metric { name: format!("{}.{}", entry.folder, metric.name), ..metric.clone() };
        metrics.iter().map(prefixed).collect()
    };
    entries.iter().zip(results).flat_map(of).collect()
}
