//! Alignment inside degenerate levels: which orthogonal mixture of the exact functions a solver found.
//!
//! Eigenfunctions of one eigenvalue are determined only up to an orthogonal matrix, and a single one
//! only up to its sign. Before functions are shown or compared one by one, that freedom, and no more,
//! is used up: never a rotation between levels.

use std::ops::Range;

use super::functions::Functions;
use crate::Result;
use crate::error::Error;
use crate::linalg::Matrix;

/// For each level the matrix Q with orthonormal columns that minimises ‖F − Φ Q‖, F the learned
/// functions (scaled to norm 1), Φ the exact ones: the orthogonal Procrustes problem, solved by the
/// polar factor of ΦᵀF (Schönemann, 1966). For a level of one state, Q is a sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    levels: Vec<Range<usize>>,
    rotations: Vec<Matrix<f64>>,
}

/// Aligns `exact` to `learned`, level by level.
///
/// `levels` are the exact states of each level, from 0 without gaps, as [`reference::levels`](crate::reference::levels)
/// gives them. The last level may hold more exact than learned states, a level cut by the number of states asked for:
/// then the best rectangular Q is found, and nothing is lost by the cut.
///
/// ```
/// use eigennet::eigenfunctions::{alignment::align, functions::Functions};
/// let exact = Functions::new(&[1.0, 0.0, 0.0, 1.0], &[1.0, 1.0])?; // two functions on two points
/// let learned = Functions::new(&[0.6, 0.8, -0.8, 0.6], &[1.0, 1.0])?; // the same, turned
/// let turned = align(&learned, &exact, &[0..2])?.exact_to_learned(&exact)?;
/// assert!((turned.function(0)[1] + 0.8).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] if the levels do not cover the learned functions, if there are fewer exact functions than
/// the levels name, or if a function has norm 0; [`Error::Shape`] if the two live on different quadratures.
pub fn align(learned: &Functions, exact: &Functions, levels: &[Range<usize>]) -> Result<Alignment> {
    learned.check_points("align", exact)?;
    check_levels(levels, learned.count(), exact.count())?;
    let (learned, exact) = (learned.normalized()?, exact.normalized()?);
    let overlaps = exact.overlaps(&learned)?;
    let rotations = levels
        .iter()
        .map(|level| {
            let found = level.start..level.end.min(learned.count());
            polar_factor(&Matrix::from_fn(level.len(), found.len(), |i, j| {
                overlaps[(level.start + i, found.start + j)]
            }))
        })
        .collect();
    Ok(Alignment { levels: levels.to_vec(), rotations })
}

pub(super) fn check_levels(levels: &[Range<usize>], learned: usize, exact: usize) -> Result<()> {
    let mut next = 0;
    for level in levels {
        if level.start != next || level.is_empty() || level.start >= learned {
            return Err(Error::invalid(
                "levels of align",
                format!("{level:?} follows {next} states of {learned}; give neighbouring ranges from 0, none empty"),
            ));
        }
        next = level.end;
    }
    if next < learned {
        return Err(Error::invalid(
            "levels of align",
            format!("they hold {next} states, there are {learned} learned functions; give all their levels"),
        ));
    }
    if next > exact {
        return Err(Error::invalid(
            "exact functions of align",
            format!("the levels hold {next} states, only {exact} functions are given; sample whole levels"),
        ));
    }
    Ok(())
}

impl Alignment {
    /// The rotation of each level, `[exact states of the level, learned states of the level]`.
    pub fn rotations(&self) -> &[Matrix<f64>] {
        &self.rotations
    }

    /// The exact functions turned towards the learned ones, Φ Q: as many as were learned.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `exact` has fewer functions than the levels name.
    pub fn exact_to_learned(&self, exact: &Functions) -> Result<Functions> {
        let count = self.levels.last().map_or(0, |l| l.end);
        let exact = exact.select(0..count)?;
        let learned = self.rotations.iter().map(Matrix::cols).sum();
        exact.combine(&self.blocks(count, learned, |q| q.clone()))
    }

    /// The learned functions turned towards the exact ones, F Qᵀ: what a picture should show. The functions of a level
    /// that was cut stay as they were learned: part of a level has no counterpart to be turned to.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `learned` has fewer functions than were aligned.
    pub fn learned_to_exact(&self, learned: &Functions) -> Result<Functions> {
        let count = self.rotations.iter().map(Matrix::cols).sum();
        let turn = |q: &Matrix<f64>| if q.rows() == q.cols() { q.transpose() } else { Matrix::identity(q.cols()) };
        learned.select(0..count)?.combine(&self.blocks(count, count, turn))
    }

    /// The block-diagonal matrix of the levels' blocks.
    fn blocks(&self, rows: usize, cols: usize, block: impl Fn(&Matrix<f64>) -> Matrix<f64>) -> Matrix<f64> {
        let mut all = Matrix::zeros(rows, cols);
        for (level, q) in self.levels.iter().zip(&self.rotations) {
            let q = block(q);
            for i in 0..q.rows() {
                for j in 0..q.cols() {
                    all[(level.start + i, level.start + j)] = q[(i, j)];
                }
            }
        }
        all
    }
}

/// The matrix with orthonormal columns nearest to `a` `[m, k]`, m ≥ k: U Vᵀ from a = U Σ Vᵀ. Where `a`
/// is rank-deficient, its null space is mapped to some orthonormal complement.
fn polar_factor(a: &Matrix<f64>) -> Matrix<f64> {
    let (m, k) = (a.rows(), a.cols());
    let mut rows = a.transpose();
    let right = orthogonalize_rows(&mut rows);
    let sigma: Vec<f64> = (0..k).map(|j| norm(rows.row(j))).collect();
    let negligible = sigma.iter().fold(0.0_f64, |a, &b| a.max(b)) * m as f64 * f64::EPSILON;
    let mut left = Matrix::zeros(k, m); // rows are the vectors u
    let mut done: Vec<usize> = Vec::with_capacity(k);
    for j in (0..k).filter(|&j| sigma[j] > negligible) {
        for i in 0..m {
            left[(j, i)] = rows[(j, i)] / sigma[j];
        }
        done.push(j);
    }
    for j in (0..k).filter(|&j| sigma[j] <= negligible) {
        let complement = farthest_unit_vector(&left, &done);
        left.row_mut(j).copy_from_slice(&complement);
        done.push(j);
    }
    // a = Σⱼ uⱼ σⱼ (row j of `right`), so Q = Σⱼ uⱼ (row j of `right`).
    Matrix::from_fn(m, k, |i, c| (0..k).map(|j| left[(j, i)] * right[(j, c)]).sum())
}

/// The coordinate vector farthest from the span of the rows `done` of `basis`, orthonormalised to them.
fn farthest_unit_vector(basis: &Matrix<f64>, done: &[usize]) -> Vec<f64> {
    let m = basis.cols();
    let left_over = |i: usize| 1.0 - done.iter().map(|&j| basis[(j, i)].powi(2)).sum::<f64>();
    let best = (0..m).max_by(|&a, &b| left_over(a).total_cmp(&left_over(b))).unwrap_or(0);
    let mut vector: Vec<f64> = (0..m).map(|i| if i == best { 1.0 } else { 0.0 }).collect();
    for _ in 0..2 {
        for &j in done {
            let overlap: f64 = vector.iter().zip(basis.row(j)).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(basis.row(j)).for_each(|(v, b)| *v -= overlap * b);
        }
    }
    let length = norm(&vector);
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|a| a * a).sum::<f64>().sqrt()
}

/// The singular values of a matrix given by its few long rows, in descending order.
pub(super) fn singular_values(mut rows: Matrix<f64>) -> Vec<f64> {
    orthogonalize_rows(&mut rows);
    let mut sigma: Vec<f64> = (0..rows.rows()).map(|j| norm(rows.row(j))).collect();
    sigma.sort_by(|a, b| b.total_cmp(a));
    sigma
}

/// Turns the rows by plane rotations until they are orthogonal; returns the orthogonal matrix W with
/// `rows after = W · rows before`. One-sided Jacobi (Hestenes, 1958): small singular values keep their
/// relative precision.
fn orthogonalize_rows(rows: &mut Matrix<f64>) -> Matrix<f64> {
    const SWEEPS: usize = 40; // converges quadratically; a dozen is the most ever seen
    let k = rows.rows();
    let mut turned = Matrix::identity(k);
    for _ in 0..SWEEPS {
        let mut still = true;
        for p in 0..k {
            for q in p + 1..k {
                let (mut alpha, mut beta, mut gamma) = (0.0, 0.0, 0.0);
                for (a, b) in rows.row(p).iter().zip(rows.row(q)) {
                    alpha += a * a;
                    beta += b * b;
                    gamma += a * b;
                }
                if gamma.abs() <= f64::EPSILON * (alpha * beta).sqrt() {
                    continue;
                }
                still = false;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                for matrix in [&mut *rows, &mut turned] {
                    for i in 0..matrix.cols() {
                        let (a, b) = (matrix[(p, i)], matrix[(q, i)]);
                        matrix[(p, i)] = cosine * (a - tangent * b);
                        matrix[(q, i)] = cosine * (tangent * a + b);
                    }
                }
            }
        }
        if still {
            break;
        }
    }
    turned
}

#[cfg(test)]
mod tests;
