//! The `diffusion` binary as a user meets it: its metrics, the report's faults, its exit codes, `--resume`.

mod binary;
#[cfg(unix)]
mod killed;

use std::path::Path;
use std::process::Output;

use binary::{folder, told};

fn run(out: &Path, arguments: &[&str]) -> Output {
    binary::run(env!("CARGO_BIN_EXE_diffusion"), out, arguments)
}

/// Names and values, without those that are seconds.
fn metrics(out: &Path) -> Vec<(String, f64)> {
    let all = binary::metrics(out, "diffusion").into_iter().map(|(name, metric)| {
        let value = metric["value"].as_f64().unwrap_or_else(|| panic!("value of {metric}"));
        (name, value)
    });
    all.filter(|(name, _)| !name.contains("seconds")).collect()
}

fn solve(arguments: &[&str]) -> Vec<(String, f64)> {
    let (_place, out) = folder();
    let output = run(&out, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    metrics(&out)
}

fn value(metrics: &[(String, f64)], name: &str) -> f64 {
    metrics.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name} in {metrics:?}")).1
}

#[test]
fn second_order_methods_solve_it_and_the_seed_alone_decides_the_bits() {
    let one = solve(&["--method", "lm", "--seed", "5", "--threads", "1"]);
    assert_eq!(one, solve(&["--method", "lm", "--seed", "5", "--threads", "3"]));
    assert!(value(&one, "relative_l2_error") < 2e-5, "{one:?}");
    let features = solve(&["--method", "random-features"]);
    assert!(value(&features, "relative_l2_error") < 1e-10, "{features:?}");
    let chain = solve(&["--method", "chain"]);
    assert!(value(&chain, "relative_l2_error") < 1e-3, "{chain:?}");
}

#[test]
fn finite_differences_have_the_errors_of_the_correct_scheme() {
    let found = solve(&["--method", "ftcs"]);
    let known = [("0.1", 7.16e-3, 2.16e-2), ("0.01", 1.62e-5, 4.87e-5)];
    for (dx, early, late) in known {
        for (t, error) in [("0.1", early), ("0.3", late)] {
            let ours = value(&found, &format!("max_relative_error.ftcs.dx_{dx}.t_{t}"));
            assert!((ours / error - 1.0).abs() < 0.02, "{dx} {t}: {ours:e}");
        }
    }
    // As published the rod of ten points conducts (10/9)² times too well: e^(−π² t (100/81 − 1)) of the true value.
    let wrong = solve(&["--method", "ftcs", "--as-published"]);
    let expected = 1.0 - (-std::f64::consts::PI.powi(2) * 0.1 * (100.0 / 81.0 - 1.0)).exp();
    let ours = value(&wrong, "max_relative_error.ftcs.dx_0.1.t_0.1");
    assert!((ours / expected - 1.0).abs() < 0.05, "{ours} {expected}");
}

#[test]
fn the_report_s_fault_explains_its_error_whatever_the_training() {
    let wrong = solve(&["--method", "lm", "--as-published"]);
    let error = value(&wrong, "relative_l2_error");
    assert!((0.08..0.3).contains(&error), "{error}");
}

#[test]
fn a_mirrored_network_is_symmetric() {
    let (_place, out) = folder();
    let output = run(&out, &["--method", "lm", "--symmetric"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let report = std::fs::read_to_string(out.join("report.html")).expect("report");
    let (_, words) = report.split_once("differs from its mirror image by at most ").expect("the remark");
    let number: String = words.chars().take_while(|c| !c.is_whitespace() && *c != '<').collect();
    let difference: f64 = number.trim_end_matches('.').parse().expect("a number");
    assert!(difference < 1e-13, "{difference:e}");
    for file in ["animation.csv", "methods.csv", "figure_4.csv"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    assert!(report.contains("<animate "));
}

#[cfg(unix)]
#[test]
fn a_run_killed_in_the_middle_and_resumed_ends_in_the_same_bytes() {
    let files = ["error_curves.csv", "figure_4.csv", "animation.csv"];
    for method in ["adam", "lbfgs", "lm", "chain"] {
        let (arguments, checkpoint) = (["--method", method], format!("{method}.checkpoint"));
        killed::resumes_bit_for_bit(env!("CARGO_BIN_EXE_diffusion"), &arguments, &checkpoint, &files);
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let (_place, out) = folder();
    for method in ["adam", "lm"] {
        let run = |more: &[&str]| run(&out, &[&["--method", method], more].concat());
        assert_eq!(run(&[]).status.code(), Some(0));
        for other in [&["--seed", "1"][..], &["--symmetric"], &["--as-published"]] {
            let output = run(&[&["--resume"], other].concat());
            assert_eq!(output.status.code(), Some(2), "{method} {other:?}: {}", told(&output));
            assert!(told(&output).contains("other options"), "{method} {other:?}: {}", told(&output));
        }
        assert_eq!(run(&["--resume"]).status.code(), Some(0));
    }
}

#[test]
fn wrong_use_is_told() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (&["--method", "chebyshev", "--as-published"][..], "no such method"),
        (&["--method", "ftcs", "--symmetric"], "--symmetric is for networks"),
        (&["--method", "btcs", "--resume"], "saves no checkpoint"),
        (&["--method", "magic"], "possible values"),
        (&["--nope"], "--nope"),
    ] {
        let output = run(&out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
    // Noticed before the folder was made.
    assert!(!out.exists());
}
