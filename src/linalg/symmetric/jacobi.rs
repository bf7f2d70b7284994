//! The cyclic Jacobi method for symmetric matrices: slow, simple, and the most accurate there is.

use super::symmetric_eigen::{SymmetricEigen, prepare, unscaled};
use super::tridiagonal_ql::sort_rows;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::rotations::rotate_rows;
use crate::linalg::Matrix;
use crate::linalg::scaling::scale_of_sums;

/// Passes over all off-diagonal entries; about ten are usual.
const MAX_SWEEPS: usize = 60;

/// All eigenvalues and eigenvectors of a symmetric matrix by plane rotations (Jacobi, 1846), row
/// after row as by Forsythe and Henrici (1960).
///
/// A rotation is left out only if `|a_pq| ≤ ε √|a_pp a_qq|`. With that the eigenvalues of a positive definite matrix
/// `D B D`, `D` diagonal, are found to a *relative* accuracy that depends on the condition of `B` alone (Demmel and
/// Veselić, 1992): of a graded matrix even the tiny ones are right, where
/// [`symmetric_eigen`](crate::linalg::symmetric_eigen()) errs by `ε ‖A‖`. It costs about ten times as much. (Entries above ε times the largest number, 4e292, in `f32` 4e31, are
/// scaled down by ε, and what is then subnormal loses digits.)
///
/// ```
/// use eigennet::linalg::{Matrix, jacobi_eigen};
/// let a = Matrix::from_vec(2, 2, vec![1e20_f64, 1e5, 1e5, 1.0])?;
/// let smallest = jacobi_eigen(&a)?.values[0];
/// assert!((smallest - (1.0 - 1e-10)).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
/// [`Error::InvalidArgument`] if it is not symmetric but for rounding, [`Error::NoConvergence`] after 60 sweeps.
pub fn jacobi_eigen<T: Scalar>(a: &Matrix<T>) -> Result<SymmetricEigen<T>, Error> {
    let (mut a, scale) = prepare("jacobi_eigen", a, scale_of_sums)?;
    let n = a.rows();
    let mut vectors = Matrix::identity(n);
    if (0..MAX_SWEEPS).all(|_| sweep(&mut a, &mut vectors)) {
        let reason = "off-diagonal entries remain; symmetric_eigen may do better".to_string();
        return Err(Error::NoConvergence { method: "Jacobi", iterations: MAX_SWEEPS, reason });
    }
    let mut values = unscaled("jacobi_eigen", &a.diagonal(), scale)?;
    sort_rows(&mut values, &mut vectors);
    Ok(SymmetricEigen { values, vectors: vectors.transpose() })
}

/// One rotation for every entry above the diagonal that is not negligible; whether there was any. The rows of `vectors`
/// turn with it.
#[inline(never)]
pub(crate) fn sweep<T: Scalar>(a: &mut Matrix<T>, vectors: &mut Matrix<T>) -> bool {
    let n = a.rows();
    let mut rotated = false;
    for p in 0..n {
        for q in p + 1..n {
            let entry = a[(p, q)];
            let (low, high) = (a[(p, p)], a[(q, q)]);
            let negligible = T::EPSILON * low.abs().sqrt() * high.abs().sqrt();
            if entry.abs() <= negligible.max(T::min_positive_value()) {
                continue;
            }
            rotated = true;
            let (t, sine, cosine) = annihilating(low, entry, high);
            a[(q, p)] = entry;
            rotate(a, p, q, sine, cosine);
            mirror_row(a, q);
            a[(p, p)] = low - t * entry;
            a[(q, q)] = high + t * entry;
            a[(p, q)] = T::zero();
            a[(q, p)] = T::zero();
            rotate(vectors, p, q, sine, cosine);
        }
        // Of column p no more than (q, p) was read meanwhile.
        mirror_row(a, p);
    }
    rotated
}

/// Copies row `i` of a square matrix to its column.
fn mirror_row<T: Scalar>(a: &mut Matrix<T>, i: usize) {
    let (n, entries) = (a.rows(), a.as_mut_slice());
    for j in 0..n {
        entries[j * n + i] = entries[i * n + j];
    }
}

/// Tangent, sine and cosine of the rotation that makes `[[a, c], [c, b]]` diagonal.
pub(crate) fn annihilating<T: Scalar>(a: T, c: T, b: T) -> (T, T, T) {
    // The smaller root of t² + 2 θ t = 1: the rotation by at most 45 degrees.
    let theta = (b - a) / (c + c);
    // √(θ² + 1), which is |θ| long before the square overflows.
    let root = if theta.abs() < T::EPSILON.recip() { (theta * theta + T::one()).sqrt() } else { theta.abs() };
    let t = (theta.abs() + root).recip().copysign(theta);
    let cosine = (t * t + T::one()).sqrt().recip();
    (t, t * cosine, cosine)
}

fn rotate<T: Scalar>(matrix: &mut Matrix<T>, p: usize, q: usize, sine: T, cosine: T) {
    let (first, second) = matrix.two_rows_mut(p, q);
    rotate_rows(first, second, sine, cosine);
}
