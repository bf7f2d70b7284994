//! Digits against work on the initial-value problems of `eigennet::reference`: a table with a line for each method and
//! tolerance.
//!
//! `cargo run --release -p peers --features diffsol --bin initial_value [python]`: with the feature the methods of diffsol
//! solve them as well, with a Python that has SciPy its methods, in between (`benches/peers/python/initial_value.py`), but
//! for the problems with mass matrices, which it has none for. It does not count the evaluations of f that its Jacobians
//! take; here they are counted.

#[cfg(feature = "diffsol")]
mod peer;

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use eigennet::differential::runge_kutta::{DormandPrince, Integrator, Radau, RadauSystem, Record};
use eigennet::reference::InitialValueProblem;

const TOLERANCES: [f64; 3] = [1e-4, 1e-6, 1e-8];
const ROUNDS: usize = 5;

/// What `initial_value.py` prints as well.
const COLUMNS: [&str; 9] =
    ["problem", "method", "rtol", "digits", "steps", "f", "Jacobians", "factorisations", "seconds"];

type Row = [String; COLUMNS.len()];

fn main() -> Result<(), Box<dyn Error>> {
    let mut rows = here();
    if let Some(python) = std::env::args().nth(1) {
        rows.extend(scipy(&python)?);
        // Once more: what else the machine does should not fall on one side alone.
        for (row, again) in rows.iter_mut().zip(here()) {
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

fn scipy(python: &str) -> Result<Vec<Row>, Box<dyn Error>> {
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

/// y(t₁), and how many steps, evaluations of f, Jacobians and factorisations it took.
struct Found {
    end: Vec<f64>,
    work: [usize; 4],
}

type Solve<'a> = dyn Fn(&InitialValueProblem, f64) -> Result<Found, Box<dyn Error>> + 'a;

/// Of what runs in this process: a problem that a method fails on has no digits, and the reason stands above the table.
fn here() -> Vec<Row> {
    let methods: &[(&str, bool, &Solve)] = &[
        ("eigennet Radau", true, &ours),
        ("eigennet DormandPrince", false, &ours),
        #[cfg(feature = "diffsol")]
        ("diffsol BDF", true, &peer::bdf),
        #[cfg(feature = "diffsol")]
        ("diffsol ESDIRK34", true, &peer::esdirk34),
        #[cfg(feature = "diffsol")]
        ("diffsol Tsit45", false, &peer::tsit45),
    ];
    let mut rows = Vec::new();
    for problem in InitialValueProblem::all() {
        for &(method, _, solve) in methods.iter().filter(|(_, stiff, _)| *stiff == problem.stiff) {
            rows.extend(TOLERANCES.map(|rtol| row(&problem, method, rtol, solve)));
        }
    }
    rows
}

fn row(problem: &InitialValueProblem, method: &str, rtol: f64, solve: &Solve) -> Row {
    let mut runs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let found = solve(problem, rtol);
        runs.push((start.elapsed().as_secs_f64(), found));
    }
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, found) = &runs[ROUNDS / 2];
    let (digits, work) = match found {
        Ok(found) => (format!("{:.2}", problem.correct_digits(&found.end)), found.work.map(|n| n.to_string())),
        Err(error) => {
            eprintln!("{method} on {} at {rtol:e}: {error}", problem.name);
            ("fails".to_string(), [(); 4].map(|()| String::new()))
        }
    };
    let [steps, f, jacobians, factorizations] = work;
    let (name, rtol, seconds) = (problem.name.to_string(), format!("{rtol:e}"), format!("{seconds:.6}"));
    [name, method.to_string(), rtol, digits, steps, f, jacobians, factorizations, seconds]
}

fn ours(problem: &InitialValueProblem, rtol: f64) -> Result<Found, Box<dyn Error>> {
    let (f, interval, start) = (problem.derivative, problem.interval.clone(), &problem.start);
    let (atol, record) = (rtol * problem.scale, Record::Steps);
    let found = if problem.stiff {
        let radau = Radau { rtol, atol, record, ..Radau::default() };
        let system: RadauSystem<'_, f64> = match &problem.mass {
            Some(mass) => radau.with_mass(mass.clone()),
            None => radau.into(),
        };
        system.integrate(f, interval, start)?
    } else {
        DormandPrince { rtol, atol, record, ..DormandPrince::default() }.integrate(f, interval, start)?
    };
    let work = [found.accepted(), found.evaluations(), found.jacobians(), found.factorizations()];
    Ok(Found { end: found.end().to_vec(), work })
}
