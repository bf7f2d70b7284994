//! The options that every binary shares, and one parser for them beside an experiment's own.

use std::ffi::OsString;
use std::ops::RangeBounds;
use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::experiment::Experiment;
pub use crate::preset::Preset;

/// The options that every binary shares.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Shared options")]
pub struct SharedOptions {
    /// How much work to spend
    #[arg(long, value_enum, default_value = "standard")]
    pub preset: Preset,

    /// Seed of every random number; the same seed gives the same bits on any number of threads
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true, value_parser = whole::<u64>(0..))]
    pub seed: u64,

    /// Threads to compute on, up to 1024 [default: all; of several processes on a machine each its share]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>(1..=1024))]
    pub threads: Option<usize>,

    /// Folder for report.html, metrics.json, the CSV files and checkpoints [default: target/paper_repro/NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Go on from the checkpoint in the output folder; start anew if there is none. Without it one that is there is kept
    /// as NAME.checkpoint.old
    #[arg(long)]
    pub resume: bool,
}

impl SharedOptions {
    /// The folder to write to, for the binary of that name.
    pub fn out_or_default(&self, name: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("target").join("paper_repro").join(name))
    }
}

#[derive(Parser)]
struct CommandLine<A: Args> {
    #[command(flatten)]
    own: A,
    #[command(flatten)]
    shared: SharedOptions,
}

/// Options and arguments of experiment `E`, from a whole command line (program name first).
///
/// # Errors
/// clap's own, which knows how to print itself and its exit code: 0 for `--help`, 2 for bad arguments.
pub fn parse<E: Experiment>(
    line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<(E, SharedOptions), clap::Error> {
    parse_as::<E>(command::<E>(E::NAME, E::ABOUT), line)
}

/// The command that parses `A` beside the shared options.
pub fn command<A: Args>(name: &'static str, about: &'static str) -> clap::Command {
    CommandLine::<A>::command().name(name).about(about).long_about(None::<&str>).version(env!("CARGO_PKG_VERSION"))
}

/// Parses a line with `command`, made by [`command`] for the same `A`.
///
/// # Errors
/// As [`parse`].
pub fn parse_as<A: Args>(
    mut command: clap::Command,
    line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<(A, SharedOptions), clap::Error> {
    let mut matches = command.try_get_matches_from_mut(line)?;
    let line = CommandLine::<A>::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
    Ok((line.own, line.shared))
}

/// A whole number in a range, for options such as `--states`; a complaint names the range.
pub fn whole<T>(range: impl RangeBounds<i64>) -> RangedI64ValueParser<T>
where
    T: TryFrom<i64, Error: std::error::Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    RangedI64ValueParser::new().range(range)
}

/// A finite number that fits, for options such as `--noise`; a complaint says `what` it has to be.
///
/// # Errors
/// The complaint.
pub fn number(text: &str, what: &str, fits: impl Fn(f64) -> bool) -> Result<f64, String> {
    text.parse().ok().filter(|&value: &f64| value.is_finite() && fits(value)).ok_or(format!("{text} is not {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Args)]
    struct Nothing {}

    fn options(line: &[&str]) -> Result<SharedOptions, clap::Error> {
        let line = std::iter::once("test").chain(line.iter().copied());
        parse_as::<Nothing>(command::<Nothing>("test", "A test."), line).map(|(_, shared)| shared)
    }

    #[test]
    fn the_command_is_consistent() {
        command::<Nothing>("test", "A test.").debug_assert();
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let shared = options(&[]).expect("an empty line is valid");
        assert_eq!(shared.preset, Preset::Standard);
        assert_eq!(shared.seed, 0);
        assert_eq!(shared.out_or_default("hydrogen"), PathBuf::from("target/paper_repro/hydrogen"));
        assert_eq!(shared.threads, None);
        assert!(!shared.resume);
    }

    #[test]
    fn bad_arguments_exit_with_2_and_a_sentence_that_helps() {
        for (line, words) in [
            (vec!["--threads", "0"], "0 is not in 1..=1024"),
            (vec!["--threads", "-1"], "1..=1024"),
            (vec!["--threads", "many"], "--threads"),
            (vec!["--threads", "1000000"], "1..=1024"),
            (vec!["--preset", "quik"], "quick"),
            (vec!["--preset", "fast"], "standard"),
            (vec!["--seed", "-3"], "-3 is not in 0.."),
            (vec!["--seed", "1.5"], "--seed"),
            (vec!["--sed", "1"], "--seed"),
            (vec!["stray"], "stray"),
        ] {
            let error = options(&line).expect_err(&format!("{line:?} must be refused"));
            assert_eq!(error.exit_code(), 2, "{line:?}");
            assert!(error.to_string().contains(words), "{line:?}: {error}");
        }
    }

    #[test]
    fn help_names_every_option_and_exits_with_0() {
        let help = options(&["--help"]).expect_err("help is not a run");
        assert_eq!(help.exit_code(), 0);
        for option in ["--preset", "--seed", "--threads", "--out", "--resume"] {
            assert!(help.to_string().contains(option), "{help}");
        }
    }
}
