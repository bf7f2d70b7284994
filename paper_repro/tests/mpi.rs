//! Runs shared by the processes of an MPI job, as a shell sees them: `cargo test -p paper_repro --features mpi --test mpi`.
//!
//! `MPIRUN` names the launcher that belongs to the MPI library (default `mpirun`), `EIGENNET_KILLS` how often a process is
//! killed.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const HYDROGEN: &str = env!("CARGO_BIN_EXE_hydrogen");
const DIFFUSION: &str = env!("CARGO_BIN_EXE_diffusion");
const CLUSTERING: &str = env!("CARGO_BIN_EXE_clustering");

/// `mpirun -n processes program arguments`, with more processes than cores if need be.
fn launch(processes: usize, program: &str, arguments: &[&str], out: &Path) -> Command {
    let launcher = std::env::var("MPIRUN").unwrap_or_else(|_| "mpirun".to_string());
    let version = Command::new(&launcher).arg("--version").output().expect("a launcher; MPIRUN names it");
    let mut command = Command::new(launcher);
    if String::from_utf8_lossy(&version.stdout).contains("Open MPI") {
        command.args(["--oversubscribe", "--mca", "mpi_yield_when_idle", "1"]);
        command.envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")]);
    }
    command.args(["-n", &processes.to_string(), program]).args(arguments).arg("--out").arg(out);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What a run has found, without what its clock said.
fn metrics(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("metrics.json")).expect("metrics");
    let parsed: Value = serde_json::from_str(&text).expect("JSON");
    let metrics = parsed["metrics"].as_array().expect("a list").clone();
    metrics.into_iter().filter(|metric| !metric["name"].as_str().is_some_and(|name| name.contains("seconds"))).collect()
}

fn finished(processes: usize, program: &str, arguments: &[&str], out: &Path) -> (Vec<Value>, String) {
    let output = launch(processes, program, arguments, out).output().expect("a launcher");
    assert!(output.status.success(), "{program} {arguments:?} in {processes}: {}", text(&output));
    (metrics(out), text(&output))
}

#[test]
fn one_two_and_four_processes_find_the_same_bits() {
    for (program, method) in
        [(HYDROGEN, "nested-lora"), (HYDROGEN, "neural-ritz"), (DIFFUSION, "lm"), (CLUSTERING, "spectralnet")]
    {
        let arguments = ["--preset", "quick", "--method", method, "--threads", "1"];
        let place = tempfile::tempdir().expect("a folder");
        let (one, said) = finished(1, program, &arguments, place.path());
        assert!(!one.is_empty() && !said.contains("in messages"), "{method}: {said}");
        for processes in [2, 4] {
            let place = tempfile::tempdir().expect("a folder");
            let (more, said) = finished(processes, program, &arguments, place.path());
            assert_eq!(one, more, "{method} in {processes}");
            assert!(said.contains(&format!("in messages between {processes} processes")), "{said}");
            assert_eq!(said.matches("report.html").count(), 1, "one of them speaks: {said}");
        }
    }
}

#[test]
fn bad_arguments_are_refused_once() {
    let place = tempfile::tempdir().expect("a folder");
    let output = launch(3, HYDROGEN, &["--states", "0"], place.path()).output().expect("a launcher");
    assert!(!output.status.success());
    assert_eq!(text(&output).matches("--states").count(), 1, "{}", text(&output));
}

/// The processes of the program that write to `out`.
fn ranks(out: &Path) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("a system with /proc").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut words = line.split(|&byte| byte == 0);
        let program = words.next() == Some(HYDROGEN.as_bytes());
        if program && words.any(|word| word == out.to_string_lossy().as_bytes()) {
            found.push(id);
        }
    }
    found
}

/// Kills a process; one that has just ended needs it no more.
fn kill(id: u32) {
    Command::new("kill").args(["-9", &id.to_string()]).stderr(Stdio::null()).status().expect("kill");
}

/// Waits until `ready`, or the child has ended.
fn wait_until(child: &mut Child, ready: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !ready() {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "the run does not get there");
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_killed_process_ends_the_run_and_nothing_is_lost() {
    let kills = std::env::var("EIGENNET_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(3);
    let arguments = ["--preset", "quick", "--method", "nested-lora", "--threads", "1"];
    let place = tempfile::tempdir().expect("a folder");
    let (whole, _) = finished(1, HYDROGEN, &arguments, place.path());

    let place = tempfile::tempdir().expect("a folder");
    let out = place.path();
    let resumed: Vec<&str> = arguments.iter().copied().chain(["--resume"]).collect();
    for kill_number in 0..kills {
        let processes = 2 + kill_number % 3;
        let mut child = launch(processes, HYDROGEN, &resumed, out).spawn().expect("a launcher");
        let begun = Instant::now();
        // Anywhere: while they start, between two checkpoints, while one is written.
        let delay = Duration::from_millis(40 + 173 * (kill_number as u64 * 7 % 10));
        let there = wait_until(&mut child, || ranks(out).len() >= processes && begun.elapsed() > delay);
        let victims = ranks(out);
        if there && !victims.is_empty() {
            kill(victims[kill_number % victims.len()]);
            let output = child.wait_with_output().expect("an end");
            let ended = out.join("metrics.json").exists();
            assert!(ended || !output.status.success(), "a run without one of its processes: {}", text(&output));
        }
        let gone = Instant::now();
        while !ranks(out).is_empty() {
            assert!(gone.elapsed() < Duration::from_secs(30), "the others live on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let (after, _) = finished(2, HYDROGEN, &resumed, out);
    assert_eq!(whole, after, "after {kills} kills");
}
