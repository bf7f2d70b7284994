//! `spectralnet_circle` and `heat_circle` as a user meets them: the network near the direct solver, and nearer to the truth.

mod binary;
mod killed;

use std::path::Path;

use binary::{folder, told};

fn run(program: &str, experiment: &str, arguments: &[&str]) -> Vec<(String, f64)> {
    let (_place, out) = folder();
    let output = binary::run(program, &out, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(out.join("report.html").is_file());
    values(&out, experiment)
}

fn values(out: &Path, experiment: &str) -> Vec<(String, f64)> {
    let value = |(name, metric): (String, serde_json::Value)| {
        let value = metric["value"].as_f64().unwrap_or_else(|| panic!("{name}: {metric}"));
        (name, value)
    };
    binary::metrics(out, experiment).into_iter().map(value).collect()
}

fn of(values: &[(String, f64)], name: &str) -> f64 {
    values.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} of {values:?}")).1
}

#[test]
fn the_network_spans_what_the_direct_solver_finds() {
    let program = env!("CARGO_BIN_EXE_spectralnet_circle");
    let found = run(program, "spectralnet_circle", &["--k", "5", "--knn", "60"]);
    assert!(of(&found, "grassmann.held_out") < 0.1, "{found:?}");
    assert!(of(&found, "grassmann.refined") <= of(&found, "grassmann.hidden_ritz"), "{found:?}");
    assert!(of(&found, "grassmann.hidden_ritz") <= of(&found, "grassmann.outputs"), "{found:?}");
    assert_eq!(of(&found, "failures"), 0.0);
    assert!(of(&found, "lobpcg_iterations.network") < of(&found, "lobpcg_iterations.random"), "{found:?}");
    let (_place, out) = folder();
    assert_eq!(binary::run(program, &out, &["--knn", "2000"]).status.code(), Some(2));
}

#[test]
fn heat_by_the_network_is_nearer_to_the_exact_solution() {
    let found = run(env!("CARGO_BIN_EXE_heat_circle"), "heat_circle", &["--sampling", "squared"]);
    assert!(of(&found, "heat_error.network") < of(&found, "heat_error.direct"), "{found:?}");
    // Of a kernel that keeps the density the functions are others.
    assert!(of(&found, "heat_error.direct.alpha0") > 3.0 * of(&found, "heat_error.direct"), "{found:?}");
}

/// All studies alike: what they write, ours beside the thesis's.
#[test]
fn a_study_compares_ours_with_the_thesis() {
    let program = env!("CARGO_BIN_EXE_spectralnet_circle");
    let small = ["--points", "700", "--knn", "60", "--k", "5"];
    let study = |name: &'static str| {
        let arguments: Vec<&str> = ["--study", name].into_iter().chain(small).collect();
        run(program, "spectralnet_circle", &arguments)
    };
    let found = study("eigenvalues");
    assert_eq!(of(&found, "failures"), 0.0);
    // Of functions near to eigenfunctions the median over points is near to an eigenvalue, the quotient nearer.
    let error = |measure: &str| of(&found, &format!("ours.k5.eigenvalue_error{measure}"));
    assert!(error("") < error(".median") && error(".median") < error(".mean"), "{found:?}");
    assert!(error("") < of(&found, "thesis.k5.eigenvalue_error"), "{found:?}");
    let found = study("initializers");
    for start in ["glorot", "orthogonal", "glorot.batch_norm"] {
        let [ours, thesis] = ["ours", "thesis"].map(|family| of(&found, &format!("{family}.{start}.grassmann")));
        assert!(ours < 0.5 * thesis, "{start}: {found:?}");
    }
    let (_place, out) = folder();
    let output = binary::run(program, &out, &["--study", "depth"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("width-depth"), "{}", told(&output));
}

#[test]
fn a_study_resumes_bit_for_bit() {
    let arguments = ["--study", "retrainings", "--points", "700", "--knn", "60", "--k", "5"];
    let files = ["settings.csv", "spread.csv", "metrics.csv", "heat_error.csv", "grassmann.csv"];
    killed::resumes_bit_for_bit(env!("CARGO_BIN_EXE_spectralnet_circle"), &arguments, "study.checkpoint", &files);
}
