//! Singular value decomposition by pivoted QR and one-sided Jacobi rotations.

use super::householder::Reflectors;
use super::scaling::power_of_two_scale;
use super::{Matrix, PivotedQr, Qr};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::dot;

/// Passes over all pairs of rows; after the pivoted QR five are usual.
const MAX_SWEEPS: usize = 60;

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
/// Pivoted QR, then Jacobi rotations of the rows of `R` until they are orthogonal (Drmač and
/// Veselić, 2008). Residual and orthogonality are small multiples of `ε`, and singular values far
/// below `ε ‖A‖` are still right in their leading digits if only the scaling of rows and columns
/// makes them so small. Singular values below the root of the smallest normal number times `‖A‖`
/// may come out as zero.
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
/// [`Error::NonFinite`] if `a` holds NaN or an infinity, [`Error::NoConvergence`] after 60 sweeps.
pub fn svd<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    decompose(a, false)
}

/// The full singular value decomposition: `U` `[m, m]` and `V` `[n, n]` are square.
///
/// # Errors
/// As [`svd`].
pub fn svd_full<T: Scalar>(a: &Matrix<T>) -> Result<Svd<T>, Error> {
    decompose(a, true)
}

/// The singular values, descending, without vectors.
///
/// # Errors
/// As [`svd`].
pub fn singular_values<T: Scalar>(a: &Matrix<T>) -> Result<Vec<T>, Error> {
    Error::check_finite("singular_values", a.as_slice())?;
    let tall = if a.rows() < a.cols() { &a.transpose() } else { a };
    Ok(factor_tall(tall, false)?.values)
}

fn decompose<T: Scalar>(a: &Matrix<T>, full: bool) -> Result<Svd<T>, Error> {
    Error::check_finite("svd", a.as_slice())?;
    if a.rows() < a.cols() {
        let Svd { u, values, v_transposed } = decompose(&a.transpose(), full)?;
        return Ok(Svd { u: v_transposed.transpose(), values, v_transposed: u.transpose() });
    }
    let (m, n) = (a.rows(), a.cols());
    let Factors { reflectors, values, rotations, v_transposed } = factor_tall(a, true)?;
    // U = Q (Jᵀ beside an identity, if all of it is wanted).
    let columns = if full { m } else { n };
    let mut u = Matrix::from_fn(m, columns, |i, j| match (i < n, j < n) {
        (true, true) => rotations[(j, i)],
        _ if i == j => T::one(),
        _ => T::zero(),
    });
    reflectors.apply_left(false, &mut u)?;
    Ok(Svd { u, values, v_transposed })
}

/// `A = Q Jᵀ diag(σ) Vᵀ` for a tall `A`.
struct Factors<T> {
    reflectors: Reflectors<T>,
    values: Vec<T>,
    rotations: Matrix<T>,
    v_transposed: Matrix<T>,
}

fn factor_tall<T: Scalar>(a: &Matrix<T>, vectors: bool) -> Result<Factors<T>, Error> {
    let n = a.cols();
    let scale = power_of_two_scale(a.max_abs());
    let qr = PivotedQr::factor(&a.scale(scale))?;
    // J R P ᵀ has orthogonal rows σ_i v_iᵀ.
    let mut rows = qr.r().clone();
    let mut rotations = if vectors { Matrix::identity(n) } else { Matrix::zeros(n, 0) };
    // Rows whose squares would underflow are beyond rounding of the others.
    let negligible = (T::min_positive_value() / (T::EPSILON * T::EPSILON)).sqrt();
    for i in 0..n {
        if dot(rows.row(i), rows.row(i)).sqrt() <= negligible {
            rows.row_mut(i).fill(T::zero());
        }
    }
    let mut sweeps = 0;
    while sweep(&mut rows, &mut rotations) {
        sweeps += 1;
        if sweeps == MAX_SWEEPS {
            return Err(Error::NoConvergence {
                method: "one-sided Jacobi",
                iterations: sweeps,
                reason: "rows are not orthogonal yet; the eigenvalues of AᵀA may do".to_string(),
            });
        }
    }
    let norms: Vec<T> = rows.row_iter().map(|row| dot(row, row).sqrt()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| norms[j].partial_cmp(&norms[i]).unwrap_or(std::cmp::Ordering::Equal));
    let values: Vec<T> = order.iter().map(|&i| norms[i] / scale).collect();
    if !vectors {
        let empty = Matrix::zeros(0, 0);
        return Ok(Factors { reflectors: qr.reflectors, values, rotations, v_transposed: empty });
    }
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
    let rotations = Matrix::from_fn(n, n, |i, j| rotations[(order[i], j)]);
    Ok(Factors { reflectors: qr.reflectors, values, rotations, v_transposed })
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
            let theta = (beta - alpha) / (product + product);
            let t = (theta.abs() + theta.hypot(T::one())).recip().copysign(theta);
            let cosine = t.hypot(T::one()).recip();
            rotate(rows, p, q, t * cosine, cosine);
            rotate(rotations, p, q, t * cosine, cosine);
            squares[p] = dot(rows.row(p), rows.row(p));
            squares[q] = dot(rows.row(q), rows.row(q));
        }
    }
    rotated
}

/// `(row p, row q) ← (c · row p − s · row q, s · row p + c · row q)`.
fn rotate<T: Scalar>(matrix: &mut Matrix<T>, p: usize, q: usize, sine: T, cosine: T) {
    let n = matrix.cols();
    let (head, tail) = matrix.as_mut_slice().split_at_mut(q * n);
    for (x, y) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}
