//! Orthonormal combinations of functions, from their second moments.

use crate::linalg::{Cholesky, Matrix, Triangular, symmetric_eigen};
use crate::{Error, Result, Scalar};

/// T `[q, r]` with Tᵀ G T = I for the moments G `[q, q]` of q functions: L⁻ᵀ of the Cholesky factor where r = q of them are
/// independent in working precision, else from the eigenvectors of G, as many as are.
#[inline(never)]
pub(super) fn orthonormalization<T: Scalar>(moments: &Matrix<T>) -> Result<Matrix<T>> {
    let q = moments.rows();
    let scale: Vec<T> =
        moments.diagonal().iter().map(|&d| if d > T::zero() { d.sqrt().recip() } else { T::zero() }).collect();
    // Functions of mean square 1, so that what is small is dependent.
    let unit = Matrix::from_fn(q, q, |i, j| T::of(0.5) * (moments[(i, j)] + moments[(j, i)]) * (scale[i] * scale[j]));
    Error::check_finite("moments of the outputs", unit.as_slice())?;
    let least = T::EPSILON.powf(T::of(2.0 / 3.0));
    if let Ok(factor) = Cholesky::factor(&unit)
        && factor.lower().diagonal().iter().all(|&pivot| pivot * pivot > least)
    {
        let inverse = Triangular::lower().solve(factor.lower(), &Matrix::identity(q))?;
        return Ok(Matrix::from_fn(q, q, |i, j| scale[i] * inverse[(j, i)]));
    }
    let eigen = symmetric_eigen(&unit)?;
    let largest = eigen.values.last().copied().unwrap_or_else(T::zero);
    let dependent = eigen.values.iter().position(|&value| value > least * largest).unwrap_or(q);
    if dependent == q {
        return Err(Error::invalid("outputs of SpectralNet", "all of them vanish; take another start or a lower rate"));
    }
    let column = |j: usize| eigen.values[dependent + j].sqrt().recip();
    Ok(Matrix::from_fn(q, q - dependent, |i, j| scale[i] * eigen.vectors[(i, dependent + j)] * column(j)))
}
