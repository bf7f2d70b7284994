//! k-means: Lloyd's iteration (1982) from k-means++ starts (Arthur and Vassilvitskii, 2007).

use rayon::prelude::*;

use super::points;
use crate::kernels::distances::squared_distances;
use crate::linalg::{Matrix, sort_places};
use crate::rng::Stream;
use crate::{Error, Result, Scalar, Seed, par};

/// Points that are worth a shard of their own.
const ROWS_PER_SHARD: usize = 1024;

/// Settings of k-means.
///
/// ```
/// use eigennet::{Seed, graph::KMeans, linalg::Matrix};
/// let line = Matrix::from_vec(5, 1, vec![0.0, 0.1, 0.2, 7.0, 7.3])?;
/// let fit = KMeans::new(2).fit(&line, Seed(0))?;
/// assert_eq!(fit.labels, [0, 0, 0, 1, 1]);
/// assert_eq!(fit.predict(&Matrix::from_vec(1, 1, vec![5.0])?)?, [1]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeans {
    /// Clusters sought.
    pub clusters: usize,
    /// Starts, of which the best is kept.
    pub restarts: usize,
    /// Most iterations from each.
    pub max_iterations: usize,
    /// Ends when the centres' squared steps add up to less than this share of the mean variance of a coordinate.
    pub tolerance: f64,
}

impl KMeans {
    /// scikit-learn's defaults, with ten restarts.
    pub fn new(clusters: usize) -> Self {
        KMeans { clusters, restarts: 10, max_iterations: 300, tolerance: 1e-4 }
    }
}

/// Clusters found.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit<T> {
    /// The cluster of each point, numbered by their first points.
    pub labels: Vec<usize>,
    /// Their means `[clusters, coordinates]`.
    pub centres: Matrix<T>,
    /// Σ ‖xᵢ − centre‖²
    pub inertia: f64,
    /// Iterations from the start that was kept.
    pub iterations: usize,
    /// Whether that ended by itself.
    pub converged: bool,
}

impl KMeans {
    /// Clusters the rows of `points` `[points, coordinates]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no clusters, more than there are different points, no restarts or iterations;
    /// [`Error::NonFinite`] for others than numbers.
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, points: &Matrix<T>, seed: Seed) -> Result<KMeansFit<T>> {
        points::check(points, "points of KMeans")?;
        if self.clusters == 0 || self.clusters > points.rows() {
            let reason = format!("{} is not in 1..={}, the number of points", self.clusters, points.rows());
            return Err(Error::invalid("clusters of KMeans", reason));
        }
        let sound = self.restarts > 0 && self.max_iterations > 0 && self.tolerance >= 0.0;
        if !sound {
            let reason = "restarts and iterations have to be at least 1, the tolerance not below 0";
            return Err(Error::invalid("settings of KMeans", reason));
        }
        let unit = points::unit_for_sums(points, points.as_slice().len());
        let scaled = points.map(|x| x / unit);
        let enough = self.tolerance * mean_variance(&scaled);
        let mut best: Option<KMeansFit<T>> = None;
        for restart in 0..self.restarts {
            let mut stream = seed.numbered(restart as u64).into_stream();
            let fit = self.lloyd(&scaled, start(&scaled, self.clusters, &mut stream)?, enough);
            if best.as_ref().is_none_or(|best| fit.inertia < best.inertia) {
                best = Some(fit);
            }
        }
        let Some(mut fit) = best else { return Err(Error::invalid("restarts of KMeans", "there has to be one")) };
        fit.number_by_first_points();
        fit.centres = fit.centres.map(|x| x * unit);
        // One after the other: their product may overflow where nothing is left to multiply.
        fit.inertia = fit.inertia * unit.to_f64() * unit.to_f64();
        Ok(fit)
    }

    fn lloyd<T: Scalar>(&self, points: &Matrix<T>, mut centres: Matrix<T>, enough: f64) -> KMeansFit<T> {
        let mut near = assign(points, &centres);
        for iterations in 1..=self.max_iterations {
            let moved = means(points, &near, &centres);
            let step = squared_distance(moved.as_slice(), centres.as_slice());
            let labels = std::mem::take(&mut near.labels);
            centres = moved;
            near = assign(points, &centres);
            let converged = step <= enough || near.labels == labels;
            if converged || iterations == self.max_iterations {
                let inertia = near.distances.iter().map(|&d| d.to_f64()).sum();
                return KMeansFit { labels: near.labels, centres, inertia, iterations, converged };
            }
        }
        unreachable!("there is at least one iteration")
    }
}

impl<T: Scalar> KMeansFit<T> {
    /// The cluster of each row of `points`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates; [`Error::NonFinite`] for others than numbers.
    pub fn predict(&self, points: &Matrix<T>) -> Result<Vec<usize>> {
        let (points, centres, _) = self.in_units("predict of KMeansFit", points)?;
        Ok(assign(&points, &centres).labels)
    }

    /// The distance of each row of `points` to each centre `[points, clusters]`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn transform(&self, points: &Matrix<T>) -> Result<Matrix<T>> {
        let (points, centres, unit) = self.in_units("transform of KMeansFit", points)?;
        let centres = centres.transpose();
        let mut out = Matrix::zeros(points.rows(), centres.cols());
        for i in 0..points.rows() {
            squared_distances(centres.as_slice(), points.row(i), out.row_mut(i));
            out.row_mut(i).iter_mut().for_each(|d| *d = d.sqrt() * unit);
        }
        Ok(out)
    }

    /// Points and centres in a unit in which no square overflows, and the unit.
    fn in_units(&self, operation: &'static str, points: &Matrix<T>) -> Result<(Matrix<T>, Matrix<T>, T)> {
        if points.cols() != self.centres.cols() {
            return Err(Error::shape(operation, &points.shape(), &self.centres.shape()));
        }
        points::check(points, "points of KMeansFit")?;
        let of = |all: &Matrix<T>| points::unit_for_sums(all, all.cols());
        let unit = of(points).max(of(&self.centres));
        Ok((points.map(|x| x / unit), self.centres.map(|x| x / unit), unit))
    }

    /// Clusters get their numbers in the order in which points meet them.
    fn number_by_first_points(&mut self) {
        let mut numbers = vec![usize::MAX; self.centres.rows()];
        let mut count = 0;
        for label in &mut self.labels {
            if numbers[*label] == usize::MAX {
                numbers[*label] = count;
                count += 1;
            }
            *label = numbers[*label];
        }
        let old = self.centres.clone();
        for (i, number) in numbers.into_iter().enumerate() {
            // A cluster without points comes last.
            let number = if number == usize::MAX { count } else { number };
            count += usize::from(number == count);
            self.centres.row_mut(number).copy_from_slice(old.row(i));
        }
    }
}

/// The nearest centre of each point, the first of equal ones, and the squared distance to it.
struct Assignment<T> {
    labels: Vec<usize>,
    distances: Vec<T>,
}

fn assign<T: Scalar>(points: &Matrix<T>, centres: &Matrix<T>) -> Assignment<T> {
    let block = centres.transpose();
    let nearest = |i: usize, out: &mut [T]| {
        squared_distances(block.as_slice(), points.row(i), out);
        let first = (0, out[0]);
        out.iter().copied().enumerate().fold(first, |best, new| if new.1 < best.1 { new } else { best })
    };
    let found: Vec<(usize, T)> = (0..points.rows())
        .into_par_iter()
        .with_min_len(ROWS_PER_SHARD)
        .map_init(|| vec![T::zero(); centres.rows()], |out, i| nearest(i, out))
        .collect();
    let (labels, distances) = found.into_iter().unzip();
    Assignment { labels, distances }
}

/// The mean of each cluster. One without points moves to the point that is farthest from its own centre.
fn means<T: Scalar>(points: &Matrix<T>, near: &Assignment<T>, centres: &Matrix<T>) -> Matrix<T> {
    let (clusters, dimension) = (centres.rows(), centres.cols());
    let shards = par::shard_count(points.rows(), ROWS_PER_SHARD);
    // Sums in an order that the threads have no part in.
    let partial: Vec<(Vec<f64>, Vec<usize>)> = (0..shards)
        .into_par_iter()
        .map(|shard| {
            let (mut sums, mut counts) = (vec![0.0; clusters * dimension], vec![0; clusters]);
            for i in par::shard(points.rows(), shards, shard) {
                let own = near.labels[i];
                counts[own] += 1;
                let sums = &mut sums[own * dimension..(own + 1) * dimension];
                sums.iter_mut().zip(points.row(i)).for_each(|(sum, &x)| *sum += x.to_f64());
            }
            (sums, counts)
        })
        .collect();
    let total = |k: usize| partial.iter().map(|(_, counts)| counts[k]).sum::<usize>();
    let mut out = Matrix::zeros(clusters, dimension);
    let mut farthest: Option<Vec<usize>> = None;
    for k in 0..clusters {
        let count = total(k);
        if count == 0 {
            let order = farthest.get_or_insert_with(|| {
                let mut order: Vec<usize> = (0..points.rows()).collect();
                let distance = |i: usize| near.distances[i].to_f64();
                sort_places(&mut order, &|a, b| distance(a).total_cmp(&distance(b)).then(b.cmp(&a)));
                order
            });
            if let Some(i) = order.pop() {
                out.row_mut(k).copy_from_slice(points.row(i));
            }
            continue;
        }
        for (axis, x) in out.row_mut(k).iter_mut().enumerate() {
            let sum: f64 = partial.iter().map(|(sums, _)| sums[k * dimension + axis]).sum();
            *x = T::of(sum / count as f64);
        }
    }
    out
}

/// k-means++: each centre is drawn in proportion to the squared distance from those before, the best of 2 + ln k draws.
fn start<T: Scalar>(points: &Matrix<T>, clusters: usize, stream: &mut Stream) -> Result<Matrix<T>> {
    let n = points.rows();
    let draws = 2 + (clusters as f64).ln() as usize;
    let mut centres = Matrix::zeros(clusters, points.cols());
    let distances_to = |centre: usize| -> Vec<f64> {
        let one = |i: usize| squared_distance(points.row(i), points.row(centre));
        (0..n).into_par_iter().with_min_len(ROWS_PER_SHARD).map(one).collect()
    };
    let first = stream.below(n);
    centres.row_mut(0).copy_from_slice(points.row(first));
    let mut nearest = distances_to(first);
    for k in 1..clusters {
        let total: f64 = nearest.iter().sum();
        if total == 0.0 {
            let reason = format!("{clusters} are more than there are different points, which are {k}");
            return Err(Error::invalid("clusters of KMeans", reason));
        }
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..draws {
            let mut left = stream.uniform::<f64>() * total;
            // The last that can be drawn, if rounding lets the sum end early.
            let mut drawn = nearest.iter().rposition(|&d| d > 0.0).unwrap_or(0);
            for (i, &distance) in nearest.iter().enumerate().filter(|(_, d)| **d > 0.0) {
                left -= distance;
                if left < 0.0 {
                    drawn = i;
                    break;
                }
            }
            let with: Vec<f64> = distances_to(drawn).iter().zip(&nearest).map(|(&a, &b)| a.min(b)).collect();
            let potential: f64 = with.iter().sum();
            if best.as_ref().is_none_or(|best| potential < best.0) {
                best = Some((potential, drawn, with));
            }
        }
        if let Some((_, drawn, with)) = best {
            centres.row_mut(k).copy_from_slice(points.row(drawn));
            nearest = with;
        }
    }
    Ok(centres)
}

fn squared_distance<T: Scalar>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| (x - y).to_f64().powi(2)).sum()
}

fn mean_variance<T: Scalar>(points: &Matrix<T>) -> f64 {
    let n = points.rows() as f64;
    let variance = |axis: usize| {
        let column = || (0..points.rows()).map(|i| points[(i, axis)].to_f64());
        let mean = column().sum::<f64>() / n;
        column().map(|x| (x - mean).powi(2)).sum::<f64>() / n
    };
    (0..points.cols()).map(variance).sum::<f64>() / points.cols() as f64
}
