//! The nonsymmetric classes of LAPACK's own testing, and famous troublemakers.

use super::classes::{cast, normal_matrix};
use crate::linalg::{Matrix, Qr};
use crate::{Scalar, Seed};

fn orthogonal(n: usize, seed: u64) -> Matrix<f64> {
    let a = normal_matrix(n, n, &mut Seed(seed).stream("orthogonal"));
    Qr::factor(&a).expect("finite").full_q().expect("square")
}

/// Every class at order `n`, with its name.
pub(super) fn nonsymmetric<T: Scalar>(n: usize) -> Vec<(String, Matrix<T>)> {
    let epsilon = T::EPSILON.to_f64();
    let decades = if T::NAME == "f64" { 150.0 } else { 18.0 };
    let mut stream = Seed(n as u64).stream("nonsymmetric classes");
    let last = n.saturating_sub(1).max(1) as f64;
    let random = normal_matrix(n, n, &mut stream);
    let q = orthogonal(n, n as u64);
    let similar = |t: &Matrix<f64>| q.matmul(t).expect("square").matmul_t(&q).expect("square");
    let step = |i: usize, j: usize| if j == i + 1 { 1.0 } else { 0.0 };
    let angle = |i: usize| 0.3 + 2.5 * i as f64 / last;
    let upper = Matrix::from_fn(n, n, |i, j| if i <= j { random[(i, j)] } else { 0.0 });
    let grade = |i: usize| 10f64.powf(decades * (i as f64 / last - 0.5));
    let unit = random.scale(1.0 / random.max_abs().max(1e-300));
    let rotations = Matrix::from_fn(n, n, |i, j| {
        let block = (i / 2 == j / 2) && (i / 2 * 2 + 1 < n);
        let (sine, cosine) = angle(i / 2).sin_cos();
        match (block, i.cmp(&j)) {
            (true, std::cmp::Ordering::Less) => -sine,
            (true, std::cmp::Ordering::Greater) => sine,
            (true, std::cmp::Ordering::Equal) => cosine,
            _ => f64::from(u8::from(i == j)),
        }
    });
    let geometric = |i: usize| epsilon.powf(i as f64 / last);
    let classes: Vec<(&str, Matrix<f64>)> = vec![
        ("zero", Matrix::zeros(n, n)),
        ("identity", Matrix::identity(n)),
        ("diagonal", Matrix::from_diagonal(&random.diagonal())),
        ("rank one", Matrix::from_fn(n, n, |i, j| (1.0 + i as f64) / (1.0 + j as f64))),
        (
            "nilpotent of rank one",
            Matrix::from_fn(n, n, |i, j| if i % 2 == j % 2 { (-1f64).powi(j as i32) } else { 0.0 }),
        ),
        ("jordan block", Matrix::from_fn(n, n, step)),
        ("jordan block of one", Matrix::from_fn(n, n, |i, j| step(i, j) + f64::from(u8::from(i == j)))),
        ("lower jordan block", Matrix::from_fn(n, n, |i, j| step(j, i))),
        ("hidden jordan block", similar(&Matrix::from_fn(n, n, |i, j| step(i, j) + f64::from(u8::from(i == j))))),
        ("cycle", Matrix::from_fn(n, n, |i, j| f64::from(u8::from((i + 1) % n == j)))),
        ("circulant", Matrix::from_fn(n, n, |i, j| ((i + n - j) % n) as f64)),
        (
            "companion",
            Matrix::from_fn(n, n, |i, j| match i {
                0 => -1.0 / (1.0 + j as f64),
                _ => step(j, i),
            }),
        ),
        ("frank", Matrix::from_fn(n, n, |i, j| if i <= j + 1 { (n - i.max(j)) as f64 } else { 0.0 })),
        (
            "grcar",
            Matrix::from_fn(n, n, |i, j| match j as isize - i as isize {
                -1 => -1.0,
                0..=3 => 1.0,
                _ => 0.0,
            }),
        ),
        ("rotations", similar(&rotations)),
        ("orthogonal", q.clone()),
        ("skew", Matrix::from_fn(n, n, |i, j| random[(i, j)] - random[(j, i)])),
        ("symmetric", Matrix::from_fn(n, n, |i, j| random[(i, j)] + random[(j, i)])),
        ("upper triangular", upper.clone()),
        ("lower triangular", upper.transpose()),
        (
            "clustered",
            similar(&Matrix::from_fn(n, n, |i, j| {
                if i == j {
                    1.0
                } else if i < j {
                    random[(i, j)]
                } else {
                    0.0
                }
            })),
        ),
        (
            "geometric",
            similar(&Matrix::from_fn(n, n, |i, j| {
                if i == j {
                    geometric(i)
                } else if i < j {
                    random[(i, j)]
                } else {
                    0.0
                }
            })),
        ),
        ("sparse", random.map(|v| if v.abs() > 1.6 { v } else { 0.0 })),
        ("graded up", Matrix::from_fn(n, n, |i, j| random[(i, j)] * grade(i) * grade(j))),
        ("graded down", Matrix::from_fn(n, n, |i, j| random[(i, j)] / grade(i) / grade(j))),
        ("badly balanced", Matrix::from_fn(n, n, |i, j| random[(i, j)] * grade(i).sqrt() / grade(j).sqrt())),
        ("near overflow", unit.scale(0.4 * T::max_value().to_f64() / n.max(1) as f64)),
        ("near underflow", unit.scale(T::min_positive_value().to_f64() * 1e4)),
        ("subnormal", unit.scale(T::min_positive_value().to_f64() * 0.25)),
        ("random", random.clone()),
    ];
    classes.into_iter().map(|(name, a)| (name.to_string(), cast(&a))).collect()
}
