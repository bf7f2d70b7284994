//! Thin singular value decompositions, singular values alone, and QR factorisations, pivoted and not, with `Q` formed: eigennet and faer.
//! Shapes as arguments, `1600x800`; by default 100x100, 500x500, 1600x800.

use std::hint::black_box;

use eigennet::linalg::{Matrix, PivotedQr, Qr, singular_values, svd};
use peers::{entry, side_by_side};

fn main() {
    let shape = |text: &str| text.split_once('x').and_then(|(m, n)| Some((m.parse().ok()?, n.parse().ok()?)));
    let shapes: Vec<(usize, usize)> = std::env::args().skip(1).filter_map(|a| shape(&a)).collect();
    let shapes = if shapes.is_empty() { vec![(100, 100), (500, 500), (1600, 800)] } else { shapes };
    println!("{:>12} {:>12} {:>8} {:>12} {:>12} {:>8}", "what", "shape", "threads", "eigennet ms", "faer ms", "ratio");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            faer::set_global_parallelism(if threads == 1 { faer::Par::Seq } else { faer::Par::rayon(threads) });
            for &(m, n) in &shapes {
                let rounds = if m * n <= 40_000 { 51 } else { 5 };
                let (a, b) = (Matrix::from_fn(m, n, entry), faer::Mat::from_fn(m, n, entry));
                let report = |what: &str, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()| {
                    let times = side_by_side(rounds, &mut [ours, theirs]);
                    let (x, y) = (1e3 * times[0], 1e3 * times[1]);
                    println!("{what:>12} {:>12} {threads:>8} {x:>12.3} {y:>12.3} {:>8.2}", format!("{m}x{n}"), x / y);
                };
                report("svd", &mut || drop(black_box(svd(black_box(&a)))), &mut || {
                    drop(black_box(black_box(&b).thin_svd()));
                });
                report("values", &mut || drop(black_box(singular_values(black_box(&a)))), &mut || {
                    drop(black_box(black_box(&b).singular_values()));
                });
                report(
                    "pivoted QR",
                    &mut || drop(black_box(PivotedQr::factor(black_box(&a)).and_then(|qr| qr.thin_q()))),
                    &mut || drop(black_box(black_box(&b).col_piv_qr().compute_thin_Q())),
                );
                report(
                    "QR",
                    &mut || drop(black_box(Qr::factor(black_box(&a)).and_then(|qr| qr.thin_q()))),
                    &mut || {
                        drop(black_box(black_box(&b).qr().compute_thin_Q()));
                    },
                );
            }
        });
    }
}
