//! Digits against work on the initial-value problems of `eigennet::reference`: one line a method and tolerance, with the
//! correct digits, steps, evaluations of f, Jacobians, factorisations and seconds.
//!
//! `cargo run --release -p peers --bin initial_value [python]`: with a Python that has SciPy, its methods solve the same
//! problems in between (`benches/peers/python/initial_value.py`); mass matrices it has none.

use std::process::Command;
use std::time::Instant;

use eigennet::Result;
use eigennet::differential::runge_kutta::{DormandPrince, Integrator, Radau, RadauSystem, Record, Trajectory};
use eigennet::reference::InitialValueProblem;

const TOLERANCES: [f64; 3] = [1e-4, 1e-6, 1e-8];
const ROUNDS: usize = 5;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let before = ours()?;
    if let Some(python) = std::env::args().nth(1) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/initial_value.py");
        let output = Command::new(python).arg(script).args(TOLERANCES.map(|t| t.to_string())).output()?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
    }
    for ((line, first), (_, second)) in before.into_iter().zip(ours()?) {
        println!("{line},{:.6}", first.min(second));
    }
    Ok(())
}

/// A line but for the time, and the time in seconds.
fn ours() -> Result<Vec<(String, f64)>> {
    let mut lines = Vec::new();
    for problem in InitialValueProblem::all() {
        for rtol in TOLERANCES {
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let start = Instant::now();
                let found = solve(&problem, rtol)?;
                times.push((start.elapsed().as_secs_f64(), found));
            }
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (seconds, found) = &times[ROUNDS / 2];
            let method = if problem.stiff { "eigennet Radau" } else { "eigennet DormandPrince" };
            let (name, digits) = (problem.name, problem.correct_digits(found.end()));
            let work = [found.accepted(), found.evaluations(), found.jacobians(), found.factorizations()]
                .map(|n| n.to_string());
            lines.push((format!("{name},{method},{rtol:e},{digits:.2},{}", work.join(",")), *seconds));
        }
    }
    Ok(lines)
}

fn solve(problem: &InitialValueProblem, rtol: f64) -> Result<Trajectory<f64>> {
    let (f, interval, start) = (problem.derivative, problem.interval.clone(), &problem.start);
    let (atol, record) = (rtol * problem.scale, Record::Steps);
    if !problem.stiff {
        return DormandPrince { rtol, atol, record, ..DormandPrince::default() }.integrate(f, interval, start);
    }
    let radau = Radau { rtol, atol, record, ..Radau::default() };
    let system: RadauSystem<'_, f64> = match &problem.mass {
        Some(mass) => radau.with_mass(mass.clone()),
        None => radau.into(),
    };
    system.integrate(f, interval, start)
}
