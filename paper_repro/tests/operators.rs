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

#[test]
fn levels_follow_the_parameter_of_a_family() {
    for (operator, option, value) in [
        ("morse1d", "--depth", "64"),
        // l = 1.5: two states, and no more are sought.
        ("poschl-teller1d", "--depth", "3.75"),
        ("box5d", "--side", "3"),
        ("coupled64d", "--coupling", "0.05"),
    ] {
        let (_place, out) = folder();
        let arguments = ["--method", "tensor-train", "--operator", operator, option, value];
        let output = binary::run(PROGRAM, &out, &arguments);
        assert_eq!(output.status.code(), Some(0), "{operator}: {}", told(&output));
        let error = of(&values(&out), "max_relative_eigenvalue_error");
        assert!(error < if operator == "coupled64d" { 1e-7 } else { 1e-9 }, "{operator}: {error}");
        let report = std::fs::read_to_string(out.join("report.html")).expect("a report");
        assert!(report.contains(&format!("{} {value}", &option[2..])), "{operator}: the report does not say {value}");
    }
}

/// Energies that are not the program's own: Morse's at D = 64 are 16 (n + ½) − (n + ½)².
#[test]
fn a_deeper_well_has_the_levels_of_the_books() {
    let (_place, out) = folder();
    let arguments = ["--method", "tensor-train", "--operator", "morse1d", "--depth", "64", "--states", "6"];
    let output = binary::run(PROGRAM, &out, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let levels = std::fs::read_to_string(out.join("morse1d_levels.csv")).expect("levels");
    let exact: Vec<f64> = levels
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).expect("a level").parse().expect("a number"))
        .collect();
    assert_eq!(exact, [7.75, 21.75, 33.75, 43.75, 51.75, 57.75]);
}

#[test]
fn a_checkpoint_of_another_depth_is_refused() {
    for method in ["tensor-network", "neural-ritz", "nested-omm"] {
        let (_place, out) = folder();
        let run = |depth: &str, more: &[&str]| {
            let own = ["--method", method, "--operator", "morse1d", "--states", "1", "--depth", depth];
            binary::run(PROGRAM, &out, &[&own[..], more].concat())
        };
        assert_eq!(run("9", &[]).status.code(), Some(0));
        // So near that boxes and shifts of a training may be the same.
        let output = run("9.0001", &["--resume"]);
        assert_eq!(output.status.code(), Some(2), "{method}: {}", told(&output));
        assert!(told(&output).contains("other options"), "{method}: {}", told(&output));
        assert_eq!(run("9", &["--resume"]).status.code(), Some(0), "{method}");
    }
}

#[test]
fn parameters_that_make_no_problem_are_refused() {
    let (_place, out) = folder();
    for (arguments, words) in [
        (&["--depth", "64"][..], "morse1d, poschl-teller1d, double-well1d"),
        (&["--operator", "box5d", "--depth", "64"], "morse1d, poschl-teller1d, double-well1d"),
        (&["--operator", "morse1d", "--separation", "1"], "h2plus2d"),
        (&["--operator", "quartic2d", "--coupling", ".1"], "henon5d, henon10d, henon20d, coupled64d"),
        (&["--operator", "h2plus2d", "--side", "2"], "well2d, box5d, box10d"),
        (&["--operator", "morse1d", "--depth", "NaN"], "NaN is not a positive number"),
        (&["--operator", "morse1d", "--depth", "0"], "0 is not a positive number"),
        (&["--operator", "morse1d", "--depth", "-3"], "-3 is not a positive number"),
        (&["--operator", "morse1d", "--depth", "inf"], "inf is not a positive number"),
        (&["--operator", "morse1d", "--depth", "1e300"], "up to 200"),
        (&["--operator", "double-well1d", "--depth", "1e300"], "up to 200"),
        (&["--operator", "coupled64d", "--coupling", "7"], "up to 0.15"),
        (&["--operator", "box5d", "--side", "1e-300"], "0.1 to 10"),
        (&["--operator", "h2plus2d", "--separation", "1e-9"], "0.1 to 20"),
        (&["--operator", "morse1d", "--depth", "0.2"], "0 bound states"),
        (&["--operator", "morse1d", "--depth", "64", "--states", "9"], "8 bound states"),
        (&["--operator", "poschl-teller1d", "--depth", "3.75", "--states", "3"], "2 bound states"),
        // l = 2.0003: the third state reaches thousands of lengths.
        (&["--operator", "poschl-teller1d", "--depth", "6.0015", "--states", "3"], "2 that fall off"),
    ] {
        let output = binary::run(PROGRAM, &out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{arguments:?}: {}", told(&output));
    }
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
