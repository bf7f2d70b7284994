//! `diagnose` as a user meets it: a classifier before and after its training, and weights from files of others.

mod binary;

use std::collections::HashMap;
use std::path::Path;

use binary::{folder, told};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};

const PROGRAM: &str = env!("CARGO_BIN_EXE_diagnose");

fn values(out: &Path) -> HashMap<String, f64> {
    let value = |(name, metric): (String, serde_json::Value)| (name, metric["value"].as_f64().unwrap_or(f64::INFINITY));
    binary::metrics(out, "diagnose").into_iter().map(value).collect()
}

#[test]
fn a_classifier_before_and_after_its_training() {
    let (_place, out) = folder();
    let output = binary::run(PROGRAM, &out, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let found = values(&out);
    assert!(found["hessian_top5_relative_error"] < 1e-8 && found["hessian_bottom_error"] < 1e-8, "{found:?}");
    assert!(found["hessian_error_over_residual"] <= 1.0, "{found:?}");
    assert!(found["accuracy.trained"] > found["accuracy.initial"] && found["nc1.trained"] < 1e-2);
    assert!(found["nc2.angles.trained"] < 1e-2 && found["nc3.trained"] < 1e-2);
    for file in ["diagnosis.json", "weights.csv", "spectra.csv", "collapse.csv", "hessian_trained.csv", "report.html"] {
        assert!(out.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_section_alone_on_the_points_of_a_user() {
    let (place, out) = folder();
    let path = place.path().join("points.csv");
    let row = |i: usize| format!("{},{},{}\n", i % 7, (i * i) % 5, i % 2);
    std::fs::write(&path, format!("a,b,class\n{}", (0..40).map(row).collect::<String>())).unwrap();
    let output = binary::run(PROGRAM, &out, &["--method", "collapse", "--input", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let found = values(&out);
    assert!(found.contains_key("nc1.trained") && !found.contains_key("hessian_bottom_error"));
    assert!(!out.join("weights.csv").exists());
    for text in ["", "1,2,0\n", "1,x,0\n2,3,1\n", "1,2,0\n1,nan,1\n", "1,2,0.5\n1,2,1\n", "1,2,0\n3,4,2\n", "1,2,-1\n"]
    {
        std::fs::write(&path, format!("a,b,class\n{text}")).unwrap();
        let output = binary::run(PROGRAM, &out, &["--input", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{text:?}: {}", told(&output));
    }
}

/// Numbers that every format holds exactly.
fn entries(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 + 11) % 64) as f32 / 32.0 - 1.0).collect()
}

fn tensor<'a>(dtype: Dtype, shape: &[usize], bytes: &'a [u8]) -> TensorView<'a> {
    TensorView::new(dtype, shape.to_vec(), bytes).unwrap()
}

#[test]
fn checkpoints_in_every_precision_are_the_same_and_damaged_ones_are_refused() {
    let (place, out) = folder();
    let values = entries(6 * 12);
    let single: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let double: Vec<u8> = values.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
    let half: Vec<u8> = values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
    let brain: Vec<u8> = values.iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect();
    let whole = [0_u8; 8 * 4];
    let path = place.path().join("model.safetensors");
    let tensors = [
        ("f32.weight", tensor(Dtype::F32, &[6, 12], &single)),
        ("f64.weight", tensor(Dtype::F64, &[6, 12], &double)),
        ("f16.weight", tensor(Dtype::F16, &[6, 12], &half)),
        ("bf16.weight", tensor(Dtype::BF16, &[6, 12], &brain)),
        // A kernel [out, in, kh, kw] of the same numbers is the same matrix.
        ("kernel.weight", tensor(Dtype::F32, &[6, 3, 2, 2], &single)),
        ("bias", tensor(Dtype::F32, &[72], &single)),
        ("steps", tensor(Dtype::I64, &[2, 2], &whole)),
    ];
    serialize_to_file(tensors, None, &path).unwrap();
    let file = path.to_str().unwrap();
    let output = binary::run(PROGRAM, &out, &["--weights", file]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let table = std::fs::read_to_string(out.join("weights.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 5, "{table}");
    assert!(rows.iter().all(|row| row[2] == "6 × 12" && row[3] == rows[0][3] && row[4] == rows[0][4]), "{table}");

    let intact = std::fs::read(&path).unwrap();
    let mut liar = intact.clone();
    liar[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for (bytes, why) in
        [(&intact[..intact.len() - 9], "cut"), (&intact[..5], "short"), (&liar, "length"), (&[], "empty")]
    {
        std::fs::write(&path, bytes).unwrap();
        let output = binary::run(PROGRAM, &out, &["--weights", file]);
        let told = told(&output);
        assert!(output.status.code() == Some(2) && told.contains("damaged"), "{why}: {told}");
    }
    let broken: Vec<u8> = [1.0, f32::NAN, 0.0, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    serialize_to_file([("w", tensor(Dtype::F32, &[2, 2], &broken))], None, &path).unwrap();
    let output = binary::run(PROGRAM, &out, &["--weights", file]);
    assert!(output.status.code() == Some(2) && told(&output).contains("entry 1 of w"), "{}", told(&output));
}

/// An array in NumPy's format, version 1.
fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut head = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    while (10 + head.len() + 1) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let length = u16::try_from(head.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], head.as_bytes(), data].concat()
}

#[test]
fn arrays_of_numpy_in_either_order() {
    let (place, out) = folder();
    let path = place.path().join("array.npy");
    // diag(3, 1) with a third row of 0.
    let by_rows: Vec<u8> = [3.0_f32, 0.0, 0.0, 1.0, 0.0, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let by_columns: Vec<u8> = [3.0_f64, 0.0, 0.0, 0.0, 1.0, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    for file in [npy("<f4", "False", "(3, 2)", &by_rows), npy("<f8", "True", "(3, 2)", &by_columns)] {
        std::fs::write(&path, file).unwrap();
        let output = binary::run(PROGRAM, &out, &["--weights", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let found = values(&out);
        assert!((found["largest_norm"] - 3.0).abs() < 1e-12 && (found["largest_condition"] - 3.0).abs() < 1e-12);
    }
    for file in [npy("<f4", "False", "(6,)", &by_rows), npy("<i4", "False", "(3, 2)", &by_rows), by_rows.clone()] {
        std::fs::write(&path, file).unwrap();
        let output = binary::run(PROGRAM, &out, &["--weights", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    }
}

#[test]
fn bad_arguments_exit_with_2() {
    let (_place, out) = folder();
    for arguments in [
        &["--weights", "nowhere.safetensors"][..],
        &["--weights", "model.bin"],
        &["--weights", "a.npy", "--method", "hessian"],
        &["--size", "large", "--method", "weights"],
        &["--input", "nowhere.csv"],
        &["--method", "everything"],
        &["--resume"],
    ] {
        let output = binary::run(PROGRAM, &out, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
    }
}
