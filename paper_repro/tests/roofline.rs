//! The `roofline` binary as a user meets it: its metrics agree with one another, its exit codes.

mod binary;

use std::collections::HashMap;
use std::path::Path;
use std::process::Output;

use binary::{folder, told};

fn run(out: &Path, arguments: &[&str]) -> Output {
    binary::run(env!("CARGO_BIN_EXE_roofline"), out, arguments)
}

/// The values of all metrics of a workload, which are all positive.
fn metrics(workload: &str, arguments: &[&str]) -> HashMap<String, f64> {
    let (_place, out) = folder();
    let output = run(&out, &[&["--workload", workload], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let value = |(name, metric): (String, serde_json::Value)| {
        let value = metric["value"].as_f64().unwrap_or_else(|| panic!("{name}: {metric}"));
        assert!(value > 0.0, "{name}: {value}");
        (name, value)
    };
    binary::metrics(&out, "roofline").into_iter().map(value).collect()
}

#[test]
fn share_rate_and_time_of_a_step_agree() {
    let of = |workload: &str, flops: f64| {
        let metrics = metrics(workload, &["--threads", "2"]);
        assert_eq!(metrics.len(), 4 * 3 + 4, "{metrics:?}");
        for setting in ["f32.1", "f32.all", "f64.1", "f64.all"] {
            let of = |quantity: &str| metrics[&format!("{quantity}.{workload}.{setting}")];
            let (share, rate) = (of("peak_share"), of("gflops"));
            assert!(share < 1.2, "{workload}.{setting}: {share}");
            assert!((rate / (share * metrics[&format!("peak_gflops.{setting}")]) - 1.0).abs() < 1e-12);
            let steps = if workload.starts_with("gemm") && setting.ends_with("all") { 2.0 } else { 1.0 };
            let counted = 1e9 * rate * of("seconds_per_step");
            assert!((counted / (steps * flops) - 1.0).abs() < 1e-3, "{workload}.{setting}: {counted:e}");
        }
    };
    of("hydrogen_step", 0.456e9);
    of("hydrogen_step_full", 0.911e9);
    of("gemm_64x64x64", 524_288.0);
}

#[test]
fn functions_have_a_time_per_element_and_no_share() {
    let metrics = metrics("exp", &["--threads", "1"]);
    assert!(metrics.keys().all(|name| !name.starts_with("peak_share")), "{metrics:?}");
    for setting in ["f32.1", "f32.all", "f64.1", "f64.all"] {
        let nanoseconds = metrics[&format!("nanoseconds_per_element.exp.{setting}")];
        assert!(nanoseconds < 100.0, "{setting}: {nanoseconds}");
    }
}

#[test]
fn a_figure_of_growth_is_drawn_alone() {
    let (_place, out) = folder();
    let output = run(&out, &["--workload", "growth_order"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let data = std::fs::read_to_string(out.join("growth_order.csv")).expect("its data");
    // Two precisions and their limits, of four orders each, below the names of the columns.
    assert_eq!(data.lines().count(), 1 + 4 * 4, "{data}");
    assert!(!out.join("peak_share.csv").exists());
    let report = std::fs::read_to_string(out.join("report.html")).expect("report.html");
    assert_eq!(report.matches("class=\"plot\"").count(), 1);
}

#[test]
fn bad_arguments_exit_with_2() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (&["--workload", "gemm"][..], "hydrogen_step"),
        (&["--workloads", "exp"], "--workload"),
        (&["--threads", "0"], "1..=1024"),
        (&["--resume"], "no checkpoint"),
    ] {
        let output = run(&out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
    assert!(!out.exists());
}
