//! The `solvers` binary as a user meets it: its metrics, its exit codes, the same bits on any number of threads.

mod binary;
mod killed;

use std::path::Path;
use std::process::Output;

use binary::{folder, told};

fn run(out: &Path, arguments: &[&str]) -> Output {
    binary::run(env!("CARGO_BIN_EXE_solvers"), out, arguments)
}

fn metrics(out: &Path) -> Vec<(String, f64, f64)> {
    let of = |(name, metric): (String, serde_json::Value)| {
        let number = |key: &str| metric[key].as_f64().unwrap_or_else(|| panic!("{key} of {metric}"));
        let (value, target) = (number("value"), number("target"));
        (name, value, target)
    };
    binary::metrics(out, "solvers").into_iter().map(of).collect()
}

#[test]
fn every_method_finds_the_eigenvalues_and_every_ratio_holds() {
    let (_place, out) = folder();
    let output = run(&out, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let metrics = metrics(&out);
    for (name, value, target) in &metrics {
        assert!(*value >= 0.0 && value <= target, "{name}: {value:e} > {target:e}");
    }
    let has = |name: &str| metrics.iter().any(|(n, _, _)| n == name);
    for method in [
        "power",
        "power-hotelling",
        "inverse",
        "rayleigh-quotient",
        "orthogonal",
        "qr-unshifted",
        "qr-shifted",
        "jacobi-rotations",
        "eigen-game",
        "symmetric-eigen",
        "jacobi-eigen",
        "nonsymmetric-eigen",
        "lanczos",
        "lobpcg",
        "jacobi-davidson",
        "arnoldi",
        "solve",
        "article",
    ] {
        assert!(has(&format!("max_abs_eigenvalue_error.{method}")), "{method}");
    }
    for quantity in ["eigen", "orthogonality", "svd", "factorizations"] {
        assert!(has(&format!("lapack_ratio.{quantity}")), "{quantity}");
    }
    let report = std::fs::read_to_string(out.join("report.html")).expect("report.html");
    // Nothing was refused that should have been computed.
    assert!(!report.contains("order 0") && !report.contains("no convergence"));
    for file in
        ["methods.csv", "eigenvalues.csv", "article.csv", "classes.csv", "convergence_slow.csv", "ratios_f32.csv"]
    {
        assert!(out.join(file).is_file(), "{file}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let ((_a, one), (_b, three), (_c, other)) = (folder(), folder(), folder());
    for (out, arguments) in [(&one, ["--threads", "1"]), (&three, ["--threads", "3"]), (&other, ["--seed", "1"])] {
        let output = run(out, &[&arguments[..], &["--order", "40"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    }
    assert_eq!(metrics(&one), metrics(&three));
    assert_ne!(metrics(&one), metrics(&other), "the seed matters");
    for (name, value, target) in metrics(&other) {
        assert!(value <= target, "{name}: {value:e}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_killed_in_the_middle_goes_on_where_it_was() {
    let files = ["metrics.csv", "classes.csv", "ratios_f64.csv", "ratios_f32.csv"];
    killed::resumes_bit_for_bit(env!("CARGO_BIN_EXE_solvers"), &[], "ratios.checkpoint", &files);
    let (_place, out) = folder();
    assert_eq!(run(&out, &["--order", "3"]).status.code(), Some(0));
    let output = run(&out, &["--order", "4", "--resume"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("other options"), "{}", told(&output));
}

#[test]
fn bad_arguments_exit_with_2_and_an_unwritable_folder_with_1() {
    let (place, out) = folder();
    for (arguments, words) in [
        (["--order", "0"], "1..=1000"),
        (["--order", "-1"], "1..=1000"),
        (["--order", "100000"], "1..=1000"),
        (["--seed", "x"], "--seed"),
    ] {
        let output = run(&out, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
    let file = place.path().join("file");
    std::fs::write(&file, b"").expect("written");
    let output = run(&file.join("below"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("cannot write"), "{}", told(&output));
}
