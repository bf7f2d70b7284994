//! Symmetric eigendecompositions beside faer's: all pairs, and values only. Sizes as arguments, by default 100, 500,
//! 1000, 2000.

use std::hint::black_box;

use eigennet::linalg::{Matrix, symmetric_eigen, symmetric_eigenvalues};
use peers::{entry, side_by_side};

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 500, 1000, 2000] } else { sizes };
    println!("{:>8} {:>6} {:>8} {:>12} {:>12} {:>8}", "what", "n", "threads", "eigennet ms", "faer ms", "ratio");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            for &n in &sizes {
                let symmetric = |i: usize, j: usize| entry(i.min(j), i.max(j));
                let ours = Matrix::from_fn(n, n, symmetric);
                let theirs = faer::Mat::from_fn(n, n, symmetric);
                faer::set_global_parallelism(if threads == 1 { faer::Par::Seq } else { faer::Par::rayon(threads) });
                let times = side_by_side(
                    if n <= 200 { 51 } else { 5 },
                    &mut [
                        &mut || drop(black_box(symmetric_eigen(black_box(&ours)))),
                        &mut || drop(black_box(black_box(&theirs).self_adjoint_eigen(faer::Side::Lower))),
                        &mut || drop(black_box(symmetric_eigenvalues(black_box(&ours)))),
                        &mut || drop(black_box(black_box(&theirs).self_adjoint_eigenvalues(faer::Side::Lower))),
                    ],
                );
                for (what, times) in ["pairs", "values"].into_iter().zip(times.chunks_exact(2)) {
                    println!(
                        "{what:>8} {n:>6} {threads:>8} {:>12.3} {:>12.3} {:>8.2}",
                        1e3 * times[0],
                        1e3 * times[1],
                        times[0] / times[1]
                    );
                }
            }
        });
    }
}
