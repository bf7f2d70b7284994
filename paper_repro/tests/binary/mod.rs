//! Runs a binary as a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `program` at the quick preset.
pub fn run(program: &str, out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(["--preset", "quick", "--out"]).arg(out).args(arguments).output().expect("it starts")
}

/// What it said on standard error.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that does not exist yet, in a temporary one.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("out");
    (place, path)
}

/// Name and fields of each metric that the experiment wrote.
pub fn metrics(out: &Path, experiment: &str) -> Vec<(String, serde_json::Value)> {
    let text = std::fs::read(out.join("metrics.json")).expect("metrics.json");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(json["experiment"], experiment);
    let named = |metric: &serde_json::Value| (metric["name"].as_str().expect("a name").to_string(), metric.clone());
    json["metrics"].as_array().expect("metrics").iter().map(named).collect()
}
