//! Least squares of least norm by two QR factorisations: a complete orthogonal decomposition.

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
    let threshold = rcond.unwrap_or_else(|| T::of(a.rows().max(a.cols()) as f64) * T::EPSILON);
    if !(threshold >= T::zero() && threshold.is_finite()) {
        return Err(Error::invalid("minimum_norm", format!("rcond is {threshold}; give a number from 0 to 1")));
    }
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
    if !solution.as_slice().iter().all(|v| v.is_finite()) {
        return Err(Error::invalid(
            "minimum_norm",
            format!("divided by a tiny pivot, an entry is beyond the range of {}; raise rcond", T::NAME),
        ));
    }
    let diagonal = qr.r().diagonal();
    Ok(MinimumNorm { solution, rank, condition: (diagonal[0] / diagonal[rank - 1]).abs() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;
    use crate::linalg::least_squares;

    fn random<T: Scalar>(m: usize, n: usize, rank: usize) -> Matrix<T> {
        let mut stream = Seed(9).stream("entries");
        let left = Matrix::from_fn(m, rank, |_, _| stream.normal());
        let right = Matrix::from_fn(rank, n, |_, _| stream.normal());
        left.matmul(&right).unwrap()
    }

    #[test]
    fn agrees_with_the_singular_values_at_any_rank() {
        fn check<T: Scalar>(tolerance: f64) {
            for (m, n, rank) in [(30, 12, 12), (30, 12, 5), (12, 30, 12), (12, 30, 3), (1, 1, 1), (8, 8, 8), (9, 4, 0)]
            {
                let (a, b) = (random::<T>(m, n, rank), random::<T>(m, 2, 2));
                let rcond = Some(T::of(1e-5));
                let (found, expected) = (minimum_norm(&a, &b, rcond).unwrap(), least_squares(&a, &b, rcond).unwrap());
                assert_eq!(found.rank, expected.rank, "{m} {n} {rank}");
                let difference = found.solution.sub(&expected.solution).unwrap().max_abs();
                let scale = 1.0 + Scalar::to_f64(expected.solution.max_abs());
                assert!(Scalar::to_f64(difference) < tolerance * scale, "{m} {n} {rank}: {difference}");
            }
        }
        check::<f64>(1e-11);
        check::<f32>(2e-3);
    }

    #[test]
    fn hostile_arguments_are_errors() {
        let a = Matrix::from_vec(2, 1, vec![1.0, f64::NAN]).unwrap();
        let b = Matrix::from_vec(2, 1, vec![1.0, 1.0]).unwrap();
        assert!(matches!(minimum_norm(&a, &b, None), Err(Error::NonFinite { .. })));
        assert!(minimum_norm(&b, &a, None).is_err());
        assert!(minimum_norm(&b, &b, Some(f64::NAN)).is_err());
        assert!(matches!(minimum_norm(&b, &Matrix::zeros(3, 1), None), Err(Error::Shape { .. })));
        let tiny = Matrix::from_vec(1, 1, vec![1e-300]).unwrap();
        assert!(minimum_norm(&tiny, &Matrix::from_vec(1, 1, vec![1e300]).unwrap(), None).is_err());
    }
}
