//! Alignment inside degenerate levels: which orthogonal mixture of the exact functions a solver found.
//!
//! Eigenfunctions of one eigenvalue are determined only up to an orthogonal matrix, and a single one
//! only up to its sign. Before functions are shown or compared one by one, that freedom, and no more,
//! is used up: never a rotation between levels.

use std::ops::Range;

use super::functions::Functions;
use crate::Result;
use crate::error::Error;
use crate::linalg::{Matrix, polar_factor};

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
            polar_factor(&overlaps.submatrix(level.clone(), found))
        })
        .collect::<Result<_>>()?;
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
            all.write_block(level.start, level.start, &block(q));
        }
        all
    }
}

#[cfg(test)]
mod tests;
