//! Nonsymmetric eigendecompositions with right eigenvectors: eigennet, faer. Sizes as
//! arguments, by default 100, 200, 500, 1000.

use std::hint::black_box;

use eigennet::linalg::{Matrix, NonsymmetricOptions, nonsymmetric_eigenvalues, schur};
use peers::{entry, side_by_side};

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 200, 500, 1000] } else { sizes };
    println!(
        "{:>6} {:>8} {:>12} {:>12} {:>8} {:>12} {:>12} {:>8} {:>12}",
        "n", "threads", "vectors ms", "faer ms", "ratio", "values ms", "faer ms", "ratio", "schur ms"
    );
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            for &n in &sizes {
                let ours = Matrix::from_fn(n, n, entry);
                let theirs = faer::Mat::from_fn(n, n, entry);
                faer::set_global_parallelism(if threads == 1 { faer::Par::Seq } else { faer::Par::rayon(threads) });
                let options = NonsymmetricOptions::default();
                let times = side_by_side(
                    if n <= 200 { 21 } else { 5 },
                    &mut [
                        &mut || drop(black_box(options.solve(black_box(&ours)))),
                        &mut || drop(black_box(black_box(&theirs).eigen())),
                        &mut || drop(black_box(nonsymmetric_eigenvalues(black_box(&ours)))),
                        &mut || drop(black_box(black_box(&theirs).eigenvalues())),
                        &mut || drop(black_box(schur(black_box(&ours)))),
                    ],
                );
                println!(
                    "{n:>6} {threads:>8} {:>12.3} {:>12.3} {:>8.2} {:>12.3} {:>12.3} {:>8.2} {:>12.3}",
                    1e3 * times[0],
                    1e3 * times[1],
                    times[0] / times[1],
                    1e3 * times[2],
                    1e3 * times[3],
                    times[2] / times[3],
                    1e3 * times[4]
                );
            }
        });
    }
}
