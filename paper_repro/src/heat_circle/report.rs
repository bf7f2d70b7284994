//! Metrics, tables and figures of heat on a circle.

use eigennet::reference::CircleHeat;

use super::{HeatCircle, Pair, Spread, TIME};
use crate::circle::{Circle, Sampling};
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, Figure, LinePlot};
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::table::{Cell, Table};

/// Times of the error's curve, 0 to 10.
const TIMES: usize = 100;

/// ‖Δμ‖ of the thesis's network on points that lie densely in places.
const THESIS_DIFFERENCE: f64 = 1.4e-5;
const THESIS_SOURCE: &str = "the thesis, section 3.5: \"the norm of difference was about 1.4e-05\"";

/// ‖u − exact‖ and ‖exact‖ over the points.
fn norms(spread: &Spread, circle: &Circle, exact: &CircleHeat, time: f64) -> (f64, f64) {
    let (mut missed, mut size) = (0.0, 0.0);
    for (u, &angle) in spread.flow.at(time).iter().zip(&circle.angles) {
        let right = exact.value(angle, time);
        missed += (u - right).powi(2);
        size += right.powi(2);
    }
    (missed.sqrt(), size.sqrt())
}

fn error(spread: &Spread, circle: &Circle, exact: &CircleHeat, time: f64) -> f64 {
    let (missed, size) = norms(spread, circle, exact, time);
    missed / size
}

/// Everything a reader wants to know.
pub fn outcome(
    options: &HeatCircle,
    context: &Context,
    circle: &Circle,
    pairs: &[Pair; 2],
) -> Result<Outcome, Failure> {
    let exact = options.heat()?;
    let initial =
        if exact == CircleHeat::new(&[0.0, 0.0, 1.0], &[1.0])? { "sin θ + cos 2θ" } else { "sin 3θ + cos θ" };
    let mut outcome = Outcome::default()
        .setting("points", circle.angles.len())
        .setting("heat at t = 0", initial)
        .setting("kernel", "25 neighbours, ε from the largest such distance and a tolerance of 1e-8")
        .setting("eigenpairs", options.components());
    let columns = ["α", "eigenpairs by", "error at t = 0", "error at t = .5", "largest error of λ", "residual"];
    let mut table = Table::new("errors", "Relative L2 errors over the points", columns).caption(
        "At t = 0 the error is what the eigenfunctions cannot express. λ against 0, 1, 1, 4, 4, …; with α = 1 the \
         kernel's eigenfunctions are those of the circle whatever the density, with α = 0 only where it is uniform.",
    );
    for pair in pairs {
        let [network, direct] = [&pair.network, &pair.direct].map(|s| error(s, circle, &exact, TIME));
        let suffix = if pair.alpha == 0 && options.alpha != 0 { ".alpha0" } else { "" };
        let suffix = if pair.alpha == 1 && options.alpha != 1 { ".alpha1" } else { suffix };
        let mut metric = Metric::new(format!("heat_error.network{suffix}"), network);
        if context.preset == Preset::Standard && pair.alpha == 1 {
            metric = metric.at_most(direct);
        }
        let mut difference = Metric::new(format!("eigenvalue_difference{suffix}"), pair.difference);
        if options.sampling == Sampling::Squared && pair.alpha == 0 {
            difference = difference.published(THESIS_DIFFERENCE, THESIS_SOURCE);
        }
        outcome.metrics.extend([metric, Metric::new(format!("heat_error.direct{suffix}"), direct), difference]);
        for spread in [&pair.network, &pair.direct] {
            let off = |(j, value): (usize, &f64)| (value - CircleHeat::eigenvalue(j)).abs();
            let largest = spread.values.iter().enumerate().map(off).fold(0.0, f64::max);
            table.row([
                Cell::Integer(i64::from(pair.alpha)),
                Cell::from(spread.name.as_str()),
                Cell::error(error(spread, circle, &exact, 0.0)),
                Cell::error(error(spread, circle, &exact, TIME)),
                Cell::error(largest),
                if spread.name == "direct" { Cell::error(pair.residual) } else { Cell::Empty },
            ]);
        }
        if let Some(doubt) = &pair.doubt {
            outcome.notes.push(Note::warning(format!("network with α = {}: {doubt}", pair.alpha)));
        }
    }
    outcome.tables.push(table);
    outcome.tables.push(values(pairs));
    let mut over_time = LinePlot::new(Axis::linear("t"), Axis::log("L2 error over ‖u(0)‖"));
    for pair in pairs {
        for spread in [&pair.network, &pair.direct] {
            let (_, start) = norms(spread, circle, &exact, 0.0);
            let curve = (0..=TIMES).map(|i| 10.0 * i as f64 / TIMES as f64);
            let curve = curve.map(|t| (t, norms(spread, circle, &exact, t).0 / start)).collect();
            over_time = over_time.series(format!("{}, α = {}", spread.name, pair.alpha), curve);
        }
    }
    let caption = "‖u − exact‖/‖exact at t = 0‖ over the points. All modes but the constant decay, and their errors with them; \
                   what the start has put into the constant by mistake stays.";
    outcome = outcome.figure(Figure::new("error_over_time", "Error over time", over_time).caption(caption).wide());
    let drawn = circle.drawn();
    for time in [0.0, TIME, 2.0] {
        let mut plot = LinePlot::new(Axis::linear("θ"), Axis::linear("u"));
        let curve = |u: &[f64]| drawn.iter().map(|&i| (circle.angles[i], u[i])).collect::<Vec<_>>();
        let right: Vec<f64> = circle.angles.iter().map(|&angle| exact.value(angle, time)).collect();
        plot = plot.series("exact", curve(&right));
        for spread in [&pairs[0].network, &pairs[0].direct] {
            plot = plot.series(spread.name.as_str(), curve(&spread.flow.at(time)));
        }
        let name = format!("heat_{}", (10.0 * time) as u32);
        outcome = outcome.figure(Figure::new(name, format!("Heat at t = {time}, α = {}", pairs[0].alpha), plot));
    }
    outcome
        .figures
        .extend([&pairs[0].network, &pairs[0].direct].map(|spread| eigenfunctions(pairs[0].alpha, spread, circle)));
    let mut losses = LinePlot::new(Axis::linear("step"), Axis::linear("loss"));
    for pair in pairs {
        losses = losses.series(format!("α = {}", pair.alpha), pair.losses.clone());
    }
    Ok(outcome.figure(Figure::new("loss", "Loss over the training", losses)))
}

fn eigenfunctions(alpha: u8, spread: &Spread, circle: &Circle) -> Figure {
    let drawn = circle.drawn();
    let curve = |j: usize| drawn.iter().map(|&i| (circle.angles[i], spread.functions[(i, j)])).collect();
    let plot = LinePlot::new(Axis::linear("θ"), Axis::linear("ψ"));
    let plot = (0..spread.functions.cols()).fold(plot, |plot, j| plot.series(format!("ψ{j}"), curve(j)));
    let title = format!(
        "Eigenfunctions of the {}, α = {alpha}",
        if spread.name == "direct" { "direct solver" } else { "network" }
    );
    Figure::new(format!("eigenfunctions_{}", spread.name), title, plot)
        .caption("A constant, and pairs of sine and cosine, each pair up to a turn.")
}

fn values(pairs: &[Pair; 2]) -> Table {
    let spreads = || pairs.iter().flat_map(|pair| [(pair.alpha, &pair.network), (pair.alpha, &pair.direct)]);
    let heads = spreads().map(|(alpha, spread)| format!("{}, α = {alpha}", spread.name));
    let columns = ["exact".to_string()].into_iter().chain(heads);
    let mut table =
        Table::new("eigenvalues", "Eigenvalues of −Δ", columns).caption("−2 ln μ/ε of the walk's eigenvalues μ.");
    for j in 0..pairs[0].direct.values.len() {
        let found =
            spreads().map(|(_, spread)| spread.values.get(j).map_or(Cell::Empty, |&value| Cell::Fixed(value, 4)));
        table.row([Cell::Number(CircleHeat::eigenvalue(j))].into_iter().chain(found));
    }
    table
}
