//! What rounding of the entries of a matrix does to what is computed with it.

use crate::linalg::{Lu, Matrix, matrix_exponential};
use crate::{Error, Result, Seed};

/// Random changes of sign that stand for roundings.
const DRAWS: usize = 4;

/// About how many roundings off an entry of an operator is.
const ROUNDINGS: f64 = 8.0;

/// The part of a solution that rounding may move.
const MOVED: f64 = 1e-2;

/// Refuses A where rounding of its entries leaves no digits of a solution: where ε |A⁻¹ D s| is not small for random signs s,
/// D the sums of the moduli in the rows of A (`sizes`), which nearly is ε ‖ |A⁻¹| |A| ‖ in the norm of the largest entry
/// (Skeel, 1979). A row may have any scale, and a problem that is close to a singular one may be regular.
///
/// # Errors
/// [`Error::Singular`] of the `operation`.
pub(super) fn check_regular(operation: &'static str, lu: &Lu<f64>, sizes: &[f64]) -> Result<()> {
    let mut stream = Seed(0).stream("roundings");
    let moved = Matrix::from_fn(sizes.len(), DRAWS, |i, _| f64::EPSILON * sizes[i] * stream.sign());
    match lu.substitute(&moved) {
        Ok(moved) if moved.max_abs() < MOVED => Ok(()),
        _ => {
            let pivots = lu.upper().diagonal();
            let least = (0..pivots.len()).min_by(|&i, &j| pivots[i].abs().total_cmp(&pivots[j].abs()));
            Err(Error::Singular { operation, pivot: least.unwrap_or(0) })
        }
    }
}

/// `matrix` with every entry moved by as many roundings as the recursion leaves in it, up or down.
pub(super) fn rounded(matrix: &Matrix<f64>) -> Matrix<f64> {
    matrix_exponential::rounded(matrix, ROUNDINGS)
}
