//! The report of one experiment and the index over many: one file each, nothing loaded from anywhere.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::cli::SharedOptions;
use crate::experiment::{Context, Experiment, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Figure, Kind, PanelGrid};
use crate::image;
use crate::metrics::{self, Metric};
use crate::number;
use crate::plot;
use crate::preset::Preset;
use crate::table::Table;
use crate::terminal::sources;

const STYLE: &str = include_str!("../templates/style.css");
const TEMPLATES: [(&str, &str); 4] = [
    ("page.html", include_str!("../templates/page.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("report.html", include_str!("../templates/report.html")),
    ("index.html", include_str!("../templates/index.html")),
];

/// What stands at the head of a report.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    /// Name of the experiment's binary.
    pub name: &'static str,
    /// Headline.
    pub title: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Preset, seed, time, machine: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Whether this is only a first look.
    pub quick: bool,
}

impl Head {
    /// The head of experiment `E`.
    pub fn of<E: Experiment>(context: &Context, seconds: f64) -> Self {
        let facts = facts(context.preset, context.seed.0, context.threads, seconds);
        Head { name: E::NAME, title: E::TITLE, about: E::ABOUT, facts, quick: context.preset == Preset::Quick }
    }
}

fn facts(preset: Preset, seed: u64, threads: usize, seconds: f64) -> Vec<(&'static str, String)> {
    vec![
        ("preset", preset.name().to_string()),
        ("seed", seed.to_string()),
        ("time", number::duration(seconds)),
        ("threads", threads.to_string()),
        ("machine", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("eigennet", env!("CARGO_PKG_VERSION").to_string()),
    ]
}

/// The report of one experiment.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn report(head: &Head, outcome: &Outcome) -> Result<String, Failure> {
    let figures = outcome.figures.iter().map(FigureView::of).collect::<Result<Vec<_>, _>>()?;
    let shown = metrics::shown(&outcome.metrics);
    let page = ReportPage {
        style: STYLE,
        head,
        metrics: metric_views(&shown),
        sources: sources(&shown),
        tables: outcome.tables.iter().map(TableView::of).collect(),
        figures,
        settings: &outcome.settings,
        warnings: texts(outcome, |note| matches!(note, Note::Warning(_))),
        remarks: texts(outcome, |note| matches!(note, Note::Remark(_))),
    };
    render("report.html", &page)
}

/// One experiment on the index.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The folder of its report.
    pub folder: &'a str,
    /// Headline.
    pub title: &'a str,
    /// What it shows.
    pub about: &'a str,
    /// What came out and in how many seconds, or why nothing did.
    pub result: Result<(&'a Outcome, f64), &'a Failure>,
}

/// The index over all experiments: headline metrics and first figure of each, and the way to its report.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn index(entries: &[Entry<'_>], options: &SharedOptions, seconds: f64) -> Result<String, Failure> {
    let cards = entries.iter().map(card).collect::<Result<Vec<_>, _>>()?;
    let facts = facts(options.preset, options.seed, rayon::current_num_threads(), seconds);
    render("index.html", &IndexPage { style: STYLE, facts, quick: options.preset == Preset::Quick, cards })
}

#[derive(Serialize)]
struct ReportPage<'a> {
    style: &'static str,
    head: &'a Head,
    metrics: Vec<MetricView>,
    sources: Vec<String>,
    tables: Vec<TableView<'a>>,
    figures: Vec<FigureView>,
    settings: &'a [(String, String)],
    warnings: Vec<&'a str>,
    remarks: Vec<&'a str>,
}

#[derive(Serialize)]
struct IndexPage<'a> {
    style: &'static str,
    facts: Vec<(&'static str, String)>,
    quick: bool,
    cards: Vec<Card<'a>>,
}

#[derive(Serialize)]
struct Card<'a> {
    folder: &'a str,
    title: &'a str,
    about: &'a str,
    time: String,
    failure: Option<String>,
    metrics: Vec<MetricView>,
    figure: Option<FigureView>,
}

fn card<'a>(entry: &Entry<'a>) -> Result<Card<'a>, Failure> {
    let empty = Card {
        folder: entry.folder,
        title: entry.title,
        about: entry.about,
        time: String::new(),
        failure: None,
        metrics: Vec::new(),
        figure: None,
    };
    match entry.result {
        Err(failure) => Ok(Card { failure: Some(failure.to_string()), ..empty }),
        Ok((outcome, seconds)) => Ok(Card {
            time: number::duration(seconds),
            metrics: metric_views(&metrics::headline(&outcome.metrics)),
            figure: outcome.figures.first().map(FigureView::of).transpose()?,
            ..empty
        }),
    }
}

fn render(name: &str, page: &impl Serialize) -> Result<String, Failure> {
    let failed = |error: minijinja::Error| Failure::Other(format!("cannot set the report: {error:#}"));
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).map_err(failed)?;
    }
    environment.get_template(name).map_err(failed)?.render(Serde(page)).map_err(failed)
}

fn texts(outcome: &Outcome, which: impl Fn(&Note) -> bool) -> Vec<&str> {
    outcome.notes.iter().filter(|note| which(note)).map(Note::text).collect()
}

fn typeset(value: f64) -> String {
    number::typeset(&number::compact(value))
}

fn typeset_given(value: f64) -> String {
    number::typeset(&number::given(value))
}

#[derive(Serialize)]
struct MetricView {
    name: String,
    value: String,
    target: Option<String>,
    met: Option<bool>,
    published: Option<String>,
    source: Option<usize>,
}

fn metric_views(metrics: &[Metric]) -> Vec<MetricView> {
    let sources = sources(metrics);
    let view = |metric: &Metric| MetricView {
        name: metric.name.clone(),
        value: typeset(metric.value),
        target: metric.target.map(|target| format!("{} {}", target.sign(), typeset_given(target.bound()))),
        met: metric.meets_target(),
        published: metric.published.map(typeset_given),
        source: sources.iter().position(|source| Some(source) == metric.source.as_ref()).map(|index| index + 1),
    };
    metrics.iter().map(view).collect()
}

#[derive(Serialize)]
struct TableView<'a> {
    title: &'a str,
    caption: &'a str,
    columns: Vec<(&'a str, bool)>,
    rows: Vec<Vec<(String, bool)>>,
}

impl<'a> TableView<'a> {
    fn of(table: &'a Table) -> Self {
        let numeric: Vec<bool> = (0..table.columns.len()).map(|column| table.is_numeric(column)).collect();
        let cells = |row: &Vec<crate::table::Cell>| {
            row.iter().zip(&numeric).map(|(cell, &numeric)| (number::typeset(&cell.shown()), numeric)).collect()
        };
        TableView {
            title: &table.title,
            caption: &table.caption,
            columns: table.columns.iter().map(String::as_str).zip(numeric.iter().copied()).collect(),
            rows: table.rows.iter().map(cells).collect(),
        }
    }
}

#[derive(Serialize)]
struct FigureView {
    title: String,
    caption: String,
    wide: bool,
    svg: Vec<String>,
    legend: Vec<(String, String)>,
    panels: Option<PanelsView>,
}

impl FigureView {
    fn of(figure: &Figure) -> Result<Self, Failure> {
        let drawing = plot::draw(&figure.kind)?;
        let panels = match &figure.kind {
            Kind::Panels(grid) => Some(PanelsView::of(grid)?),
            _ => None,
        };
        Ok(FigureView {
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            wide: figure.wide || drawing.svg.len() > 2,
            svg: drawing.svg,
            legend: drawing.legend.into_iter().map(|key| (key.label, key.colour)).collect(),
            panels,
        })
    }
}

#[derive(Serialize)]
struct PanelsView {
    columns: Vec<String>,
    rows: Vec<(String, Vec<PanelView>)>,
}

#[derive(Serialize, Default)]
struct PanelView {
    light: Option<String>,
    dark: Option<String>,
    words: String,
    note: String,
}

impl PanelsView {
    fn of(grid: &PanelGrid) -> Result<Self, Failure> {
        let mut rows = Vec::new();
        for row in &grid.rows {
            let mut panels = Vec::new();
            for (column, label) in grid.columns.iter().enumerate() {
                let Some(panel) = row.panels.get(column) else {
                    panels.push(PanelView::default());
                    continue;
                };
                let field = panel.field.as_ref();
                let picture = field.map(|field| image::signed(field, field.largest())).transpose()?;
                let (light, dark) = picture.map_or((None, None), |picture| (Some(picture.light), picture.dark));
                let words = format!("{}, {label}", row.label);
                panels.push(PanelView { light, dark, words, note: number::typeset(&panel.note) });
            }
            rows.push((row.label.clone(), panels));
        }
        Ok(PanelsView { columns: grid.columns.clone(), rows })
    }
}
