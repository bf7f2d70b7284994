//! Metrics, tables and figures of the classical solvers.

use super::classes::Family;
use super::lapack::{Quantity, Ratios};
use super::problems::{PRINTED, Problem};
use super::race;
use crate::experiment::{Context, Note, Outcome};
use crate::figure::{Axis, BarChart, Figure, LinePlot};
use crate::metrics::Metric;
use crate::table::{Cell, Table};

/// Up to so many iterations a method counts among the fast ones.
const SOON: usize = 60;

/// How one method did everywhere.
#[derive(Debug)]
pub struct OfMethod {
    /// On the report's matrix.
    pub report: race::Result,
    /// On the article's, in order.
    pub article: Vec<race::Result>,
}

/// What every method that claims convergence is to stay below.
const TARGET: f64 = 1e-10;

fn metrics(outcome: &mut Outcome, results: &[OfMethod], ratios: &Ratios) {
    for result in results {
        if let Some(error) = result.report.largest_error() {
            let name = format!("max_abs_eigenvalue_error.{}", result.report.method);
            outcome.metrics.push(Metric::new(name, error).at_most(TARGET));
        }
    }
    let article = results.iter().flat_map(|r| &r.article).filter_map(race::Result::largest_error);
    if let Some(error) = article.reduce(f64::max) {
        outcome.metrics.push(Metric::new("max_abs_eigenvalue_error.article", error).at_most(TARGET));
    }
    for quantity in Quantity::ALL {
        if let Some(worst) = ratios.worst(|r| r.quantity == quantity) {
            let metric = Metric::new(format!("lapack_ratio.{}", quantity.name()), worst);
            outcome.metrics.push(metric.at_most(quantity.target()));
        }
    }
}

/// A refusal in two words.
fn refused(result: &race::Result) -> &'static str {
    match &result.refusal {
        Some(reason) if reason.contains("symmetric") && !reason.contains("found") => "symmetric only",
        _ => "no convergence",
    }
}

fn microseconds(seconds: f64) -> Cell {
    if seconds.is_finite() { Cell::Fixed(seconds * 1e6, 1) } else { Cell::Empty }
}

fn method_table(results: &[OfMethod]) -> Table {
    let columns = ["method", "pairs", "max |λ̂ − λ|", "max ‖A v − λ̂ v‖", "iterations", "time [µs]"];
    let mut table = Table::new("methods", "Every method on the report's 6 × 6 matrix", columns).caption(
        "Errors against the exact eigenvalues of the matrix as printed. Iterations are counted as each method counts them: \
         an iteration for one vector (power, inverse, Rayleigh quotient: all pairs added up), for a whole basis \
         (orthogonal, QR, EigenGame), one rotation, or a restart or step of the iterative solvers, which are asked for the \
         largest two: made for operators of any size, they span the whole of so small a space at once. Time is that of one \
         solution, the best of several.",
    );
    for OfMethod { report, .. } in results {
        let name = Cell::from(report.method);
        match (&report.found, report.largest_error()) {
            (Some(found), Some(error)) => table.row([
                name,
                Cell::Integer(found.values.len() as i64),
                Cell::error(error),
                Cell::error(found.residual),
                found.iterations.map_or(Cell::Empty, |count| Cell::Integer(count as i64)),
                microseconds(report.seconds),
            ]),
            _ => table.row([name, Cell::from(refused(report))]),
        };
    }
    table
}

fn eigenvalue_table(report: &Problem, results: &[OfMethod]) -> Table {
    let columns = std::iter::once("λ to 9 decimals".to_string()).chain(PRINTED.iter().map(|v| format!("{v:.9}")));
    let mut table = Table::new("eigenvalues", "Error of every eigenvalue of the report's matrix", columns).caption(
        "|λ̂ − λ| against the exact eigenvalues of the matrix as printed. These are the roots of its characteristic \
         polynomial, which has whole coefficients (over powers of 1000), by bisection in doubled precision; the first row \
         tells that they agree with the nine decimals known of them. Empty: not asked for.",
    );
    let row = |head: &str, cells: &mut dyn Iterator<Item = Option<f64>>| -> Vec<Cell> {
        std::iter::once(Cell::from(head)).chain(cells.map(|e| e.map_or(Cell::Empty, Cell::error))).collect()
    };
    table.row(row("|λ − nine decimals|", &mut report.exact.iter().zip(PRINTED).map(|(e, p)| Some((e - p).abs()))));
    for OfMethod { report, .. } in results.iter().filter(|r| r.report.found.is_some()) {
        table.row(row(report.method, &mut report.errors.iter().copied()));
    }
    table
}

fn article_table(article: &[Problem], results: &[OfMethod]) -> Table {
    let mut columns = vec!["method".to_string()];
    for problem in article {
        columns.extend([problem.name.to_string(), "iterations".to_string()]);
    }
    let mut table = Table::new("article", "The article's 2 × 2 examples: errors and iterations", columns).caption(
        "Eigenvalues 3 and 2; 9 and 4; (9 ± √17)/2. The first two matrices are not symmetric: methods for symmetric matrices \
         refuse them, and their places are empty. The iterative solvers are asked for the \
         larger eigenvalue.",
    );
    for result in results {
        let mut row = vec![Cell::from(result.report.method)];
        for on in &result.article {
            match (&on.found, on.largest_error()) {
                (Some(found), Some(error)) => {
                    row.push(Cell::error(error));
                    row.push(found.iterations.map_or(Cell::Empty, |count| Cell::Integer(count as i64)));
                }
                _ => row.extend([Cell::Empty, Cell::Empty]),
            }
        }
        table.row(row);
    }
    table
}

/// Methods that converge linearly, and those that converge faster: each kind on axes of its own.
fn convergence(results: &[OfMethod]) -> Vec<Figure> {
    let mut slow = LinePlot::new(Axis::linear("iteration"), Axis::log("error of the eigenvalues, at most"));
    let mut fast = slow.clone();
    for report in results.iter().map(|r| &r.report).filter(|r| r.curve.len() > 1) {
        let quick = report.curve.len() <= SOON;
        let curve = report.curve.clone();
        match report.first_pair {
            // The first pair is found before anything is deflated: one curve for both ways.
            _ if report.method == "power-hotelling" => {}
            Some(first) if !quick => {
                slow = slow.series(format!("{}, first pair", report.method), curve[..first.min(curve.len())].to_vec());
            }
            _ if quick => fast = fast.series(report.method, curve),
            _ => slow = slow.series(report.method, curve),
        }
    }
    let slow = Figure::new("convergence_slow", "Convergence by a constant factor", slow.level("target 10⁻¹⁰", TARGET));
    let fast = Figure::new("convergence_fast", "Convergence that speeds up", fast.level("target 10⁻¹⁰", TARGET));
    vec![
        slow.caption(
            "On the report's matrix. A basis: the largest error of all six eigenvalues; one vector: that of its own. What is \
             below 10⁻¹⁵ is rounding, and drawn there. Iterations go on until the residual, not its square, meets the tolerance.",
        ),
        fast.caption(
            "On the report's matrix. The Rayleigh quotient converges cubically to one pair after another, each from a new \
             random start; shifted QR to one after another at the end of the matrix; Jacobi's rotations quadratically to all.",
        ),
    ]
}

fn class_table(ratios: &Ratios) -> Table {
    let columns = ["class", "family"].into_iter().chain(Quantity::ALL.map(Quantity::name));
    let mut table = Table::new("classes", "The worst ratio of every class over all orders, f32 and f64", columns).caption(
        "eigen: ‖A V − V Λ‖ / (n ε ‖A‖), of general classes also ‖A Q − Q T‖ / (n ε ‖A‖) of the Schur form; orthogonality: \
         ‖VᵀV − I‖ / (n ε) of symmetric eigenvectors and Schur vectors; svd: the worst of residual \
         and orthogonality of both sides; factorizations: the worst of QR, pivoted QR, LU, of symmetric classes LDLᵀ and \
         of definite ones Cholesky. Norms are largest column sums, ε that of the precision.",
    );
    let mut classes: Vec<(&str, Family)> = ratios.all.iter().map(|r| (r.class, r.family)).collect();
    let mut seen = Vec::new();
    classes.retain(|(class, _)| {
        !seen.contains(class) && {
            seen.push(*class);
            true
        }
    });
    classes.sort_by_key(|(_, family)| Family::ALL.iter().position(|f| f == family));
    for (class, family) in classes {
        let mut row = vec![Cell::from(class), Cell::from(family.name())];
        row.extend(Quantity::ALL.map(|quantity| {
            let worst = ratios.worst(|r| r.class == class && r.quantity == quantity);
            worst.map_or(Cell::Empty, |worst| Cell::Fixed(worst, 2))
        }));
        table.row(row);
    }
    table
}

fn ratio_figures(ratios: &Ratios) -> Vec<Figure> {
    let of = |precision: &'static str| {
        let chart = BarChart::new(Axis::linear("worst ratio"), Family::ALL.map(Family::name));
        let chart = Quantity::ALL.into_iter().fold(chart, |chart, quantity| {
            let worst = |family: Family| {
                ratios.worst(|r| r.family == family && r.precision == precision && r.quantity == quantity)
            };
            chart.ours(quantity.name(), Family::ALL.map(worst).to_vec())
        });
        Figure::new(format!("ratios_{precision}"), format!("LAPACK's test ratios in {precision}"), chart).caption(
            "The worst over the classes of each family and all orders; 1 is an error of n ε. Aimed at: at most 10 for eigen \
             and orthogonality, 30 for the others.",
        )
    };
    vec![of("f64"), of("f32")]
}

/// Everything for the report.
pub fn outcome(
    context: &Context,
    report: &Problem,
    article: &[Problem],
    results: &[OfMethod],
    orders: &[usize],
    ratios: &Ratios,
) -> Outcome {
    let mut outcome = Outcome::default()
        .setting("tolerance of iterations", "‖A v − λ v‖ ≤ ε^¾ ‖A‖")
        .setting("random starts", format!("seed {}", context.seed.0))
        .setting("orders of LAPACK's classes", orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        .setting("ratios measured", ratios.all.len());
    metrics(&mut outcome, results, ratios);
    outcome.tables.push(method_table(results));
    outcome.tables.push(eigenvalue_table(report, results));
    outcome.tables.push(article_table(article, results));
    outcome.figures.extend(convergence(results));
    outcome.figures.extend(ratio_figures(ratios));
    outcome.tables.push(class_table(ratios));
    let apart = report.exact.iter().zip(PRINTED).map(|(exact, printed)| (exact - printed).abs()).fold(0.0, f64::max);
    let text = format!(
        "Errors are against the exact eigenvalues of the matrix as printed (three decimals), found to the last bit from its \
         characteristic polynomial. They agree with the nine decimals known of them to {apart:.1e}; the report's own Table I \
         used unrounded entries."
    );
    outcome = outcome.note(Note::remark(text));
    for OfMethod { report, .. } in results {
        if let Some(reason) = &report.refusal {
            outcome = outcome.note(Note::warning(format!("{}: {reason}", report.method)));
        }
    }
    for refusal in &ratios.refusals {
        outcome = outcome.note(Note::warning(refusal.clone()));
    }
    outcome
}
