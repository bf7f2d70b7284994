//! How well two labellings of the same points agree, and how well one fits the points.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::points;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar};

/// How often each pair of labels meets, and how often each label occurs.
struct Contingency {
    /// The pairs that meet, by row and then by column: most labels of many meet few others.
    pairs: Vec<Pair>,
    rows: Vec<u64>,
    columns: Vec<u64>,
    total: f64,
}

/// A label of either side, and how often they meet.
struct Pair {
    row: usize,
    column: usize,
    count: u64,
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
        let (mut rows, mut columns) = (vec![0; a.1], vec![0; b.1]);
        let mut met: Vec<(usize, usize)> = a.0.into_iter().zip(b.0).collect();
        met.sort_unstable();
        let of = |same: &[(usize, usize)]| Pair { row: same[0].0, column: same[0].1, count: same.len() as u64 };
        let pairs: Vec<Pair> = met.chunk_by(|one, other| one == other).map(of).collect();
        for pair in &pairs {
            rows[pair.row] += pair.count;
            columns[pair.column] += pair.count;
        }
        Ok(Contingency { pairs, rows, columns, total: met.len() as f64 })
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
    Ok(matching(&table) as f64 / table.total)
}

/// How many points agree by the best matching of rows and columns, by shortest augmenting paths (Jonker and Volgenant,
/// 1987) over the pairs that meet: a row is matched with one of them or stays alone, which costs nothing.
fn matching(table: &Contingency) -> u64 {
    const NONE: usize = usize::MAX;
    let rows: Vec<&[Pair]> = table.pairs.chunk_by(|one, other| one.row == other.row).collect();
    let (mut of_row, mut of_column) = (vec![0_i64; rows.len()], vec![0_i64; table.columns.len()]);
    let mut row_of = vec![NONE; of_column.len()];
    // The cheapest path to each column and the column before, for those that a search has met.
    let (mut distance, mut before) = (vec![i64::MAX; of_column.len()], vec![NONE; of_column.len()]);
    let (mut met, mut open, mut done) = (Vec::new(), BinaryHeap::new(), Vec::new());
    for start in 0..rows.len() {
        let (mut row, mut column, mut reached) = (start, NONE, 0);
        // The cheapest path to a row that gives up its column.
        let mut alone = (i64::MAX, NONE);
        loop {
            alone = alone.min((reached - of_row[row], column));
            for pair in rows[row] {
                let j = pair.column;
                let through = reached - pair.count as i64 - of_row[row] - of_column[j];
                if through < distance[j] {
                    met.push(j);
                    (distance[j], before[j]) = (through, column);
                    open.push(Reverse((through, j)));
                }
            }
            // What has been reached on a shorter path since is no longer open.
            while open.peek().is_some_and(|&Reverse((length, j))| length > distance[j]) {
                open.pop();
            }
            let Some(Reverse((length, j))) = open.pop().filter(|Reverse((length, _))| *length < alone.0) else {
                (reached, column) = alone;
                break;
            };
            (reached, column) = (length, j);
            if row_of[j] == NONE {
                break;
            }
            done.push(j);
            row = row_of[j];
        }
        // Prices under which the path costs nothing.
        of_row[start] += reached;
        for j in done.drain(..) {
            of_row[row_of[j]] += reached - distance[j];
            of_column[j] += distance[j] - reached;
        }
        while column != NONE {
            let previous = before[column];
            row_of[column] = if previous == NONE { start } else { row_of[previous] };
            column = previous;
        }
        met.drain(..).for_each(|j| distance[j] = i64::MAX);
        open.clear();
    }
    table.pairs.iter().filter(|pair| row_of[pair.column] == pair.row).map(|pair| pair.count).sum()
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
    for pair in &table.pairs {
        let (both, own, other) = (pair.count as f64, table.rows[pair.row], table.columns[pair.column]);
        information += both / table.total * (both * table.total / (own as f64 * other as f64)).ln();
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
    let both: f64 = table.pairs.iter().map(|pair| pairs(pair.count)).sum();
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
    let unit = points::unit_for_sums(points, points.cols());
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
