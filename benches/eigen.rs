//! Dense eigensolvers and factorisations: one group each, by order of the matrix.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use eigennet::Seed;
use eigennet::linalg::{EigenRange, Matrix, symmetric_eigen, symmetric_eigen_range, symmetric_eigenvalues};

/// Standard normal entries.
fn random(rows: usize, cols: usize) -> Matrix<f64> {
    let mut stream = Seed(1).stream("bench matrix");
    Matrix::from_fn(rows, cols, |_, _| stream.normal())
}

fn random_symmetric(n: usize) -> Matrix<f64> {
    let a = random(n, n);
    Matrix::from_fn(n, n, |i, j| a[(i.min(j), i.max(j))])
}

fn symmetric(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("symmetric");
    group.sample_size(10);
    for n in [100, 500] {
        let a = random_symmetric(n);
        group.bench_function(BenchmarkId::new("all pairs", n), |b| {
            b.iter(|| symmetric_eigen(black_box(&a)).expect("converges"));
        });
        group.bench_function(BenchmarkId::new("ten pairs", n), |b| {
            b.iter(|| symmetric_eigen_range(black_box(&a), &EigenRange::Indices(0..10)).expect("converges"));
        });
        group.bench_function(BenchmarkId::new("values only", n), |b| {
            b.iter(|| symmetric_eigenvalues(black_box(&a)).expect("converges"));
        });
    }
    group.finish();
}

criterion_group!(benches, symmetric);
criterion_main!(benches);
