//! Diffusion maps against dense algebra, and against the circle's own eigenvalues.

use std::f64::consts::TAU;

use crate::graph::{Affinity, Bandwidth, DiffusionMap, KernelPca, Laplacian, Neighborhood, data};
use crate::linalg::{Matrix, nonsymmetric_eigen, symmetric_eigen};
use crate::{Error, Seed};

fn cloud(count: usize) -> Matrix<f64> {
    let mut stream = Seed(5).into_stream();
    Matrix::from_fn(count, 2, |_, j| stream.normal::<f64>() * (1.0 + j as f64))
}

/// P from its definition, entry by entry.
fn walk(points: &Matrix<f64>, sigma: f64, radius: f64, alpha: f64) -> Matrix<f64> {
    let n = points.rows();
    let distance = |i: usize, j: usize| (points[(i, 0)] - points[(j, 0)]).hypot(points[(i, 1)] - points[(j, 1)]);
    let kernel = |i: usize, j: usize| {
        let d = distance(i, j);
        if d <= radius { (-d * d / (2.0 * sigma * sigma)).exp() } else { 0.0 }
    };
    let q: Vec<f64> = (0..n).map(|i| (0..n).map(|j| kernel(i, j)).sum()).collect();
    let k = Matrix::from_fn(n, n, |i, j| kernel(i, j) / (q[i] * q[j]).powf(alpha));
    let d: Vec<f64> = k.row_iter().map(|row| row.iter().sum()).collect();
    Matrix::from_fn(n, n, |i, j| k[(i, j)] / d[i])
}

#[test]
fn values_functions_and_distances_agree_with_dense_algebra() {
    let (points, sigma, radius) = (cloud(150), 0.7, 3.0);
    for alpha in [0.0, 0.5, 1.0] {
        let affinity = Affinity {
            neighborhood: Neighborhood::Within(radius),
            bandwidth: Bandwidth::Fixed(sigma),
            ..Affinity::default()
        };
        let map = DiffusionMap { alpha, time: 3.0, components: 6, affinity, ..DiffusionMap::default() };
        let found = map.fit(&points).unwrap();
        let p = walk(&points, sigma, radius, alpha);
        let mut right: Vec<f64> = nonsymmetric_eigen(&p).unwrap().values.iter().map(|v| v.re).collect();
        right.sort_by(|a, b| b.total_cmp(a));
        for (mu, right) in found.values().iter().zip(&right) {
            assert!((mu - right).abs() < 1e-10, "α = {alpha}: {mu}, not {right}");
        }
        let renormalized = affinity.fit(&points).unwrap().renormalized(alpha).unwrap();
        let laplacian = renormalized.laplacian(Laplacian::RandomWalk).to_dense();
        assert!(laplacian.add(&p).unwrap().sub(&Matrix::identity(150)).unwrap().max_abs() < 1e-12);
        assert!(renormalized.renormalized(alpha).is_err());
        // P ψ = μ ψ, the first constant; and Nyström at the points themselves is ψ.
        let image = p.matmul(found.functions()).unwrap();
        let again = found.functions_at(&points).unwrap();
        for j in 0..6 {
            for i in 0..150 {
                let psi = found.functions()[(i, j)];
                assert!((image[(i, j)] - found.values()[j] * psi).abs() < 1e-8, "α = {alpha}: {i} {j}");
                assert!((again[(i, j)] - psi).abs() < 1e-8, "Nyström, α = {alpha}: {i} {j}");
                assert!(j > 0 || (psi.abs() - 1.0).abs() < 1e-8);
            }
        }
        let embedding = found.embedding();
        let apart: f64 = embedding.row(3).iter().zip(embedding.row(77)).map(|(a, b)| (a - b).powi(2)).sum();
        assert!((found.distance(3, 77) - apart.sqrt()).abs() < 1e-12);
        assert!(found.transform(&points).unwrap().sub(&embedding).unwrap().max_abs() < 1e-8);
    }
}

/// All pairs, of which the diffusion distance is that between the rows of Pᵗ, weighted by the stationary distribution.
#[test]
fn the_diffusion_distance_is_how_differently_walks_go_on() {
    let points = cloud(40);
    let affinity =
        Affinity { neighborhood: Neighborhood::All, bandwidth: Bandwidth::Fixed(1.0), ..Affinity::default() };
    let map = DiffusionMap { alpha: 0.0, time: 2.0, components: 40, affinity, ..DiffusionMap::default() };
    let found = map.fit(&points).unwrap();
    let p = walk(&points, 1.0, f64::INFINITY, 0.0);
    let p2 = p.matmul(&p).unwrap();
    let kernel_sums: Vec<f64> = found.graph().degrees();
    let total: f64 = kernel_sums.iter().sum();
    for (i, j) in [(0, 1), (3, 17), (20, 39)] {
        let sum: f64 = (0..40).map(|m| (p2[(i, m)] - p2[(j, m)]).powi(2) / (kernel_sums[m] / total)).sum();
        assert!((found.distance(i, j) - sum.sqrt()).abs() < 1e-8, "{} {}", found.distance(i, j), sum.sqrt());
    }
}

/// With α = 1 the density does not matter: 0, 1, 1, 4, 4 on a circle whose points crowd on one side; with α = 0 it does.
/// On θ = 2πx², whose density has a pole, the smallest values are still within a few per cent.
#[test]
fn the_circle_has_its_own_eigenvalues_whatever_the_density() {
    let affinity =
        Affinity { neighborhood: Neighborhood::Within(0.35), bandwidth: Bandwidth::Fixed(0.06), ..Affinity::default() };
    let error = |alpha: f64, angle: &dyn Fn(f64) -> f64| {
        let angles: Vec<f64> = (0..2000).map(|i| angle((f64::from(i) + 0.5) / 2000.0)).collect();
        let map = DiffusionMap { alpha, components: 5, affinity, ..DiffusionMap::default() };
        let values = map.fit(&data::unit_circle::<f64>(&angles)).unwrap().generator_values();
        values.iter().zip([0.0, 1.0, 1.0, 4.0, 4.0]).map(|(v, e)| (v - e).abs() / e.max(1.0)).fold(0.0, f64::max)
    };
    let crowded = |x: f64| TAU * x + 0.6 * (TAU * x).sin();
    let (free, bound) = (error(1.0, &crowded), error(0.0, &crowded));
    assert!(free < 0.02, "{free}");
    assert!(bound > 0.1, "{bound}");
    let (free, bound) = (error(1.0, &|x| TAU * x * x), error(0.0, &|x| TAU * x * x));
    assert!(free < 0.12, "{free}");
    assert!(bound > 0.3, "{bound}");
}

#[test]
fn hostile_settings_are_refused() {
    let points = cloud(30);
    for map in [
        DiffusionMap { components: 0, ..DiffusionMap::default() },
        DiffusionMap { components: 31, ..DiffusionMap::default() },
        DiffusionMap { alpha: f64::NAN, ..DiffusionMap::default() },
        DiffusionMap { time: f64::INFINITY, ..DiffusionMap::default() },
    ] {
        assert!(matches!(map.fit(&points), Err(Error::InvalidArgument { .. })), "{map:?}");
    }
    // A point that is far from all others goes to the nearest of them, not to NaN.
    let map = DiffusionMap { components: 3, ..DiffusionMap::default() }.fit(&points).unwrap();
    let far = map.functions_at(&Matrix::from_fn(1, 2, |_, _| 1e6)).unwrap();
    assert!(far.as_slice().iter().all(|v| v.is_finite()), "{far:?}");
}

/// Of all pairs, against the centred kernel written out; new points by its definition.
#[test]
fn kernel_components_are_those_of_the_centred_kernel() {
    let (points, others, n) = (cloud(80), cloud(90), 80);
    let affinity =
        Affinity { neighborhood: Neighborhood::All, bandwidth: Bandwidth::Fixed(1.5), ..Affinity::default() };
    let fit = KernelPca { components: 4, affinity, ..KernelPca::default() }.fit(&points).unwrap();
    let kernel = |x: &[f64], y: &[f64]| (-((x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2)) / (2.0 * 1.5 * 1.5)).exp();
    let k = Matrix::from_fn(n, n, |i, j| kernel(points.row(i), points.row(j)));
    let means: Vec<f64> = k.row_iter().map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    let centred = Matrix::from_fn(n, n, |i, j| k[(i, j)] - means[i] - means[j] + mean);
    let right = symmetric_eigen(&centred).unwrap();
    for (j, &value) in fit.values().iter().enumerate() {
        assert!((value - right.values[n - 1 - j]).abs() < 1e-10);
    }
    let (embedding, found) = (fit.embedding(), fit.transform(&others).unwrap());
    for i in 0..others.rows() {
        let row: Vec<f64> = (0..n).map(|j| kernel(others.row(i), points.row(j))).collect();
        let own = row.iter().sum::<f64>() / n as f64;
        for c in 0..4 {
            let sum: f64 = (0..n).map(|j| (row[j] - own - means[j] + mean) * embedding[(j, c)]).sum();
            assert!((found[(i, c)] - sum / fit.values()[c]).abs() < 1e-9, "{i} {c}");
        }
    }
    for components in [0, 81, 80] {
        assert!(KernelPca { components, affinity, ..KernelPca::default() }.fit(&points).is_err(), "{components}");
    }
}

/// A kernel so wide that it is nearly one everywhere: its centred values are those of the squared distances.
#[test]
fn kernel_pca_takes_wide_kernels() {
    let mut random = crate::Seed(5).into_stream();
    let points = Matrix::from_fn(40, 2, |_, _| random.uniform::<f64>());
    let fit = |width: f64, n: usize| {
        let affinity =
            Affinity { neighborhood: Neighborhood::All, bandwidth: Bandwidth::Fixed(width), ..Affinity::default() };
        let points = Matrix::from_fn(n, 2, |i, j| points[(i % 40, j)] + (i / 40) as f64);
        KernelPca { components: 2, affinity, ..KernelPca::default() }.fit(&points)
    };
    for n in [40, 240] {
        // To the first order the kernel is 1 − d²/2w², centred x·y/w².
        let unit = |width: f64| fit(width, n).unwrap().values().iter().map(|v| v * width * width).collect::<Vec<_>>();
        let [narrower, wider] = [1e3, 1e5].map(unit);
        for (a, b) in narrower.iter().zip(&wider) {
            assert!((a / b - 1.0).abs() < 1e-4, "{n}: {narrower:?} {wider:?}");
        }
    }
    let nothing = fit(1e9, 40).unwrap_err().to_string();
    assert!(nothing.contains("components of KernelPca"), "{nothing}");
}
