//! Metrics, tables and figures of a study: the same for all.

use eigennet::optim::{Ranking, Trial};

use super::measures::Measure;
use super::training::heat_error;
use super::{Candidate, Curve, Family, Horizontal, Problem, Setting, Study};
use crate::experiment::{Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, BarChart, Figure, Kind, LinePlot, ScatterPlot};
use crate::metrics::Metric;
use crate::table::{Cell, Table};

/// The largest k whose moments the thesis could factor.
const THESIS_HOLDS: f64 = 11.0;
const THESIS_SOURCE: &str = "the thesis, section 3.4: \"to compute more than 11 eigenvectors\" fails in Cholesky";

/// The trainings by one setting.
struct Group<'t, 'c> {
    setting: &'c Setting,
    trials: Vec<&'t Trial<'c, Candidate>>,
}

impl Group<'_, '_> {
    /// All values of a measure, ascending.
    fn values(&self, measure: Measure) -> Vec<f64> {
        let records = self.trials.iter().filter_map(|trial| trial.result.as_ref().ok());
        let mut values: Vec<f64> = records.filter_map(|score| measure.of(&score.record)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The middle one, the mean of two where there are two; of what breaks or not, the share.
    fn middle(&self, measure: Measure) -> Option<f64> {
        let values = self.values(measure);
        let n = values.len();
        let middle = match measure {
            Measure::Breaks => values.iter().sum::<f64>() / n as f64,
            _ if n > 0 => 0.5 * (values[(n - 1) / 2] + values[n / 2]),
            _ => f64::NAN,
        };
        (n > 0).then_some(middle)
    }

    fn name(&self) -> String {
        [self.setting.family.name(), &self.setting.words].join(" ").trim().to_string()
    }

    /// Its part of a metric's name.
    fn slug(&self) -> String {
        let words = self.setting.words.replace(" = ", "").replace(", ", ".").replace(' ', "_").to_lowercase();
        if words.is_empty() {
            self.setting.family.name().into()
        } else {
            format!("{}.{words}", self.setting.family.name())
        }
    }
}

/// Everything a reader wants to know.
pub(super) fn outcome(
    study: &Study,
    problem: &Problem<'_>,
    neighbours: usize,
    ranking: &Ranking<'_, Candidate>,
) -> Result<Outcome, Failure> {
    let trials = ranking.in_order();
    let of = |place: usize| trials.iter().copied().skip(place).step_by(study.settings.len()).collect::<Vec<_>>();
    let groups = (0..study.settings.len()).map(of).filter(|trials| !trials.is_empty());
    let groups: Vec<Group<'_, '_>> =
        groups.map(|trials| Group { setting: &trials[0].candidate.setting, trials }).collect();
    let repeats = groups.first().map_or(0, |group| group.trials.len());
    let sigma = problem.map.graph().bandwidth().unwrap_or(f64::NAN);
    let mut outcome = Outcome::default()
        .setting("study", study.title)
        .setting("points", problem.circle.angles.len())
        .setting("neighbours, σ", format!("{neighbours}, {sigma:.4}"))
        .setting("trainings", format!("{} settings, {repeats} each", groups.len()));
    for family in Family::ALL {
        let nets = groups.iter().map(|group| group.setting).filter(|setting| setting.family == family);
        let steps: Vec<u64> = nets.map(|setting| setting.net.trainer.steps).collect();
        let whole = match family {
            Family::Ours => eigennet::graph::SpectralNet::new(9).trainer.steps,
            Family::Thesis => eigennet::graph::SpectralNet::paper(9).trainer.steps,
        };
        let most = steps.iter().max().copied().unwrap_or(0);
        let shortened = if most < whole { format!(", shortened from {whole}") } else { String::new() };
        outcome = outcome.setting(format!("steps, {}", family.name()), format!("at most {most}{shortened}"));
    }
    metrics(&mut outcome, study, &groups, repeats);
    let k = study.settings.first().map_or(1, |setting| setting.net.components);
    let direct = heat_error(problem, problem.functions(k), &problem.map.values()[..k]);
    let direct = direct.filter(|_| study.measures.contains(&Measure::Heat));
    outcome.metrics.extend(direct.map(|error| Metric::new("direct.heat_error", error)));
    outcome.tables.push(table(study, &groups));
    if repeats > 1 {
        outcome.tables.push(spread(study, &groups));
    }
    if study.horizontal == Horizontal::Ranks {
        outcome.tables.push(ranked(study, ranking));
    }
    for measure in &study.measures[..study.drawn] {
        let (title, y) = measure.drawn();
        let figure = Figure::new(measure.name().replace('.', "_"), title, drawn(study, &groups, ranking, *measure, y));
        outcome.figures.push(figure.caption(caption(study.horizontal, repeats)));
    }
    outcome.figures.extend(study.curves.iter().map(|curve| curves(*curve, problem, &groups)));
    for group in &groups {
        let mut failures = group.trials.iter().filter_map(|trial| trial.result.as_ref().err());
        if let Some(first) = failures.next() {
            let count = failures.count() + 1;
            outcome.notes.push(Note::warning(format!("{}: {count} of {repeats} failed: {first}", group.name())));
        }
    }
    Ok(outcome.note(Note::remark(
        "ours: SpectralNet::new; thesis: SpectralNet::paper, whose Table 2 has RMSProp at 1e-4, batches of 256, orthonormalised \
         on 512, Glorot's start, 70 epochs of 100 steps. Distances are Grassmann's to the direct solver on the same graph; ‖Δμ‖ is \
         the norm of the difference of the walk's eigenvalues.",
    )))
}

fn metrics(outcome: &mut Outcome, study: &Study, groups: &[Group<'_, '_>], repeats: usize) {
    let failed = groups.iter().flat_map(|group| &group.trials).filter(|trial| trial.result.is_err()).count();
    outcome.metrics.push(Metric::new("failures", failed as f64));
    if study.measures.contains(&Measure::Breaks) {
        for family in Family::ALL {
            let own = || groups.iter().filter(|group| group.setting.family == family);
            let broken = |group: &&Group<'_, '_>| group.middle(Measure::Breaks).is_none_or(|share| share > 0.0);
            let first = own().filter(broken).map(|group| group.setting.place).fold(f64::INFINITY, f64::min);
            let holds = own().map(|group| group.setting.place).filter(|&place| place < first).fold(0.0, f64::max);
            let metric = Metric::new(format!("{}.cholesky_holds_to_k", family.name()), holds);
            outcome.metrics.push(match family {
                Family::Ours => metric,
                Family::Thesis => metric.published(THESIS_HOLDS, THESIS_SOURCE),
            });
        }
    }
    for group in groups {
        for &measure in study.measures {
            let name = format!("{}.{}", group.slug(), measure.name());
            outcome.metrics.extend(group.middle(measure).map(|middle| Metric::new(name.clone(), middle)));
            let (values, told) = (group.values(measure), study.horizontal == Horizontal::Trainings && repeats > 1);
            if let (Some(&least), Some(&largest), true) = (values.first(), values.last(), told) {
                outcome.metrics.push(Metric::new(format!("{name}.largest_over_least"), largest / least));
            }
        }
    }
}

/// The middle of each setting's trainings.
fn table(study: &Study, groups: &[Group<'_, '_>]) -> Table {
    let heads = study.measures.iter().map(|measure| measure.head());
    let columns = ["configuration", "setting"].into_iter().chain(heads).chain(["failed"]);
    let mut table = Table::new("settings", study.title, columns)
        .caption("The median of the trainings by each setting; of Cholesky, the share that breaks.");
    for group in groups {
        let failed = group.trials.iter().filter(|trial| trial.result.is_err()).count();
        let named = [Cell::from(group.setting.family.name()), Cell::from(group.setting.words.as_str())];
        let cells = study.measures.iter().map(|&measure| cell(measure, group.middle(measure)));
        table.row(named.into_iter().chain(cells).chain([Cell::Integer(failed as i64)]));
    }
    table
}

fn cell(measure: Measure, value: Option<f64>) -> Cell {
    let set = |value| match measure {
        Measure::Grassmann | Measure::Loss => Cell::Fixed(value, 4),
        Measure::Breaks | Measure::Seconds => Cell::Number(value),
        _ => Cell::error(value),
    };
    value.map_or(Cell::Empty, set)
}

/// How far the trainings by each setting lie apart.
fn spread(study: &Study, groups: &[Group<'_, '_>]) -> Table {
    let columns = ["configuration", "setting", "measure", "least", "median", "largest", "largest / least"];
    let mut table = Table::new("spread", "How far trainings by the same setting lie apart", columns);
    for group in groups {
        for &measure in study.measures.iter().filter(|&&measure| measure != Measure::Breaks) {
            let values = group.values(measure);
            let (Some(&least), Some(&largest)) = (values.first(), values.last()) else { continue };
            table.row([
                Cell::from(group.setting.family.name()),
                Cell::from(group.setting.words.as_str()),
                Cell::from(measure.head()),
                cell(measure, Some(least)),
                cell(measure, group.middle(measure)),
                cell(measure, Some(largest)),
                Cell::Fixed(largest / least, 2),
            ]);
        }
    }
    table
}

/// All trainings, the best first.
fn ranked(study: &Study, ranking: &Ranking<'_, Candidate>) -> Table {
    let heads = study.measures.iter().map(|measure| measure.head());
    let columns = ["rank", "configuration", "setting"].into_iter().chain(heads);
    let mut table = Table::new("ranking", "All trainings, the best first", columns).caption(
        "The thesis chose a rate of 1e-4, a patience of 30, a drop of 0.2 and 70 epochs (Fig. 3.10, row 19). Ours has neither \
         patience nor drop: its rate falls along a cosine.",
    );
    for (rank, trial) in ranking.trials.iter().enumerate() {
        let setting = &trial.candidate.setting;
        let named =
            [Cell::Integer(rank as i64 + 1), Cell::from(setting.family.name()), Cell::from(setting.words.as_str())];
        let value = |measure: &Measure| trial.result.as_ref().ok().and_then(|score| measure.of(&score.record));
        table.row(named.into_iter().chain(study.measures.iter().map(|measure| cell(*measure, value(measure)))));
    }
    table
}

fn caption(horizontal: Horizontal, repeats: usize) -> String {
    match horizontal {
        Horizontal::Trainings => "A dot a training.".to_string(),
        Horizontal::Ranks => "All trainings in the order of their scores.".to_string(),
        _ if repeats > 1 => format!("The median of {repeats} trainings."),
        _ => String::new(),
    }
}

/// A measure over what the study lies along.
fn drawn(study: &Study, groups: &[Group<'_, '_>], ranking: &Ranking<'_, Candidate>, measure: Measure, y: Axis) -> Kind {
    let own = |family| groups.iter().filter(move |group| group.setting.family == family);
    let value = |trial: &Trial<'_, Candidate>| trial.result.as_ref().ok().and_then(|score| measure.of(&score.record));
    match study.horizontal {
        Horizontal::Number(label) => {
            let plot = LinePlot::new(Axis::linear(label), y);
            let curve =
                |family| own(family).filter_map(|group| Some((group.setting.place, group.middle(measure)?))).collect();
            Family::ALL.into_iter().fold(plot, |plot, family| plot.series(family.name(), curve(family))).into()
        }
        Horizontal::Words => {
            let mut words: Vec<&str> = Vec::new();
            for group in groups {
                if !words.contains(&group.setting.words.as_str()) {
                    words.push(&group.setting.words);
                }
            }
            let bar = |family, word: &str| own(family).find(|group| group.setting.words == word)?.middle(measure);
            let chart = BarChart::new(y, words.iter().copied());
            let bars = |family| words.iter().map(|word| bar(family, word)).collect();
            Family::ALL.into_iter().fold(chart, |chart, family| chart.ours(family.name(), bars(family))).into()
        }
        Horizontal::Trainings => {
            let plot = ScatterPlot::new(Axis::linear("training"), y);
            let dots = |group: &Group<'_, '_>| {
                let dot = |trial: &&Trial<'_, Candidate>| Some((trial.candidate.repeat as f64 + 1.0, value(trial)?));
                group.trials.iter().filter_map(dot).collect()
            };
            groups.iter().fold(plot, |plot, group| plot.group(group.name(), dots(group))).into()
        }
        Horizontal::Ranks => {
            let plot = ScatterPlot::new(Axis::linear("rank"), y);
            let dots = |family| {
                let own = |(_, trial): &(usize, &Trial<'_, Candidate>)| trial.candidate.setting.family == family;
                let ranks = ranking.trials.iter().enumerate().filter(own);
                ranks.filter_map(|(rank, trial)| Some((rank as f64 + 1.0, value(trial)?))).collect()
            };
            Family::ALL.into_iter().fold(plot, |plot, family| plot.group(family.name(), dots(family))).into()
        }
    }
}

/// A curve of the first training by each setting.
fn curves(curve: Curve, problem: &Problem<'_>, groups: &[Group<'_, '_>]) -> Figure {
    let (title, x, y) = match curve {
        Curve::Loss => (
            "Loss over the training",
            "share of the steps",
            Axis::linear("loss, from its largest value (1) to its least (0)"),
        ),
        Curve::Distance => {
            ("Distance over the training", "share of the steps", Axis::log("Grassmann distance of the outputs"))
        }
        Curve::Levels(Measure::Median) => ("Levels by medians", "function", Axis::linear("1 − μ")),
        Curve::Levels(Measure::Mean) => ("Levels by means", "function", Axis::linear("1 − μ")),
        Curve::Levels(_) => ("Levels by Rayleigh quotients", "function", Axis::linear("1 − μ")),
    };
    let mut plot = LinePlot::new(Axis::linear(x), y);
    if let Curve::Levels(_) = curve {
        let values = problem.map.values().iter().enumerate();
        plot = plot.series("direct", values.map(|(j, mu)| (j as f64, 1.0 - mu)).collect());
    }
    for group in groups {
        let Some(score) = group.trials.first().and_then(|trial| trial.result.as_ref().ok()) else { continue };
        let steps = group.setting.net.trainer.steps as f64;
        let points = curve.of(&score.record);
        let heights = || points.iter().map(|point| point.1);
        let [largest, least] = [heights().fold(f64::MIN, f64::max), heights().fold(f64::MAX, f64::min)];
        let scaled = |(x, y): (f64, f64)| match curve {
            Curve::Loss => (x / steps, (y - least) / (largest - least)),
            Curve::Distance => (x / steps, y),
            Curve::Levels(_) => (x, y),
        };
        plot = plot.series(group.name(), points.into_iter().map(scaled).collect());
    }
    Figure::new(curve.name().replace('.', "_"), title, plot)
}
