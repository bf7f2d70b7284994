//! How the cost of a step grows with its sizes, and that of a graph's eigenvectors with its points.

use std::time::Instant;

use eigennet::eigen;
use eigennet::graph::{Affinity, Laplacian, data};

use super::Bench;
use super::workloads::{Diffusion, Hydrogen, Precision, SpectralNetStep, Workload};
use crate::failure::Failure;
use crate::figure::{Axis, BarChart, Figure, LinePlot};
use crate::preset::Preset;

/// A step that is measured at several sizes.
struct Scaled {
    name: &'static str,
    title: &'static str,
    caption: &'static str,
    unit: &'static str,
    sizes: &'static [usize],
    /// How many of the sizes a quick look takes.
    quick: usize,
    at: fn(usize) -> Workload,
}

fn hydrogen(step: Hydrogen) -> Workload {
    Workload::new("hydrogen_step", step)
}

fn scaled() -> [Scaled; 4] {
    [
        Scaled {
            name: "growth_batch",
            title: "Points of a batch",
            caption: "hydrogen_step with batches of other sizes.",
            unit: "points",
            sizes: &[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
            quick: 5,
            at: |batch| hydrogen(Hydrogen { batch, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_width",
            title: "Units of a layer",
            caption: "hydrogen_step with three hidden layers of other widths.",
            unit: "units",
            sizes: &[16, 32, 64, 128, 256, 512],
            quick: 4,
            at: |width| hydrogen(Hydrogen { width, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_states",
            title: "States",
            caption: "hydrogen_step for more functions, each a network.",
            unit: "states",
            sizes: &[1, 2, 4, 8, 16, 32, 64],
            quick: 4,
            at: |states| hydrogen(Hydrogen { states, ..Hydrogen::paper() }),
        },
        Scaled {
            name: "growth_coordinates",
            title: "Coordinates",
            caption: "hydrogen_step with the Laplacian in more coordinates: one stream for each.",
            unit: "coordinates",
            sizes: &[2, 4, 8, 16, 32, 64],
            quick: 3,
            at: |coordinates| hydrogen(Hydrogen { coordinates, ..Hydrogen::paper() }),
        },
    ]
}

const ORDER: &str = "growth_order";
const THREADS: &str = "growth_threads";
const POINTS: &str = "growth_points";

/// The names of the figures.
pub fn names() -> impl Iterator<Item = &'static str> {
    scaled().into_iter().map(|scaled| scaled.name).chain([ORDER, THREADS, POINTS])
}

/// The figures of the names that are asked for.
///
/// # Errors
/// Ctrl-C, and what the library says.
pub fn figures(bench: &mut Bench<'_>, asked: impl Fn(&str) -> bool) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for scaled in scaled().into_iter().filter(|scaled| asked(scaled.name)) {
        figures.push(sizes(bench, scaled)?);
    }
    for (name, draw) in [(ORDER, order as fn(&mut Bench<'_>) -> _), (THREADS, threads), (POINTS, points)] {
        if asked(name) {
            figures.push(draw(bench)?);
        }
    }
    Ok(figures)
}

/// The times of a step over its sizes and what they would be at the FMA peak, in milliseconds, in both precisions on all
/// threads.
fn times(
    bench: &mut Bench<'_>,
    title: &'static str,
    sizes: &[usize],
    at: impl Fn(usize) -> Workload,
) -> Result<Vec<(String, Vec<f64>)>, Failure> {
    let threads = bench.context.threads;
    let mut phase = bench.context.progress.phase(title, 2 * sizes.len() as u64);
    let (mut measured, mut limits, mut done) = (Vec::new(), Vec::new(), 0);
    for precision in Precision::ALL {
        let (mut times, mut work) = (Vec::new(), Vec::new());
        for &size in sizes {
            let workload = at(size);
            times.push(1e3 * bench.seconds(&workload, precision, threads)?);
            work.push(workload.work(threads));
            done += 1;
            phase.update(done, f64::NAN);
        }
        let peak = 1e9 * bench.peak(precision, threads);
        measured.push((precision.name().to_string(), times));
        let limit = work.into_iter().map(|work| 1e3 * work / peak).collect();
        limits.push((format!("{} at the FMA peak", precision.name()), limit));
    }
    Ok([measured, limits].concat())
}

fn sizes(bench: &mut Bench<'_>, scaled: Scaled) -> Result<Figure, Failure> {
    let Scaled { name, title, caption, unit, sizes, quick, at } = scaled;
    let sizes = if bench.context.preset == Preset::Quick { &sizes[..quick] } else { sizes };
    let mut plot = LinePlot::new(Axis::log(unit), Axis::log("ms a step"));
    for (label, times) in times(bench, title, sizes, at)? {
        plot = plot.series(label, sizes.iter().map(|&size| size as f64).zip(times).collect());
    }
    Ok(Figure::new(name, title, plot).caption(caption))
}

fn order(bench: &mut Bench<'_>) -> Result<Figure, Failure> {
    let orders = [1, 2, 3, 4];
    let title = "Order of a derivative";
    let mut chart = BarChart::new(Axis::linear("ms a step"), orders.map(|k| k.to_string()));
    for (label, times) in times(bench, title, &orders, |order| Workload::new("lagaris_step", Diffusion { order }))? {
        chart = chart.ours(label, times.into_iter().map(Some).collect());
    }
    let caption = "lagaris_step for u_t = ∂ₓᵏu with k = 1 to 4, the gradient through the derivatives.";
    Ok(Figure::new(ORDER, title, chart).caption(caption))
}

/// 1, 2, 4, … and all.
fn counts(all: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(1usize), |n| n.checked_mul(2));
    doubled.take_while(|&n| n < all).chain([all]).collect()
}

fn threads(bench: &mut Bench<'_>) -> Result<Figure, Failure> {
    let counts = counts(bench.context.threads);
    let steps = [hydrogen(Hydrogen::paper()), Workload::new("spectralnet_step", SpectralNetStep { all_pairs: true })];
    let title = "Threads";
    let mut phase = bench.context.progress.phase(title, (2 * steps.len() * counts.len()) as u64);
    let (mut groups, mut speed, mut done) = (Vec::new(), vec![Vec::new(); counts.len()], 0);
    for workload in &steps {
        for precision in Precision::ALL {
            groups.push(format!("{} {}", workload.name, precision.name()));
            let mut one = f64::NAN;
            for (&count, speed) in counts.iter().zip(&mut speed) {
                let seconds = bench.seconds(workload, precision, count)?;
                one = if count == 1 { seconds } else { one };
                speed.push(Some(one / seconds));
                done += 1;
                phase.update(done, f64::NAN);
            }
        }
    }
    let mut chart = BarChart::new(Axis::linear("speed-up"), groups);
    for (count, speed) in counts.into_iter().zip(speed) {
        chart = chart.ours(format!("{count} thread{}", if count == 1 { "" } else { "s" }), speed);
    }
    Ok(Figure::new(THREADS, title, chart).caption("Steps a second over those of one thread.").wide())
}

/// Eigenvectors of a graph's Laplacian.
const PAIRS: usize = 10;

fn points(bench: &mut Bench<'_>) -> Result<Figure, Failure> {
    let context = bench.context;
    let sizes: &[usize] = match context.preset {
        Preset::Quick => &[1000, 3000, 10_000],
        Preset::Standard => &[1000, 3000, 10_000, 30_000, 100_000],
        Preset::Paper => &[1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
    };
    let title = "Points of a graph";
    let mut phase = context.progress.phase(title, 3 * sizes.len() as u64);
    let names = ["neighbours and weights", "Laplacian", "eigenvectors"];
    let mut series = names.map(|name| (name, Vec::new()));
    let mut done = 0;
    for &size in sizes {
        let (points, _) = data::swiss_roll::<f64>(size, 0.0, context.seed);
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
        // No eigenvalue of a Laplacian is negative, which its rows do not tell.
        eigen::smallest(&laplacian, PAIRS).bound(0.0).solve_symmetric()?;
        lap(2)?;
    }
    let mut plot = LinePlot::new(Axis::log("points"), Axis::log("seconds"));
    for (label, times) in series {
        plot = plot.series(label, times);
    }
    let caption = "A rolled-up sheet in space, 25 neighbours each, the ten smallest eigenpairs of the normalised Laplacian, \
                   in f64.";
    Ok(Figure::new(POINTS, title, plot).caption(caption))
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
