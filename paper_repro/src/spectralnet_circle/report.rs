//! Metrics, tables and figures of SpectralNet on the circle.

use super::race::Race;
use super::{Direct, Distances, Run, SpectralNetCircle};
use crate::circle::{Circle, Sampling};
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, Figure, LinePlot};
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::table::{Cell, Table};

/// A distance beyond which a training has failed.
const FAILED: f64 = 0.3;

impl Run {
    fn has_failed(&self) -> bool {
        !self.distances.as_ref().is_some_and(|d| d.hidden_ritz <= FAILED)
    }
}

/// What `what` is to reach for so many functions.
fn target(what: &str, k: usize) -> Option<f64> {
    match (what, k) {
        ("held_out", ..=9) => Some(0.08),
        ("hidden_ritz", ..=9) => Some(0.05),
        ("refined", ..=9) => Some(0.02),
        ("refined", 10..=20) => Some(0.05),
        _ => None,
    }
}

fn named(distances: &Distances) -> [(&'static str, f64); 4] {
    let Distances { outputs, hidden_ritz, held_out, refined, .. } = *distances;
    [("outputs", outputs), ("hidden_ritz", hidden_ritz), ("held_out", held_out), ("refined", refined)]
}

/// Everything a reader wants to know.
pub fn outcome(
    options: &SpectralNetCircle,
    context: &Context,
    circle: &Circle,
    direct: &Direct,
    runs: &[Run],
    race: Option<&Race>,
) -> Result<Outcome, Failure> {
    let sigma = direct.map.graph().bandwidth().unwrap_or(f64::NAN);
    let sampling = if options.sampling == Sampling::Uniform { "θ = 2πx" } else { "θ = 2πx²" };
    let mut outcome = Outcome::default()
        .setting("points", format!("{}, {sampling}", circle.angles.len()))
        .setting("kernel reaches to neighbour", options.knn)
        .setting("α", options.alpha)
        .setting("σ", format!("{sigma:.4}"))
        .setting("functions", options.k);
    // Targets are those of the default points and neighbours.
    let judged = context.preset == Preset::Standard && options.points.is_none() && options.knn == 200;
    // The worst of all trainings.
    let sound = || runs.iter().filter_map(|run| run.distances.as_ref());
    if let Some(first) = sound().next() {
        for (place, (what, _)) in named(first).into_iter().enumerate() {
            let worst = sound().map(|d| named(d)[place].1).fold(0.0, f64::max);
            let metric = Metric::new(format!("grassmann.{what}"), worst);
            let bound = target(what, options.k).filter(|_| judged);
            outcome.metrics.push(bound.map_or(metric.clone(), |bound| metric.at_most(bound)));
        }
        if let Some(exact) = sound().filter_map(|d| d.exact).reduce(f64::max) {
            outcome.metrics.push(Metric::new("grassmann.exact.network", exact));
        }
        if let Some(exact) = direct.exact {
            outcome.metrics.push(Metric::new("grassmann.exact.direct", exact));
        }
    }
    let failures = runs.iter().filter(|run| run.has_failed()).count();
    let metric = Metric::new("failures", failures as f64);
    outcome.metrics.push(if judged { metric.at_most(0.0) } else { metric });
    if let Some(race) = race {
        let Race { lobpcg, jacobi_davidson, .. } = race;
        let ratio = Metric::new("lobpcg_iterations.ratio", lobpcg.random as f64 / lobpcg.network.max(1) as f64);
        let counts = [
            ("lobpcg_iterations.random", lobpcg.random),
            ("lobpcg_iterations.network", lobpcg.network),
            ("lobpcg_iterations.preconditioned", race.lobpcg_preconditioned),
            ("jacobi_davidson_iterations.random", jacobi_davidson.random),
            ("jacobi_davidson_iterations.network", jacobi_davidson.network),
            ("cg_iterations.none", race.cg),
            ("cg_iterations.network", race.cg_preconditioned),
        ];
        outcome.metrics.extend(counts.map(|(name, count)| Metric::new(name, count as f64)));
        outcome.metrics.push(if judged && options.k <= 20 { ratio.at_least(2.5) } else { ratio });
        outcome.tables.push(solvers(race));
    }
    let columns = ["training", "outputs", "hidden Ritz", "held out", "refined", "sin, cos", "seconds"];
    let mut table = Table::new("trainings", "Grassmann distances to the direct solver", columns).caption(format!(
        "(Σθ²)^½ of the angles between the spans. Held out: on {} fresh points, the direct solver by Nyström. Refined: after \
         four products with the kernel. The direct solver took {:.2} s{}.",
        circle.fresh_angles.len(),
        direct.seconds,
        direct.exact.map_or(String::new(), |exact| format!(" and is {exact:.4} from sines and cosines"))
    ));
    for (number, run) in runs.iter().enumerate() {
        let mut cells = vec![Cell::Integer(number as i64 + 1)];
        match &run.distances {
            Some(distances) => {
                cells.extend(named(distances).map(|(_, value)| Cell::Fixed(value, 4)));
                cells.push(distances.exact.map_or(Cell::Empty, |exact| Cell::Fixed(exact, 4)));
            }
            None => cells.extend([Cell::from("failed"), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]),
        }
        cells.push(Cell::Number(run.seconds));
        table.row(cells);
        if let Some(doubt) = &run.doubt {
            outcome.notes.push(Note::warning(format!("training {}: {doubt}", number + 1)));
        }
    }
    outcome.tables.push(table);
    let mut values = Table::new("eigenvalues", "Eigenvalues 1 − μ of the walk", ["", "direct", "network", "relative"]);
    for (j, mu) in direct.map.values().iter().enumerate() {
        let exact = 1.0 - mu;
        let found = runs.iter().find_map(|run| run.values.get(j).copied());
        let relative = found.filter(|_| j > 0).map_or(Cell::Empty, |found| Cell::error(found / exact - 1.0));
        values.row([
            Cell::Integer(j as i64),
            Cell::Scientific(exact, 4),
            found.map_or(Cell::Empty, |found| Cell::Scientific(found, 4)),
            relative,
        ]);
    }
    outcome.tables.push(values);
    let mut losses = LinePlot::new(Axis::linear("step"), Axis::linear("loss"));
    for (number, run) in runs.iter().enumerate().take(6) {
        losses = losses.series(format!("training {}", number + 1), run.losses.clone());
    }
    outcome.figures.push(Figure::new("loss", "Loss over the training", losses));
    if runs.len() > 1 {
        let mut plot = LinePlot::new(Axis::linear("training"), Axis::log("Grassmann distance"));
        for (place, what) in ["outputs", "hidden Ritz", "held out", "refined"].into_iter().enumerate() {
            let of = |(i, run): (usize, &Run)| run.distances.as_ref().map(|d| (i as f64 + 1.0, named(d)[place].1));
            plot = plot.series(what, runs.iter().enumerate().filter_map(of).collect());
        }
        outcome.figures.insert(0, Figure::new("trainings", "All trainings", plot.level("failed", FAILED)));
    }
    Ok(outcome)
}

/// What the functions save iterative solvers.
fn solvers(race: &Race) -> Table {
    let columns = ["solver", "alone", "from the network", "preconditioned by it"];
    let mut table = Table::new("solvers", "Iterations of solvers on the same graph", columns).caption(
        "LOBPCG and Jacobi–Davidson: the smallest eigenpairs of the symmetric Laplacian, to a residual of 10⁻⁴, from random \
         vectors or from the network's functions. Conjugate gradients: (L + εI) x = b for a random b, ε a tenth of the first \
         eigenvalue that is not 0, to 10⁻⁸. The preconditioner solves exactly on the span of the functions and leaves the rest \
         as it is. LOBPCG seeks the very span it is exact on: to it that is worth no more than a start.",
    );
    let count = |count: usize| Cell::Integer(count as i64);
    for (name, start, preconditioned) in
        [("LOBPCG", &race.lobpcg, Some(race.lobpcg_preconditioned)), ("Jacobi–Davidson", &race.jacobi_davidson, None)]
    {
        let cells =
            [Cell::from(name), count(start.random), count(start.network), preconditioned.map_or(Cell::Empty, count)];
        table.row(cells);
    }
    table.row(["conjugate gradients".into(), count(race.cg), Cell::Empty, count(race.cg_preconditioned)]);
    table
}
