//! How far subspaces are apart, each the span of the columns of a matrix.

use super::{GramSchmidt, Matrix, Svd, gram_schmidt, jacobi_svd, svd};
use crate::error::Error;
use crate::{Result, Scalar};

/// The principal angles between the spans of the columns of `a` `[n, j]` and `b` `[n, k]`, ascending, in radians: as many
/// as the smaller dimension. From sines and cosines, so that small and right angles are equally precise (Björck and
/// Golub, 1973). In another inner product Σ wᵢ xᵢ yᵢ, multiply the rows by √wᵢ first.
///
/// ```
/// use eigennet::linalg::{Matrix, grassmann_distance, principal_angles};
/// let a = Matrix::from_vec(3, 2, vec![1.0_f64, 0.0, 0.0, 1.0, 0.0, 0.0])?;
/// let b = Matrix::from_vec(3, 2, vec![2.0, 1.0, 0.0, 3.0, 0.0, 4.0])?;
/// let angles = principal_angles(&a, &b)?;
/// assert!(angles[0] < 1e-15 && (angles[1].tan() - 4.0 / 3.0).abs() < 1e-14);
/// assert_eq!(grassmann_distance(&a, &b)?, angles[0].hypot(angles[1]));
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] for other numbers of rows; [`Error::Singular`] where columns are dependent; [`Error::NonFinite`] for
/// others than numbers.
pub fn principal_angles<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<Vec<T>> {
    if a.rows() != b.rows() {
        return Err(Error::shape("principal_angles", &a.shape(), &b.shape()));
    }
    let (small, large) = if a.cols() <= b.cols() { (a, b) } else { (b, a) };
    let (small, large) = (basis(small)?, basis(large)?);
    let cosines = jacobi_svd(&large.t_matmul(&small)?)?.values;
    let sines = jacobi_svd(&outside(&small, &large)?)?.values;
    Ok(cosines.iter().zip(sines.iter().rev()).map(|(c, s)| s.atan2(*c)).collect())
}

/// (Σ θ²)^½ of the [`principal_angles`]: the distance along the Grassmann manifold.
///
/// # Errors
/// As [`principal_angles`].
pub fn grassmann_distance<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<T> {
    Ok(principal_angles(a, b)?.iter().fold(T::zero(), |norm, &angle| norm.hypot(angle)))
}

/// Σ ‖v − QQᵀv‖², v the columns of `a` `[n, j]` brought to length 1, Q an orthonormal basis of the columns of `b` `[n, k]`:
/// what of the one lies outside of the other, 0 to j.
///
/// # Errors
/// As [`principal_angles`]; [`Error::Singular`] for a column of zeros.
pub fn projection_error<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<T> {
    if a.rows() != b.rows() {
        return Err(Error::shape("projection_error", &a.shape(), &b.shape()));
    }
    let rest = outside(&unit_columns(a)?, &basis(b)?)?;
    Ok(rest.as_slice().iter().fold(T::zero(), |sum, &x| sum + x * x))
}

/// Σ ‖vᵢ − (B R)ᵢ‖² over the columns vᵢ of `a` and those of `b`, both `[n, k]` and brought to length 1, R the orthogonal
/// matrix that makes it least (Procrustes; Schönemann, 1966): vectors compared one by one where eigenvalues repeat.
///
/// # Errors
/// [`Error::Shape`] for other shapes; [`Error::Singular`] for a column of zeros; [`Error::NonFinite`] for others than
/// numbers.
pub fn aligned_distance<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<T> {
    if a.shape() != b.shape() {
        return Err(Error::shape("aligned_distance", &a.shape(), &b.shape()));
    }
    let (a, b) = (unit_columns(a)?, unit_columns(b)?);
    let turned = b.matmul(&polar_factor(&b.t_matmul(&a)?)?)?;
    Ok(a.sub(&turned)?.as_slice().iter().fold(T::zero(), |sum, &x| sum + x * x))
}

/// The matrix with orthonormal columns nearest to `a` `[m, k]`, m ≥ k: U Vᵀ from A = U Σ Vᵀ. Where A is rank-deficient,
/// its null space is mapped to some orthonormal complement.
///
/// # Errors
/// Those of [`svd`].
pub fn polar_factor<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>> {
    let Svd { u, v_transposed, .. } = svd(a)?;
    u.matmul(&v_transposed)
}

fn basis<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>> {
    Ok(gram_schmidt(&unit_columns(a)?, GramSchmidt::Reorthogonalized)?.0)
}

/// What of some columns lies outside of an orthonormal basis; twice, for what is left of a small angle is rounding.
fn outside<T: Scalar>(columns: &Matrix<T>, basis: &Matrix<T>) -> Result<Matrix<T>> {
    let once = columns.sub(&basis.matmul(&basis.t_matmul(columns)?)?)?;
    once.sub(&basis.matmul(&basis.t_matmul(&once)?)?)
}

fn unit_columns<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>> {
    Error::check_finite("columns of a subspace", a.as_slice())?;
    let mut columns = a.transpose();
    for j in 0..columns.rows() {
        let row = columns.row_mut(j);
        let largest = crate::kernels::reduce::max_abs(row);
        if largest == T::zero() {
            return Err(Error::Singular { operation: "basis of a subspace", pivot: j });
        }
        row.iter_mut().for_each(|x| *x /= largest);
        let norm = crate::kernels::reduce::dot(row, row).sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    Ok(columns.transpose())
}
