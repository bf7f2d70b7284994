//! How the cost of a step grows with its sizes, and that of a graph's eigenvectors with its points.

use std::time::Instant;

use eigennet::eigen;
use eigennet::graph::{Affinity, Laplacian, data};

use super::Bench;
use super::workloads::{Diffusion, Hydrogen, Precision, SpectralNetStep, Workload};
use crate::failure::Failure;
use crate::figure::Axis;
use crate::preset::Preset;

/// Times over sizes.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Stem of its CSV file.
    pub name: &'static str,
    /// Headline.
    pub title: &'static str,
    /// What was done.
    pub caption: &'static str,
    /// The size, and what it costs.
    pub axes: (Axis, Axis),
    /// A name, and sizes with what they cost.
    pub series: Vec<(String, Vec<(f64, f64)>)>,
}

/// A step that is measured at several sizes.
struct Scaled {
    name: &'static str,
    title: &'static str,
    caption: &'static str,
    axis: Axis,
    sizes: &'static [usize],
    /// How many of the sizes a quick look takes.
    quick: usize,
    at: fn(usize) -> Workload,
}

fn hydrogen(step: Hydrogen) -> Workload {
    Workload::new("hydrogen_step", step)
}

fn scaled() -> [Scaled; 5] {
    [
        Scaled {
            name: "growth_batch",
            title: "Points of a batch",
            caption: "hydrogen_step with batches of other sizes.",
            axis: Axis::log("points"),
            sizes: &[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
            quick: 5,
            at: |batch| hydrogen(Hydrogen { batch, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_width",
            title: "Units of a layer",
            caption: "hydrogen_step with three hidden layers of other widths.",
            axis: Axis::log("units"),
            sizes: &[16, 32, 64, 128, 256, 512],
            quick: 4,
            at: |width| hydrogen(Hydrogen { width, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_states",
            title: "States",
            caption: "hydrogen_step for more functions, each a network.",
            axis: Axis::log("states"),
            sizes: &[1, 2, 4, 8, 16, 32, 64],
            quick: 4,
            at: |states| hydrogen(Hydrogen { states, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_coordinates",
            title: "Coordinates",
            caption: "hydrogen_step with the Laplacian in more coordinates: one stream for each.",
            axis: Axis::log("coordinates"),
            sizes: &[2, 4, 8, 16, 32, 64],
            quick: 3,
            at: |coordinates| hydrogen(Hydrogen { coordinates, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_order",
            title: "Order of a derivative",
            caption: "lagaris_step for u_t = ∂ₓᵏu, the gradient through the derivatives.",
            axis: Axis::linear("k"),
            sizes: &[1, 2, 3, 4],
            quick: 4,
            at: |order| Workload::new("lagaris_step", Diffusion { order }),
        },
    ]
}

/// Every curve.
///
/// # Errors
/// Ctrl-C, and what the library says.
pub fn all(bench: &mut Bench<'_>) -> Result<Vec<Curve>, Failure> {
    let mut curves = Vec::new();
    for scaled in scaled() {
        curves.push(sizes(bench, scaled)?);
    }
    curves.push(threads(bench)?);
    curves.push(points(bench)?);
    Ok(curves)
}

fn sizes(bench: &mut Bench<'_>, scaled: Scaled) -> Result<Curve, Failure> {
    let Scaled { name, title, caption, axis, sizes, quick, at } = scaled;
    let sizes = if bench.context.preset == Preset::Quick { &sizes[..quick] } else { sizes };
    let threads = bench.context.threads;
    let mut phase = bench.context.progress.phase(title, 2 * sizes.len() as u64);
    let (mut series, mut limits, mut done) = (Vec::new(), Vec::new(), 0);
    for precision in Precision::ALL {
        let (mut times, mut work) = (Vec::new(), Vec::new());
        for &size in sizes {
            let workload = at(size);
            times.push((size as f64, 1e3 * bench.seconds(&workload, precision, threads)?));
            work.push((size as f64, workload.work(threads)));
            done += 1;
            phase.update(done, f64::NAN);
        }
        let peak = 1e9 * bench.peak(precision, threads);
        let limit = work.into_iter().map(|(size, work)| (size, 1e3 * work / peak)).collect();
        series.push((precision.name().to_string(), times));
        limits.push((format!("{} at the FMA peak", precision.name()), limit));
    }
    series.extend(limits);
    Ok(Curve { name, title, caption, axes: (axis, Axis::log("ms a step")), series })
}

/// 1, 2, 4, … and all.
fn counts(all: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(1usize), |n| n.checked_mul(2));
    doubled.take_while(|&n| n < all).chain([all]).collect()
}

fn threads(bench: &mut Bench<'_>) -> Result<Curve, Failure> {
    let counts = counts(bench.context.threads);
    let steps = [
        hydrogen(Hydrogen::paper()),
        Workload::new("hydrogen_step_full", Hydrogen { full: true, ..Hydrogen::paper() }),
        Workload::new("spectralnet_step", SpectralNetStep { all_pairs: true }),
    ];
    let title = "Threads";
    let mut phase = bench.context.progress.phase(title, (2 * steps.len() * counts.len()) as u64);
    let (mut series, mut done) = (Vec::new(), 0);
    for workload in &steps {
        for precision in Precision::ALL {
            let mut times = Vec::new();
            for &count in &counts {
                times.push((count as f64, bench.seconds(workload, precision, count)?));
                done += 1;
                phase.update(done, f64::NAN);
            }
            let one = times[0].1;
            times.iter_mut().for_each(|(_, seconds)| *seconds = one / *seconds);
            series.push((format!("{} {}", workload.name, precision.name()), times));
        }
    }
    series.push(("ideal".to_string(), counts.iter().map(|&n| (n as f64, n as f64)).collect()));
    let caption = "Steps a second over those of one thread.";
    let axes = (Axis::linear("threads"), Axis::linear("speed-up"));
    Ok(Curve { name: "growth_threads", title, caption, axes, series })
}

/// Eigenvectors of a graph's Laplacian.
const PAIRS: usize = 10;

fn points(bench: &Bench<'_>) -> Result<Curve, Failure> {
    let context = bench.context;
    let sizes: &[usize] = match context.preset {
        Preset::Quick => &[1000, 3000, 10_000],
        Preset::Standard => &[1000, 3000, 10_000, 30_000, 100_000],
        Preset::Paper => &[1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
    };
    let title = "Points of a graph";
    let mut phase = context.progress.phase(title, 3 * sizes.len() as u64);
    let names = ["neighbours and weights", "Laplacian", "eigenvectors"];
    let mut series = names.map(|name| (name.to_string(), Vec::new()));
    let mut done = 0;
    for &size in sizes {
        let points = data::circles::<f64>(size, 0.05, 0.5, context.seed).points;
        let mut last = Instant::now();
        let mut lap = |stage: usize| {
            series[stage].1.push((size as f64, last.elapsed().as_secs_f64()));
            done += 1;
            phase.update(done, f64::NAN);
            last = Instant::now();
            context.check_interrupt()
        };
        let graph = Affinity::default().fit(&points)?;
        lap(0)?;
        let laplacian = graph.laplacian(Laplacian::Symmetric);
        lap(1)?;
        eigen::smallest(&laplacian, PAIRS).solve_symmetric()?;
        lap(2)?;
    }
    let caption =
        "Two noisy circles, 25 neighbours each, the ten smallest eigenpairs of the normalised Laplacian, in f64.";
    let axes = (Axis::log("points"), Axis::log("seconds"));
    Ok(Curve { name: "growth_points", title, caption, axes, series: series.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_counts_double_up_to_all() {
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(2), [1, 2]);
        assert_eq!(counts(6), [1, 2, 4, 6]);
        assert_eq!(counts(8), [1, 2, 4, 8]);
    }
}
