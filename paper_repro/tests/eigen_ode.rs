//! The `eigen_ode` binary as a user meets it: its metrics, its exit codes, the same bits on any number of threads.

mod binary;

use std::path::Path;
use std::process::Output;

use binary::{folder, told};

fn run(out: &Path, arguments: &[&str]) -> Output {
    binary::run(env!("CARGO_BIN_EXE_eigen_ode"), out, arguments)
}

/// Names and values, without those that are seconds.
fn metrics(out: &Path) -> Vec<(String, f64)> {
    let all = binary::metrics(out, "eigen_ode").into_iter().map(|(name, metric)| {
        let value = metric["value"].as_f64().unwrap_or_else(|| panic!("value of {metric}"));
        (name, value)
    });
    all.filter(|(name, _)| !name.contains("seconds")).collect()
}

fn value(metrics: &[(String, f64)], name: &str) -> f64 {
    metrics.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name} in {metrics:?}")).1
}

#[test]
fn the_network_finds_all_pairs_and_the_seed_alone_decides_the_bits() {
    let ((_a, one), (_b, three)) = (folder(), folder());
    for (out, threads) in [(&one, "1"), (&three, "3")] {
        let output = run(out, &["--method", "network", "--seed", "4", "--threads", threads]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    }
    let found = metrics(&one);
    assert_eq!(found, metrics(&three));
    assert_eq!(value(&found, "pairs_found"), 6.0);
    for (name, bound) in [("max_epsilon", 1e-9), ("max_lambda_defect", 1e-9), ("max_trajectory_error", 1e-4)] {
        assert!(value(&found, name) <= bound, "{name}: {:e}", value(&found, name));
    }
    for file in ["report.html", "table_1.csv", "pairs_network.csv", "solution_network.csv", "convergence_network.csv"] {
        assert!(one.join(file).is_file(), "{file}");
    }
}

#[test]
fn classical_methods_agree_by_both_deflations() {
    for method in ["euler", "runge-kutta"] {
        for deflation in ["projection", "complement"] {
            let (_place, out) = folder();
            let output = run(&out, &["--method", method, "--deflation", deflation]);
            assert_eq!(output.status.code(), Some(0), "{}", told(&output));
            let found = metrics(&out);
            assert_eq!(value(&found, &format!("pairs_found.{method}")), 6.0, "{deflation}");
            assert!(value(&found, &format!("max_epsilon.{method}")) < 1e-5, "{deflation}");
        }
    }
}

#[test]
fn the_report_s_network_is_wrong_as_published_only() {
    let ((_a, right), (_b, wrong)) = (folder(), folder());
    for (out, arguments) in
        [(&right, &["--method", "whole-interval"][..]), (&wrong, &["--method", "whole-interval", "--as-published"])]
    {
        let output = run(out, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert!(out.join("figure_7_times.csv").is_file());
    }
    let right = value(&metrics(&right), "trajectory_error.whole-interval-lm");
    let wrong = value(&metrics(&wrong), "trajectory_error.whole-interval-as-published");
    assert!(right < 0.05 && wrong > 1.0, "{right} {wrong}");
}

#[test]
fn bad_arguments_exit_with_2() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (&["--method", "network", "--as-published"][..], "whole-interval"),
        (&["--method", "heun"], "runge-kutta"),
        (&["--deflation", "none"], "complement"),
        (&["--seed", "-1"], "0.."),
    ] {
        let output = run(&out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
}
