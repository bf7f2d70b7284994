//! Metrics, tables and figures of the operators.

use eigennet::eigenfunctions::Coordinate;
use eigennet::linalg::Matrix;

use super::measure::{Judged, Solved};
use super::{Method, Operators};
use crate::cli::Preset;
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, Figure, LinePlot};
use crate::metrics::Metric;
use crate::table::{Cell, Table};

/// Errors below the rounding of a level are drawn there.
const LEAST: f64 = 1e-16;

impl Judged {
    fn largest_error(&self) -> f64 {
        self.errors.iter().copied().fold(0.0, f64::max)
    }
}

/// Everything a reader wants to know.
///
/// # Errors
/// Where a function cannot be evaluated.
pub fn outcome(options: &Operators, context: &Context, solved: &[Solved]) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    let single = options.method.is_some() && options.operator.is_some();
    let judged = context.preset == Preset::Standard && options.states.is_none() && options.parameters.none();
    let columns = ["operator", "d", "states", "method", "size", "largest error", "largest residual", "seconds"];
    let mut summary = Table::new("operators", "Levels of every operator", columns).caption(
        "Errors |E/E₀ − 1| against exact levels, or against a larger tensor train where there are none. Residuals \
         ‖Hψ − Eψ‖ on points and in bases that the method has not used.",
    );
    for one in solved {
        outcome.settings.extend(one.problem.member.setting().map(|setting| (one.problem.name.clone(), setting)));
        for found in &one.found {
            let method = found.found.method;
            let name = |what: &str| {
                if single { what.to_string() } else { format!("{what}.{}.{}", method.name(), one.problem.name) }
            };
            let metric = Metric::new(name("max_relative_eigenvalue_error"), found.largest_error());
            let target = one.problem.member.operator.target(method).filter(|_| judged);
            outcome.metrics.push(target.map_or(metric.clone(), |target| metric.at_most(target)));
            let spaces = [("subspace_distance", found.distance), ("orthogonality", found.orthogonality)];
            for (what, value) in spaces {
                outcome.metrics.extend(value.map(|value| Metric::new(name(what), value)));
            }
            if let Some(doubt) = &found.found.doubt {
                outcome.notes.push(Note::warning(format!("{} by {}: {doubt}", one.problem.name, method.name())));
            }
            summary.row([
                Cell::from(one.problem.name.as_str()),
                Cell::Integer(one.problem.dimension as i64),
                Cell::Integer(one.problem.states as i64),
                Cell::Text(method.name()),
                Cell::Text(found.found.size.clone()),
                Cell::error(found.largest_error()),
                Cell::error(found.found.residuals.iter().copied().fold(0.0, f64::max)),
                Cell::Number(found.found.seconds),
            ]);
        }
    }
    outcome.tables.push(summary);
    for one in solved {
        outcome.tables.push(levels(one));
        outcome.figures.push(errors(one));
        if let Some(separable) = one.problem.separable.as_ref().filter(|_| one.problem.dimension == 1) {
            outcome.figures.extend(functions(one, &separable.coordinates[0])?);
        }
        let trained = one.found.iter().filter(|found| !found.found.losses.is_empty());
        let mut plot = LinePlot::new(Axis::linear("iteration"), Axis::log("loss above its least value"));
        for found in trained {
            let least = least_loss(found.found.method, &one.reference.values);
            let above = found.found.losses.iter().map(|&(step, loss)| (step, loss - least)).collect();
            plot = plot.series(found.found.method.name(), above);
        }
        if !plot.series.is_empty() {
            let name = format!("{}_training", one.problem.name.replace('-', "_"));
            outcome.figures.push(Figure::new(name, format!("{}: training", one.problem.name), plot));
        }
    }
    Ok(outcome)
}

/// Σ E; of neural Ritz, where all levels are negative, −Σ ln(−E).
fn least_loss(method: Method, levels: &[f64]) -> f64 {
    if method == Method::NeuralRitz && levels.iter().all(|&level| level < 0.0) {
        return -levels.iter().map(|level| (-level).ln()).sum::<f64>();
    }
    levels.iter().sum()
}

fn levels(one: &Solved) -> Table {
    let mut columns = vec![String::new(), if one.reference.exact { "exact" } else { "larger train" }.to_string()];
    for found in &one.found {
        let method = found.found.method.name();
        columns.extend([method.clone(), format!("{method}, error"), format!("{method}, residual")]);
    }
    let title = format!("{}: {}", one.problem.name, &one.problem.formula);
    let mut table = Table::new(format!("{}_levels", one.problem.name.replace('-', "_")), title, columns);
    for (state, &exact) in one.reference.values.iter().enumerate().take(one.problem.states) {
        let mut row = vec![Cell::Integer(state as i64), Cell::Fixed(exact, 10)];
        for found in &one.found {
            row.push(Cell::Fixed(found.found.values[state], 10));
            row.push(Cell::error(found.errors[state]));
            row.push(Cell::error(found.found.residuals[state]));
        }
        table.row(row);
    }
    table
}

fn errors(one: &Solved) -> Figure {
    let mut plot = LinePlot::new(Axis::linear("state"), Axis::log("|E/E₀ − 1|"));
    for found in &one.found {
        let points = found.errors.iter().enumerate().map(|(state, &error)| (state as f64, error.max(LEAST)));
        plot = plot.series(found.found.method.name(), points.collect());
    }
    let name = format!("{}_errors", one.problem.name.replace('-', "_"));
    Figure::new(name, format!("{}: errors of the levels", one.problem.name), plot)
}

/// The first states of a problem in one dimension, by each method.
fn functions(one: &Solved, coordinate: &Coordinate) -> Result<Vec<Figure>, Failure> {
    let rule = coordinate.rule(400, 5.0)?;
    let points = Matrix::from_vec(rule.len(), 1, rule.points().to_vec())?;
    let mut figures = Vec::new();
    for found in &one.found {
        let values = found.found.functions.evaluate(&points)?;
        let mut plot = LinePlot::new(Axis::linear("x"), Axis::linear("ψ"));
        for state in 0..values.cols().min(4) {
            // The sign that makes the largest value positive.
            let column = values.column(state);
            let largest = column.iter().copied().fold(0.0, |most: f64, v| if v.abs() > most.abs() { v } else { most });
            let drawn = column.iter().enumerate().map(|(i, v)| (points[(i, 0)], v * largest.signum()));
            plot = plot.series(format!("state {state}"), drawn.collect());
        }
        let method = found.found.method.name();
        let name = format!("{}_{method}", one.problem.name).replace('-', "_");
        figures.push(Figure::new(name, format!("{}: states by {method}", one.problem.name), plot));
    }
    Ok(figures)
}
