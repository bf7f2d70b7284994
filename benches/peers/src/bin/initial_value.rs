//! Digits against work on the initial-value problems of `eigennet::reference`: a table with a line for each method and
//! tolerance.
//!
//! `cargo run --release -p peers --bin initial_value [python]`: with a Python that has SciPy, its methods solve the same
//! problems in between (`benches/peers/python/initial_value.py`), but for those with mass matrices, which it has none for.
//! It does not count the evaluations of f that its Jacobians take; ours are counted.

use std::process::Command;
use std::time::Instant;

use eigennet::Result;
use eigennet::differential::runge_kutta::{DormandPrince, Integrator, Radau, RadauSystem, Record, Trajectory};
use eigennet::reference::InitialValueProblem;

const TOLERANCES: [f64; 3] = [1e-4, 1e-6, 1e-8];
const ROUNDS: usize = 5;

/// What `initial_value.py` prints as well.
const COLUMNS: [&str; 9] =
    ["problem", "method", "rtol", "digits", "steps", "f", "Jacobians", "factorisations", "seconds"];

type Row = [String; COLUMNS.len()];

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut rows = ours()?;
    if let Some(python) = std::env::args().nth(1) {
        rows.extend(scipy(&python)?);
        // Once more: what else the machine does should not fall on one side alone.
        for (row, again) in rows.iter_mut().zip(ours()?) {
            if seconds(&again) < seconds(row) {
                *row = again;
            }
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).chain([COLUMNS[column].len()]).max();
    let print = |row: &[String]| {
        let cells = row.iter().enumerate().map(|(i, cell)| format!("{cell:<width$}", width = width(i).unwrap_or(0)));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(&COLUMNS.map(String::from));
    for problem in InitialValueProblem::all() {
        for rtol in TOLERANCES {
            let fits = |row: &&Row| row[0] == problem.name && row[2].parse() == Ok(rtol);
            rows.iter().filter(fits).for_each(|row| print(row));
        }
    }
    Ok(())
}

fn seconds(row: &Row) -> f64 {
    row[COLUMNS.len() - 1].parse().unwrap_or(f64::INFINITY)
}

fn scipy(python: &str) -> std::result::Result<Vec<Row>, Box<dyn std::error::Error>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/initial_value.py");
    let output = Command::new(python).arg(script).args(TOLERANCES.map(|t| t.to_string())).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let row = |line: &str| {
        let cells: Vec<String> = line.split(',').map(String::from).collect();
        Row::try_from(cells).map_err(|cells| format!("{} columns in {line:?}", cells.len()).into())
    };
    String::from_utf8_lossy(&output.stdout).lines().map(row).collect()
}

fn ours() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
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
            let digits = format!("{:.2}", problem.correct_digits(found.end()));
            let [steps, f, jacobians, factorizations] =
                [found.accepted(), found.evaluations(), found.jacobians(), found.factorizations()]
                    .map(|n| n.to_string());
            let (name, rtol, seconds) = (problem.name.to_string(), format!("{rtol:e}"), format!("{seconds:.6}"));
            rows.push([name, method.to_string(), rtol, digits, steps, f, jacobians, factorizations, seconds]);
        }
    }
    Ok(rows)
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
