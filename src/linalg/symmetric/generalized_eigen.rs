//! The symmetric-definite eigenproblem `A x = λ B x`.

use super::symmetric_eigen::{SymmetricEigen, symmetric_eigen};
use crate::Scalar;
use crate::error::Error;
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::{Cholesky, Matrix, Triangular, checks};

/// All solutions of `A x = λ B x` for symmetric `A` and symmetric positive definite `B`, `[n, n]`.
///
/// With `B = L Lᵀ` the problem is that of `L⁻¹ A L⁻ᵀ` (Martin and Wilkinson, 1968). The eigenvalues
/// are real and ascending, the eigenvectors `B`-orthonormal: `Xᵀ B X = I`, `Xᵀ A X = Λ`. The error
/// grows with the condition number of `D B D`, scaled to a diagonal of about 1.
///
/// ```
/// use eigennet::linalg::{Matrix, generalized_symmetric_eigen};
/// let a = Matrix::from_diagonal(&[2.0_f64, 12.0]);
/// let b = Matrix::from_diagonal(&[1.0, 4.0]);
/// let eigen = generalized_symmetric_eigen(&a, &b)?;
/// assert_eq!(eigen.values, [2.0, 3.0]);
/// assert_eq!(eigen.vectors[(1, 1)].abs(), 0.5);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] unless both matrices are square of one order,
/// finite and symmetric, and if an eigenvalue or eigenvector overflows; [`Error::NotPositiveDefinite`] for `B`;
/// [`Error::NoConvergence`] if the iteration fails.
#[inline(never)]
pub fn generalized_symmetric_eigen<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<SymmetricEigen<T>, Error> {
    const OPERATION: &str = "generalized_symmetric_eigen";
    const B: &str = "B of generalized_symmetric_eigen";
    if a.shape() != b.shape() {
        return Err(Error::shape(OPERATION, &a.shape(), &b.shape()));
    }
    checks::symmetric("A of generalized_symmetric_eigen", a)?;
    checks::symmetric(B, b)?;
    let n = a.rows();
    // x = D y with D B D of unit diagonal, exactly: neither matrix has then to be of one size.
    let half = T::of(0.5);
    let d: Vec<T> = b.diagonal().iter().map(|&v| half * power_of_two_scale(v.max(T::zero()).sqrt())).collect();
    let between = |m: &Matrix<T>| Matrix::from_fn(n, n, |i, j| m[(i, j)] * (d[i] * d[j]));
    // Entries larger than those of the diagonal are of no definite matrix; they need not overflow to say so.
    let scaled = checks::symmetric_part(&between(b).map(|v| v.max(-T::one() / T::EPSILON).min(T::one() / T::EPSILON)));
    let factor = Cholesky::factor(&scaled).map_err(|error| error.of(B))?;
    let lower = factor.lower().as_slice();
    let mut reduced = between(a);
    let overflows = || format!("an eigenvalue or eigenvector overflows {}: scale A down, or B up", T::NAME);
    checks::in_range(OPERATION, reduced.as_slice(), overflows)?;
    let a_scale = power_of_two_scale(reduced.max_abs());

    // L⁻¹ A is the transpose of A L⁻ᵀ, so the same solve twice makes L⁻¹ A L⁻ᵀ.
    reduced = checks::symmetric_part(&reduced.scale(a_scale));
    for _ in 0..2 {
        Triangular::lower().solve_in_place(lower, n, n, reduced.as_mut_slice(), n)?;
        reduced = reduced.transpose();
    }
    let mut eigen = symmetric_eigen(&checks::symmetric_part(&reduced))?;
    Triangular::lower().transpose().solve_in_place(lower, n, n, eigen.vectors.as_mut_slice(), n)?;
    for (i, &d) in d.iter().enumerate() {
        eigen.vectors.row_mut(i).iter_mut().for_each(|v| *v *= d);
    }
    eigen.values.iter_mut().for_each(|value| *value /= a_scale);
    for result in [&eigen.values, eigen.vectors.as_slice()] {
        checks::in_range(OPERATION, result, overflows)?;
    }
    Ok(eigen)
}
