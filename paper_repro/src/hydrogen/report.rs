//! Metrics, tables and figures of the hydrogen atom.

use eigennet::eigenfunctions::alignment::align;
use eigennet::eigenfunctions::comparison::{Comparison, compare};
use eigennet::eigenfunctions::functions::Functions;
use eigennet::eigenfunctions::radial::RadialSolver;
use eigennet::eigenfunctions::{Form, GramEstimate, NestedLora};
use eigennet::reference::{ExactSpectrum, Hydrogen2d, levels, sample};

use super::options::{Hydrogen, Method};
use super::settings::Grids;
use super::solve::{self, Solved};
use crate::cli::Preset;
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, BarChart, Field, Figure, LinePlot, MatrixPlot, Panel, PanelGrid, Shade};
use crate::metrics::Metric;
use crate::table::{Cell, Table};

/// Pixels along one side of a panel.
const PANEL: usize = 72;
const SOURCE: &str = "NeuralSVD authors' bar chart, digitised (±10 %), batch 128, 16 modes";

/// One row of the comparison of NestedLoRA's gradients.
#[derive(Debug)]
pub struct Variant {
    form: &'static str,
    gram: &'static str,
    weight: &'static str,
    steps: u64,
    comparison: Comparison,
}

impl Variant {
    /// Trains the variant and measures it.
    pub fn of(
        weight: &'static str,
        checkpoint: &str,
        context: &Context,
        solver: &NestedLora,
        grids: &Grids,
    ) -> Result<Self, Failure> {
        let NestedLora { gram, ref training, .. } = *solver;
        let form = if training.form == Form::Strong { "strong" } else { "weak" };
        let gram = if gram == GramEstimate::Shared { "one batch (biased)" } else { "two draws (unbiased)" };
        let comparison = solve::nested_lora_variant(context, &format!("{form}, {gram}"), checkpoint, solver, grids)?;
        Ok(Variant { form, gram, weight, steps: training.steps, comparison })
    }
}

/// Half-width of the window in which a state of level n is drawn.
fn window(level: usize) -> f64 {
    [4.0, 16.0, 36.0].get(level).copied().unwrap_or(1.45 * (2 * level + 1).pow(2) as f64)
}

/// The points of the panels of each level, `[levels · PANEL², 2]`, level after level, the bottom row first.
pub fn panel_points(states: usize) -> Vec<f64> {
    let top = Hydrogen2d.level(states.saturating_sub(1));
    let mut points = Vec::with_capacity(2 * (top + 1) * PANEL * PANEL);
    for level in 0..=top {
        let half = window(level);
        // Pixel centres: none lies on the nucleus.
        let at = |i: usize| half * ((2 * i + 1) as f64 / PANEL as f64 - 1.0);
        for row in 0..PANEL {
            for column in 0..PANEL {
                points.extend([at(column), at(row)]);
            }
        }
    }
    points
}

fn metrics(outcome: &mut Outcome, experiment: &Hydrogen, context: &Context, solved: &[Solved]) {
    for s in solved {
        let name = |what: &str| if solved.len() == 1 { what.to_string() } else { format!("{}.{what}", s.name) };
        let (c, lora) = (&s.comparison, s.name == "nested-lora");
        let mut push = |metric: Metric, target: Option<f64>, known: Option<f64>| {
            let metric = match target.filter(|_| context.preset == Preset::Standard) {
                Some(target) => metric.at_most(target),
                None => metric,
            };
            outcome.metrics.push(match known {
                Some(known) => metric.published(known, SOURCE),
                None => metric,
            });
        };
        let error_target = match (s.stochastic, experiment.states) {
            (true, 9) if lora => Some(1e-5),
            (true, _) => lora.then_some(1e-3),
            (false, ..=9) => Some(1e-6),
            (false, _) => Some(1e-4),
        };
        let error_metric = Metric::new(name("max_relative_eigenvalue_error"), c.max_relative_error());
        push(error_metric, error_target, s.published.map(|p| p.error));
        push(Metric::new(name("orthogonality"), c.orthogonality), lora.then_some(1e-3), None);
        let distance_metric = Metric::new(name("subspace_distance"), c.subspace_distance());
        push(distance_metric, lora.then_some(1e-4), s.published.map(|p| p.distance));
        if s.stochastic
            && let Some(ritz) = c.ritz_max_relative_error()
        {
            push(Metric::new(name("max_relative_eigenvalue_error.ritz"), ritz), None, None);
        }
    }
    // The order that the paper found: SpIN, NeuralEF, NestedLoRA.
    let error = |name: &str| solved.iter().find(|s| s.name == name).map(|s| mean(&s.comparison.relative_errors));
    for pair in [["spin", "neural-ef"], ["neural-ef", "nested-lora-joint"], ["neural-ef", "nested-lora-sequential"]] {
        if let [Some(worse), Some(better)] = pair.map(error) {
            let metric = Metric::new(format!("error_ratio.{}.{}", pair[0], pair[1]), worse / better);
            let judged = context.preset == Preset::Standard;
            outcome.metrics.push(if judged { metric.at_least(1.0) } else { metric });
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Relative eigenvalue error, angle, subspace distance and orthogonality, as means over the states.
fn measures(c: &Comparison) -> [f64; 4] {
    [mean(&c.relative_errors), mean(&c.angles), c.subspace_distance(), c.mean_square_overlap]
}

const MEASURES: [&str; 4] = ["relative eigenvalue error", "angle", "subspace distance", "orthogonality"];

fn quantum(state: usize) -> String {
    let numbers = Hydrogen2d.quantum_numbers(state);
    format!("({}, {})", numbers[0], numbers[1]).replace('-', "−")
}

fn eigenvalue_table(states: usize, solved: &[Solved]) -> Result<Table, Failure> {
    let radial = RadialSolver::default().solve(1.0, |r| 1.0 / r, states)?;
    let mut columns = vec!["(n, l)".to_string(), "exact".to_string(), "radial Galerkin, error".to_string()];
    for s in solved {
        columns.push(s.name.clone());
        columns.push(format!("{}, error", s.name));
    }
    let mut table = Table::new("eigenvalues", "Eigenvalues of ∇² + 1/r", columns).caption(
        "Rayleigh quotients of the functions in the order they were learned, on the independent grid; errors are \
         |λ̂/λ − 1|. The classical solver treats each angular momentum by a spectral Galerkin method.",
    );
    for (state, classical) in radial.eigenvalues().iter().enumerate().take(states) {
        let exact = Hydrogen2d.eigenvalue(state);
        let mut row =
            vec![Cell::Text(quantum(state)), Cell::Fixed(exact, 9), Cell::error((classical / exact - 1.0).abs())];
        for s in solved {
            row.push(Cell::Fixed(s.comparison.eigenvalues[state], 9));
            row.push(Cell::error(s.comparison.relative_errors[state]));
        }
        table.row(row);
    }
    Ok(table)
}

fn level_table(solved: &[Solved]) -> Table {
    let mut columns = vec!["level n".to_string(), "states".to_string()];
    columns.extend(solved.iter().map(|s| format!("{}, 1 − tr(P₁P₂)/m", s.name)));
    let mut table = Table::new("levels", "Distance of each level's span to the exact one", columns);
    if let Some(first) = solved.first() {
        for (n, range) in first.comparison.levels.iter().enumerate() {
            let mut row = vec![Cell::Integer(n as i64), Cell::Integer(range.len() as i64)];
            row.extend(solved.iter().map(|s| Cell::error(s.comparison.subspace_distances[n])));
            table.row(row);
        }
    }
    table
}

fn variant_table(variants: &[Variant]) -> Table {
    let columns = ["⟨f, T f⟩", "Gram factors", "off-diagonal weight", "steps", "λ error", "orthogonality", "subspace"];
    let mut table = Table::new("gradients", "The gradients of NestedLoRA side by side", columns).caption(
        "Strong: T f by second derivatives, constant to the gradient. Weak: by first derivatives, with a gradient \
         through them. One batch for both Gram factors is biased, two independent draws are not. The last row keeps \
         the published weight 1 of off-diagonal Gram terms.",
    );
    for v in variants {
        let c = &v.comparison;
        table.row([
            Cell::Text(v.form.to_string()),
            Cell::Text(v.gram.to_string()),
            Cell::Text(v.weight.to_string()),
            Cell::Integer(v.steps as i64),
            Cell::error(c.max_relative_error()),
            Cell::error(c.orthogonality),
            Cell::error(c.subspace_distance()),
        ]);
    }
    table
}

/// The functions as in the paper's Figure 1: exact ones, then each method's, turned inside degenerate
/// levels towards the exact ones.
fn panels(states: usize, grids: &Grids, solved: &[Solved]) -> Result<Figure, Failure> {
    let points = panel_points(states);
    let pixels = PANEL * PANEL;
    let exact = sample::<f64>(&Hydrogen2d, states, &points)?.values;
    let column = |values: &[f64], state: usize, width: usize| -> Vec<f64> {
        let first = Hydrogen2d.level(state) * pixels;
        (first..first + pixels).map(|p| values[p * width + state]).collect()
    };
    let heads = (0..states).map(|s| format!("(n, l) = {}", quantum(s)));
    let mut grid = PanelGrid::new(heads);
    let fields = |values: &[f64], note: &dyn Fn(usize) -> String| -> Result<Vec<Panel>, Failure> {
        (0..states).map(|s| Ok(Panel::new(Field::new(PANEL, PANEL, column(values, s, states))?, note(s)))).collect()
    };
    let exact_note = |s: usize| match Hydrogen2d.level(s) {
        0 => "λ = 1".to_string(),
        n => format!("λ = 1/{}", (2 * n + 1).pow(2)),
    };
    grid = grid.row("exact", fields(exact.as_slice(), &exact_note)?);
    let independent = grids.independent.build::<f64>()?;
    let whole = levels(&Hydrogen2d, states);
    let all = whole.last().map_or(states, |l| l.end);
    let psi = sample::<f64>(&Hydrogen2d, all, independent.points())?.values;
    let psi = Functions::new(psi.as_slice(), independent.weights())?;
    for s in solved {
        let learned = Functions::new(&s.values, independent.weights())?;
        let turn = align(&learned, &psi, &whole)?;
        // The rotation belongs to functions of norm 1.
        let norms = learned.norms();
        let unit = vec![1.0; points.len() / 2];
        let drawn = Functions::new(&s.panels, &unit)?.divided_by(&norms)?;
        let turned = turn.learned_to_exact(&drawn)?.values();
        let note = |k: usize| format!("λ̂ = {:.6}", s.comparison.eigenvalues[k]);
        grid = grid.row(s.name.clone(), fields(turned.as_slice(), &note)?);
    }
    Ok(Figure::new("eigenfunctions", "The eigenfunctions", grid).caption(
        "After Figure 1 of Ryu et al. (2024): exact functions and learned ones, turned inside each degenerate level \
         (never between levels) to the canonical directions, each panel on its own colour scale. The windows \
         grow with the level: ±4, ±16 and ±36 for n = 0, 1, 2.",
    ))
}

fn orthogonality(solved: &[Solved]) -> Figure {
    let plots = solved.iter().map(|s| {
        let states = s.comparison.eigenvalues.len();
        MatrixPlot {
            title: s.name.clone(),
            labels: (0..states).map(quantum).collect(),
            values: s.comparison.gram.as_slice().to_vec(),
            shade: Shade::Magnitude { floor: 1e-10 },
        }
    });
    let figure = Figure::new("orthogonality", "Overlaps of the learned functions", plots.collect::<Vec<_>>()).caption(
        "Absolute entries of the normalised Gram matrix on the independent grid, before any rotation. The published \
         figure shows the same matrix as a picture without numbers.",
    );
    if solved.len() > 1 { figure.wide() } else { figure }
}

/// Why a training stopped, without the advice that follows.
fn ended(reason: &str) -> &str {
    let reason = reason.split(';').next().unwrap_or(reason);
    reason.strip_prefix("stopped before convergence: ").unwrap_or(reason)
}

fn loss_figure(solved: &Solved) -> Figure {
    // The exact minimum of each loss, so that the curve shows what is left.
    let points = solved.losses.iter().map(|&(x, y)| (x, y - solved.least_loss)).collect();
    let unit = if solved.stochastic { "step" } else { "iteration" };
    let caption = if solved.stochastic {
        format!(
            "Each point is the mean over the random batches since the point before; the noise of the batches is what \
             is left at the end. Ended: {}.",
            ended(&solved.stopped)
        )
    } else {
        format!("−Σ ln λ over the states of complete levels, on the training grid. Ended: {}.", ended(&solved.stopped))
    };
    let plot = LinePlot::new(Axis::linear(unit), Axis::log("loss above the exact minimum"));
    Figure::new(
        format!("loss_{}", solved.name.replace('-', "_")),
        format!("Training: {}", solved.name),
        plot.series(solved.name.clone(), points),
    )
    .caption(caption)
}

/// The exact functions on the grid, judged as all others are.
fn exact_measures(states: usize, grids: &Grids) -> Result<[f64; 4], Failure> {
    let grid = grids.independent.build::<f64>()?;
    let exact = sample::<f64>(&Hydrogen2d, states, grid.points())?;
    let [dx, dy] = &exact.gradients;
    Ok(measures(&compare(&Hydrogen2d, &grid, exact.values.as_slice(), [dx.as_slice(), dy.as_slice()])?))
}

/// Errors below rounding are drawn there.
const LEAST: f64 = 1e-16;

/// The bars of the paper's Figure 1, and the same as a table.
fn comparison(states: usize, grids: &Grids, solved: &[Solved]) -> Result<(Figure, Table), Failure> {
    let published = |s: &Solved| s.published.map(|p| [p.error, p.angle, p.distance, p.orthogonality]);
    let names = solved.iter().map(|s| s.name.as_str()).chain(["exact"]);
    let mut ours: Vec<[f64; 4]> = solved.iter().map(|s| measures(&s.comparison)).collect();
    ours.push(exact_measures(states, grids)?);
    let theirs: Vec<Option<[f64; 4]>> = solved.iter().map(published).chain([None]).collect();
    let mut chart = BarChart::new(Axis::log("error"), names.clone());
    for (k, measure) in MEASURES.iter().enumerate() {
        chart = chart.ours(*measure, ours.iter().map(|m| Some(m[k].max(LEAST))).collect());
    }
    for (k, measure) in MEASURES.iter().enumerate() {
        chart = chart.published(format!("{measure}, published"), theirs.iter().map(|m| m.map(|m| m[k])).collect());
    }
    let caption = format!(
        "After the bars of Figure 1 of Ryu et al. (2024). Ours: means over {states} states of |λ̂/λ − 1|, of the angle to the \
         exact function after alignment inside each level, of 1 − tr(P₁P₂)/m over the levels, and of the squares of \
         the overlaps (their definition of orthogonality is not published). Published: {SOURCE}."
    );
    let figure = Figure::new("published", "Beside the published figures", chart).caption(caption.clone()).wide();
    let columns = ["method", "origin"].into_iter().chain(MEASURES);
    let mut table = Table::new("methods", "The methods side by side", columns.collect::<Vec<_>>()).caption(caption);
    for ((name, ours), theirs) in names.zip(&ours).zip(&theirs) {
        for (origin, values) in [("ours", Some(*ours)), ("published", *theirs)] {
            if let Some(values) = values {
                let words = [name, origin].map(|word| Cell::Text(word.to_string()));
                table.row(words.into_iter().chain(values.map(Cell::error)));
            }
        }
    }
    Ok((figure, table))
}

/// Everything for the report.
pub fn outcome(
    experiment: &Hydrogen,
    context: &Context,
    grids: &Grids,
    solved: &[Solved],
    variants: &[Variant],
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    metrics(&mut outcome, experiment, context, solved);
    outcome.tables.push(eigenvalue_table(experiment.states, solved)?);
    outcome.tables.push(level_table(solved));
    if !variants.is_empty() {
        outcome.tables.push(variant_table(variants));
    }
    outcome.figures.push(panels(experiment.states, grids, solved)?);
    outcome.figures.push(orthogonality(solved));
    for s in solved {
        outcome.figures.push(loss_figure(s));
    }
    if solved.iter().any(|s| s.stochastic) {
        let (figure, table) = comparison(experiment.states, grids, solved)?;
        outcome.figures.push(figure);
        outcome.tables.push(table);
    }
    outcome = outcome.setting("operator", "T = ∇² + 1/r on the plane").setting("states", experiment.states).setting(
        "measured on",
        format!(
            "{} × {} polar Gauss points, radius {}, turned",
            grids.independent.radial, grids.independent.angular, grids.independent.radius
        ),
    );
    for s in solved {
        let [network, training] = &s.settings;
        outcome =
            outcome.setting(format!("{} network", s.name), network).setting(format!("{} training", s.name), training);
    }
    if solved.iter().any(|s| s.stochastic) {
        outcome = outcome.note(Note::remark(
            "Figures of methods on random batches are of the raw trained outputs in learned order, measured on an \
             independent quadrature; what a final Rayleigh–Ritz step makes of them is the metric that ends in .ritz.",
        ));
        outcome = outcome.note(Note::remark(match (context.preset, experiment.method) {
            (Preset::Paper, _) => {
                "Settings are those of the paper's text (a network of its own for each function, softplus, Gaussian points, \
                 a box, RMSProp), not of its authors' code (Fourier features, the Laplacian by differences); SpIN has the \
                 networks, rate and steps of its own authors."
            }
            (_, Method::Comparison) => {
                "All methods have the same networks, with r as an input and an exponential envelope, the same independent \
                 Gaussian points of the paper's text, the same steps and Adam; SpIN takes Σ from the batch (averages \
                 with β = .01 make it swing at such rates). --preset paper has the paper's own settings."
            }
            _ => {
                "Ours differs from the paper in five ways: r is an input and an exponential an envelope (the functions \
                 have a cusp at the nucleus), points are stratified, steps are SOAP's; with NestedLoRA each function's \
                 gradient is divided by a running estimate of its eigenvalue, and off-diagonal Gram terms grow to twice \
                 their weight. None of them moves the solution; --preset paper has none of them."
            }
        }));
        if solved.iter().any(|s| s.name == "nested-omm") {
            outcome = outcome.note(Note::remark(
                "NestedOMM finds the functions through the resolvent (1.5 − T)⁻¹, in the inner product of 1.5 − T: with \
                 T = ∇² + 1/r itself, which is negative on fast waves, its loss has no lower bound.",
            ));
        }
        outcome = outcome.note(Note::warning(
            "The published figures are for 16 modes, an average over modes read from a bar chart; our metrics are the largest \
             error over the modes asked for.",
        ));
    }
    Ok(outcome)
}
