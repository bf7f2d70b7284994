//! Singular value decomposition.

use super::bidiagonal::{Bidiagonal, bidiagonalize};
use super::bidiagonal_divide_and_conquer::divide_and_conquer;
use super::bidiagonal_qr::implicit_qr;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::{Matrix, Qr, checks};

/// `A = U diag(σ) Vᵀ` for `A` `[m, n]`, `k = min(m, n)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Svd<T> {
    /// The left singular vectors as orthonormal columns: `[m, k]`, or `[m, m]` of [`svd_full`].
    pub u: Matrix<T>,
    /// The singular values, not negative, descending, `[k]`.
    pub values: Vec<T>,
    /// The right singular vectors as orthonormal rows: `[k, n]`, or `[n, n]` of [`svd_full`].
    pub v_transposed: Matrix<T>,
}

/// The thin singular value decomposition.
///
/// The matrix is reduced to bidiagonal form by Householder reflections (after a QR factorisation if it is much taller
/// than wide), and that is diagonalised by divide and conquer (Gu and Eisenstat, 1995). The residual `‖A − U Σ Vᵀ‖` and
/// the loss of orthogonality are small multiples of `max(m, n) ε ‖A‖` and `max(m, n) ε`; singular values are right to
/// within rounding of the *largest*: of a matrix with rows or columns of very different size the small ones may have no
/// correct digit. For such graded matrices, and for small singular values to all digits, use
/// [`jacobi_svd`](crate::linalg::jacobi_svd()).
///
/// ```
/// use eigennet::linalg::{Matrix, svd};
/// let a = Matrix::from_vec(2, 2, vec![0.0_f64, 3.0, -4.0, 0.0])?;
/// let svd = svd(&a)?;
/// assert!((svd.values[0] - 4.0).abs() < 1e-14 && (svd.values[1] - 3.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] if `a` holds NaN or an infinity, [`Error::InvalidArgument`] if a singular value is beyond the
/// largest number of the type, [`Error::NoConvergence`] if an iteration fails.
#[inline(never)]
pub fn svd<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    by_tall("svd", a, |a| decompose(a, false))
}

/// The full singular value decomposition: `U` `[m, m]` and `V` `[n, n]` are square.
///
/// # Errors
/// As [`svd`].
pub fn svd_full<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    by_tall("svd_full", a, |a| decompose(a, true))
}

/// The singular values, descending, without vectors; as accurate as those of [`svd`], which says when to use
/// [`jacobi_svd`](crate::linalg::jacobi_svd()) instead.
///
/// # Errors
/// As [`svd`].
#[inline(never)]
pub fn singular_values<T: Scalar>(a: &Matrix<T>) -> Result<Vec<T>, Error> {
    Error::check_finite("singular_values", a.as_slice())?;
    let tall = if a.rows() < a.cols() { &a.transpose() } else { a };
    let n = tall.cols();
    let Reduced { scale, matrix, .. } = reduce(tall)?;
    let Bidiagonal { mut diagonal, mut off_diagonal, .. } = bidiagonalize(matrix)?;
    implicit_qr(&mut diagonal, &mut off_diagonal, &mut Matrix::zeros(n, 0), &mut Matrix::zeros(n, 0))?;
    let values: Vec<T> = diagonal.iter().map(|&v| v / scale).collect();
    check_range("singular_values", &values)?;
    Ok(values)
}

/// The decomposition of a finite matrix of any shape by one for tall matrices.
pub(super) fn by_tall<T: Scalar>(
    operation: &'static str,
    a: &Matrix<T>,
    decompose: impl Fn(&Matrix<T>) -> Result<Svd<T>, Error>,
) -> Result<Svd<T>, Error> {
    Error::check_finite(operation, a.as_slice())?;
    let tall = a.rows() >= a.cols();
    let svd = if tall { decompose(a)? } else { decompose(&a.transpose())? };
    check_range(operation, &svd.values)?;
    if tall {
        return Ok(svd);
    }
    Ok(Svd { u: svd.v_transposed.transpose(), values: svd.values, v_transposed: svd.u.transpose() })
}

/// No singular value has overflowed.
fn check_range<T: Scalar>(operation: &'static str, values: &[T]) -> Result<(), Error> {
    let advice = || format!("the largest singular value is beyond the range of {}; scale the matrix down", T::NAME);
    checks::in_range(operation, values, advice)
}

/// A matrix in units of `1 / scale`, or `R` of its QR factorisation where that pays.
struct Reduced<T> {
    scale: T,
    matrix: Matrix<T>,
    qr: Option<Qr<T>>,
}

fn reduce<T: Scalar>(a: &Matrix<T>) -> Result<Reduced<T>, Error> {
    let scale = power_of_two_scale(a.max_abs());
    let matrix = a.scale(scale);
    if 2 * a.rows() < 3 * a.cols() {
        return Ok(Reduced { scale, matrix, qr: None });
    }
    let qr = Qr::factor(&matrix)?;
    Ok(Reduced { scale, matrix: qr.r().clone(), qr: Some(qr) })
}

fn decompose<T: Scalar>(a: &Matrix<T>, full: bool) -> Result<Svd<T>, Error> {
    let (m, n) = (a.rows(), a.cols());
    let Reduced { scale, matrix, qr } = reduce(a)?;
    let mut bidiagonal = bidiagonalize(matrix)?;
    let (mut u, mut v) = divide_and_conquer(&mut bidiagonal.diagonal, &mut bidiagonal.off_diagonal)?;
    bidiagonal.right.apply_right(true, &mut v)?;
    // Rows are vectors so far.
    let columns = if full { m } else { n };
    if let Some(qr) = qr {
        bidiagonal.left.apply_right(true, &mut u)?;
        u = beside_identity(&u, columns, m);
        qr.reflectors.apply_right(true, &mut u)?;
    } else {
        u = beside_identity(&u, columns, m);
        bidiagonal.left.apply_right(true, &mut u)?;
    }
    let values = bidiagonal.diagonal.iter().map(|&v| v / scale).collect();
    Ok(Svd { u: u.transpose(), values, v_transposed: v })
}

/// The block diagonal matrix `[rows, cols]` of a square matrix and the identity.
fn beside_identity<T: Scalar>(block: &Matrix<T>, rows: usize, cols: usize) -> Matrix<T> {
    let n = block.rows();
    let mut out = Matrix::zeros(rows, cols);
    out.write_block(0, 0, block);
    (n..rows).for_each(|i| out[(i, i)] = T::one());
    out
}
