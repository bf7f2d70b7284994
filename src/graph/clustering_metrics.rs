//! How well two labellings of the same points agree, and how well one fits the points.

use rayon::prelude::*;

use super::points;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// How often each pair of labels meets, and how often each label occurs.
struct Contingency {
    counts: Vec<Vec<u64>>,
    rows: Vec<u64>,
    columns: Vec<u64>,
    total: f64,
}

impl Contingency {
    fn new(operation: &'static str, a: &[usize], b: &[usize]) -> Result<Self> {
        if a.len() != b.len() {
            return Err(Error::shape(operation, &[a.len()], &[b.len()]));
        }
        if a.is_empty() {
            return Err(Error::invalid(operation, "there are no labels"));
        }
        let (a, b) = (renumbered(a), renumbered(b));
        let (rows, columns) = (a.1, b.1);
        let mut out = Contingency {
            counts: vec![vec![0; columns]; rows],
            rows: vec![0; rows],
            columns: vec![0; columns],
            total: a.0.len() as f64,
        };
        for (&i, &j) in a.0.iter().zip(&b.0) {
            out.counts[i][j] += 1;
            out.rows[i] += 1;
            out.columns[j] += 1;
        }
        Ok(out)
    }
}

/// Labels numbered from 0 on in the order of their size, and how many there are.
fn renumbered(labels: &[usize]) -> (Vec<usize>, usize) {
    let mut known = labels.to_vec();
    known.sort_unstable();
    known.dedup();
    let place = |label: &usize| known.partition_point(|other| other < label);
    (labels.iter().map(place).collect(), known.len())
}

/// The share of points whose labels agree, by the matching of labels for which it is largest (Kuhn, 1955).
///
/// ```
/// use eigennet::graph::accuracy;
/// assert_eq!(accuracy(&[0, 0, 1, 1], &[5, 5, 3, 5])?, 0.75);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] unless there are equally many labels; [`Error::InvalidArgument`] for none.
pub fn accuracy(a: &[usize], b: &[usize]) -> Result<f64> {
    let table = Contingency::new("accuracy", a, b)?;
    let order = table.rows.len().max(table.columns.len());
    let count = |i: usize, j: usize| table.counts.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let matched = assignment(order, |i, j| -(count(i, j) as f64));
    let agree: u64 = matched.iter().enumerate().map(|(i, &j)| count(i, j)).sum();
    Ok(agree as f64 / table.total)
}

/// For each row the column of the assignment of least cost, by shortest augmenting paths (Jonker and Volgenant, 1987).
fn assignment(order: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let (mut of_row, mut of_column) = (vec![0.0; order], vec![0.0; order]);
    let mut row_of = vec![NONE; order];
    for start in 0..order {
        let (mut distance, mut before) = (vec![f64::INFINITY; order], vec![NONE; order]);
        let mut done = vec![false; order];
        let (mut row, mut column, mut reached) = (start, NONE, 0.0);
        loop {
            for j in (0..order).filter(|&j| !done[j]) {
                let through = reached + cost(row, j) - of_row[row] - of_column[j];
                if through < distance[j] {
                    (distance[j], before[j]) = (through, column);
                }
            }
            let open = (0..order).filter(|&j| !done[j]);
            column = open.fold(NONE, |best, j| if best == NONE || distance[j] < distance[best] { j } else { best });
            reached = distance[column];
            done[column] = true;
            if row_of[column] == NONE {
                break;
            }
            row = row_of[column];
        }
        // Prices under which the path costs nothing.
        of_row[start] += reached;
        for j in (0..order).filter(|&j| done[j] && j != column) {
            of_row[row_of[j]] += reached - distance[j];
            of_column[j] += distance[j] - reached;
        }
        while column != NONE {
            let previous = before[column];
            row_of[column] = if previous == NONE { start } else { row_of[previous] };
            column = previous;
        }
    }
    let mut out = vec![0; order];
    row_of.iter().enumerate().for_each(|(j, &i)| out[i] = j);
    out
}

/// Mutual information of two labellings over the mean of their entropies, from 0 to 1 (Strehl and Ghosh, 2002; 1 where both
/// are constant, as in scikit-learn).
///
/// # Errors
/// As [`accuracy`].
pub fn normalized_mutual_information(a: &[usize], b: &[usize]) -> Result<f64> {
    let table = Contingency::new("normalized_mutual_information", a, b)?;
    if table.rows.len() == 1 && table.columns.len() == 1 {
        return Ok(1.0);
    }
    let entropy = |counts: &[u64]| -> f64 {
        let shares = counts.iter().map(|&count| count as f64 / table.total);
        -shares.map(|share| share * share.ln()).sum::<f64>()
    };
    let mut information = 0.0;
    for (row, &own) in table.counts.iter().zip(&table.rows) {
        for (&both, &other) in row.iter().zip(&table.columns).filter(|(both, _)| **both > 0) {
            let both = both as f64;
            information += both / table.total * (both * table.total / (own as f64 * other as f64)).ln();
        }
    }
    let mean = 0.5 * (entropy(&table.rows) + entropy(&table.columns));
    Ok(if mean > 0.0 { (information / mean).clamp(0.0, 1.0) } else { 0.0 })
}

/// The adjusted Rand index: the share of pairs on which two labellings agree, 0 by chance, 1 at best (Hubert and Arabie,
/// 1985).
///
/// # Errors
/// As [`accuracy`].
pub fn adjusted_rand_index(a: &[usize], b: &[usize]) -> Result<f64> {
    let table = Contingency::new("adjusted_rand_index", a, b)?;
    let pairs = |count: u64| 0.5 * count as f64 * (count as f64 - 1.0);
    let both: f64 = table.counts.iter().flatten().map(|&count| pairs(count)).sum();
    let (rows, columns): (f64, f64) =
        (table.rows.iter().map(|&c| pairs(c)).sum(), table.columns.iter().map(|&c| pairs(c)).sum());
    let all = 0.5 * table.total * (table.total - 1.0);
    let expected = if all > 0.0 { rows * columns / all } else { 0.0 };
    let most = 0.5 * (rows + columns);
    Ok(if most == expected { 1.0 } else { (both - expected) / (most - expected) })
}

/// The mean of (b − a)/max(a, b) over all points, a the mean distance to the others of the same cluster, b the least mean
/// distance to those of another (Rousseeuw, 1987); 0 for a point that is alone in its cluster. Takes n² distances.
///
/// # Errors
/// [`Error::Shape`] unless there is a label for each point; [`Error::InvalidArgument`] unless there are from 2 to n − 1
/// clusters; [`Error::NonFinite`] for others than numbers.
pub fn silhouette<T: Scalar>(points: &Matrix<T>, labels: &[usize]) -> Result<f64> {
    points::check(points, "points of silhouette")?;
    if labels.len() != points.rows() {
        return Err(Error::shape("silhouette", &[labels.len()], &[points.rows()]));
    }
    let (labels, clusters) = renumbered(labels);
    if clusters < 2 || clusters >= points.rows() {
        let reason = format!("there are {clusters} clusters of {} points; 2 to n − 1 are needed", points.rows());
        return Err(Error::invalid("labels of silhouette", reason));
    }
    let mut sizes = vec![0_usize; clusters];
    labels.iter().for_each(|&label| sizes[label] += 1);
    let unit = points::unit(points);
    let scaled = points.map(|x| x / unit);
    let width = |i: usize| -> f64 {
        let mut sums = vec![0.0; clusters];
        for (j, &label) in labels.iter().enumerate() {
            let pairs = scaled.row(i).iter().zip(scaled.row(j));
            sums[label] += pairs.map(|(&x, &y)| (x - y).to_f64().powi(2)).sum::<f64>().sqrt();
        }
        let own = labels[i];
        if sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (sizes[own] - 1) as f64;
        let others = (0..clusters).filter(|&k| k != own).map(|k| sums[k] / sizes[k] as f64);
        let b = others.fold(f64::INFINITY, f64::min);
        if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 }
    };
    let widths: Vec<f64> = (0..labels.len()).into_par_iter().with_min_len(16).map(width).collect();
    Ok(widths.iter().sum::<f64>() / labels.len() as f64)
}
