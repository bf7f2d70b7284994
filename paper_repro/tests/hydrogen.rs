//! The `hydrogen` binary as a user meets it: its metrics, its exit codes, Ctrl-C, SIGKILL and `--resume`.

mod killed;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use killed::{resumes_bit_for_bit, wait_for};

/// Few states: quicker, and a resume is a resume.
const QUICK: [&str; 4] = ["--preset", "quick", "--states", "2"];

fn hydrogen(out: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hydrogen"));
    command.args(QUICK).arg("--out").arg(out).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(out: &Path, arguments: &[&str]) -> Output {
    hydrogen(out, arguments).output().expect("it starts")
}

fn done(out: &Path, arguments: &[&str]) {
    let output = run(out, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn bytes(out: &Path, file: &str) -> Vec<u8> {
    std::fs::read(out.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("out");
    (place, path)
}

fn metric_names(out: &Path) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_slice(&bytes(out, "metrics.json")).expect("JSON");
    assert_eq!(json["experiment"], "hydrogen");
    assert!(json["seed"].is_u64() && json["seconds"].as_f64().is_some_and(|s| s > 0.0), "{json}");
    let metrics = json["metrics"].as_array().expect("metrics");
    for metric in metrics {
        let mut keys: Vec<&str> = metric.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["name", "published", "source", "target", "value"]);
        assert!(metric["value"].as_f64().is_some_and(|v| (0.0..1.0).contains(&v)), "{metric}");
        assert_eq!(metric["published"].is_null(), metric["source"].is_null(), "{metric}");
    }
    metrics.iter().map(|m| m["name"].as_str().expect("a name").to_string()).collect()
}

/// Everything that is computed from the trained functions, and the whole curve of the training.
fn results(method: &str) -> [String; 4] {
    let curve = format!("loss_{}.csv", method.replace('-', "_"));
    [format!("{method}.model"), "metrics.csv".to_string(), "eigenvalues.csv".to_string(), curve]
}

#[test]
fn metrics_have_the_names_and_the_fields_that_were_promised() {
    let (_place, out) = folder();
    done(&out, &["--method", "neural-ritz"]);
    assert_eq!(metric_names(&out), ["max_relative_eigenvalue_error", "orthogonality", "subspace_distance"]);
    assert!(out.join("report.html").is_file());
    let (_place, out) = folder();
    done(&out, &["--method", "nested-lora"]);
    let alone = metric_names(&out);
    let ritz = "max_relative_eigenvalue_error.ritz";
    assert_eq!(alone, ["max_relative_eigenvalue_error", "orthogonality", "subspace_distance", ritz]);
    let (_place, out) = folder();
    done(&out, &[]);
    let all = metric_names(&out);
    assert_eq!(all.len(), 7);
    assert!(all.contains(&"nested-lora.orthogonality".to_string()) && all.contains(&format!("nested-lora.{ritz}")));
    assert!(all.contains(&"neural-ritz.max_relative_eigenvalue_error".to_string()), "{all:?}");
}

#[test]
fn rivals_run_alone_and_side_by_side() {
    for method in ["spin", "neural-ef", "nested-omm"] {
        let (_place, out) = folder();
        done(&out, &["--method", method]);
        let ritz = "max_relative_eigenvalue_error.ritz";
        assert_eq!(metric_names(&out), ["max_relative_eigenvalue_error", "orthogonality", "subspace_distance", ritz]);
    }
    let (_place, out) = folder();
    done(&out, &["--method", "comparison"]);
    let table = String::from_utf8(bytes(&out, "methods.csv")).expect("text");
    for (name, origins) in [
        ("spin", 2),
        ("neural-ef", 2),
        ("nested-lora-joint", 2),
        ("nested-lora-sequential", 2),
        ("nested-omm", 1),
        ("neural-ritz", 1),
        ("exact", 1),
    ] {
        assert_eq!(
            table.lines().filter(|line| line.starts_with(&format!("{name},"))).count(),
            origins,
            "{name}: {table}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_run_killed_in_the_middle_and_resumed_ends_in_the_same_bytes_on_any_number_of_threads() {
    for method in ["nested-lora", "neural-ritz"] {
        let (checkpoint, files) = (format!("{method}.checkpoint"), results(method));
        let arguments = ["--states", "2", "--method", method];
        resumes_bit_for_bit(
            env!("CARGO_BIN_EXE_hydrogen"),
            &arguments,
            &checkpoint,
            &files.each_ref().map(String::as_str),
        );
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_a_checkpoint_and_exits_with_130() {
    for method in ["nested-lora", "neural-ritz"] {
        let ((_a, whole), (_b, out)) = (folder(), folder());
        done(&whole, &["--method", method]);
        let mut child = hydrogen(&out, &["--method", method]).spawn().expect("it starts");
        wait_for(&mut child, &out.join(format!("{method}.checkpoint")));
        let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(signal.success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{}", told(&output));
        assert!(told(&output).contains("--resume"), "{}", told(&output));
        assert!(!out.join("report.html").exists());
        done(&out, &["--method", method, "--resume"]);
        for file in results(method) {
            assert!(bytes(&whole, &file) == bytes(&out, &file), "{file} differs");
        }
    }
}

#[test]
fn bad_arguments_exit_with_2_and_a_sentence_that_helps() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (["--states", "0"], "1..=100"),
        (["--states", "-3"], "1..=100"),
        (["--states", "1000"], "1000 is not in 1..=100"),
        (["--states", "99999999999999999999"], "--states"),
        (["--method", "neural-rits"], "neural-ritz"),
        (["--nesting", "both"], "joint"),
        (["--method=spin", "--nesting=joint"], "NestedOMM"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_hydrogen")).arg("--out").arg(&out).args(arguments).output();
        let output = output.expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
}

#[test]
fn an_output_folder_below_a_file_exits_with_1() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let file = place.path().join("file");
    std::fs::write(&file, b"").expect("written");
    let output = run(&file.join("below"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("cannot write"), "{}", told(&output));
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_run_is_refused() {
    for method in ["nested-lora", "neural-ritz"] {
        let (_place, out) = folder();
        done(&out, &["--method", method]);
        let path = out.join(format!("{method}.checkpoint"));
        let intact = bytes(&out, &format!("{method}.checkpoint"));
        let mut flipped = intact.clone();
        flipped[intact.len() / 2] ^= 1;
        for damaged in [&intact[..intact.len() / 2], &flipped, b"", b"no checkpoint at all"] {
            std::fs::write(&path, damaged).expect("written");
            let output = run(&out, &["--method", method, "--resume"]);
            assert_eq!(output.status.code(), Some(1), "{}", told(&output));
            assert!(told(&output).contains("intact") && told(&output).contains(method), "{}", told(&output));
        }
        std::fs::write(&path, &intact).expect("written");
        let output = run(&out, &["--method", method, "--resume", "--seed", "1"]);
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        assert!(told(&output).contains("other options") && told(&output).contains("seed"), "{}", told(&output));
        // The refusal left the checkpoint alone, and a finished run resumes to the same end.
        assert!(bytes(&out, &format!("{method}.checkpoint")) == intact);
        let model = bytes(&out, &format!("{method}.model"));
        done(&out, &["--method", method, "--resume"]);
        assert!(bytes(&out, &format!("{method}.model")) == model);
    }
}
