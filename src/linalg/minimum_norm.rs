//! Least squares of least norm by two QR factorisations: a complete orthogonal decomposition.

use super::least_squares::cutoff;
use super::{Matrix, PivotedQr, Qr, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::norm;

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
    let factors = OrthogonalFactors::of(a, rcond)?;
    let solution = factors.solve(b)?;
    Ok(MinimumNorm { solution, rank: factors.rank, condition: factors.condition() })
}

/// `A P = Q [T 0; 0 ≈0] Z`.
#[derive(Debug)]
pub(crate) struct OrthogonalFactors<T> {
    qr: PivotedQr<T>,
    pub rank: usize,
    /// The first rows of R, `[rank, n]`, and where they are not square, Tᵀ `[rank, rank]` and Zᵀ `[n, rank]`.
    upper: Matrix<T>,
    turned: Option<[Matrix<T>; 2]>,
}

impl<T: Scalar> OrthogonalFactors<T> {
    /// # Errors
    /// As [`minimum_norm`].
    pub fn of(a: &Matrix<T>, rcond: Option<T>) -> Result<Self, Error> {
        let threshold = cutoff("minimum_norm", a, rcond)?;
        let qr = PivotedQr::factor(a)?;
        let (rank, n) = (qr.rank(threshold), a.cols());
        let upper = qr.r().submatrix(0..rank, 0..n);
        let turned = if rank == 0 || rank == n {
            None
        } else {
            let inner = Qr::factor(&upper.transpose())?;
            Some([inner.r().submatrix(0..rank, 0..rank), inner.thin_q()?])
        };
        Ok(OrthogonalFactors { qr, rank, upper, turned })
    }

    /// [`MinimumNorm::condition`].
    pub fn condition(&self) -> T {
        let diagonal = self.qr.r().diagonal();
        if self.rank == 0 { T::one() } else { (diagonal[0] / diagonal[self.rank - 1]).abs() }
    }

    /// [`MinimumNorm::solution`].
    ///
    /// # Errors
    /// As [`minimum_norm`].
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let mut solution = Matrix::zeros(self.upper.cols(), b.cols());
        if self.rank == 0 {
            return Ok(solution);
        }
        let mut projected = b.clone();
        self.qr.reflectors.apply_left(true, &mut projected)?;
        let projected = projected.submatrix(0..self.rank, 0..b.cols());
        let permuted = match &self.turned {
            None => Triangular::upper().solve(&self.upper, &projected)?,
            Some([square, thin]) => thin.matmul(&Triangular::upper().transpose().solve(square, &projected)?)?,
        };
        for (row, &place) in permuted.row_iter().zip(self.qr.permutation()) {
            solution.row_mut(place).copy_from_slice(row);
        }
        let advice = || format!("divided by a tiny pivot, an entry is beyond the range of {}; raise rcond", T::NAME);
        checks::in_range("minimum_norm", solution.as_slice(), advice)?;
        Ok(solution)
    }

    /// The least `‖A x‖` of the x with c·x = 1 in two spaces: where A counts, 1/‖y‖ with Aᵀ y = c there; and along what is
    /// left of c, where it counts as zero.
    ///
    /// # Errors
    /// Those of the factors' shapes.
    pub fn least_image(&self, a: &Matrix<T>, c: &[T]) -> Result<T, Error> {
        let permuted = Matrix::from_fn(c.len(), 1, |i, _| c[self.qr.permutation()[i]]);
        let (dual, left) = match &self.turned {
            _ if self.rank == 0 => return Ok(T::zero()),
            None => return Ok(norm(Triangular::upper().transpose().solve(&self.upper, &permuted)?.as_slice()).recip()),
            Some([square, thin]) => {
                let within = thin.t_matmul(&permuted)?;
                let left = permuted.sub(&thin.matmul(&within)?)?;
                (Triangular::upper().solve(square, &within)?, left)
            }
        };
        let (least, size) = (norm(dual.as_slice()).recip(), norm(left.as_slice()));
        // What is left of a functional that these directions do not change is rounding.
        if size <= T::of(4.0 * (c.len() as f64).sqrt()) * T::EPSILON * norm(c) {
            return Ok(least);
        }
        let mut unit = vec![T::zero(); c.len()];
        left.as_slice().iter().zip(self.qr.permutation()).for_each(|(&x, &place)| unit[place] = x / size);
        let other = norm(&a.matvec(&unit)?) / size;
        Ok(if other < least { other } else { least })
    }
}

#[cfg(test)]
mod tests;
