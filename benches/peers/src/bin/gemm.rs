//! Matrix products `[m, k] × [k, n]` beside faer's, its operands by rows or by columns, whichever it multiplies faster.

use std::hint::black_box;

use eigennet::Scalar;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use peers::{entry, side_by_side};

/// m, k, n.
const SHAPES: [[usize; 3]; 11] = [
    [64, 64, 64],
    [128, 128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [512, 128, 128],
    [512, 2, 128],
    [512, 128, 1],
    [512, 1, 128],
    [100, 6, 100],
];

fn race<T: Scalar + ComplexField>([m, k, n]: [usize; 3]) {
    let fill = |rows: usize, cols: usize| -> Vec<T> { (0..rows * cols).map(|i| T::of(entry(i, cols))).collect() };
    let (a, b) = (fill(m, k), fill(k, n));
    let [mut ours, mut by_rows, mut by_columns] = [(); 3].map(|()| fill(m, n));
    let mut packing = Packing::new();
    let flops = (2 * m * n * k) as f64;
    // Runs of about 30 µs at the least, so that the clock is read seldom enough.
    let runs = (8e6 / flops).ceil() as usize;
    let times = side_by_side(
        if m < 1024 { 301 } else { 9 },
        &mut [
            &mut || {
                for _ in 0..runs {
                    let (a, b) = (MatRef::row_major(black_box(&a), m, k), MatRef::row_major(black_box(&b), k, n));
                    gemm(T::one(), a, b, T::zero(), &mut MatMut::row_major(black_box(&mut ours), m, n), &mut packing);
                }
            },
            &mut || {
                for _ in 0..runs {
                    let c = faer::MatMut::from_row_major_slice_mut(black_box(&mut by_rows), m, n);
                    let a = faer::MatRef::from_row_major_slice(black_box(&a), m, k);
                    let b = faer::MatRef::from_row_major_slice(black_box(&b), k, n);
                    matmul(c, faer::Accum::Replace, a, b, <T as Scalar>::of(1.0), faer::Par::Seq);
                }
            },
            &mut || {
                for _ in 0..runs {
                    let c = faer::MatMut::from_column_major_slice_mut(black_box(&mut by_columns), m, n);
                    let a = faer::MatRef::from_column_major_slice(black_box(&a), m, k);
                    let b = faer::MatRef::from_column_major_slice(black_box(&b), k, n);
                    matmul(c, faer::Accum::Replace, a, b, <T as Scalar>::of(1.0), faer::Par::Seq);
                }
            },
        ],
    );
    let rate = |time: f64| flops * runs as f64 / time / 1e9;
    let (ours, theirs) = (rate(times[0]), rate(times[1].min(times[2])));
    println!("{:>5} {m:>6} {k:>6} {n:>6} {ours:>12.1} {theirs:>12.1} {:>8.2}", T::NAME, ours / theirs);
}

fn main() {
    println!("{:>5} {:>6} {:>6} {:>6} {:>12} {:>12} {:>8}", "", "m", "k", "n", "eigennet", "faer GFLOP/s", "ratio");
    SHAPES.into_iter().for_each(race::<f32>);
    SHAPES.into_iter().for_each(race::<f64>);
}
