//! Metrics, tables and figures of clusters.

use eigennet::graph::{
    Affinity, Bandwidth, SpectralClustering, accuracy, adjusted_rand_index, normalized_mutual_information, silhouette,
};
use eigennet::linalg::Matrix;

use super::data::Points;
use super::options::{Clustering, Method};
use super::solve::{self, Scaled, Solved};
use crate::experiment::{Context, Note, Outcome};
use crate::failure::Failure;
use crate::figure::{Axis, Figure, LinePlot, ScatterPlot};
use crate::metrics::Metric;
use crate::preset::Preset;
use crate::table::{Cell, Table};

/// More points than this and the silhouette, which asks for all distances, is left out.
const MOST_SILHOUETTE: usize = 5000;
/// Fractions of the median distance that accuracy is drawn over.
const FRACTIONS: [f64; 9] = [2.0, 1.4, 1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12];

/// `labels.csv`: a row a point, a column a method.
pub fn labels(solved: &[Solved]) -> Result<Vec<u8>, Failure> {
    let mut table = Table::new("labels", "", std::iter::once("point").chain(solved.iter().map(|s| s.name)));
    for i in 0..solved.first().map_or(0, |s| s.labels.len()) {
        let labels = solved.iter().map(|s| Cell::Integer(s.labels[i] as i64));
        table.row(std::iter::once(Cell::Integer(i as i64)).chain(labels));
    }
    table.to_csv()
}

/// How often clusters are what the points were made of: seen points, and fresh ones.
fn accuracies(points: &Points, solved: &Solved) -> Result<Option<(f64, f64)>, Failure> {
    let (Some(labels), Some(fresh), Some(held_out)) = (&points.labels, &points.held_out, &solved.held_out) else {
        return Ok(None);
    };
    Ok(Some((accuracy(&solved.labels, labels)?, accuracy(held_out, &fresh.labels)?)))
}

/// What the thesis's circles and the moons are to reach.
fn target(options: &Clustering, context: &Context, solved: &Solved) -> Option<f64> {
    (context.preset == Preset::Standard && solved.name != "k-means" && options.noise <= 0.1 && options.input.is_none())
        .then_some(if solved.name == "direct" { 0.995 } else { 0.985 })
}

/// Everything a reader wants to know.
pub fn outcome(
    options: &Clustering,
    context: &Context,
    points: &Points,
    solved: &[Solved],
    scaled: Option<&Scaled>,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default()
        .setting("points", &points.name)
        .setting("clusters", points.clusters)
        .setting("neighbours", options.neighbors);
    if let Some(scaled) = scaled {
        outcome = outcome.setting("σ", format!("{} of the median distance to the 25th neighbour", scaled.fraction));
    }
    let columns = ["method", "accuracy", "held out", "NMI", "ARI", "silhouette", "smallest", "largest", "seconds"];
    let mut table = Table::new("methods", "Clusters against what the points were made of", columns).caption(
        "Accuracy under the best matching of names; held out: on fresh points of the same kind. NMI and ARI ask for the \
         same labels; the silhouette only for the points, and prefers round clusters.",
    );
    let main = if options.method == Method::KMeans { "k-means" } else { solved.last().map_or("", |s| s.name) };
    for s in solved.iter().rev() {
        let name = |what: &str| {
            if s.name == main && options.method != Method::All {
                what.to_string()
            } else {
                format!("{what}.{}", s.name)
            }
        };
        let mut cells = vec![Cell::from(s.name)];
        match accuracies(points, s)? {
            Some((own, held_out)) => {
                let mut metrics =
                    [Metric::new(name("accuracy"), own), Metric::new(name("accuracy.held_out"), held_out)];
                if let Some(bound) = target(options, context, s) {
                    metrics = metrics.map(|metric| metric.at_least(bound));
                }
                outcome.metrics.extend(metrics);
                cells.extend([Cell::Fixed(own, 4), Cell::Fixed(held_out, 4)]);
            }
            None => cells.extend([Cell::Empty, Cell::Empty]),
        }
        match &points.labels {
            Some(labels) => cells.extend([
                Cell::Fixed(normalized_mutual_information(&s.labels, labels)?, 4),
                Cell::Fixed(adjusted_rand_index(&s.labels, labels)?, 4),
            ]),
            None => cells.extend([Cell::Empty, Cell::Empty]),
        }
        // One cluster, or each point its own, has none.
        let width = silhouette(&points.points, &s.labels).ok().filter(|_| points.points.rows() <= MOST_SILHOUETTE);
        if let Some(width) = width {
            outcome.metrics.push(Metric::new(name("silhouette"), width));
        }
        let sizes = sizes(&s.labels);
        cells.push(width.map_or(Cell::Empty, |width| Cell::Fixed(width, 3)));
        cells.extend([sizes.iter().min(), sizes.iter().max()].map(|n| Cell::Integer(n.map_or(0, |&n| n as i64))));
        cells.push(Cell::Number(s.seconds));
        table.row(cells);
    }
    outcome.tables.push(table);
    for s in solved.iter().rev() {
        outcome.figures.push(clusters(points, s));
    }
    for s in solved.iter().rev() {
        outcome.figures.extend(s.embedding.as_ref().map(|embedding| embedded(points, s, embedding)));
    }
    if let Some(scaled) = scaled {
        outcome.tables.extend((!scaled.tried.is_empty()).then(|| scales(scaled)));
        outcome.figures.extend(accuracy_over_scale(options, context, points, scaled)?);
    }
    for s in solved {
        if !s.losses.is_empty() {
            let plot = LinePlot::new(Axis::linear("step"), Axis::linear("loss")).series(s.name, s.losses.clone());
            outcome.figures.push(Figure::new("loss", "Loss over the training", plot));
        }
        outcome.notes.extend(s.doubt.iter().map(|doubt| Note::warning(format!("{}: {doubt}", s.name))));
    }
    if points.labels.is_none() {
        outcome = outcome.note(Note::remark("labels.csv has the cluster of each point."));
    }
    Ok(outcome)
}

fn sizes(labels: &[usize]) -> Vec<usize> {
    let mut sizes = vec![0; labels.iter().max().map_or(0, |last| last + 1)];
    labels.iter().for_each(|&label| sizes[label] += 1);
    sizes
}

/// The first two columns, a group a label.
fn grouped(plot: ScatterPlot, points: &Matrix<f64>, labels: &[usize], word: &str) -> ScatterPlot {
    let place = |i: usize| (points[(i, 0)], if points.cols() > 1 { points[(i, 1)] } else { 0.0 });
    (0..sizes(labels).len()).fold(plot, |plot, label| {
        let own = (0..labels.len()).filter(|&i| labels[i] == label).map(place);
        plot.group(format!("{word} {}", label + 1), own.collect())
    })
}

fn clusters(points: &Points, solved: &Solved) -> Figure {
    let plot = ScatterPlot::new(Axis::linear("first coordinate"), Axis::linear("second coordinate"));
    let plot = grouped(plot, &points.points, &solved.labels, "cluster");
    let caption = if points.points.cols() > 2 { "The first two coordinates of the points." } else { "The points." };
    let name = format!("clusters_{}", solved.name.replace('-', "_"));
    Figure::new(name, format!("Clusters by {}", solved.name), plot).caption(caption)
}

fn embedded(points: &Points, solved: &Solved, embedding: &Matrix<f64>) -> Figure {
    let plot = ScatterPlot::new(Axis::linear("first"), Axis::linear("second"));
    let (labels, word) = match &points.labels {
        Some(labels) => (labels, "made of"),
        None => (&solved.labels, "cluster"),
    };
    let plot = grouped(plot, embedding, labels, word);
    Figure::new(
        format!("embedding_{}", solved.name.replace('-', "_")),
        format!("What k-means sees of {}", solved.name),
        plot,
    )
    .caption("The first two coordinates of the embedding, coloured by what is to be found.")
}

fn scales(scaled: &Scaled) -> Table {
    let columns = ["σ / median", "normalised cut", "bound", "cut / bound", "smallest cluster", "left out", ""];
    let mut table = Table::new("scales", "The scales tried", columns).caption(
        "No normalised cut is below the sum of the smallest eigenvalues, and one is equal to it where the eigenvectors are \
         the clusters. The first scale with a ratio of at most 1.5 is taken, or else the smallest within 1.5 of the least. \
         Fragments smaller than a neighbourhood are left out; a scale at which more points than that break off does not count.",
    );
    for scale in &scaled.tried {
        let words = match (scale.fell_apart, scale.fraction == scaled.fraction) {
            (true, _) => "fell apart",
            (_, true) => "taken",
            _ => "",
        };
        table.row([
            Cell::Number(scale.fraction),
            Cell::error(scale.cut),
            Cell::error(scale.bound),
            Cell::Fixed(scale.ratio(), 2),
            Cell::Integer(scale.smallest as i64),
            Cell::Integer(scale.left_out as i64),
            Cell::from(words),
        ]);
    }
    table
}

fn accuracy_over_scale(
    options: &Clustering,
    context: &Context,
    points: &Points,
    scaled: &Scaled,
) -> Result<Option<Figure>, Failure> {
    let (Some(labels), Some(fresh)) = (&points.labels, &points.held_out) else { return Ok(None) };
    let settings = solve::settings(options, points, context.seed);
    let (mut own, mut held_out) = (Vec::new(), Vec::new());
    for fraction in FRACTIONS {
        context.check_interrupt()?;
        let affinity = Affinity { bandwidth: Bandwidth::Median { neighbor: 25, fraction }, ..settings.affinity };
        // A kernel that underflows has no clusters: a gap in the curve.
        let Ok(clusters) = (SpectralClustering { affinity, ..settings }).fit(&points.points) else { continue };
        own.push((fraction, accuracy(&clusters.labels, labels)?));
        held_out.push((fraction, accuracy(&clusters.predict(&fresh.points)?, &fresh.labels)?));
    }
    let plot = LinePlot::new(Axis::linear("σ / median distance to the 25th neighbour"), Axis::linear("accuracy"))
        .series("points", own)
        .series("fresh points", held_out)
        .series(format!("taken: {}", scaled.fraction), vec![(scaled.fraction, 1.0)]);
    let figure = Figure::new("accuracy_over_scale", "Accuracy against scale, direct solver", plot);
    Ok(Some(
        figure.caption(
            "Where the scale is too large, the noise between clusters joins them; too small, and they crumble.",
        ),
    ))
}
