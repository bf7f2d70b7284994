//! Rayleigh–Ritz: the combinations of some functions that are nearest to eigenfunctions of a graph.

use super::orthonormalization::orthonormalization;
use super::part::Part;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Gram, LinearOperator, Matrix, generalized_symmetric_eigen};
use crate::{Error, Result, Scalar};

/// Ritz values, ascending, and the coefficients of the functions, of mean square 1.
#[derive(Debug, Clone)]
pub(super) struct Ritz<T> {
    pub values: Vec<T>,
    /// `[functions, values]`
    pub coefficients: Matrix<T>,
}

/// (D − W) B, over the total `[n, b]`.
pub(super) fn laplacian_of<T: Scalar>(part: &Part<T>, basis: &Matrix<T>) -> Result<Matrix<T>> {
    let mut out = Matrix::zeros(basis.rows(), basis.cols());
    part.weights.apply_block(basis, &mut out)?;
    for (i, &degree) in part.degrees.iter().enumerate() {
        let pairs = out.row_mut(i).iter_mut().zip(basis.row(i));
        pairs.for_each(|(image, &b)| *image = (degree * b - *image) / part.total);
    }
    Ok(out)
}

/// ⟨bᵢ, bⱼ⟩ over the points of a part.
pub(super) fn moments<T: Scalar>(part: &Part<T>, basis: &Matrix<T>) -> Result<Matrix<T>> {
    let mut out = Matrix::zeros(basis.cols(), basis.cols());
    Gram::new().add_weighted(T::one(), basis.as_slice(), &part.masses(), &mut out)?;
    Ok(out)
}

/// All Ritz pairs of the columns of a basis `[n, b]`, dependent ones left out.
pub(super) fn ritz<T: Scalar>(part: &Part<T>, basis: &Matrix<T>) -> Result<Ritz<T>> {
    Error::check_finite("functions of SpectralNet", basis.as_slice())?;
    let independent = orthonormalization(&moments(part, basis)?)?;
    // Orthonormal but for rounding that the condition of the basis has raised; what is left of that, B takes care of.
    let orthonormal = basis.matmul(&independent)?;
    let energies = symmetric_part(&orthonormal.t_matmul(&laplacian_of(part, &orthonormal)?)?);
    let pairs = generalized_symmetric_eigen(&energies, &moments(part, &orthonormal)?)?;
    Ok(Ritz { values: pairs.values, coefficients: independent.matmul(&pairs.vectors)? })
}
