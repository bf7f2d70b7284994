//! LAPACK's classes of test matrices for singular values and QR: of any shape.

use super::classes::{cast, hilbert, normal_matrix, wilkinson};
use crate::linalg::{Matrix, Qr};
use crate::{Scalar, Seed};

/// `U diag(σ) Vᵀ` `[m, n]` with random orthonormal `U` and `V`.
pub(super) fn with_singular_values(m: usize, n: usize, values: &[f64], seed: u64) -> Matrix<f64> {
    let mut stream = Seed(seed).stream("singular values");
    let mut basis = |rows: usize| {
        let random = normal_matrix(rows, values.len(), &mut stream);
        Qr::factor(&random).and_then(|qr| qr.thin_q()).expect("finite")
    };
    let (u, v) = (basis(m), basis(n));
    Matrix::from_fn(m, values.len(), |i, j| u[(i, j)] * values[j]).matmul_t(&v).expect("shapes")
}

/// Every class at shape `[m, n]`, with its name.
pub(super) fn rectangular<T: Scalar>(m: usize, n: usize) -> Vec<(&'static str, Matrix<T>)> {
    let epsilon = T::EPSILON.to_f64();
    let decades = if T::NAME == "f64" { 150.0 } else { 18.0 };
    let k = m.min(n);
    let last = k.saturating_sub(1).max(1) as f64;
    let random = normal_matrix(m, n, &mut Seed(1).stream("rectangular"));
    let unit = random.scale(1.0 / random.max_abs().max(1e-300));
    let rows = |i: usize| 10f64.powf(-decades * i as f64 / m.max(2) as f64);
    let cols = |j: usize| 10f64.powf(-decades * j as f64 / n.max(2) as f64);
    let cut = |a: Matrix<f64>| a.submatrix(0..m, 0..n);
    let order = m.max(n);
    let spectrum = |value: &dyn Fn(usize) -> f64| (0..k).map(value).collect::<Vec<f64>>();
    let of = |value: &dyn Fn(usize) -> f64| with_singular_values(m, n, &spectrum(value), (m + n) as u64);
    let largest = T::max_value().to_f64() / (4.0 * order.max(1) as f64);
    let smallest = T::min_positive_value().to_f64();
    let classes = vec![
        ("zero", Matrix::zeros(m, n)),
        ("identity", cut(Matrix::identity(order))),
        ("diagonal", Matrix::from_fn(m, n, |i, j| if i == j { random[(i, j)] } else { 0.0 })),
        ("rank one", Matrix::from_fn(m, n, |i, j| rows(i) * cols(j))),
        ("ones", Matrix::from_fn(m, n, |_, _| 1.0)),
        ("wilkinson", cut(wilkinson(order))),
        ("hilbert", cut(hilbert(order))),
        // Frank: Hessenberg, with eigenvalues of all sizes.
        ("frank", Matrix::from_fn(m, n, |i, j| if i <= j + 1 { (order - i.max(j)) as f64 } else { 0.0 })),
        ("jordan", Matrix::from_fn(m, n, |i, j| if i == j || i + 1 == j { 1.0 } else { 0.0 })),
        ("nilpotent", Matrix::from_fn(m, n, |i, j| if i + 1 == j { 1.0 } else { 0.0 })),
        // Kahan: the diagonal of R says nothing of the rank.
        (
            "kahan",
            Matrix::from_fn(m, n, |i, j| match i.cmp(&j) {
                std::cmp::Ordering::Less => -0.3 * 0.95f64.powi(i as i32),
                std::cmp::Ordering::Equal => 0.95f64.powi(i as i32),
                std::cmp::Ordering::Greater => 0.0,
            }),
        ),
        ("arithmetic", of(&|i| 1.0 - i as f64 / last * (1.0 - epsilon))),
        ("geometric", of(&|i| epsilon.powf(i as f64 / last))),
        ("clustered at ε", of(&|i| if i == 0 { 1.0 } else { epsilon })),
        ("clustered at 1", of(&|i| if i + 1 == k { epsilon } else { 1.0 })),
        ("repeated", of(&|i| (i % 4) as f64)),
        ("clustered in threes", of(&|i| (i / 3) as f64 + 1e-9 * (i % 3) as f64)),
        ("half of the rank", of(&|i| if 2 * i < k { 1.0 } else { 0.0 })),
        ("graded rows", Matrix::from_fn(m, n, |i, j| unit[(i, j)] * rows(i))),
        ("graded columns", Matrix::from_fn(m, n, |i, j| unit[(i, j)] * cols(j))),
        ("graded both ways", Matrix::from_fn(m, n, |i, j| unit[(i, j)] * rows(m - 1 - i) * cols(j))),
        ("near overflow", unit.scale(largest)),
        ("near underflow", unit.scale(smallest * 1e3)),
        ("subnormal", unit.scale(smallest * 0.25)),
        ("random", random),
    ];
    classes.into_iter().map(|(name, a)| (name, cast(&a))).collect()
}
