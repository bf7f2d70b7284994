//! Dense eigensolvers and factorisations: one group each, by order of the matrix.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use eigennet::Seed;
use eigennet::linalg::{
    EigenRange, Matrix, PivotedQr, nonsymmetric_eigen, nonsymmetric_eigenvalues, singular_values, svd, symmetric_eigen,
    symmetric_eigen_range, symmetric_eigenvalues,
};

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
    for n in [100, 500, 1000] {
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

fn nonsymmetric(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("nonsymmetric");
    group.sample_size(10);
    for n in [100, 500] {
        let a = random(n, n);
        group.bench_function(BenchmarkId::new("left and right vectors", n), |b| {
            b.iter(|| nonsymmetric_eigen(black_box(&a)).expect("converges"));
        });
        group.bench_function(BenchmarkId::new("values only", n), |b| {
            b.iter(|| nonsymmetric_eigenvalues(black_box(&a)).expect("converges"));
        });
    }
    group.finish();
}

fn singular(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1600 x 800");
    group.sample_size(10);
    let a = random(1600, 800);
    group.bench_function("svd", |b| b.iter(|| svd(black_box(&a)).expect("converges")));
    group.bench_function("singular values", |b| b.iter(|| singular_values(black_box(&a)).expect("converges")));
    group.bench_function("pivoted QR", |b| b.iter(|| PivotedQr::factor(black_box(&a)).expect("finite")));
    group.finish();
}

criterion_group!(benches, symmetric, nonsymmetric, singular);
criterion_main!(benches);
