//! The `clustering` binary as a user meets it: made points and a user's, its metrics, its exit codes, resume.

mod binary;
mod killed;

use std::path::Path;
use std::process::Output;

use binary::{folder, told};

fn run(out: &Path, arguments: &[&str]) -> Output {
    binary::run(env!("CARGO_BIN_EXE_clustering"), out, arguments)
}

fn metric(out: &Path, name: &str) -> f64 {
    let metrics = binary::metrics(out, "clustering");
    let (_, metric) = metrics.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}"));
    metric["value"].as_f64().unwrap_or_else(|| panic!("{name}: {metric}"))
}

#[test]
fn circles_and_moons_come_apart_where_k_means_fails() {
    for arguments in [
        &["--data", "moons", "--noise", "0.1", "--method", "direct"][..],
        &["--data", "circles", "--noise", "0.05", "--method", "spectralnet"],
    ] {
        let (_place, out) = folder();
        let output = run(&out, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert!(metric(&out, "accuracy") >= 0.985 && metric(&out, "accuracy.held_out") >= 0.985, "{arguments:?}");
        assert!(metric(&out, "accuracy.k-means") < 0.8);
        let report = std::fs::read_to_string(out.join("report.html")).expect("report.html");
        assert!(report.contains("Accuracy against scale") && out.join("scales.csv").is_file());
    }
}

#[test]
fn points_of_a_file_are_clustered_and_bad_files_are_refused() {
    let (place, out) = folder();
    let points: Vec<(f64, f64)> =
        (0..60).map(|i| (f64::from(i % 3) * 10.0 + f64::from(i) * 1e-3, f64::from(i % 7) * 0.1)).collect();
    let file = |name: &str, text: &[u8]| {
        let path = place.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a name").to_string()
    };
    let rows: String = points.iter().map(|(x, y)| format!("{x}, {y}\n")).collect();
    let csv = file("points.csv", format!("x,y\n{rows}").as_bytes());
    // The same as float64 in C order, as NumPy writes it.
    let mut head = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 2), }}", points.len()).into_bytes();
    head.resize(118 - 1, b' ');
    head.push(b'\n');
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend(head);
    points.iter().for_each(|(x, y)| npy.extend([x, y].into_iter().flat_map(|v| v.to_le_bytes())));
    let npy = file("points.npy", &npy);
    let mut found = Vec::new();
    for input in [&csv, &npy] {
        let output = run(&out, &["--input", input, "--clusters", "3", "--method", "direct", "--neighbors", "8"]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let labels = std::fs::read_to_string(out.join("labels.csv")).expect("labels.csv");
        let rows: Vec<Vec<usize>> =
            labels.lines().skip(1).map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
        assert_eq!(rows.len(), 60);
        // Columns: point, k-means, direct.
        assert!(rows.iter().all(|row| row[2] == row[0] % 3), "{labels}");
        found.push(labels);
    }
    assert_eq!(found[0], found[1]);
    for (input, words) in [
        (file("words.csv", b"x,y\n1,2\nthree,4\n"), "three"),
        (file("holes.csv", b"1,2\n3,nan\n"), "finite"),
        (file("ragged.csv", b"1,2\n3\n"), "fields"),
        (file("empty.csv", b""), "no points"),
        (file("few.csv", b"1,2\n3,4\n"), "fewer"),
        (file("points.doc", b"1"), ".csv or .npy"),
        (file("cut.npy", b"\x93NUMPY\x01\x00"), "cut.npy"),
    ] {
        let output = run(&out, &["--input", &input, "--clusters", "3", "--method", "k-means"]);
        assert_eq!(output.status.code(), Some(2), "{input}: {}", told(&output));
        assert!(told(&output).contains(words), "{input}: {}", told(&output));
    }
    for wrong in
        [&["--input", &csv][..], &["--factor", "1.5"], &["--scale", "-1"], &["--method", "k-means", "--scale", "0.5"]]
    {
        assert_eq!(run(&out, wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn the_network_resumes_bit_for_bit() {
    let arguments = ["--method", "spectralnet", "--points", "600"];
    let files = ["labels.csv", "loss.csv"];
    killed::resumes_bit_for_bit(env!("CARGO_BIN_EXE_clustering"), &arguments, "spectralnet.checkpoint", &files);
}
