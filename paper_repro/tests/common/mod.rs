//! A made-up experiment that uses everything a real one may: for tests and for looking at the report.
//! Its numbers mean nothing.

use paper_repro::figure::{Axis, BarChart, Field, HeatMap, LinePlot, MatrixPlot, Panel, PanelGrid, Shade};
use paper_repro::{Cell, Context, Experiment, Failure, Figure, Metric, Note, Outcome, Table};

/// Options of its own, as a real experiment has.
#[derive(Debug, clap::Args)]
pub struct Synthetic {
    /// How many states to find
    #[arg(long, value_name = "N", default_value = "9", value_parser = paper_repro::cli::whole::<usize>(1..=99))]
    pub states: usize,

    /// Steps to pretend
    #[arg(long, default_value = "400")]
    pub steps: u64,

    /// Milliseconds a step
    #[arg(long, default_value = "0")]
    pub pause: u64,

    /// Claim that the library refused
    #[arg(long)]
    pub fail: bool,
}

/// Quantum numbers (n, ℓ) in the order of the paper's Figure 1.
const STATES: [(i32, i32); 9] = [(0, 0), (1, 0), (1, -1), (1, 1), (2, 0), (2, -1), (2, 1), (2, -2), (2, 2)];

impl Experiment for Synthetic {
    const NAME: &'static str = "synthetic";
    const TITLE: &'static str = "A made-up experiment";
    const ABOUT: &'static str = "Every kind of figure, table and note that a report can hold, with numbers that were \
                                 invented to look like a run on the two-dimensional hydrogen atom.";

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        if self.fail {
            return Err(eigennet::Error::invalid("synthetic", "it was told to fail").into());
        }
        let first = match context.checkpoint_to_resume("synthetic")? {
            None => 0,
            Some(path) => {
                let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
                text.parse().map_err(|_| Failure::Other(format!("{} is no checkpoint", path.display())))?
            }
        };
        let mut phase = context.progress.phase("pretending", self.steps);
        phase.start_at(first);
        for step in first..self.steps {
            if context.interrupted() {
                context.out.write("synthetic.checkpoint", step.to_string().as_bytes())?;
                return Err(Failure::Interrupted);
            }
            std::thread::sleep(std::time::Duration::from_millis(self.pause));
            phase.update(step + 1, (-(step as f64) / 60.0).exp());
        }
        phase.finish();
        context.metrics_ready();
        self.outcome(context, first)
    }
}

impl Synthetic {
    fn outcome(&self, context: &Context, first: u64) -> Result<Outcome, Failure> {
        let chart = "Ryu et al. (2024), bar chart of relative errors, batch 128, 16 modes";
        Ok(Outcome::default()
            .setting("states", self.states)
            .setting("first step", first)
            .setting("network", "9 × 2-128-128-128-1, softplus")
            .setting("optimiser", "RMSProp 1e-3, cosine schedule, EMA 0.995")
            .setting("sampler", "N(0, 16²) truncated to [−50, 50]²")
            .setting("batch", "128, two independent draws")
            .metric(Metric::new("max_relative_eigenvalue_error", 4.1e-4).at_most(1e-3).published(0.019, chart))
            .metric(Metric::new("orthogonality", 2.3e-3).at_most(1e-3))
            .metric(Metric::new("subspace_distance", 3.7e-5).at_most(1e-4).published(2.9e-3, chart))
            .metric(Metric::new("max_relative_eigenvalue_error.ritz", 3.2e-9))
            .metric(Metric::new("steps_per_second", 1834.0).at_least(1000.0))
            .table(eigenvalues())
            .figure(eigenfunctions(context.seed.0)?)
            .figure(loss())
            .figure(published())
            .figure(orthogonality())
            .figure(map()?)
            .note(Note::warning("These numbers were invented."))
            .note(Note::remark("The paper prints the Gram term without primes: ⟨f_ℓ|f_ℓ'⟩⟨g_ℓ|g_ℓ'⟩ is meant."))
            .note(Note::remark("<script>alert('notes are text')</script> & nothing else.")))
    }
}

/// Unnormalised eigenfunction of ∇² + 1/r in the plane (Yang et al., 1991), real form.
fn hydrogen((n, l): (i32, i32), x: f64, y: f64) -> f64 {
    let (r, angle) = (x.hypot(y) / (f64::from(n) + 0.5), y.atan2(x));
    let (degree, order) = (n - l.abs(), 2.0 * f64::from(l.abs()));
    let laguerre = match degree {
        0 => 1.0,
        1 => 1.0 + order - r,
        _ => 0.5 * r * r - (order + 2.0) * r + 0.5 * (order + 1.0) * (order + 2.0),
    };
    let turn = if l < 0 { (f64::from(-l) * angle).sin() } else { (f64::from(l) * angle).cos() };
    r.powi(l.abs()) * (-0.5 * r).exp() * laguerre * turn
}

fn sample(size: usize, half_width: f64, f: impl Fn(f64, f64) -> f64) -> Result<Field, Failure> {
    let at = |index: usize| half_width * ((2 * index + 1) as f64 / size as f64 - 1.0);
    Field::new(size, size, (0..size * size).map(|i| f(at(i % size), at(i / size))).collect())
}

fn eigenfunctions(seed: u64) -> Result<Figure, Failure> {
    let mut grid = PanelGrid::new(STATES.iter().map(|(n, l)| format!("({n}, {l})").replace('-', "−")));
    for (row, (label, wrong)) in [("exact", 0.0), ("nested-lora", 0.05), ("neural-ritz", 0.0)].into_iter().enumerate() {
        let mut panels = Vec::new();
        for (index, &(n, l)) in STATES.iter().enumerate() {
            let half_width = [5.0, 16.0, 34.0][n as usize];
            let other = STATES[(index + 1 + seed as usize % 7) % 9];
            let f = |x: f64, y: f64| hydrogen((n, l), x, y) + wrong * hydrogen(other, x, y);
            let value = (2.0 * f64::from(n) + 1.0).powi(-2) * (1.0 - wrong * 0.01 * index as f64);
            panels.push(Panel::new(sample(96, half_width, f)?, format!("{value:.*}", if row == 0 { 4 } else { 5 })));
        }
        grid = grid.row(label, panels);
    }
    Ok(Figure::new("eigenfunctions", "The nine lowest states (n, ℓ)", grid).caption(
        "Red is positive, blue negative, each panel scaled to its own largest absolute value; below each its eigenvalue. \
         Learned functions are rotated within each degenerate level to compare with the exact ones.",
    ))
}

fn loss() -> Figure {
    let curve = |rate: f64, noise: f64| -> Vec<(f64, f64)> {
        let value = |i: u32| (-rate * f64::from(i)).exp() + 1e-5 * (1.0 + noise * (f64::from(i) * 1.7).sin());
        (0..5000).map(|i| (f64::from(i) * 10.0, value(i))).collect()
    };
    let plot = LinePlot::new(Axis::linear("step"), Axis::log("relative eigenvalue error"))
        .series("joint, two draws", curve(0.004, 0.4))
        .series("joint, one batch", curve(0.003, 0.8))
        .series("sequential, two draws", curve(0.006, 0.3))
        .series("sequential, one batch", curve(0.002, 0.6))
        .level("target 10⁻³", 1e-3);
    Figure::new("loss", "Training", plot).caption("The four gradients of NestedLoRA. Lower is better.")
}

fn published() -> Figure {
    let values = |a: f64, b: f64, c: f64| vec![Some(a), Some(b), Some(c)];
    let chart = BarChart::new(Axis::log("error"), ["eigenvalues", "angle", "subspaces"])
        .published("SpIN", values(0.84, 0.16, 0.068))
        .published("NeuralEF", values(0.068, 0.23, 0.15))
        .published("NeuralSVD", values(0.019, 0.022, 2.9e-3))
        .ours("nested-lora", vec![Some(4.1e-4), None, Some(3.7e-5)]);
    Figure::new("published", "Beside the published figures", chart)
        .caption("Grey: read off the authors' bar chart, batch 128, 16 modes. Coloured: ours, 9 modes.")
}

fn orthogonality() -> Figure {
    let matrix = |title: &str, level: f64| MatrixPlot {
        title: title.to_string(),
        labels: STATES.iter().map(|(n, l)| format!("({n}, {l})").replace('-', "−")).collect(),
        values: (0..81)
            .map(|i| if i % 10 == 0 { 1.0 } else { level * (1.0 + (f64::from((i % 9 + 1) * (i / 9 + 1)) * 0.7).sin()) })
            .collect(),
        shade: Shade::Magnitude { floor: 1e-8 },
    };
    let plots = vec![matrix("nested-lora", 5e-4), matrix("neural-ritz", 3e-8)];
    Figure::new("orthogonality", "Orthogonality", plots)
        .caption("Absolute entries of the normalised Gram matrix on the independent quadrature, before any rotation.")
        .wide()
}

fn map() -> Result<Figure, Failure> {
    let map = HeatMap {
        x_label: "x".into(),
        y_label: "y".into(),
        value_label: "φ₍₂,₋₁₎".into(),
        x: (-34.0, 34.0),
        y: (-34.0, 34.0),
        field: sample(96, 34.0, |x, y| hydrogen((2, -1), x, y))?,
        signed: true,
    };
    Ok(Figure::new("state", "One state", map))
}

fn eigenvalues() -> Table {
    let columns = ["(n, ℓ)", "exact", "nested-lora", "relative error", "neural-ritz", "relative error"];
    let mut table = Table::new("eigenvalues", "Eigenvalues", columns).caption("λ = 1/(2n + 1)², degeneracy 2n + 1.");
    for (index, (n, l)) in STATES.iter().enumerate() {
        let exact = (2.0 * f64::from(*n) + 1.0).powi(-2);
        let (rough, fine) = (1e-4 * (1.0 + index as f64 / 3.0), 1e-9 * (1.0 + index as f64));
        table.row([
            Cell::from(format!("({n}, {l})").replace('-', "−")),
            Cell::Fixed(exact, 8),
            Cell::Fixed(exact * (1.0 - rough), 8),
            Cell::error(rough),
            Cell::Fixed(exact * (1.0 - fine), 10),
            Cell::error(fine),
        ]);
    }
    table
}
