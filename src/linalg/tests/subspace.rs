//! Distances of subspaces against what was built in, and their laws.

use crate::linalg::{
    GramSchmidt, Matrix, aligned_distance, gram_schmidt, grassmann_distance, polar_factor, principal_angles,
    projection_error,
};
use crate::{Error, Seed};

fn random(rows: usize, cols: usize, seed: u64) -> Matrix<f64> {
    let mut stream = Seed(seed).into_stream();
    Matrix::from_fn(rows, cols, |_, _| stream.normal())
}

fn orthonormal(rows: usize, cols: usize, seed: u64) -> Matrix<f64> {
    gram_schmidt(&random(rows, cols, seed), GramSchmidt::Reorthogonalized).unwrap().0
}

#[test]
fn angles_and_distances_are_those_built_in() {
    let built_in = [1e-12, 1e-6, 0.3, std::f64::consts::FRAC_PI_2];
    let q = orthonormal(30, 8, 1);
    let a = q.submatrix(0..30, 0..4);
    let turned = Matrix::from_fn(8, 4, |i, j| match i {
        _ if i == j => built_in[j].cos(),
        _ if i == j + 4 => built_in[j].sin(),
        _ => 0.0,
    });
    let apart = q.matmul(&turned).unwrap();
    let b = apart.matmul(&random(4, 4, 2)).unwrap();
    let angles = principal_angles(&a, &b).unwrap();
    for (angle, want) in angles.iter().zip(built_in) {
        assert!((angle - want).abs() < 1e-14 + 1e-9 * want, "{angle:e} against {want:e}");
    }
    let grassmann = built_in.iter().map(|v| v * v).sum::<f64>().sqrt();
    assert!((grassmann_distance(&a, &b).unwrap() - grassmann).abs() < 1e-13);
    assert!((grassmann_distance(&b, &a).unwrap() - grassmann).abs() < 1e-13);
    let sines: f64 = built_in.iter().map(|v| v.sin().powi(2)).sum();
    assert!((projection_error(&a, &b).unwrap() - sines).abs() < 1e-13);
    // Aligned, principal vectors are 2 sin(θ/2) apart.
    let chords: f64 = built_in.iter().map(|v| (2.0 * (0.5 * v).sin()).powi(2)).sum();
    let mixed = apart.matmul(&orthonormal(4, 4, 3)).unwrap();
    assert!((aligned_distance(&mixed, &a).unwrap() - chords).abs() < 1e-13);
    assert!((aligned_distance(&a, &mixed.scale(-1e200)).unwrap() - chords).abs() < 1e-13);
}

#[test]
fn a_part_of_a_space_is_at_no_distance_in_f32_too() {
    let whole = random(50, 6, 4);
    let part = whole.matmul(&random(6, 3, 5)).unwrap();
    assert!(grassmann_distance(&part, &whole).unwrap() < 1e-13);
    let [part, whole] = [part, whole].map(|a| Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] as f32));
    assert!(grassmann_distance(&part, &whole).unwrap() < 1e-5);
    assert!(projection_error(&part, &whole).unwrap() < 1e-11);
}

#[test]
fn the_polar_factor_is_the_nearest() {
    let a = random(7, 3, 6);
    let nearest = polar_factor(&a).unwrap();
    let distance = |q: &Matrix<f64>| a.sub(q).unwrap().frobenius_norm();
    let identity = nearest.t_matmul(&nearest).unwrap();
    assert!(identity.sub(&Matrix::identity(3)).unwrap().max_abs() < 1e-14);
    for seed in 10..40 {
        assert!(distance(&nearest) <= distance(&orthonormal(7, 3, seed)));
    }
}

#[test]
fn hostile_columns_are_refused() {
    let a = random(5, 2, 7);
    let refused = |b: &Matrix<f64>| {
        [principal_angles(&a, b).map(drop), projection_error(&a, b).map(drop), aligned_distance(&a, b).map(drop)]
    };
    assert!(refused(&random(4, 2, 8)).iter().all(|r| matches!(r, Err(Error::Shape { .. }))));
    assert!(refused(&Matrix::zeros(5, 2)).iter().all(|r| matches!(r, Err(Error::Singular { .. }))));
    let nan = Matrix::from_fn(5, 2, |i, _| if i == 3 { f64::NAN } else { 1.0 });
    assert!(refused(&nan).iter().all(|r| matches!(r, Err(Error::NonFinite { .. }))));
    assert!(matches!(principal_angles(&a, &Matrix::from_fn(5, 2, |_, _| 1.0)), Err(Error::Singular { .. })));
}
