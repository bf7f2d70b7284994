//! The matrix classes of LAPACK's own testing.

use crate::linalg::Matrix;
use crate::linalg::householder::{reflect, reflector};
use crate::rng::Stream;
use crate::{Scalar, Seed};

/// How far one can go from 1 in this precision so that entries stay normal numbers.
fn decades<T: Scalar>() -> f64 {
    if T::NAME == "f64" { 150.0 } else { 18.0 }
}

pub(super) fn cast<T: Scalar>(a: &Matrix<f64>) -> Matrix<T> {
    Matrix::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]))
}

pub(super) fn normal_matrix(rows: usize, cols: usize, stream: &mut Stream) -> Matrix<f64> {
    Matrix::from_fn(rows, cols, |_, _| stream.normal())
}

/// `A ← H A` for `order` random reflections H: a random rotation of the rows.
fn scramble_rows(a: &mut Matrix<f64>, stream: &mut Stream) {
    let n = a.rows();
    let mut t = a.transpose();
    for length in (1..=n).rev() {
        let mut v: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
        let (tau, _) = reflector(&mut v);
        for i in 0..t.rows() {
            reflect(&v, tau, &mut t.row_mut(i)[n - length..]);
        }
    }
    *a = t.transpose();
}

/// `Q diag(λ) Qᵀ` with a random orthogonal Q.
pub(super) fn with_spectrum(spectrum: &[f64], stream: &mut Stream) -> Matrix<f64> {
    let n = spectrum.len();
    let mut q = Matrix::identity(n);
    scramble_rows(&mut q, stream);
    let scaled = Matrix::from_fn(n, n, |i, j| q[(i, j)] * spectrum[j]);
    let a = scaled.matmul_t(&q).expect("square");
    Matrix::from_fn(n, n, |i, j| 0.5 * a[(i, j)] + 0.5 * a[(j, i)])
}

/// Wilkinson's W⁺: tridiagonal, pairs of eigenvalues that agree to many digits.
pub(super) fn wilkinson(n: usize) -> Matrix<f64> {
    let middle = (n as f64 - 1.0) / 2.0;
    Matrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => (i as f64 - middle).abs(),
        1 => 1.0,
        _ => 0.0,
    })
}

pub(super) fn hilbert(n: usize) -> Matrix<f64> {
    Matrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64)
}

/// Every symmetric class at order `n`, with its name.
pub(super) fn symmetric<T: Scalar>(n: usize) -> Vec<(String, Matrix<T>)> {
    let epsilon = T::EPSILON.to_f64();
    let mut stream = Seed(n as u64).stream("symmetric classes");
    let s = &mut stream;
    let last = n.saturating_sub(1).max(1) as f64;
    let mut classes: Vec<(String, Matrix<f64>)> = vec![
        ("zero".into(), Matrix::zeros(n, n)),
        ("identity".into(), Matrix::identity(n)),
        ("diagonal".into(), Matrix::from_diagonal(&(0..n).map(|_| s.normal()).collect::<Vec<f64>>())),
        ("rank one".into(), Matrix::from_fn(n, n, |_, _| 1.0)),
        ("wilkinson".into(), wilkinson(n)),
        ("hilbert".into(), hilbert(n)),
        (
            "second difference".into(),
            Matrix::from_fn(n, n, |i, j| [2.0, -1.0].get(i.abs_diff(j)).copied().unwrap_or(0.0)),
        ),
        ("anti-diagonal".into(), Matrix::from_fn(n, n, |i, j| if i + j + 1 == n { 1.0 } else { 0.0 })),
        ("zero diagonal".into(), Matrix::from_fn(n, n, |i, j| if i.abs_diff(j) == 1 { 1.0 } else { 0.0 })),
        (
            "glued wilkinson".into(),
            Matrix::from_fn(n, n, |i, j| match (i.abs_diff(j), i.max(j) % 11) {
                (0, _) => (i as f64 % 11.0 - 5.0).abs(),
                (1, 0) => 1e-8,
                (1, _) => 1.0,
                _ => 0.0,
            }),
        ),
    ];
    let spectra: [(&str, Vec<f64>); 7] = [
        ("arithmetic", (0..n).map(|i| 1.0 - i as f64 / last * (1.0 - epsilon)).collect()),
        ("geometric", (0..n).map(|i| epsilon.powf(i as f64 / last)).collect()),
        ("clustered at ε", (0..n).map(|i| if i == 0 { 1.0 } else { epsilon }).collect()),
        ("clustered at 1", (0..n).map(|i| if i + 1 == n { epsilon } else { 1.0 }).collect()),
        ("repeated", (0..n).map(|i| (i % 4) as f64).collect()),
        ("clustered in threes", (0..n).map(|i| (i / 3) as f64 + 1e-9 * (i % 3) as f64).collect()),
        ("signed geometric", (0..n).map(|i| (-1.0f64).powi(i as i32) * epsilon.powf(i as f64 / last)).collect()),
    ];
    for (name, spectrum) in spectra {
        let a = with_spectrum(&spectrum, s);
        classes.push((name.into(), a));
    }
    let random = with_spectrum(&(0..n).map(|_| s.normal()).collect::<Vec<f64>>(), s);
    let grade = |i: usize| 10f64.powf(decades::<T>() * (i as f64 / last - 0.5));
    let large = 0.4 * T::max_value().to_f64();
    let largest = random.max_abs().max(1e-300);
    let random_max = random.scale(1.0 / largest);
    classes.push(("graded up".into(), Matrix::from_fn(n, n, |i, j| random[(i, j)] * grade(i) * grade(j))));
    classes.push(("graded down".into(), Matrix::from_fn(n, n, |i, j| random[(i, j)] / grade(i) / grade(j))));
    classes.push(("near overflow".into(), random_max.scale(large / (n.max(1) as f64))));
    classes.push(("near underflow".into(), random_max.scale(T::min_positive_value().to_f64() * 1e4)));
    classes.push(("subnormal".into(), random_max.scale(T::min_positive_value().to_f64() * 0.25)));
    classes.push(("random".into(), random));
    let entries = normal_matrix(n, n, s);
    classes.push(("random entries".into(), Matrix::from_fn(n, n, |i, j| entries[(i.min(j), i.max(j))])));
    classes.into_iter().map(|(name, a)| (name, cast(&a))).collect()
}
