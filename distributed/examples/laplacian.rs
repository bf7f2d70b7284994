//! The smallest eigenpairs of the five-point Laplacian of a square grid whose rows are spread over the processes of a job.
//!
//! `cargo run --release -p eigennet-mpi --example laplacian -- 300 6`: side, pairs, and a file for values and residuals if they
//! are wanted. With `--features mpi` it runs under `mpirun`, and the bits are the same on any number of processes.

use std::f64::consts::PI;
use std::fmt::Write;
use std::time::Instant;

use eigennet::eigen::{Eigenpairs, Lanczos};
use eigennet::par::is_first;
use eigennet::{Error, Result};
use eigennet_mpi::{Chebyshev, DistributedCsr};

/// The Laplacian times `(side + 1)²`, as its five points.
fn row(i: usize, side: usize) -> Vec<(usize, f64)> {
    let (x, y) = (i % side, i / side);
    let scale = ((side + 1) * (side + 1)) as f64;
    let neighbours = [(y > 0, i.wrapping_sub(side)), (x > 0, i.wrapping_sub(1))];
    let after = [(x + 1 < side, i + 1), (y + 1 < side, i + side)];
    let beside = neighbours.into_iter().chain(after).filter(|(is, _)| *is).map(|(_, j)| (j, -scale));
    beside.chain([(i, 4.0 * scale)]).collect()
}

/// The smallest eigenvalues `4 (side + 1)² (sin² jπ/2(side + 1) + sin² lπ/2(side + 1))`.
fn exact(side: usize, pairs: usize) -> Vec<f64> {
    let m = (side + 1) as f64;
    let one = |j: usize| (2.0 * m * (PI * j as f64 / (2.0 * m)).sin()).powi(2);
    let few = side.min(pairs);
    let mut values: Vec<f64> = (1..=few).flat_map(|j| (1..=few).map(move |l| one(j) + one(l))).collect();
    values.sort_by(f64::total_cmp);
    values.truncate(pairs);
    values
}

fn solve(side: usize, pairs: usize) -> Result<Eigenpairs<f64>> {
    let n = side * side;
    let a = DistributedCsr::from_rows(n, n, |i| row(i, side))?;
    // Weyl (1911): about λ/4π eigenvalues of the unit square lie below λ. The cut leaves room for a few more than are sought.
    let cut = 4.0 * PI * (3.0 * pairs as f64 + 20.0);
    let top = a.infinity_norm();
    if cut >= top {
        return Err(Error::invalid("side", format!("{side} is too small a side for {pairs} pairs")));
    }
    // The smallest come out about cosh 2 beside those above the cut: with more, Lanczos would take fewer steps, but more
    // products.
    let degree = (top / cut).sqrt().ceil() as usize;
    Chebyshev::new(&a, degree, cut, top)?.smallest(&Lanczos { k: pairs, tolerance: 1e-10, ..Lanczos::default() })
}

/// Values and residuals as JSON, in shortest digits that give them back: the same file on any number of processes.
fn metrics(side: usize, found: &Eigenpairs<f64>) -> String {
    let list = |values: &[f64]| values.iter().map(|v| format!("{v:e}")).collect::<Vec<_>>().join(", ");
    let mut out = format!("{{\n  \"unknowns\": {},\n  \"products\": {},\n", side * side, found.products);
    let _ = writeln!(out, "  \"values\": [{}],", list(&found.values));
    let _ = writeln!(out, "  \"residuals\": [{}]\n}}", list(&found.residuals));
    out
}

fn run() -> Result<()> {
    let usage = || Error::invalid("arguments", "laplacian SIDE PAIRS [FILE], such as 300 6");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |a| a.parse().map_err(|_| usage()));
    let (side, pairs) = (number(0, 300)?, number(1, 6)?);
    let begun = Instant::now();
    let found = solve(side, pairs)?;
    if !is_first() {
        return Ok(());
    }
    println!("{} unknowns, {} products, {:.1} s", side * side, found.products, begun.elapsed().as_secs_f64());
    for ((value, residual), exact) in found.values.iter().zip(&found.residuals).zip(exact(side, pairs)) {
        println!("{value:.12e}  residual {residual:.1e}  relative error {:.1e}", (value - exact).abs() / exact);
    }
    if let Some(path) = arguments.get(2) {
        let path = std::path::Path::new(path);
        std::fs::write(path, metrics(side, &found)).map_err(|error| Error::io(path, &error))?;
    }
    Ok(())
}

#[cfg(feature = "mpi")]
fn main() -> std::process::ExitCode {
    let job = match eigennet_mpi::Job::start() {
        Ok(job) => job,
        Err(error) => {
            eprintln!("{error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    if let Err(error) = eigennet::par::with_team(job.team(), run) {
        eprintln!("process {}: {error}", job.team().rank());
        job.abort(1);
    }
    if job.team().rank() == 0 {
        println!("{:.1} s of them sending and waiting", job.communication().as_secs_f64());
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(feature = "mpi"))]
fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
