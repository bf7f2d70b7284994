//! Least squares of least norm by two QR factorisations: a complete orthogonal decomposition.

use super::least_squares::cutoff;
use super::{Matrix, PivotedQr, Qr, Triangular, checks};
use crate::Scalar;
use crate::error::Error;

/// What [`minimum_norm`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct MinimumNorm<T> {
    /// The minimiser of `‖A X − B‖_F` of least norm, `[n, k]`.
    pub solution: Matrix<T>,
    /// The columns of `A` taken for independent.
    pub rank: usize,
    /// The ratio of the largest to the smallest diagonal entry of `R` that was used: within a modest
    /// factor the condition number of what was inverted; 1 if nothing was.
    pub condition: T,
}

/// The `X` `[n, k]` of least norm among those that minimise `‖A X − B‖_F`, as
/// [`least_squares`](super::least_squares), several times faster: `A P = Q [T 0; 0 ≈0] Z` by QR with
/// column pivoting and QR of what it leaves (Golub and Van Loan, 2013, § 5.5). Diagonal entries of `R`
/// up to `rcond` times the first count as zero; `None` stands for `max(m, n) ε`.
///
/// ```
/// use eigennet::linalg::{Matrix, minimum_norm};
/// // x + y = 2, once: the solution of least norm is x = y = 1.
/// let a = Matrix::from_vec(1, 2, vec![1.0_f64, 1.0])?;
/// let found = minimum_norm(&a, &Matrix::from_vec(1, 1, vec![2.0])?, None)?;
/// assert!(found.rank == 1 && found.solution.as_slice().iter().all(|x| (x - 1.0).abs() < 1e-14));
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`least_squares`](super::least_squares).
pub fn minimum_norm<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>, rcond: Option<T>) -> Result<MinimumNorm<T>, Error> {
    checks::right_hand_sides("minimum_norm", a.rows(), b)?;
    let threshold = cutoff("minimum_norm", a, rcond)?;
    let qr = PivotedQr::factor(a)?;
    let (rank, n) = (qr.rank(threshold), a.cols());
    let mut solution = Matrix::zeros(n, b.cols());
    if rank == 0 {
        return Ok(MinimumNorm { solution, rank, condition: T::one() });
    }
    let mut projected = b.clone();
    qr.reflectors.apply_left(true, &mut projected)?;
    let projected = projected.submatrix(0..rank, 0..b.cols());
    let upper = qr.r().submatrix(0..rank, 0..n);
    let permuted = if rank == n {
        Triangular::upper().solve(&upper, &projected)?
    } else {
        let inner = Qr::factor(&upper.transpose())?;
        let short = Triangular::upper().transpose().solve(&inner.r().submatrix(0..rank, 0..rank), &projected)?;
        inner.thin_q()?.matmul(&short)?
    };
    for (row, &place) in permuted.row_iter().zip(qr.permutation()) {
        solution.row_mut(place).copy_from_slice(row);
    }
    let advice = || format!("divided by a tiny pivot, an entry is beyond the range of {}; raise rcond", T::NAME);
    checks::in_range("minimum_norm", solution.as_slice(), advice)?;
    let diagonal = qr.r().diagonal();
    Ok(MinimumNorm { solution, rank, condition: (diagonal[0] / diagonal[rank - 1]).abs() })
}

#[cfg(test)]
mod tests;
