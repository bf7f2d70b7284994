//! Singular value decomposition by pivoted QR and one-sided Jacobi rotations: the most accurate way.

use super::svd::{Svd, by_tall};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::dot;
use crate::linalg::places::sort_places;
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::symmetric::jacobi::annihilating;
use crate::linalg::{Matrix, PivotedQr, Qr};

/// Passes over all pairs of rows; after the pivoted QR five are usual.
const MAX_SWEEPS: usize = 60;

/// The thin singular value decomposition by pivoted QR, then Jacobi rotations of the rows of `R` until they are
/// orthogonal (Drmač and Veselić, 2008).
///
/// Slower than [`svd`](crate::linalg::svd) for large matrices, and more accurate: singular values far below `ε ‖A‖` are
/// still right in their leading digits if only the scaling of rows and columns makes them so small. Those below the
/// root of the smallest normal number times `‖A‖` may come out as zero.
///
/// ```
/// use eigennet::linalg::{Matrix, jacobi_svd};
/// // Columns of very different size: AᵀA = diag(2, 2·10⁻⁴⁰).
/// let a = Matrix::from_vec(2, 2, vec![1.0_f64, 1e-20, 1.0, -1e-20])?;
/// let svd = jacobi_svd(&a)?;
/// assert!((svd.values[1] / (2.0_f64.sqrt() * 1e-20) - 1.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`svd`](crate::linalg::svd); [`Error::NoConvergence`] after 60 sweeps.
pub fn jacobi_svd<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    by_tall("jacobi_svd", a, decompose)
}

/// `A = Q Jᵀ diag(σ) Vᵀ` for a tall `A`.
fn decompose<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    let n = a.cols();
    let scale = power_of_two_scale(a.max_abs());
    let qr = PivotedQr::factor(&a.scale(scale))?;
    // J R P ᵀ has orthogonal rows σ_i v_iᵀ.
    let mut rows = qr.r().clone();
    let mut rotations = Matrix::identity(n);
    // Rows whose squares would underflow are beyond rounding of the others.
    let negligible = (T::min_positive_value() / (T::EPSILON * T::EPSILON)).sqrt();
    for i in 0..n {
        if dot(rows.row(i), rows.row(i)).sqrt() <= negligible {
            rows.row_mut(i).fill(T::zero());
        }
    }
    if (0..MAX_SWEEPS).all(|_| sweep(&mut rows, &mut rotations)) {
        let reason = "rows are not orthogonal yet; the eigenvalues of AᵀA may do".to_string();
        return Err(Error::NoConvergence { method: "one-sided Jacobi", iterations: MAX_SWEEPS, reason });
    }
    let norms: Vec<T> = rows.row_iter().map(|row| dot(row, row).sqrt()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    sort_places(&mut order, &|i, j| norms[j].partial_cmp(&norms[i]).unwrap_or(std::cmp::Ordering::Equal));
    let values: Vec<T> = order.iter().map(|&i| norms[i] / scale).collect();
    let mut v_transposed = Matrix::zeros(n, n);
    for (to, &from) in order.iter().enumerate() {
        for (j, &column) in qr.permutation().iter().enumerate() {
            v_transposed[(to, column)] =
                if norms[from] > T::zero() { rows[(from, j)] / norms[from] } else { T::zero() };
        }
    }
    let rank = norms.iter().filter(|&&v| v > T::zero()).count();
    if rank < n {
        // Any orthonormal basis of the null space does for the rest.
        let basis = Qr::factor(&v_transposed.submatrix(0..rank, 0..n).transpose())?.full_q()?;
        for i in rank..n {
            let column = basis.column(i);
            v_transposed.row_mut(i).copy_from_slice(&column);
        }
    }
    let mut u = Matrix::from_fn(a.rows(), n, |i, j| if i < n { rotations[(order[j], i)] } else { T::zero() });
    qr.reflectors.apply_left(false, &mut u)?;
    Ok(Svd { u, values, v_transposed })
}

/// Makes every pair of rows orthogonal once; whether any was not. Larger rows come to lie first.
fn sweep<T: Scalar>(rows: &mut Matrix<T>, rotations: &mut Matrix<T>) -> bool {
    let n = rows.rows();
    let mut rotated = false;
    let mut squares: Vec<T> = rows.row_iter().map(|row| dot(row, row)).collect();
    for p in 0..n {
        for q in p + 1..n {
            let (alpha, beta) = (squares[p], squares[q]);
            if alpha == T::zero() || beta == T::zero() {
                continue;
            }
            let product = dot(rows.row(p), rows.row(q));
            let tolerance = T::of((n as f64).sqrt()) * T::EPSILON;
            if product.abs() <= tolerance * alpha.sqrt() * beta.sqrt() {
                continue;
            }
            rotated = true;
            let (_, sine, cosine) = annihilating(alpha, product, beta);
            rows.rotate_rows(p, q, cosine, -sine);
            rotations.rotate_rows(p, q, cosine, -sine);
            squares[p] = dot(rows.row(p), rows.row(p));
            squares[q] = dot(rows.row(q), rows.row(q));
        }
    }
    rotated
}
