//! Pictures of the diagnosis: spectra, densities, class-mean geometry.

use eigennet::diagnostics::{Figures, SpectralDensity, WeightSpectrum};
use eigennet::linalg::svd;

use super::equation::Slow;
use super::run::{Found, Look};
use crate::figure::{Axis, Figure, LinePlot, MatrixPlot, ScatterPlot, Shade};

/// Spectra of weights by name, and when they were such.
type Spectra<'a> = (&'a str, &'a [(String, WeightSpectrum)]);

/// All figures that there is something for.
pub fn all(found: &Found) -> Vec<Figure> {
    let [before, after] = &found.looks;
    let mut out = Vec::new();
    out.extend(found.looks.iter().filter_map(|look| geometry(look, &found.data.labels)));
    out.extend(cosines(&found.looks));
    out.extend(over_training(found));
    let spectra = [before, after].map(|look| (look.when, look.report.weights.as_slice()));
    out.extend(weights(&spectra));
    out.extend([before, after].into_iter().filter_map(landscape));
    out.extend(tops(&found.looks));
    out.extend(found.slow.iter().flat_map(equation));
    out
}

/// Singular values of all layers, and the density of the largest one's squares beside that of random entries.
pub fn weights(looks: &[Spectra<'_>]) -> Vec<Figure> {
    /// More curves than this no eye tells apart.
    const MOST: usize = 8;
    let mut out = Vec::new();
    for (when, spectra) in looks.iter().filter(|(_, spectra)| !spectra.is_empty()) {
        let mut plot = LinePlot::new(Axis::linear("share of the directions"), Axis::log("σ"));
        for (name, spectrum) in spectra.iter().take(MOST) {
            let last = (spectrum.values.len() - 1).max(1) as f64;
            let points = spectrum.values.iter().enumerate().map(|(k, &v)| (k as f64 / last, v)).collect();
            plot = plot.series(name.as_str(), points);
        }
        let title = titled("Singular values of the weights", when);
        let mut caption =
            "From the largest down. Flat near 1 is healthy; a tail towards 0 is a layer of few dimensions.".to_string();
        if spectra.len() > MOST {
            caption += &format!(" The first {MOST} of {} matrices.", spectra.len());
        }
        out.push(Figure::new(named("singular_values", when), title, plot).caption(caption));
        let largest = spectra.iter().max_by_key(|(_, s)| s.values.len());
        out.extend(largest.filter(|(_, s)| s.values.len() >= 20).map(|(name, s)| random_law(when, name, s)));
    }
    out
}

fn titled(title: &str, when: &str) -> String {
    if when.is_empty() { title.to_string() } else { format!("{title}, {when}") }
}

fn named(name: &str, when: &str) -> String {
    if when.is_empty() { name.to_string() } else { format!("{name}_{when}") }
}

fn random_law(when: &str, name: &str, spectrum: &WeightSpectrum) -> Figure {
    let squares: Vec<f64> = spectrum.values.iter().map(|v| v * v).collect();
    let law = spectrum.marchenko_pastur();
    let bins = (squares.len() as f64).sqrt().ceil() as usize * 2;
    let end = squares[0].max(law.edges()[1]) * 1.02;
    let width = end / bins as f64;
    let mut steps = Vec::new();
    for bin in 0..bins {
        let (low, high) = (bin as f64 * width, (bin + 1) as f64 * width);
        let inside = squares.iter().filter(|&&v| v >= low && v < high).count();
        let height = inside as f64 / squares.len() as f64 / width;
        steps.extend([(low, height), (high, height)]);
    }
    let curve = |k: usize| {
        let at = end * (k as f64 + 0.5) / 400.0;
        (at, law.density(at))
    };
    // The law of a square matrix has no bound at 0.
    let most = steps.iter().map(|step| step.1).fold(0.0, f64::max) * 1.5;
    let curve = (0..400).map(curve).filter(|point| point.1 <= most).collect();
    let plot = LinePlot::new(Axis::linear("σ²"), Axis::linear("density"))
        .series(name, steps)
        .series("random entries (Marchenko and Pastur)", curve);
    let caption = "The squares of the singular values, and their law for independent entries of the same variance: what \
                   lies beyond its edge was learned.";
    Figure::new(named("random_law", when), titled(&format!("{name} and a random matrix"), when), plot).caption(caption)
}

/// Features and class means in the plane of the two largest directions of the means.
fn geometry(look: &Look, labels: &[usize]) -> Option<Figure> {
    let means = &look.report.collapse.as_ref()?.means;
    let plane = svd(means).ok()?.v_transposed;
    let [classes, d] = means.shape();
    let n = labels.len() as f64;
    let centre: Vec<f64> = (0..d).map(|j| look.features.column(j).iter().sum::<f64>() / n).collect();
    let place = |row: &[f64], centre: &[f64]| {
        let along = |k: usize| row.iter().zip(centre).zip(plane.row(k)).map(|((v, c), u)| (v - c) * u).sum::<f64>();
        (along(0), if plane.rows() > 1 { along(1) } else { 0.0 })
    };
    let mut plot = ScatterPlot::new(Axis::linear("first direction of the means"), Axis::linear("second"));
    for class in 0..classes {
        let of_class = look.features.row_iter().zip(labels).filter(|(_, label)| **label == class);
        plot = plot.group(format!("class {class}"), of_class.map(|(row, _)| place(row, &centre)).collect());
    }
    let zero = vec![0.0; d];
    plot = plot.group("means", means.row_iter().map(|row| place(row, &zero)).collect());
    let caption = "Collapsed, each class is one point and the means are the corners of a simplex: of three classes an \
                   equilateral triangle.";
    Some(Figure::new(format!("geometry_{}", look.when), format!("Features, {}", look.when), plot).caption(caption))
}

fn cosines(looks: &[Look; 2]) -> Option<Figure> {
    let mut plots = Vec::new();
    for look in looks {
        let means = &look.report.collapse.as_ref()?.means;
        let classes = means.rows();
        let norm = |row: &[f64]| row.iter().map(|v| v * v).sum::<f64>().sqrt();
        let cosine = |a: usize, b: usize| {
            let product: f64 = means.row(a).iter().zip(means.row(b)).map(|(x, y)| x * y).sum();
            product / (norm(means.row(a)) * norm(means.row(b)))
        };
        plots.push(MatrixPlot {
            title: look.when.to_string(),
            labels: (0..classes).map(|class| class.to_string()).collect(),
            values: (0..classes * classes).map(|k| cosine(k / classes, k % classes)).collect(),
            shade: Shade::Signed { limit: 1.0 },
        });
    }
    let caption = "A simplex has −1/(C − 1) off the diagonal: −0.5 of three classes.";
    Some(Figure::new("cosines", "Cosines between class means", plots).caption(caption))
}

/// What the recorder saw.
fn over_training(found: &Found) -> Vec<Figure> {
    let series = |name: &str| -> Vec<(f64, f64)> {
        let at = |(step, figures): &(u64, Figures)| {
            figures.iter().find(|(own, _)| own == name).map(|&(_, value)| (*step as f64, value))
        };
        found.trained.history.iter().filter_map(at).collect()
    };
    let collapse = LinePlot::new(Axis::linear("step"), Axis::log("measure"))
        .series("NC1, within classes", series("collapse.nc1"))
        .series("NC2, norms", series("collapse.nc2.norms"))
        .series("NC2, angles", series("collapse.nc2.angles"))
        .series("NC3, classifier and means", series("collapse.nc3"));
    let below = series("hessian.smallest.1").into_iter().map(|(step, value)| (step, -value)).collect();
    let hessian = LinePlot::new(Axis::linear("step"), Axis::log("|λ|"))
        .series("λ₁", series("hessian.largest.1"))
        .series("−λ smallest", below);
    let shows = |figure: &str| found.looks[0].report.figures().iter().any(|(name, _)| name.starts_with(figure));
    let mut out = Vec::new();
    if shows("collapse.") {
        out.push(Figure::new("collapse_over_training", "Neural collapse over the training", collapse));
    }
    if shows("hessian.") {
        out.push(Figure::new("hessian_over_training", "The Hessian's ends over the training", hessian));
    }
    out
}

/// The density of Hessian eigenvalues beside that of the Gauss–Newton matrix.
fn landscape(look: &Look) -> Option<Figure> {
    let hessian = look.report.hessian.as_ref()?;
    let (low, high) = (hessian.smallest(), hessian.largest());
    let width = (high - low) / 150.0;
    // Below this lies nothing but tails of bells: a gap in the curve.
    const FLOOR: f64 = 1e-5;
    let curve = |density: &SpectralDensity| -> Vec<(f64, f64)> {
        let at = |k: usize| low - 4.0 * width + (high - low + 8.0 * width) * k as f64 / 600.0;
        let height = |lambda: f64| Some(density.at(lambda, width) * (high - low)).filter(|&height| height > FLOOR);
        (0..=600).map(|k| (at(k), height(at(k)).unwrap_or(f64::NAN))).collect()
    };
    let mut plot = LinePlot::new(Axis::linear("λ"), Axis::log("density"));
    plot = plot.series("Hessian", curve(hessian.density.as_ref()?));
    if let Some(density) = look.report.gauss_newton.as_ref().and_then(|spectrum| spectrum.density.as_ref()) {
        plot = plot.series("Gauss–Newton", curve(density));
    }
    let caption = "By stochastic Lanczos quadrature, each node widened to a normal law; the unit of the density is one over \
                   the range. A high peak at 0 with few eigenvalues far out is usual.";
    let title = format!("Density of eigenvalues, {}", look.when);
    Some(Figure::new(format!("density_{}", look.when), title, plot).caption(caption))
}

/// The largest eigenvalues of every matrix.
fn tops(looks: &[Look; 2]) -> Option<Figure> {
    let mut plot = LinePlot::new(Axis::linear("number"), Axis::log("λ"));
    for look in looks {
        for (name, spectrum) in look.report.spectra() {
            let points = spectrum.top.values.iter().enumerate().map(|(k, &v)| (k as f64 + 1.0, v)).collect();
            plot = plot.series(format!("{}, {}", name.replace('_', " "), look.when), points);
        }
    }
    let title = "The largest eigenvalues";
    (!plot.series.is_empty()).then(|| Figure::new("largest", title, plot).wide())
}

fn equation(slow: &Slow) -> [Figure; 2] {
    let kernel = &slow.kernel;
    let largest = kernel.values[0];
    let relative: Vec<f64> = kernel.values.iter().map(|v| v / largest).collect();
    let points = |values: &[f64]| values.iter().enumerate().map(|(k, &v)| (k as f64 + 1.0, v.max(1e-20))).collect();
    let spectrum = LinePlot::new(Axis::linear("direction"), Axis::log("relative size"))
        .series("λ/λ₁ of the tangent kernel", points(&relative))
        .series("share of ‖r‖² along it", points(&kernel.shares))
        .level("10⁴ steps", 1e-4);
    let caption = "u″ = −100 u by a network, at initialisation. Gradient descent takes λ₁/λ steps for a direction: what of the \
                   residual lies where λ is small stays.";
    let spectrum = Figure::new("equation_kernel", "The tangent kernel of an equation", spectrum).caption(caption);
    let predicted = slow.descent.iter().map(|&(k, _)| (k, kernel.left_after(k))).collect();
    let start = kernel.loss;
    let descent = LinePlot::new(Axis::linear("step of gradient descent"), Axis::log("‖r‖²/‖r₀‖²"))
        .series("gradient descent", slow.descent.iter().map(|&(k, loss)| (k, loss / start)).collect())
        .series("as the kernel at initialisation predicts", predicted)
        .level("Levenberg–Marquardt ends", (slow.second_order / start).max(1e-12));
    let caption =
        "Steps of 1/λ₁. The kernel changes as the network learns, so that the prediction holds for the beginning.";
    [spectrum, Figure::new("equation_descent", "Gradient descent on an equation", descent).caption(caption)]
}
