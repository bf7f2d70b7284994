//! From a command line to an exit code: parse, check, run in one pool, save, tell.
//!
//! Exit codes: 0 done, 1 something went wrong at run time (an output folder that cannot be written to
//! among it), 2 bad arguments, 130 Ctrl-C.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eigennet::par;

use crate::artifacts::OutputFolder;
use crate::cli::{self, Preset, SharedOptions};
use crate::experiment::{Context, Experiment, Note, Outcome};
use crate::failure::Failure;
use crate::figure;
use crate::html;
use crate::interrupt::Interrupt;
use crate::metrics;
use crate::processes::Processes;
use crate::progress::Progress;
use crate::terminal;

/// The whole `main` of a binary.
pub fn main_of<E: Experiment>() -> ExitCode {
    Processes::main(|processes| exit_code_of::<E>(processes, std::env::args_os()))
}

/// Runs experiment `E` with a command line (program name first) and returns the exit code.
pub fn exit_code_of<E: Experiment>(processes: &Processes, line: impl IntoIterator<Item = OsString>) -> u8 {
    let line: Vec<OsString> = line.into_iter().collect();
    let (experiment, options) = match cli::parse::<E>(&line) {
        Ok(parsed) => parsed,
        Err(error) => return print_usage(processes, &error),
    };
    let listen = |()| Interrupt::on_ctrl_c(experiment.saves(), processes.is_first());
    let ended = checked(&experiment, &options).and_then(listen).and_then(|interrupt| {
        processes.run(options.threads, || {
            let out = OutputFolder::create(options.out_or_default(E::NAME))?;
            run(&experiment, &options, out, processes.progress(), interrupt)
        })
    });
    match ended {
        Ok(finished) => {
            if processes.is_first() {
                terminal::say(&terminal::summary(&finished.outcome, finished.seconds, &finished.report));
            }
            processes.tell_communication(finished.seconds);
            0
        }
        Err(failure) => print_failure(processes, &failure, E::NAME, &line, &options),
    }
}

fn checked<E: Experiment>(experiment: &E, options: &SharedOptions) -> Result<(), Failure> {
    experiment.check()?;
    if options.resume && !experiment.saves() {
        let words = "--resume: with these options the run saves no checkpoint; leave it out";
        return Err(Failure::Usage(words.to_string()));
    }
    Ok(())
}

/// Prints clap's help or complaint and returns its exit code.
pub fn print_usage(processes: &Processes, error: &clap::Error) -> u8 {
    if processes.is_first() {
        // Help that cannot be printed is no reason for another exit code.
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// Prints why a run ended, and after Ctrl-C how to go on; returns the exit code.
pub fn print_failure(
    processes: &Processes,
    failure: &Failure,
    name: &str,
    line: &[OsString],
    options: &SharedOptions,
) -> u8 {
    if !processes.tells(failure) {
        return failure.exit_code();
    }
    match failure {
        Failure::Interrupted => {
            let mut words: Vec<String> = line.iter().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
            words.retain(|word| word != "--resume");
            let saved = has_checkpoint(&options.out_or_default(name));
            let what = if saved { "To go on" } else { "It had saved no checkpoint; to start anew" };
            words.extend(saved.then(|| "--resume".to_string()));
            let command = format!("{} {}", processes.command(name), words.join(" "));
            eprintln!("Interrupted. {what}: {}", command.trim_end_matches(" -- "));
        }
        Failure::Usage(message) => eprintln!("error: {message}\n\nFor more information, try '--help'."),
        other => eprintln!("error: {other}"),
    }
    processes.end(failure);
    failure.exit_code()
}

/// Whether there is a checkpoint in the folder, or in one of the experiments' folders in it.
fn has_checkpoint(folder: &Path) -> bool {
    let paths = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let is_checkpoint = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "checkpoint");
    paths(folder).iter().any(|path| is_checkpoint(path) || paths(path).iter().any(is_checkpoint))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./,:+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Runs `work` inside one pool of `threads` threads, in the team of the calling thread.
///
/// # Errors
/// Those of `work`, or the system gave no threads.
pub fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> Result<R, Failure> + Send) -> Result<R, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Failure::Other(format!("cannot start {threads} threads: {error}")))?;
    let team = par::team();
    pool.install(|| match team {
        Some(team) => par::with_team(team, work),
        None => work(),
    })
}

/// A run that came to its end and wrote everything.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What came out.
    pub outcome: Outcome,
    /// Seconds from parsed arguments to metrics.
    pub seconds: f64,
    /// The report.
    pub report: PathBuf,
}

/// Runs an experiment inside the current pool and writes report, metrics, tables and figures' data.
///
/// # Errors
/// Those of the experiment, or a file that cannot be written.
pub fn run<E: Experiment>(
    experiment: &E,
    options: &SharedOptions,
    out: OutputFolder,
    progress: Progress,
    interrupt: Interrupt,
) -> Result<Finished, Failure> {
    let threads = rayon::current_num_threads();
    if progress != Progress::Silent {
        if !experiment.saves() {
            eprintln!("No checkpoint is saved.");
        } else if options.resume && !has_checkpoint(&out.path("")) {
            eprintln!("There is no checkpoint in {} to go on from; starting anew.", out.path("").display());
        }
    }
    let context = Context::new(options.preset, options.seed, threads, options.resume, out, progress, interrupt);
    let mut outcome = experiment.run(&context)?;
    let seconds = context.seconds();
    outcome.notes.extend(metrics::complaints(&outcome.metrics).into_iter().map(Note::Warning));
    if options.preset == Preset::Quick {
        let text = "Quick preset: a first look in seconds. Figures quoted for this program mean --preset standard.";
        outcome.notes.insert(0, Note::warning(text));
    }
    if cfg!(debug_assertions) {
        outcome.notes.push(Note::warning("Built without optimisation: times mean nothing. Use --release."));
    }
    let report = save::<E>(&context, &outcome, seconds)?;
    Ok(Finished { outcome, seconds, report })
}

fn save<E: Experiment>(context: &Context, outcome: &Outcome, seconds: f64) -> Result<PathBuf, Failure> {
    let out = &context.out;
    out.write("metrics.json", metrics::to_json(E::NAME, context.seed.0, seconds, &outcome.metrics)?.as_bytes())?;
    out.write("metrics.csv", &metrics::to_csv(&outcome.metrics)?)?;
    for table in &outcome.tables {
        out.write(&format!("{}.csv", table.name), &table.to_csv()?)?;
    }
    for figure in &outcome.figures {
        if let Some(data) = figure::csv::to_csv(figure)? {
            out.write(&format!("{}.csv", figure.name), &data)?;
        }
    }
    let page = html::report(&html::Head::of::<E>(context, seconds), outcome)?;
    out.write("report.html", page.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_needs_them() {
        assert_eq!(quoted("--states=9"), "--states=9");
        assert_eq!(quoted("my folder"), "'my folder'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_pool_has_the_threads_asked_for() {
        let threads = in_pool(3, || Ok(rayon::current_num_threads())).expect("three threads");
        assert_eq!(threads, 3);
    }
}
