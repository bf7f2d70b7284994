//! Metrics and tables of the diagnosis.

use std::path::Path;

use eigennet::diagnostics::{Report, Verdict, WeightSpectrum};
use serde_json::{Map, Value, json};

use super::equation::{STEPS, Slow};
use super::figures;
use super::run::{Found, Look};
use super::weights_file::Weights;
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::table::{Cell, Table};

/// Everything a reader wants to know of the classifier.
pub fn outcome(context: &Context, found: &Found) -> Result<Outcome, Failure> {
    let looks = &found.looks;
    save(context, looks.iter().map(|look| (look.when, &look.report)))?;
    let mut outcome = Outcome::default()
        .setting("data", &found.data.name)
        .setting("parameters", found.parameters)
        .setting("training", "cross-entropy, with decay of the features and of the classifier")
        .setting("training steps", found.trained.steps)
        .note(Note::remark(
            "Spectra are those of the cross-entropy alone, which would go on falling as the logits grow: what the training \
             ends at is a minimum only with the decay of features and classifier.",
        ));
    outcome.metrics.extend(hessian_metrics(looks));
    for look in looks {
        let name = |what: &str| format!("{what}.{}", look.when);
        outcome.metrics.push(Metric::new(name("accuracy"), look.accuracy));
        outcome.metrics.push(Metric::new(name("loss"), look.loss));
        let chosen = ["nc1", "nc2.angles", "nc3", "nc4"];
        let collapse = look.report.collapse.iter().flat_map(|collapse| collapse.figures());
        let collapse = collapse.filter(|(what, _)| chosen.contains(what));
        outcome.metrics.extend(collapse.map(|(what, value)| Metric::new(name(what), value)));
    }
    if context.preset == Preset::Standard {
        outcome.metrics = outcome.metrics.into_iter().map(aimed).collect();
    }
    outcome.metrics.extend(found.slow.iter().flat_map(kernel_metrics));
    outcome.tables.push(says(
        looks
            .iter()
            .flat_map(|look| look.report.verdicts().into_iter().map(move |(of, verdict)| (look.when, of, verdict))),
    ));
    outcome.tables.extend([weights(looks), activations(looks), spectra(looks), collapse(looks)].into_iter().flatten());
    outcome.tables.extend(looks.iter().filter_map(ends));
    outcome.figures = figures::all(found);
    Ok(outcome)
}

/// What the trained network is to reach.
fn aimed(metric: Metric) -> Metric {
    match metric.name.as_str() {
        "accuracy.trained" => metric.at_least(1.0),
        "nc1.trained" | "nc2.angles.trained" | "nc3.trained" => metric.at_most(1e-3),
        "nc4.trained" => metric.at_most(0.0),
        _ => metric,
    }
}

fn hessian_metrics(looks: &[Look; 2]) -> Vec<Metric> {
    let compared: Vec<_> = looks.iter().filter_map(|look| Some((look.when, look.compared.as_ref()?))).collect();
    let mut out = Vec::new();
    let mut of = |name: &str, bound: f64, value: &dyn Fn(&super::dense::Compared) -> f64| {
        let worst = compared.iter().map(|(_, compared)| value(compared)).fold(0.0, f64::max);
        if !compared.is_empty() {
            out.push(Metric::new(name, worst).at_most(bound));
        }
        out.extend(compared.iter().map(|(when, c)| Metric::new(format!("{name}.{when}"), value(c)).at_most(bound)));
    };
    of("hessian_top5_relative_error", 1e-8, &|c| c.top_error);
    of("hessian_bottom_error", 1e-8, &|c| c.bottom_error);
    of("hessian_error_over_residual", 1.0, &|c| c.error_over_residual);
    of("hessian_seconds", 1.0, &|c| c.seconds);
    out
}

fn kernel_metrics(slow: &Slow) -> Vec<Metric> {
    vec![
        Metric::new("equation_slow_share", slow.kernel.slow_share(1e-4)),
        Metric::new("equation_left_after_descent", slow.descent.last().map_or(1.0, |last| last.1 / slow.kernel.loss)),
        Metric::new("equation_left_by_kernel", slow.kernel.left_after(STEPS as f64)),
        Metric::new("equation_error_by_levenberg_marquardt", slow.error).at_most(1e-4),
    ]
}

/// `diagnosis.json`: all figures by name.
fn save<'a>(context: &Context, reports: impl Iterator<Item = (&'static str, &'a Report<f64>)>) -> Result<(), Failure> {
    let figures = |report: &Report<f64>| -> Value {
        let pairs = report.figures().into_iter().map(|(name, value)| (name, json!(value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let all: Map<String, Value> = reports.map(|(when, report)| (when.to_string(), figures(report))).collect();
    let text = serde_json::to_string_pretty(&all).map_err(|error| Failure::Other(error.to_string()))?;
    context.out.write("diagnosis.json", text.as_bytes()).map(|_| ())
}

fn says<'a>(verdicts: impl Iterator<Item = (&'a str, String, Verdict)>) -> Table {
    let caption = "Each finding with the figure it rests on, the threshold that this was compared with, and the cure.";
    let mut table = Table::new("findings", "What it says", ["when", "of", "finding"]).caption(caption);
    let mut verdicts = verdicts.peekable();
    if verdicts.peek().is_none() {
        table.row(["", "", "nothing: no figure is beyond its threshold"].map(str::to_string));
    }
    for (when, of, verdict) in verdicts {
        table.row([when.to_string(), of, verdict.to_string()]);
    }
    table
}

const WEIGHTS: [&str; 11] = [
    "when",
    "weights",
    "shape",
    "σ max",
    "σ min",
    "condition",
    "stable rank",
    "effective rank",
    "dead",
    "above noise",
    "tail",
];

fn weight_row(when: &str, name: &str, s: &WeightSpectrum) -> Vec<Cell> {
    vec![
        Cell::from(when),
        Cell::from(name),
        Cell::Text(format!("{} × {}", s.shape[0], s.shape[1])),
        Cell::Fixed(s.norm(), 3),
        Cell::Scientific(s.smallest(), 2),
        Cell::Scientific(s.condition(), 1),
        Cell::Fixed(s.stable_rank(), 2),
        Cell::Fixed(s.effective_rank(), 2),
        Cell::Integer(s.dead_directions() as i64),
        Cell::Integer(s.spikes() as i64),
        s.power_law().map_or(Cell::Empty, |law| Cell::Fixed(law.exponent, 2)),
    ]
}

fn weight_table<'a>(spectra: impl Iterator<Item = (&'a str, &'a str, &'a WeightSpectrum)>) -> Option<Table> {
    let caption = "Singular values of each layer. Dead: directions with σ < σ max/1000. Above noise: σ² beyond the edge of \
                   Marchenko and Pastur's law. Tail: the exponent of σ²'s power law, where there are ten values or more.";
    let mut table = Table::new("weights", "Weight matrices", WEIGHTS).caption(caption);
    for (when, name, spectrum) in spectra {
        table.row(weight_row(when, name, spectrum));
    }
    (!table.rows.is_empty()).then_some(table)
}

fn weights(looks: &[Look; 2]) -> Option<Table> {
    let all = looks.iter().flat_map(|look| look.report.weights.iter().map(move |spectrum| (look.when, spectrum)));
    weight_table(all.map(|(when, (name, spectrum))| (when, name.as_str(), spectrum)))
}

fn activations(looks: &[Look; 2]) -> Option<Table> {
    let columns = ["when", "output", "units", "mean", "deviation", "dead", "dimensions"];
    let caption = "Over all samples. Dimensions: (Σλ)²/Σλ² of the covariance of the units.";
    let mut table = Table::new("activations", "Activations", columns).caption(caption);
    for look in looks {
        for (name, layer) in &look.report.activations {
            table.row([
                Cell::from(look.when),
                Cell::from(name.as_str()),
                Cell::Integer(layer.width as i64),
                Cell::Fixed(layer.mean, 3),
                Cell::Fixed(layer.deviation, 3),
                Cell::Integer(layer.dead as i64),
                Cell::Fixed(layer.dimension(), 2),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn spectra(looks: &[Look; 2]) -> Option<Table> {
    let columns =
        ["when", "matrix", "largest", "smallest", "residual", "trace", "± ", "participation ratio", "|λ| ≤ λ₁/100"];
    let caption = "By products alone: both ends by Lanczos' method, the trace by Hutchinson's, the share of small \
                   eigenvalues by stochastic Lanczos quadrature. Participation ratio: (Σλ)²/Σλ².";
    let mut table = Table::new("spectra", "Gradients, loss landscape and tangent kernel", columns).caption(caption);
    for look in looks {
        for (name, s) in look.report.spectra() {
            let residual = s.top.residuals.iter().chain(&s.bottom.residuals).copied().fold(0.0, f64::max);
            table.row([
                Cell::from(look.when),
                Cell::Text(name.replace('_', " ")),
                Cell::Scientific(s.largest(), 4),
                Cell::Scientific(s.smallest(), 2),
                Cell::error(residual),
                s.trace.map_or(Cell::Empty, |trace| Cell::Scientific(trace.trace, 3)),
                s.trace.map_or(Cell::Empty, |trace| Cell::error(trace.error)),
                s.trace.map_or(Cell::Empty, |trace| Cell::Fixed(trace.participation_ratio(), 1)),
                s.small(0.01).map_or(Cell::Empty, |share| Cell::Fixed(share, 3)),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn ends(look: &Look) -> Option<Table> {
    let compared = look.compared.as_ref()?;
    let title = format!("Hessian eigenvalues, {}", look.when);
    let columns = ["", "Lanczos", "dense", "error", "residual"];
    let mut table = Table::new(format!("hessian_{}", look.when), title, columns);
    let order = compared.exact.len();
    let last = |k: usize| order - 1 - k;
    let top = compared.found.top.values.iter().zip(&compared.found.top.residuals).enumerate();
    let bottom = compared.found.bottom.values.iter().zip(&compared.found.bottom.residuals).enumerate();
    for (k, (&value, &residual)) in top.chain(bottom.map(|(k, p)| (last(k), p))) {
        let exact = compared.exact[k];
        let error = Cell::error((value - exact).abs());
        table.row([
            Cell::Integer(k as i64 + 1),
            Cell::Scientific(value, 6),
            Cell::Scientific(exact, 6),
            error,
            Cell::error(residual),
        ]);
    }
    Some(table)
}

fn collapse(looks: &[Look; 2]) -> Option<Table> {
    let caption = "All are 0 where the features of a class are one point, the class means a simplex, the classifier the same \
                   simplex, and its decision the nearest mean (Papyan, Han and Donoho, 2020).";
    let mut table = Table::new("collapse", "Neural collapse", ["measure", "initial", "trained"]).caption(caption);
    let [before, after] = looks.each_ref().map(|look| look.report.collapse.as_ref());
    for ((name, before), (_, after)) in before?.figures().into_iter().zip(after?.figures()) {
        table.row([Cell::from(name), Cell::Scientific(before, 2), Cell::Scientific(after, 2)]);
    }
    Some(table)
}

/// Everything of the weights in a file.
pub fn of_file(context: &Context, path: &Path, weights: &Weights) -> Result<Outcome, Failure> {
    let mut spectra = Vec::with_capacity(weights.len());
    let mut phase = context.progress.phase("singular values", weights.len() as u64);
    for (done, (name, matrix)) in weights.iter().enumerate() {
        context.check_interrupt()?;
        spectra.push((name.clone(), WeightSpectrum::of(matrix)?));
        phase.update(done as u64 + 1, f64::NAN);
    }
    phase.finish();
    context.metrics_ready();
    let largest = spectra.iter().map(|(_, s)| s.norm()).fold(0.0, f64::max);
    let condition = spectra.iter().map(|(_, s)| s.condition()).fold(0.0, f64::max);
    let verdicts = spectra.iter().flat_map(|(name, s)| s.verdicts().into_iter().map(|v| ("", name.clone(), v)));
    let mut outcome = Outcome::default()
        .setting("file", path.display())
        .metric(Metric::new("matrices", spectra.len() as f64))
        .metric(Metric::new("largest_norm", largest))
        .metric(Metric::new("largest_condition", condition))
        .table(says(verdicts));
    outcome.tables.extend(weight_table(spectra.iter().map(|(name, s)| ("", name.as_str(), s))));
    outcome.figures = figures::weights(&[("", &spectra)]);
    Ok(outcome)
}
