//! The ten smallest eigenpairs of the normalised Laplacian of a neighbourhood graph: 10 000 points on the unit circle,
//! 25 nearest neighbours, weights `exp(−(d/ε)²)` with ε the median distance to the farthest of them.
//!
//! `cargo run --release -p peers --bin circle_graph [python]`: with a Python that has SciPy, ARPACK solves the same
//! matrix in between (`benches/peers/python/circle_graph.py`), with SuperLU shift-invert and without.

use std::process::Command;
use std::time::Instant;

use eigennet::Error;
use eigennet::eigen::{Eigenpairs, Lanczos, ShiftInvert, Which};
use eigennet::sparse::{Csr, Ldlt, Symbolic};

const POINTS: usize = 10_000;
const NEIGHBOURS: usize = 25;
const PAIRS: usize = 10;
const SHIFT: f64 = -1e-5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let laplacian = normalized_laplacian(&circle())?;
    let symbolic = Symbolic::analyze(&laplacian)?;
    println!(
        "{} entries, {} in the factor; 1-norm {:.6}",
        laplacian.nnz(),
        symbolic.factor_nnz(),
        laplacian.infinity_norm()
    );
    let order = median(9, || Symbolic::analyze(&laplacian).map(drop))?;
    let shifted = laplacian.shift(-SHIFT)?;
    let numeric = median(9, || Ldlt::factor_with(&shifted, &symbolic).map(drop))?;
    let factor = Ldlt::factor_with(&shifted, &symbolic)?;
    let ones = vec![1.0; POINTS];
    let solve = median(21, || factor.solve(&ones).map(drop))?;
    println!(
        "ordering and analysis {:.1} ms, factorisation {:.1} ms, solution {:.3} ms",
        1e3 * order,
        1e3 * numeric,
        1e3 * solve
    );

    let similarity = Csr::identity(POINTS)?.sub(&laplacian)?;
    let inverted = || {
        let inverse = ShiftInvert::sparse(&laplacian, SHIFT)?;
        Lanczos { k: PAIRS, which: Which::Smallest, tolerance: 2e-11, ..Lanczos::default() }.solve_inverted(&inverse)
    };
    let plain =
        || Lanczos { k: PAIRS, tolerance: 5e-11, max_iterations: 5000, ..Lanczos::default() }.solve(&similarity);
    let ours = inverted()?;
    let before = median(7, || inverted().map(drop))?;
    let peers = std::env::args().nth(1).map(scipy).transpose()?;
    let after = median(7, || inverted().map(drop))?;
    let time = before.min(after);
    report("eigennet, shift-invert", time, &ours);
    for (name, seconds, residual, values) in peers.iter().flatten() {
        let differ = values.iter().zip(&ours.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!(
            "{name:<24} {:9.1} ms, residual {residual:.1e}; eigennet is {:.1} times as fast; eigenvalues differ by {differ:.1e}",
            1e3 * seconds,
            seconds / time
        );
    }
    let start = Instant::now();
    let slow = plain()?;
    let seconds = start.elapsed().as_secs_f64();
    report("eigennet, products only", seconds, &slow);
    let slow = slow.values.iter().map(|v| 1.0 - v);
    let differ = slow.zip(&ours.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("both ways differ by {differ:.1e}");
    println!("{:?}", ours.values);
    Ok(())
}

fn report(name: &str, seconds: f64, found: &Eigenpairs<f64>) {
    let residual = found.residuals.iter().copied().fold(0.0, f64::max);
    println!(
        "{name:<24} {:9.1} ms, residual {residual:.1e}, {} products, {} restarts",
        1e3 * seconds,
        found.products,
        found.iterations
    );
}

fn median(rounds: usize, mut work: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[rounds / 2])
}

/// A method of SciPy: its name, seconds, residual and eigenvalues.
type Peer = (String, f64, f64, Vec<f64>);

fn scipy(python: String) -> Result<Vec<Peer>, Box<dyn std::error::Error>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/circle_graph.py");
    let output = Command::new(python).arg(script).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_string();
        let numbers = words.map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        match &numbers[..] {
            [seconds, residual, values @ ..] => Ok((name, *seconds, *residual, values.to_vec())),
            _ => Err(format!("no result: {line}").into()),
        }
    };
    String::from_utf8(output.stdout)?.lines().map(parse).collect()
}

/// The angles that `numpy.random.default_rng(0).uniform(0, 2 * pi, n)` draws (PCG64, O'Neill 2014).
fn circle() -> Vec<f64> {
    let mut state = 35_399_562_948_360_463_058_890_781_895_381_311_971_u128;
    let increment = 87_136_372_517_582_989_555_478_159_403_783_844_777_u128;
    let mut draw = || {
        state = state.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(increment);
        let word = ((state >> 64) as u64 ^ state as u64).rotate_right((state >> 122) as u32);
        std::f64::consts::TAU * ((word >> 11) as f64 / (1_u64 << 53) as f64)
    };
    (0..POINTS).map(|_| draw()).collect()
}

fn normalized_laplacian(angles: &[f64]) -> Result<Csr<f64>, Error> {
    let n = angles.len();
    let point = |i: usize| (angles[i].cos(), angles[i].sin());
    let mut around: Vec<usize> = (0..n).collect();
    around.sort_by(|&i, &j| angles[i].total_cmp(&angles[j]));
    let mut edges = Vec::with_capacity(n * NEIGHBOURS);
    let mut farthest = Vec::with_capacity(n);
    for (place, &i) in around.iter().enumerate() {
        let (x, y) = point(i);
        // On a circle the nearest neighbours are among the next ones on both sides.
        let candidate = |step: usize| {
            let j = around[(place + n + step - NEIGHBOURS) % n];
            let (dx, dy) = (x - point(j).0, y - point(j).1);
            ((dx * dx + dy * dy).sqrt(), j)
        };
        let mut nearest: Vec<(f64, usize)> = (0..=2 * NEIGHBOURS).map(candidate).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        nearest.truncate(NEIGHBOURS);
        farthest.push(nearest[NEIGHBOURS - 1].0);
        edges.extend(nearest.into_iter().map(|(distance, j)| (i, j, distance)));
    }
    farthest.sort_by(f64::total_cmp);
    let width = 0.5 * (farthest[n / 2 - 1] + farthest[n / 2]);
    edges.iter_mut().for_each(|edge| edge.2 = (-(edge.2 / width).powi(2)).exp());
    let weight = Csr::from_triplets(n, n, &edges)?;
    let weight = weight.add(&weight.transpose())?.scale(0.5)?;
    let scale: Vec<f64> = weight.row_iter().map(|(_, values)| values.iter().sum::<f64>().sqrt().recip()).collect();
    let scaled = weight.row_iter().enumerate().flat_map(|(i, (columns, values))| {
        let scale = &scale;
        columns.iter().zip(values).map(move |(&j, &v)| (i, j as usize, -scale[i] * v * scale[j as usize]))
    });
    let negative = Csr::from_triplets(n, n, &scaled.collect::<Vec<_>>())?;
    negative.add(&negative.transpose())?.scale(0.5)?.shift(1.0)
}
