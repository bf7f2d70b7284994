//! A whole run on made-up numbers: files, their shape, and reports that need nothing but themselves.

mod common;

use std::fs;

use common::Synthetic;
use paper_repro::artifacts::OutputFolder;
use paper_repro::cli;
use paper_repro::interrupt::Interrupt;
use paper_repro::progress::Progress;
use paper_repro::reproduce::{self, Entry};
use paper_repro::run::{self, Finished};
use paper_repro::{Failure, Outcome};

fn run_with(arguments: &[&str], out: OutputFolder, interrupt: Interrupt) -> Result<Finished, Failure> {
    let line = std::iter::once("synthetic").chain(arguments.iter().copied());
    let (experiment, options) = cli::parse::<Synthetic>(line).expect("a valid line");
    run::run(&experiment, &options, out, Progress::Silent, interrupt)
}

/// Everything a page could load: each must be a `data:` address or a file beside it.
fn assert_self_contained(page: &str) {
    for attribute in [" src=\"", " href=\"", " srcset=\"", " data=\"", " action=\"", " poster=\""] {
        for (index, _) in page.match_indices(attribute) {
            let value = page[index + attribute.len()..].split('"').next().unwrap_or("");
            let inside = value.starts_with("data:image/png;base64,") || value.starts_with('#');
            let beside = value.ends_with("/report.html") && !value.contains(':') && !value.starts_with('/');
            assert!(inside || beside, "{attribute}{value:.80}");
        }
    }
    for loader in ["<script", "<link", "<iframe", "@import", "url(", "javascript:"] {
        assert!(!page.contains(loader), "{loader}");
    }
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http://") && !addresses.contains("https://"));
}

/// Tags that must be closed are, in the right order.
fn assert_balanced(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in page.split('<').skip(1) {
        let name = piece.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or("");
        let tag = piece.split('>').next().unwrap_or("");
        if let Some(closed) = piece.strip_prefix('/') {
            let closed = closed.split('>').next().unwrap_or("").trim();
            assert_eq!(open.pop(), Some(closed), "at </{closed}>");
        } else if !name.is_empty() && !name.starts_with('!') && !tag.ends_with('/') && !["meta", "img"].contains(&name)
        {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn a_run_writes_its_report_metrics_tables_and_curves() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let out = OutputFolder::create(place.path()).expect("writable");
    let finished = run_with(&["--preset", "quick", "--seed", "3"], out, Interrupt::default()).expect("a run");
    let read = |name: &str| fs::read_to_string(place.path().join(name)).expect(name);

    let metrics: serde_json::Value = serde_json::from_str(&read("metrics.json")).expect("valid JSON");
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&metrics), ["experiment", "metrics", "seconds", "seed"]);
    assert_eq!(metrics["experiment"], "synthetic");
    assert_eq!(metrics["seed"], 3);
    assert!(metrics["seconds"].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
    for metric in metrics["metrics"].as_array().expect("an array") {
        assert_eq!(keys(metric), ["name", "published", "source", "target", "value"]);
        assert!(metric["name"].is_string() && metric["value"].is_f64());
    }
    for (name, rows) in [("metrics.csv", 5), ("eigenvalues.csv", 9), ("orthogonality.csv", 162)] {
        assert_eq!(csv::Reader::from_reader(read(name).as_bytes()).records().flatten().count(), rows, "{name}");
    }

    assert_eq!(finished.report, place.path().join("report.html"));
    let page = read("report.html");
    assert_self_contained(&page);
    assert_balanced(&page);
    assert!(page.len() < 800_000, "{} bytes", page.len());
    for words in
        ["Quick preset", "nested-lora", "(2, −2)", "4.10 × 10⁻⁴", "≤ 10⁻³", "Ryu et al.", "RMSProp", "&lt;script&gt;"]
    {
        assert!(page.contains(words), "{words}");
    }
    // 3 × 9 panels and their dark twins.
    assert_eq!(page.matches("<img").count(), 54);
    let left: Vec<_> = fs::read_dir(place.path()).expect("a folder").flatten().map(|entry| entry.path()).collect();
    assert!(left.iter().all(|path| path.extension().is_none_or(|end| end != "part")), "{left:?}");
}

#[test]
fn other_presets_carry_no_label_of_the_quick_one() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let out = OutputFolder::create(place.path()).expect("writable");
    let finished = run_with(&[], out, Interrupt::default()).expect("a run");
    let page = fs::read_to_string(finished.report).expect("a report");
    assert!(!page.contains("Quick preset") && page.contains("<dd>standard</dd>"));
}

#[test]
fn an_empty_outcome_is_still_a_page() {
    let head = paper_repro::html::Head { name: "x", title: "<T>", about: "&", facts: vec![], quick: false };
    let page = paper_repro::html::report(&head, &Outcome::default()).expect("a page");
    assert_self_contained(&page);
    assert_balanced(&page);
    assert!(page.contains("&lt;T&gt;") && !page.contains("<h2>"));
}

#[test]
fn an_interrupt_saves_a_checkpoint_and_resume_goes_on_from_it() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let out = OutputFolder::create(place.path()).expect("writable");
    let interrupt = Interrupt::default();
    assert!(!interrupt.raise() && interrupt.raise());
    let failure = run_with(&[], out.clone(), interrupt).expect_err("interrupted");
    assert_eq!(failure.exit_code(), 130);
    assert!(!out.path("report.html").exists());
    let checkpoint = out.path("synthetic.checkpoint");
    assert_eq!(fs::read_to_string(&checkpoint).expect("a checkpoint"), "0");

    fs::write(&checkpoint, "397").expect("written");
    let resumed = run_with(&["--resume"], out.clone(), Interrupt::default()).expect("a run");
    assert!(resumed.outcome.settings.contains(&("first step".to_string(), "397".to_string())));
    let anew = run_with(&[], out.clone(), Interrupt::default()).expect("a run");
    assert!(anew.outcome.settings.contains(&("first step".to_string(), "0".to_string())));

    fs::write(&checkpoint, "not a number").expect("written");
    assert_eq!(run_with(&["--resume"], out, Interrupt::default()).expect_err("corrupt").exit_code(), 1);
}

#[test]
fn reproduce_runs_all_survives_a_failure_and_makes_an_index() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let out = OutputFolder::create(place.path()).expect("writable");
    let entries = [
        Entry::new::<Synthetic>("first", &["--states", "4"]),
        Entry::new::<Synthetic>("failing", &["--fail"]),
        Entry::new::<Synthetic>("misspelt", &["--sates", "4"]),
        Entry::new::<Synthetic>("last", &[]),
    ];
    let (_, options) = cli::parse::<Synthetic>(["x", "--preset", "quick"]).expect("a valid line");
    let results =
        reproduce::reproduce(&entries, &options, &out, Progress::Silent, &Interrupt::default()).expect("an index");
    assert_eq!(results.iter().map(|result| result.is_ok()).collect::<Vec<_>>(), [true, false, false, true]);

    let page = fs::read_to_string(out.path("report.html")).expect("an index");
    assert_self_contained(&page);
    assert_balanced(&page);
    assert!(page.contains("it was told to fail") && page.contains("--states"));
    for folder in ["first", "last"] {
        assert!(page.contains(&format!("href=\"{folder}/report.html\"")));
        assert!(out.path(folder).join("report.html").is_file());
    }
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(out.path("metrics.json")).expect("metrics")).expect("valid JSON");
    assert_eq!(metrics["metrics"][0]["name"], "first.max_relative_eigenvalue_error");
    assert_eq!(metrics["metrics"].as_array().map(Vec::len), Some(10));

    let interrupt = Interrupt::default();
    interrupt.raise();
    let ended = reproduce::reproduce(&entries, &options, &out, Progress::Silent, &interrupt);
    assert_eq!(ended.expect_err("interrupted").exit_code(), 130);
}

#[test]
fn nothing_here_needs_fonts_of_the_system() {
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).expect("a lock file");
    for package in ["font-kit", "fontconfig", "freetype", "ab_glyph", "ttf-parser", "plotters-bitmap"] {
        let named = |line: &str| line.strip_prefix("name = \"").is_some_and(|name| name.contains(package));
        assert!(!lock.lines().any(named), "{package}");
    }
}
