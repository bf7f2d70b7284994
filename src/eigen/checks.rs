//! What every iterative eigensolver asks of its arguments, and the counted, checked product with an operator.

use super::Which;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Symmetry};

/// The order of a square operator that is not empty.
pub(super) fn square<T: Scalar>(solver: &'static str, operator: &dyn LinearOperator<T>) -> Result<usize, Error> {
    let (rows, cols) = (operator.rows(), operator.cols());
    if rows != cols {
        return Err(Error::shape(solver, &[rows, cols], &[rows.max(cols), rows.max(cols)]));
    }
    if rows == 0 {
        return Err(Error::invalid(solver, "the operator is of order 0 and has no eigenvalues"));
    }
    Ok(rows)
}

/// The order of a square operator that says it is symmetric.
pub(super) fn symmetric<T: Scalar>(solver: &'static str, operator: &dyn LinearOperator<T>) -> Result<usize, Error> {
    let n = square(solver, operator)?;
    match operator.symmetry() {
        Symmetry::Symmetric => Ok(n),
        Symmetry::General => Err(Error::invalid(
            solver,
            "the operator does not say it is symmetric; let `symmetry` return Symmetric if it is, \
             pass (A + Aᵀ)/2 if only rounding is in the way, or use Arnoldi",
        )),
    }
}

/// `1 ≤ k ≤ n`.
pub(super) fn count(solver: &'static str, k: usize, n: usize) -> Result<(), Error> {
    if k == 0 || k > n {
        return Err(Error::invalid(
            format!("k of {solver}"),
            format!("{k} pairs of an operator that has {n}; ask for 1..={n}"),
        ));
    }
    Ok(())
}

/// The relative tolerance to work with: what was asked for, but not below what rounding allows at order `n`.
pub(super) fn tolerance<T: Scalar>(solver: &'static str, tolerance: T, n: usize) -> Result<T, Error> {
    if !(tolerance >= T::zero() && tolerance.is_finite()) {
        return Err(Error::invalid(
            format!("tolerance of {solver}"),
            format!(
                "{tolerance} is no bound; use a small positive number such as 1e-8, or 0 for all that rounding leaves"
            ),
        ));
    }
    let floor = T::EPSILON * T::of(4.0 * (n as f64).sqrt().max(8.0));
    Ok(tolerance.max(floor))
}

/// A shift that is a number.
pub(super) fn target<T: Scalar>(solver: &'static str, which: Which<T>) -> Result<(), Error> {
    match which {
        Which::NearestTo(sigma) if !sigma.is_finite() => Err(Error::invalid(
            format!("which of {solver}"),
            "the number to be near to is not finite; for the ends of the spectrum ask for Largest or Smallest",
        )),
        _ => Ok(()),
    }
}

/// A vector to start from: of length `n`, finite and not zero.
pub(super) fn start<T: Scalar>(what: &'static str, n: usize, start: Option<&[T]>) -> Result<(), Error> {
    let Some(start) = start else { return Ok(()) };
    if start.len() != n {
        return Err(Error::shape(what, &[start.len()], &[n]));
    }
    Error::check_finite(what, start)?;
    if start.iter().all(|&v| v == T::zero()) {
        return Err(Error::invalid(what, "the zero vector has no direction; leave it out for a random one"));
    }
    Ok(())
}

/// A block of vectors `[n, any]`, all finite.
pub(super) fn vectors<T: Scalar>(what: &'static str, n: usize, block: Option<&Matrix<T>>) -> Result<(), Error> {
    let Some(block) = block else { return Ok(()) };
    if block.rows() != n {
        return Err(Error::shape(what, &block.shape(), &[n, block.cols()]));
    }
    Error::check_finite(what, block.as_slice())
}

/// A second operator of the same order, such as a preconditioner.
pub(super) fn companion<T: Scalar>(
    what: &'static str,
    n: usize,
    operator: Option<&dyn LinearOperator<T>>,
) -> Result<(), Error> {
    match operator {
        Some(op) if op.rows() != n || op.cols() != n => Err(Error::shape(what, &[op.rows(), op.cols()], &[n, n])),
        _ => Ok(()),
    }
}

/// An operator whose products are counted and looked over for NaN and infinities.
pub(super) struct Products<'a, T> {
    pub(super) operator: &'a dyn LinearOperator<T>,
    what: &'static str,
    /// Products so far, one per vector.
    pub(super) count: usize,
}

impl<'a, T: Scalar> Products<'a, T> {
    pub(super) fn new(what: &'static str, operator: &'a dyn LinearOperator<T>) -> Self {
        Products { operator, what, count: 0 }
    }

    /// `A x`.
    pub(super) fn apply(&mut self, x: &[T]) -> Result<Vec<T>, Error> {
        let mut y = vec![T::zero(); self.operator.rows()];
        self.operator.apply(x, &mut y)?;
        self.counted(1, &y)?;
        Ok(y)
    }

    /// `Aᵀ x`.
    pub(super) fn apply_transposed(&mut self, x: &[T]) -> Result<Vec<T>, Error> {
        let mut y = vec![T::zero(); self.operator.cols()];
        self.operator.apply_transposed(x, &mut y)?;
        self.counted(1, &y)?;
        Ok(y)
    }

    /// `A X` for `X` `[n, k]`.
    pub(super) fn apply_block(&mut self, x: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let mut y = Matrix::zeros(self.operator.rows(), x.cols());
        self.operator.apply_block(x, &mut y)?;
        self.counted(x.cols(), y.as_slice())?;
        Ok(y)
    }

    fn counted(&mut self, vectors: usize, image: &[T]) -> Result<(), Error> {
        self.count += vectors;
        match image.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => Err(Error::NonFinite { what: format!("product {} with {}", self.count, self.what), index }),
        }
    }
}
