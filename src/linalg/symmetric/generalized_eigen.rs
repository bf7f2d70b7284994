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
/// grows with the condition number of `B`.
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
/// finite and symmetric; [`Error::NotPositiveDefinite`] for `B`; [`Error::NoConvergence`] if the iteration fails.
#[inline(never)]
pub fn generalized_symmetric_eigen<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<SymmetricEigen<T>, Error> {
    const B: &str = "B of generalized_symmetric_eigen";
    if a.shape() != b.shape() {
        return Err(Error::shape("generalized_symmetric_eigen", &a.shape(), &b.shape()));
    }
    checks::symmetric("A of generalized_symmetric_eigen", a)?;
    checks::symmetric(B, b)?;
    let n = a.rows();
    // Both to unit size, exactly; that of B is a square, as its root comes back in the vectors.
    let a_scale = power_of_two_scale(a.max_abs());
    let root = power_of_two_scale(b.max_abs().sqrt());
    let scaled = checks::symmetric_part(&b.map(|v| v * root * root));
    let factor = Cholesky::factor(&scaled).map_err(|error| error.of(B))?;
    let lower = factor.lower().as_slice();

    // L⁻¹ A is the transpose of A L⁻ᵀ, so the same solve twice makes L⁻¹ A L⁻ᵀ.
    let mut reduced = checks::symmetric_part(&a.scale(a_scale));
    for _ in 0..2 {
        Triangular::lower().solve_in_place(lower, n, n, reduced.as_mut_slice(), n)?;
        reduced = reduced.transpose();
    }
    let mut eigen = symmetric_eigen(&checks::symmetric_part(&reduced))?;
    Triangular::lower().transpose().solve_in_place(lower, n, n, eigen.vectors.as_mut_slice(), n)?;
    for v in eigen.vectors.as_mut_slice() {
        *v *= root;
    }
    for value in &mut eigen.values {
        *value = *value * root / a_scale * root;
    }
    Ok(eigen)
}
