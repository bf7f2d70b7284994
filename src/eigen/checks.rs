//! What every iterative eigensolver asks of its arguments, and the counted, checked product with an operator.

use super::Which;
use crate::Scalar;
use crate::Seed;
use crate::error::Error;
use crate::kernels::reduce::{dot, norm};
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
    memory::<T>(solver, rows, 4)?;
    Ok(rows)
}

/// That there is memory for so many vectors of length `n`: an order nobody can mean is refused, and nothing aborts.
pub(super) fn memory<T: Scalar>(solver: &'static str, n: usize, vectors: usize) -> Result<(), Error> {
    Vec::<T>::new().try_reserve_exact(n.saturating_mul(vectors)).map_err(|_| {
        let reason =
            format!("no memory for {vectors} vectors of length {n}; give a smaller operator, or ask for fewer pairs");
        Error::invalid(format!("operator of {solver}"), reason)
    })
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

/// That an operator which says it is symmetric keeps `⟨x, A y⟩ = ⟨A x, y⟩` on two random vectors. The methods for symmetric
/// operators take either side for the other: an operator that lies would get pairs of a matrix that nobody gave.
pub(super) fn keeps_symmetry<T: Scalar>(
    solver: &'static str,
    operator: &mut Products<'_, T>,
    seed: Seed,
) -> Result<(), Error> {
    let n = operator.operator.rows();
    let mut stream = seed.stream("symmetry");
    let mut draw = || (0..n).map(|_| stream.normal()).collect::<Vec<T>>();
    let (x, y) = (draw(), draw());
    let (image_x, image_y) = (operator.apply(&x)?, operator.apply(&y)?);
    // In units in which nothing over- or underflows.
    let (size_x, size_y) = (norm(&image_x), norm(&image_y));
    let size = size_x.max(size_y);
    if size == T::zero() {
        return Ok(());
    }
    let scaled = |image: Vec<T>| image.into_iter().map(|v| v / size).collect::<Vec<T>>();
    let (left, right) = (dot(&scaled(image_x), &y), dot(&x, &scaled(image_y)));
    let rounding = T::EPSILON.sqrt() * (norm(&x) * size_y / size + norm(&y) * size_x / size);
    if (left - right).abs() <= rounding {
        return Ok(());
    }
    let reason = format!(
        "it says it is symmetric, but ⟨A x, y⟩ = {left:e} and ⟨x, A y⟩ = {right:e} for random x and y (in units of the longer \
         image); pass (A + Aᵀ)/2, or let `symmetry` return General and use Arnoldi"
    );
    Err(Error::invalid(format!("operator of {solver}"), reason))
}

/// Whether the best pair of a fresh search lies behind those found, for good: it has converged, or its residual is so far
/// below the gap that its vector has nothing left of any that would rank above. A random start has about `1/√n` of every
/// vector.
pub(super) fn settled<T: Scalar>(residual: T, gap: T, bound: T, n: usize) -> bool {
    residual <= bound.max(gap / T::of(100.0 * (n as f64).sqrt()))
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
#[inline(never)]
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
