//! `operators` as a user meets it: levels against what is known, doubts told, killed and resumed.

mod binary;
mod killed;

use std::path::Path;

use binary::{folder, told};

const PROGRAM: &str = env!("CARGO_BIN_EXE_operators");

fn values(out: &Path) -> Vec<(String, f64)> {
    let value = |(name, metric): (String, serde_json::Value)| {
        let value = metric["value"].as_f64().unwrap_or_else(|| panic!("{name}: {metric}"));
        (name, value)
    };
    binary::metrics(out, "operators").into_iter().map(value).collect()
}

fn of(values: &[(String, f64)], name: &str) -> f64 {
    values.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} of {values:?}")).1
}

#[test]
fn every_method_finds_the_levels() {
    let (_place, out) = folder();
    let output = binary::run(PROGRAM, &out, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let found = values(&out);
    for operator in ["morse1d", "poschl-teller1d", "oscillator2d", "quartic2d", "box5d", "henon5d"] {
        let error = |method: &str| of(&found, &format!("max_relative_eigenvalue_error.{method}.{operator}"));
        assert!(error("tensor-train") < 1e-9, "{operator}: {found:?}");
        // A short training; where it went wrong, it says so.
        let doubted = told(&output).contains(&format!("{operator} by tensor-network:"));
        assert!(error("tensor-network") < 1e-3 || doubted, "{operator}: {found:?}");
    }
    for operator in ["morse1d", "hydrogen2d"] {
        let error = of(&found, &format!("max_relative_eigenvalue_error.neural-ritz.{operator}"));
        let doubted = told(&output).contains(&format!("{operator} by neural-ritz:"));
        assert!(error < 1e-3 || doubted, "{operator}: {found:?}");
    }
    assert!(of(&found, "orthogonality.neural-ritz.hydrogen2d") < 1e-3);
    assert!(of(&found, "subspace_distance.tensor-train.quartic2d") < 1e-12);
    assert!(of(&found, "orthogonality.tensor-train.oscillator2d") < 1e-10);
    assert!(out.join("henon5d_levels.csv").is_file() && out.join("report.html").is_file());
}

#[test]
fn one_method_on_one_operator_has_plain_names() {
    let (_place, out) = folder();
    let arguments = ["--method", "tensor-train", "--operator", "henon10d", "--states", "2"];
    let output = binary::run(PROGRAM, &out, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(of(&values(&out), "max_relative_eigenvalue_error") < 1e-8);
}

#[cfg(unix)]
#[test]
fn a_training_killed_in_the_middle_goes_on_where_it_was() {
    let arguments = ["--method", "tensor-network", "--operator", "box5d"];
    let files = ["metrics.csv", "box5d_levels.csv", "box5d_training.csv"];
    killed::resumes_bit_for_bit(PROGRAM, &arguments, "tensor-network-box5d.checkpoint", &files);
}

#[test]
fn bad_arguments_exit_with_2() {
    let (_place, out) = folder();
    for arguments in [
        &["--operator", "box6d"][..],
        &["--states", "3"],
        &["--operator", "morse1d", "--states", "6"],
        &["--operator", "box5d", "--states", "0"],
        &["--operator", "coupled64d", "--method", "tensor-network"],
        &["--operator", "hydrogen2d", "--method", "tensor-train"],
        &["--operator", "box5d", "--method", "neural-ritz"],
    ] {
        let output = binary::run(PROGRAM, &out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
    }
}
