//! Point sets that clustering and embedding are tried on, as scikit-learn makes them where it has them.

use std::f64::consts::{PI, TAU};

use crate::linalg::Matrix;
use crate::{Scalar, Seed};

/// Points and what they belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet<T> {
    /// `[points, coordinates]`
    pub points: Matrix<T>,
    /// The group of each point, or its place along the set where there is only one.
    pub labels: Vec<usize>,
}

/// Two concentric circles, half of the points on each: the outer of radius 1 has label 0, the inner of radius `factor`
/// label 1. `noise` is the deviation of what is added to each coordinate.
///
/// ```
/// use eigennet::{Seed, graph::data};
/// let circles = data::circles::<f64>(100, 0.0, 0.5, Seed(0));
/// let radius = |i: usize| circles.points.row(i)[0].hypot(circles.points.row(i)[1]);
/// assert!((radius(0) - 1.0).abs() < 1e-15 && (radius(99) - 0.5).abs() < 1e-15);
/// ```
pub fn circles<T: Scalar>(count: usize, noise: f64, factor: f64, seed: Seed) -> DataSet<T> {
    let outer = count / 2;
    halves(count, noise, seed, move |i| {
        let (radius, place, of) = if i < outer { (1.0, i, outer) } else { (factor, i - outer, count - outer) };
        let angle = TAU * place as f64 / of as f64;
        [radius * angle.cos(), radius * angle.sin()]
    })
}

/// Two half circles that reach into each other, half of the points on each.
pub fn moons<T: Scalar>(count: usize, noise: f64, seed: Seed) -> DataSet<T> {
    let outer = count / 2;
    halves(count, noise, seed, move |i| {
        let (place, of) = if i < outer { (i, outer) } else { (i - outer, count - outer) };
        let angle = PI * place as f64 / (of.max(2) - 1) as f64;
        let (sin, cos) = angle.sin_cos();
        if i < outer { [cos, sin] } else { [1.0 - cos, 0.5 - sin] }
    })
}

/// Two spirals of two turns that wind around each other, half of the points on each.
pub fn spirals<T: Scalar>(count: usize, noise: f64, seed: Seed) -> DataSet<T> {
    let first = count / 2;
    halves(count, noise, seed, move |i| {
        let (place, of, turn) = if i < first { (i, first, 0.0) } else { (i - first, count - first, PI) };
        // Even steps along the curve: radius grows with the square root of the place.
        let angle = 2.0 * TAU * ((place as f64 + 1.0) / of as f64).sqrt();
        let radius = angle / (2.0 * TAU);
        [radius * (angle + turn).cos(), radius * (angle + turn).sin()]
    })
}

fn halves<T: Scalar>(count: usize, noise: f64, seed: Seed, point: impl Fn(usize) -> [f64; 2]) -> DataSet<T> {
    let mut stream = seed.into_stream();
    let points = rows(count, 2, |i, row| {
        let exact = point(i);
        row.iter_mut().zip(exact).for_each(|(x, exact)| *x = T::of(exact + noise * stream.normal::<f64>()));
    });
    DataSet { points, labels: (0..count).map(|i| usize::from(i >= count / 2)).collect() }
}

/// Normal distributions of the given deviations around the rows of `centres`, equally many points of each (one more of the
/// first ones).
///
/// # Panics
/// Unless there are as many deviations as centres, and at least one.
pub fn blobs<T: Scalar>(count: usize, centres: &Matrix<f64>, deviations: &[f64], seed: Seed) -> DataSet<T> {
    assert!(centres.rows() == deviations.len() && !deviations.is_empty(), "blobs: a deviation for each centre");
    let mut stream = seed.into_stream();
    let parts = centres.rows();
    let labels: Vec<usize> = (0..count).map(|i| i % parts).collect();
    let points = rows(count, centres.cols(), |i, row| {
        for (x, &centre) in row.iter_mut().zip(centres.row(labels[i])) {
            *x = T::of(centre + deviations[labels[i]] * stream.normal::<f64>());
        }
    });
    DataSet { points, labels }
}

/// A sheet rolled up in space (Marsland, 2009), and the angle of each point.
pub fn swiss_roll<T: Scalar>(count: usize, noise: f64, seed: Seed) -> (Matrix<T>, Vec<T>) {
    let mut stream = seed.into_stream();
    let mut angles = Vec::with_capacity(count);
    let points = rows(count, 3, |_, row| {
        let angle = 1.5 * PI * (1.0 + 2.0 * stream.uniform::<f64>());
        let exact = [angle * angle.cos(), 21.0 * stream.uniform::<f64>(), angle * angle.sin()];
        angles.push(T::of(angle));
        row.iter_mut().zip(exact).for_each(|(x, exact)| *x = T::of(exact + noise * stream.normal::<f64>()));
    });
    (points, angles)
}

/// How points lie on the unit circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircleSampling {
    /// Angles θ = 2πx, x uniform in [0, 1).
    Uniform,
    /// θ = 2πx²: dense near θ = 0.
    Squared,
}

impl CircleSampling {
    /// Random angles.
    pub fn angles(self, count: usize, seed: Seed) -> Vec<f64> {
        let mut stream = seed.into_stream();
        let angle = |x: f64| TAU * if self == Self::Uniform { x } else { x * x };
        (0..count).map(|_| angle(stream.uniform())).collect()
    }
}

/// The points of the unit circle at these angles.
pub fn unit_circle<T: Scalar>(angles: &[f64]) -> Matrix<T> {
    rows(angles.len(), 2, |i, row| row.copy_from_slice(&[T::of(angles[i].cos()), T::of(angles[i].sin())]))
}

fn rows<T: Scalar>(count: usize, cols: usize, mut row: impl FnMut(usize, &mut [T])) -> Matrix<T> {
    let mut points = Matrix::zeros(count, cols);
    (0..count).for_each(|i| row(i, points.row_mut(i)));
    points
}
