//! The `eigen_ode` binary as a user meets it: its metrics, its exit codes, the same bits on any number of threads.

mod binary;
mod killed;

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

#[cfg(unix)]
#[test]
fn a_run_killed_in_the_middle_and_resumed_ends_in_the_same_bytes() {
    let whole = ["figure_6.csv", "figure_6_lm.csv", "figure_7_times.csv", "figure_7_epochs.csv"];
    for (method, checkpoint, files) in [
        ("network", "network", &["pairs_network.csv", "trajectory_error_network.csv", "convergence_network.csv"][..]),
        ("whole-interval", "whole-interval", &whole),
        ("whole-interval", "whole-interval-lm-refined", &whole),
        ("search", "search-7", &["search.csv", "table_2.csv"]),
    ] {
        let checkpoint = format!("{checkpoint}.checkpoint");
        killed::resumes_bit_for_bit(env!("CARGO_BIN_EXE_eigen_ode"), &["--method", method], &checkpoint, files);
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused_and_a_search_accounts_for_every_start() {
    for method in ["network", "whole-interval", "search"] {
        let (_place, out) = folder();
        assert_eq!(run(&out, &["--method", method]).status.code(), Some(0));
        if method == "search" {
            let found = metrics(&out);
            let landed: f64 = ["zero_vectors", "nowhere"].iter().map(|n| value(&found, &format!("{n}.search"))).sum();
            let eigenvectors = value(&found, "eigenvectors_found.search");
            assert!(landed <= 30.0 - eigenvectors && (landed == 30.0) == (eigenvectors == 0.0), "{found:?}");
        }
        let output = run(&out, &["--method", method, "--seed", "1", "--resume"]);
        assert_eq!(output.status.code(), Some(2), "{method}: {}", told(&output));
        assert!(told(&output).contains("other options"), "{method}: {}", told(&output));
    }
}

#[test]
fn what_needs_no_checkpoint_says_so_at_the_start() {
    for (method, short) in [("closed-form", true), ("network", false)] {
        let (_place, out) = folder();
        let output = run(&out, &["--method", method]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(told(&output).contains("No checkpoint is saved"), short, "{}", told(&output));
    }
}

#[test]
fn bad_arguments_exit_with_2() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (&["--method", "network", "--as-published"][..], "whole-interval"),
        (&["--method", "heun"], "runge-kutta"),
        (&["--deflation", "none"], "complement"),
        (&["--method", "search", "--deflation", "complement"], "leave it out"),
        (&["--method", "euler", "--resume"], "saves no checkpoint"),
        (&["--seed", "-1"], "0.."),
    ] {
        let output = run(&out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
}
