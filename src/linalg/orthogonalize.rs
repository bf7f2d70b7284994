//! Orthonormal bases of the columns of a matrix: Gram–Schmidt in its three forms, and Cholesky-QR.

use super::scaling::power_of_two_scale;
use super::{Cholesky, Matrix, Qr, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpy, dot, max_abs};

/// Which Gram–Schmidt process. What is lost of orthogonality, for a matrix of condition κ:
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GramSchmidt {
    /// Projections of the column as given: up to `ε κ²`.
    Classical,
    /// Projections of what is left of the column: up to `ε κ` (Björck, 1967).
    Modified,
    /// Classical, twice: `ε`, unless columns are dependent (Giraud, Langou and Rozložník, 2005).
    #[default]
    Reorthogonalized,
}

/// `A = Q R` by Gram–Schmidt: `Q` `[m, n]` with orthonormal columns, `R` `[n, n]` upper triangular
/// with positive diagonal, for `A` `[m, n]` of full column rank.
///
/// ```
/// use eigennet::linalg::{GramSchmidt, Matrix, gram_schmidt};
/// let a = Matrix::from_vec(2, 2, vec![3.0_f64, 1.0, 4.0, 1.0])?;
/// let (q, r) = gram_schmidt(&a, GramSchmidt::default())?;
/// assert!((r[(0, 0)] - 5.0).abs() < 1e-14 && (q[(0, 0)] - 0.6).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] for NaN and infinities; [`Error::Singular`] if all but rounding of a column
/// lies in the span of those before it: [`Qr`] takes such matrices; [`Error::InvalidArgument`] if the norm of
/// a column is beyond the largest number of the type.
#[inline(never)]
pub fn gram_schmidt<T: Scalar>(a: &Matrix<T>, process: GramSchmidt) -> Result<(Matrix<T>, Matrix<T>), Error> {
    Error::check_finite("gram_schmidt", a.as_slice())?;
    let (m, n) = (a.rows(), a.cols());
    let mut columns = a.transpose();
    let mut r = Matrix::zeros(n, n);
    for j in 0..n {
        let (basis, rest) = columns.as_mut_slice().split_at_mut(j * m);
        let column = &mut rest[..m];
        let largest = max_abs(column);
        let unit = power_of_two_scale(largest);
        column.iter_mut().for_each(|v| *v *= unit);
        let before = dot(column, column).sqrt();
        for _ in 0..if process == GramSchmidt::Reorthogonalized { 2 } else { 1 } {
            let given = column.to_vec();
            for (i, direction) in basis.chunks_exact(m.max(1)).enumerate() {
                let source = if process == GramSchmidt::Modified { &*column } else { &given };
                let projection = dot(direction, source);
                r[(i, j)] += projection / unit;
                axpy(-projection, direction, column);
            }
        }
        let norm = dot(column, column).sqrt();
        if norm <= T::of(m as f64) * T::EPSILON * before {
            return Err(Error::Singular { operation: "gram_schmidt", pivot: j });
        }
        column.iter_mut().for_each(|v| *v /= norm);
        r[(j, j)] = norm / unit;
    }
    check_range("gram_schmidt", &r)?;
    Ok((columns.transpose(), r))
}

/// `A = Q R` by two rounds of Cholesky of the Gram matrix (Yamamoto and others, 2015): for tall
/// matrices the fastest way, as all of it is matrix products. Where the Gram matrix is not positive
/// definite in working precision (condition beyond about `1/√ε`, dependent columns, more columns
/// than rows) it falls back to Householder [`Qr`]; `Q` is then orthonormal all the same.
///
/// Returns `Q` `[m, k]` and `R` `[k, n]`, `k = min(m, n)`.
///
/// # Errors
/// [`Error::NonFinite`] if `a` holds NaN or an infinity, [`Error::InvalidArgument`] if the norm of a column is
/// beyond the largest number of the type.
pub fn cholesky_qr<T: Scalar>(a: &Matrix<T>) -> Result<(Matrix<T>, Matrix<T>), Error> {
    Error::check_finite("cholesky_qr", a.as_slice())?;
    let householder = || {
        let qr = Qr::factor(a)?;
        check_range("cholesky_qr", qr.r())?;
        Ok((qr.thin_q()?, qr.r().clone()))
    };
    let scale = power_of_two_scale(a.max_abs());
    let mut q = a.scale(scale);
    let mut r = Matrix::identity(a.cols()).scale(scale.recip());
    for _ in 0..2 {
        let Ok(factor) = Cholesky::factor(&q.t_matmul(&q)?) else { return householder() };
        q = Triangular::lower().transpose().solve_right(factor.lower(), &q)?;
        r = factor.lower().t_matmul(&r)?;
    }
    let defect = q.t_matmul(&q)?.sub(&Matrix::identity(a.cols()))?.one_norm();
    let promised = T::of(8.0 * a.rows().max(1) as f64) * T::EPSILON;
    if defect <= promised && r.max_abs().is_finite() { Ok((q, r)) } else { householder() }
}

/// No entry of `R` has overflowed.
fn check_range<T: Scalar>(operation: &'static str, r: &Matrix<T>) -> Result<(), Error> {
    let advice = || format!("the norm of a column is beyond the range of {}; scale the matrix down", T::NAME);
    checks::in_range(operation, r.as_slice(), advice)
}
