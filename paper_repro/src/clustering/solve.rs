//! The methods, each with labels for the points and for fresh ones.

use std::time::Instant;

use eigennet::Seed;
use eigennet::graph::{Affinity, Bandwidth, KMeans, ScaleSearch, SpectralClustering, SpectralNet, TriedScale};
use eigennet::linalg::Matrix;

use super::data::Points;
use super::options::{Clustering, ScaleOption};
use crate::experiment::Context;
use crate::failure::Failure;
use crate::preset::Preset;
use crate::spectral_net::{self, Trained};

/// What a method found.
#[derive(Debug)]
pub struct Solved {
    /// Name in metrics and headings.
    pub name: &'static str,
    /// The cluster of each point.
    pub labels: Vec<usize>,
    /// Those of the fresh points.
    pub held_out: Option<Vec<usize>>,
    /// The coordinates that k-means was given `[points, k]`, where they are not the points'.
    pub embedding: Option<Matrix<f64>>,
    /// Seconds to fit, those before a resume among them.
    pub seconds: f64,
    /// Steps and loss of a training.
    pub losses: Vec<(f64, f64)>,
    /// What speaks against it.
    pub doubt: Option<String>,
}

/// k-means on the points themselves.
pub fn k_means(points: &Points, seed: Seed) -> Result<Solved, Failure> {
    let started = Instant::now();
    let fit = KMeans::new(points.clusters).fit(&points.points, seed)?;
    let seconds = started.elapsed().as_secs_f64();
    let held_out = points.held_out.as_ref().map(|fresh| fit.predict(&fresh.points)).transpose()?;
    Ok(Solved {
        name: "k-means",
        labels: fit.labels,
        held_out,
        embedding: None,
        seconds,
        losses: Vec::new(),
        doubt: None,
    })
}

/// The affinity that the options ask for, with the scales tried where it is chosen.
#[derive(Debug)]
pub struct Scaled {
    /// Neighbours and scale.
    pub affinity: Affinity,
    /// Of the median distance.
    pub fraction: f64,
    /// The scales tried.
    pub tried: Vec<TriedScale>,
}

/// Spectral clustering with that affinity, but for the scale.
pub fn settings(options: &Clustering, points: &Points, seed: Seed) -> SpectralClustering {
    let affinity = Affinity::nearest(options.neighbors.min(points.points.rows().saturating_sub(1)));
    SpectralClustering { affinity, seed, ..SpectralClustering::new(points.clusters) }
}

/// Spectral clustering by a direct eigensolver, and the scale that was taken.
pub fn direct(options: &Clustering, points: &Points, seed: Seed) -> Result<(Solved, Scaled), Failure> {
    let started = Instant::now();
    let settings = settings(options, points, seed);
    let (labels, clusters, scaled) = match options.scale {
        ScaleOption::Auto => {
            let choice = ScaleSearch::default().fit(&settings, &points.points)?;
            let fraction = choice.fraction();
            (choice.labels, choice.clusters, Scaled { affinity: choice.affinity, fraction, tried: choice.tried })
        }
        ScaleOption::Fraction(fraction) => {
            let affinity = Affinity { bandwidth: Bandwidth::Median { neighbor: 25, fraction }, ..settings.affinity };
            let clusters = SpectralClustering { affinity, ..settings }.fit(&points.points)?;
            (clusters.labels.clone(), clusters, Scaled { affinity, fraction, tried: Vec::new() })
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let held_out = points.held_out.as_ref().map(|fresh| clusters.predict(&fresh.points)).transpose()?;
    // Of points in fragments, which the clusters leave out, as well.
    let whole = clusters.labels.len() == labels.len();
    let embedding = if whole { clusters.coordinates } else { clusters.transform(&points.points)? };
    let (embedding, losses, doubt) = (Some(embedding), Vec::new(), None);
    Ok((Solved { name: "direct", labels, held_out, embedding, seconds, losses, doubt }, scaled))
}

/// The settings of the preset.
pub fn network(preset: Preset, clusters: usize) -> SpectralNet {
    match preset {
        Preset::Paper => SpectralNet::paper(clusters),
        Preset::Quick | Preset::Standard => SpectralNet::clustering(clusters),
    }
}

/// Spectral clustering by SpectralNet, on the affinity that was taken.
pub fn spectral_net(context: &Context, points: &Points, scaled: &Scaled) -> Result<Solved, Failure> {
    let started = Instant::now();
    let name = "spectralnet";
    let settings = network(context.preset, points.clusters);
    let graph = scaled.affinity.fit(&points.points)?;
    let run = format!("{settings:?} on {}", points.name);
    let trained = spectral_net::train(context, name, &settings, &graph, &points.points, &run, context.seed)?;
    let Trained { fit, losses, before, .. } = trained;
    let clusters = fit.functions.cluster(&points.points, &KMeans::new(points.clusters), context.seed)?;
    let seconds = before + started.elapsed().as_secs_f64();
    let held_out = points.held_out.as_ref().map(|fresh| clusters.predict(&fresh.points)).transpose()?;
    let embedding = Some(fit.functions.transform(&points.points)?);
    let doubt = fit.doubt().map(|doubt| doubt.to_string());
    Ok(Solved { name, labels: clusters.labels, held_out, embedding, seconds, losses, doubt })
}
