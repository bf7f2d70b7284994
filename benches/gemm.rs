//! The matrix product in the shapes that occur, beside `matrixmultiply` and the machine's limit.
//!
//! `cargo bench --bench gemm` prints GFLOP/s, the share of the FMA peak of the widest instruction set
//! present (measured in the same process) and the ratio to `matrixmultiply`. Every figure is the
//! fastest twentieth of short runs of the two in turn: neighbours on the machine meet both, and
//! the peak is a best case as well.

use eigennet::Scalar;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use eigennet::kernels::isa::Isa;
use eigennet::kernels::peak::fma_peak;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What both libraries offer, under one name.
trait Rival: Scalar {
    /// `C ← A B + β C` by `matrixmultiply`; strides of rows and columns.
    fn rival(sides: [usize; 3], a: (&[Self], [isize; 2]), b: (&[Self], [isize; 2]), beta: Self, c: &mut [Self]);
}

macro_rules! rival {
    ($scalar:ty, $gemm:path) => {
        impl Rival for $scalar {
            fn rival(
                [m, n, k]: [usize; 3],
                a: (&[Self], [isize; 2]),
                b: (&[Self], [isize; 2]),
                beta: Self,
                c: &mut [Self],
            ) {
                // SAFETY: the strides are those of full [m, k], [k, n] and [m, n] buffers.
                unsafe {
                    $gemm(
                        m,
                        k,
                        n,
                        1.0,
                        a.0.as_ptr(),
                        a.1[0],
                        a.1[1],
                        b.0.as_ptr(),
                        b.1[0],
                        b.1[1],
                        beta,
                        c.as_mut_ptr(),
                        n as isize,
                        1,
                    );
                }
            }
        }
    };
}

rival!(f32, matrixmultiply::sgemm);
rival!(f64, matrixmultiply::dgemm);

/// `C [m, n] = op(A) op(B)` with sums of length k; `T` marks an operand stored transposed.
const SHAPES: &[(usize, usize, usize, &str, f64)] = &[
    (64, 64, 64, "NN", 0.0),
    (128, 128, 128, "NN", 0.0),
    (128, 128, 128, "NT", 0.0),
    (128, 128, 128, "TN", 1.0),
    (256, 128, 128, "NN", 0.0),
    (256, 128, 128, "NT", 0.0),
    (128, 128, 256, "TN", 1.0),
    (256, 256, 256, "NN", 0.0),
    (512, 512, 512, "NN", 0.0),
    (512, 128, 128, "NN", 0.0),
    (512, 128, 128, "NT", 0.0),
    (128, 128, 512, "TN", 1.0),
    (1024, 1024, 1024, "NN", 0.0),
    (1024, 1024, 1024, "NT", 0.0),
    (1024, 1024, 1024, "TN", 0.0),
    (2048, 2048, 2048, "NN", 0.0),
    (512, 128, 2, "NN", 0.0),
    (512, 1, 128, "NN", 0.0),
    (1, 128, 512, "NN", 0.0),
    (128, 1, 512, "TN", 0.0),
    (512, 2, 128, "NN", 0.0),
    (512, 2, 128, "NT", 0.0),
    (128, 2, 512, "TN", 1.0),
    (2, 128, 512, "TN", 1.0),
    (512, 128, 1, "NT", 0.0),
    (512, 5, 128, "NN", 0.0),
    (512, 8, 128, "NN", 0.0),
    (400, 50, 2, "NN", 0.0),
    (400, 20, 50, "NN", 0.0),
    (400, 50, 20, "NT", 0.0),
    (50, 20, 400, "TN", 1.0),
    (400, 1, 20, "NN", 0.0),
    (256, 64, 128, "NN", 0.0),
    (256, 32, 64, "NN", 0.0),
    (100, 6, 100, "NN", 0.0),
    (100, 6, 100, "NT", 1.0),
    (100, 100, 6, "NN", 0.0),
];

fn fast(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 20]
}

fn measure<T: Rival>(&(m, n, k, form, beta): &(usize, usize, usize, &str, f64), peak: f64) {
    let fill = |len: usize| (0..len).map(|i| T::of((i * 37 % 101) as f64 / 101.0 - 0.5)).collect::<Vec<T>>();
    let (a, b, mut c) = (fill(m * k), fill(k * n), fill(m * n));
    let a_strides = if form.starts_with('T') { (1, m) } else { (k, 1) };
    let b_strides = if form.ends_with('T') { (1, k) } else { (n, 1) };
    let signed = |(r, c): (usize, usize)| [r as isize, c as isize];
    let mut packing = Packing::new();
    let flops = (2 * m * n * k) as f64;
    // Runs of about 30 us, so that the clock is read seldom enough.
    let runs = (30e3 * peak / flops / 2.0).ceil() as usize;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(80) || ours.len() < 5 {
        let from = Instant::now();
        for _ in 0..runs {
            let (Ok(a), Ok(b)) = (
                MatRef::new(black_box(&a), m, k, a_strides.0, a_strides.1),
                MatRef::new(black_box(&b), k, n, b_strides.0, b_strides.1),
            ) else {
                return;
            };
            gemm(T::one(), a, b, T::of(beta), &mut MatMut::row_major(black_box(&mut c), m, n), &mut packing);
        }
        ours.push(from.elapsed().as_secs_f64());
        // The sums grow with beta = 1: keep them finite.
        c.fill(T::one());
        let from = Instant::now();
        for _ in 0..runs {
            let (a, b) = ((black_box(&a[..]), signed(a_strides)), (black_box(&b[..]), signed(b_strides)));
            T::rival([m, n, k], a, b, T::of(beta), black_box(&mut c));
        }
        theirs.push(from.elapsed().as_secs_f64());
        c.fill(T::one());
    }
    let rate = |times: &mut [f64]| flops * runs as f64 / fast(times) / 1e9;
    let (ours, theirs) = (rate(&mut ours), rate(&mut theirs));
    println!(
        "{:>4} {m:>5} x {n:>4} x {k:>4} {form} beta {beta} | {ours:7.1} GFLOP/s {:5.1} % of peak | matrixmultiply {theirs:7.1}, ratio {:5.2}",
        T::NAME,
        100.0 * ours / peak,
        ours / theirs
    );
}

fn suite<T: Rival>(filter: &Option<String>) {
    let peak = |isa| fma_peak::<T>(isa, Duration::from_millis(50));
    for isa in Isa::available() {
        println!("{:>4} FMA peak, {isa:?}: {:.1} GFLOP/s", T::NAME, peak(isa));
    }
    for shape in SHAPES {
        let name = format!("{}x{}x{}{}", shape.0, shape.1, shape.2, shape.3);
        if filter.as_ref().is_none_or(|f| name.contains(f.as_str())) {
            measure::<T>(shape, fma_peak::<T>(Isa::best(), Duration::from_millis(10)));
        }
    }
}

fn main() {
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    suite::<f32>(&filter);
    suite::<f64>(&filter);
}
