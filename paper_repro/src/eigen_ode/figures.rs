//! Figures of the eigenvector equation.

use super::problem::Problem;
use super::published::START;
use super::solve::{Solved, Whole};
use super::whole_interval::TimeDerivative;
use crate::failure::Failure;
use crate::figure::{Axis, Figure, LinePlot};

const SUBSCRIPTS: [char; 6] = ['₁', '₂', '₃', '₄', '₅', '₆'];

/// Three decimals, with a minus as it is set.
fn signed(value: f64) -> String {
    format!("{value:.3}").replace('-', "−")
}

/// A curve for each component of `x`, sampled at `points + 1` times up to `time`, and dashed levels.
fn components(
    time: f64,
    points: u32,
    levels: &[f64],
    x: impl Fn(f64) -> Result<Vec<f64>, eigennet::Error>,
) -> Result<LinePlot, Failure> {
    let times: Vec<f64> = (0..=points).map(|i| time * (f64::from(i) / f64::from(points))).collect();
    let states = times.iter().map(|&t| x(t)).collect::<Result<Vec<_>, _>>()?;
    let mut plot = LinePlot::new(Axis::linear("t"), Axis::linear("components of x"));
    for (i, subscript) in SUBSCRIPTS.iter().enumerate() {
        let curve = times.iter().zip(&states).filter_map(|(&t, state)| Some((t, *state.get(i)?))).collect();
        plot = plot.series(format!("x{subscript}"), curve);
    }
    for level in levels {
        plot = plot.level("", *level);
    }
    Ok(plot)
}

/// Fig. 5: the components of the first solution, and the eigenvector they tend to.
pub fn first_solution(problem: &Problem, solved: &Solved) -> Result<Option<Figure>, Failure> {
    let (Some(pair), Some(error)) = (solved.spectrum.pairs.first(), solved.errors.first()) else { return Ok(None) };
    let path = &pair.trajectory;
    let time = path.duration().min(8.0);
    let end = path.at(path.duration())?;
    let plot = components(time, 400, &problem.level(error.index, &end, problem.exact.length()), |t| path.at(t))?;
    let caption = format!(
        "Fig. 5 of the report. Dashed: the eigenvector of λ = {} by our symmetric eigensolver, with the length of x₀, \
         which the flow keeps.",
        signed(pair.value)
    );
    let name = format!("solution_{}", solved.name.replace('-', "_"));
    Ok(Some(Figure::new(name, format!("The solution from x₀ by {}", solved.name), plot).caption(caption)))
}

/// How the solutions part from the exact ones, over time.
pub fn trajectory_errors(solved: &Solved) -> Result<Figure, Failure> {
    let mut plot = LinePlot::new(Axis::linear("t"), Axis::log("‖x̃ − x‖ / |x₀|"));
    for (pair, subscript) in solved.spectrum.pairs.iter().zip(SUBSCRIPTS) {
        let path = &pair.trajectory;
        if path.duration() > 0.0 {
            let times = (1..=600).map(|i| path.duration() * (f64::from(i) / 600.0));
            let curve = times.map(|t| Ok((t, path.error(t)?))).collect::<Result<Vec<_>, eigennet::Error>>()?;
            plot = plot.series(format!("λ{subscript} = {}", signed(pair.value)), curve);
        }
    }
    let name = format!("trajectory_error_{}", solved.name.replace('-', "_"));
    Ok(Figure::new(name, format!("Distance from the exact solution: {}", solved.name), plot.level("target 10⁻⁴", 1e-4))
        .caption(
            "Against the closed form x(t) = |x₀| exp(sAt)x₀ / ‖exp(sAt)x₀‖ with s = |x₀|². The last pair moves nothing: what is \
             left of the space has one dimension.",
        ))
}

/// How fast the solutions come to rest.
pub fn convergence(problem: &Problem, solved: &Solved) -> Result<Figure, Failure> {
    let mut plot = LinePlot::new(Axis::linear("t"), Axis::log("‖Ax − ρx‖ / ‖x‖"));
    for (pair, subscript) in solved.spectrum.pairs.iter().zip(SUBSCRIPTS) {
        let path = &pair.trajectory;
        if path.duration() > 0.0 {
            let times = (0..=400).map(|i| path.duration() * (f64::from(i) / 400.0));
            let curve = times.map(|t| Ok((t, problem.flow.residual(&path.at(t)?))));
            let curve = curve.collect::<Result<Vec<_>, eigennet::Error>>()?;
            plot = plot.series(format!("λ{subscript} = {}", signed(pair.value)), curve);
        }
    }
    let name = format!("convergence_{}", solved.name.replace('-', "_"));
    Ok(Figure::new(name, format!("Coming to rest: {}", solved.name), plot).caption(
        "The slope is that of exp(−s(λᵢ − λᵢ₊₁)t), s = |x₀|²: close neighbours take long. A pair is found where its curve ends.",
    ))
}

enum Label {
    Published,
    Right,
    Refined,
}

fn label(whole: &Whole) -> Label {
    match (whole.network.derivative, whole.network.refine) {
        (TimeDerivative::SumAsPublished, _) => Label::Published,
        (_, None) => Label::Right,
        (_, Some(_)) => Label::Refined,
    }
}

/// Fig. 6: the components of the report's network.
pub fn whole_solution(problem: &Problem, whole: &Whole) -> Result<Figure, Failure> {
    let length = whole.end.iter().map(|v| v * v).sum::<f64>().sqrt();
    let levels = problem.level(whole.error.index, &whole.end, length);
    let plot = components(whole.network.time, 400, &levels, |t| whole.solution.at(t))?;
    let (name, title, text) = match label(whole) {
        Label::Published => (
            "figure_6_as_published",
            "The report's network, as published",
            "Fig. 6 of the report: the loss holds d(Σx̃)/dt in every component, and the solution leaves x₀ at once.",
        ),
        Label::Right => (
            "figure_6",
            "The report's network, done right",
            "The same network and training, with dx̃/dt by components: it follows the flow of Fig. 5.",
        ),
        Label::Refined => (
            "figure_6_lm",
            "Done right, by Levenberg–Marquardt",
            "The same network and points, with a better optimiser: it cannot be told from the exact solution.",
        ),
    };
    let caption = format!(
        "{text} Dashed: the eigenvector nearest in direction to x̃(t_f), of λ = {}.",
        signed(problem.reference.values[whole.error.index])
    );
    Ok(Figure::new(name, title, plot).caption(caption))
}

/// The exact solution on the interval of the report's network.
pub fn exact_solution(problem: &Problem, time: f64) -> Result<Figure, Failure> {
    let levels = problem.level(START.len() - 1, &problem.exact.at(1e3)?, problem.exact.length());
    let plot = components(time, 400, &levels, |t| problem.exact.at(t))?;
    Ok(Figure::new("exact", "The exact solution", plot)
        .caption("The closed form, for comparison. Dashed: the eigenvector of the largest eigenvalue."))
}

/// Fig. 7: the loss at each time, and over the epochs.
pub fn whole_losses(wholes: &[Whole]) -> [Figure; 2] {
    let mut times = LinePlot::new(Axis::linear("t"), Axis::log("loss at t"));
    let mut epochs = LinePlot::new(Axis::log("epoch"), Axis::log("loss"));
    for whole in wholes {
        let name = match label(whole) {
            Label::Published => "as published",
            Label::Right => "done right",
            Label::Refined => "done right, Levenberg–Marquardt",
        };
        times = times.series(name, whole.solution.residuals.clone());
        epochs = epochs.series(name, whole.solution.losses.clone());
    }
    [
        Figure::new("figure_7_times", "Loss at each time", times).caption(
            "Fig. 7 of the report, left: the squared residual at each training time. As published it is left high where \
             the solution tears itself from x₀.",
        ),
        Figure::new("figure_7_epochs", "Loss over the epochs", epochs)
            .caption("Fig. 7 of the report, right: the mean over all times. Losses with different derivatives are not of one equation."),
    ]
}
