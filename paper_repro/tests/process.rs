//! Exit codes, as a shell sees them.

mod common;

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Arguments for the made-up experiment, one a line, when this very test binary is its process.
const ARGUMENTS: &str = "PAPER_REPRO_TEST_ARGUMENTS";

/// Does nothing as a test; as a child of the tests below it is the experiment's `main`.
#[test]
fn main_of_the_made_up_experiment() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        let line = std::iter::once("synthetic").chain(arguments.lines()).map(OsString::from);
        let processes = paper_repro::processes::Processes::join().expect("a run of its own");
        std::process::exit(i32::from(paper_repro::run::exit_code_of::<common::Synthetic>(&processes, line)));
    }
}

fn synthetic(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "main_of_the_made_up_experiment", "--nocapture"]);
    command.env(ARGUMENTS, arguments.join("\n")).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn reproduce(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reproduce")).args(arguments).output().expect("it starts")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_arguments_exit_with_2_before_anything_is_written() {
    for (arguments, words) in [
        (vec!["--threads", "0"], "1..=1024"),
        (vec!["--preset", "quik"], "'quick'"),
        (vec!["--seed", "x"], "--seed"),
        (vec!["--presett", "quick"], "--preset"),
    ] {
        let output = reproduce(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
    let output = synthetic(&["--states", "0"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("--states") && told(&output).contains("1..=99"), "{}", told(&output));
}

#[test]
fn help_exits_with_0_and_tells_the_defaults() {
    let output = reproduce(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8_lossy(&output.stdout);
    for words in ["--preset", "[default: quick]", "--resume", "target/paper_repro"] {
        assert!(help.contains(words), "{words} in {help}");
    }
}

#[test]
fn an_output_folder_that_cannot_be_written_to_is_told_at_once() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let file = place.path().join("file");
    std::fs::write(&file, b"").expect("written");
    let below = file.join("below").display().to_string();
    let begun = Instant::now();
    // At a minute a step it would be working still.
    let output = synthetic(&["--pause", "60000", "--out", &below]).output().expect("it starts");
    assert!(begun.elapsed() < Duration::from_secs(50));
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("cannot write") && told(&output).contains(&below), "{}", told(&output));
    assert_eq!(reproduce(&["--out", &below]).status.code(), Some(1));
}

#[test]
fn a_run_prints_its_table_and_the_path_of_the_report() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let out = place.path().join("new folder").display().to_string();
    let output = synthetic(&["--out", &out, "--threads", "1"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("max_relative_eigenvalue_error") && text.contains(&format!("{out}/report.html")), "{text}");
    // No bars, no control sequences where there is no terminal.
    assert!(!told(&output).contains('\u{1b}') && told(&output).lines().count() <= 2, "{}", told(&output));
    let output = synthetic(&["--out", &out, "--fail"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("told to fail"));
}

#[cfg(unix)]
#[test]
fn signals_save_a_checkpoint_and_exit_with_130() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        stopped_by(signal);
    }
}

#[cfg(unix)]
fn stopped_by(signal: &str) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = place.path().join("new");
    let out = folder.display().to_string();
    let child = synthetic(&["--out", &out, "--steps", "100000", "--pause", "20"]).spawn().expect("it starts");
    // The folder is made after the handler is in place, so from then on a signal is safe.
    let begun = Instant::now();
    while !folder.is_dir() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert!(told(&output).contains("--resume") && told(&output).contains("--steps 100000"), "{}", told(&output));
    let step = std::fs::read_to_string(folder.join("synthetic.checkpoint")).expect("a checkpoint");
    assert!(step.parse::<u64>().is_ok());
    assert!(!folder.join("report.html").exists());
}

/// A checkpoint is the work of hours: `--resume` forgotten moves it aside, however often, and says where it is.
#[test]
fn without_resume_a_checkpoint_is_kept_aside() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (out, file) = (place.path().display().to_string(), place.path().join("synthetic.checkpoint"));
    for (saved, kept) in [("3", "synthetic.checkpoint.old"), ("4", "synthetic.checkpoint.old2")] {
        std::fs::write(&file, saved).expect("written");
        let output = synthetic(&["--out", &out, "--steps", "5"]).output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert!(told(&output).contains(kept) && told(&output).contains("--resume"), "{}", told(&output));
        assert!(!file.exists());
        assert_eq!(std::fs::read_to_string(place.path().join(kept)).expect("kept"), saved);
    }
    std::fs::write(&file, "5").expect("written");
    let output = synthetic(&["--out", &out, "--steps", "5", "--resume"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(file.exists() && !told(&output).contains("Without"), "{}", told(&output));
}
