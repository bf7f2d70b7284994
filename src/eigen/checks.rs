//! What every iterative eigensolver asks of its arguments, and the counted, checked product with an operator.

use super::Which;
use crate::Scalar;
use crate::Seed;
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Span, Symmetry};

/// The vectors of a square operator that is not empty.
pub(crate) fn square<T: Scalar>(solver: &'static str, operator: &dyn LinearOperator<T>) -> Result<Span, Error> {
    let (rows, cols, span) = (operator.rows(), operator.cols(), operator.span());
    let here = if rows != cols {
        Err(Error::shape(solver, &[rows, cols], &[rows.max(cols), rows.max(cols)]))
    } else if rows != span.len() {
        let reason = format!("its span holds {} entries, but it has {rows} rows here", span.len());
        Err(Error::invalid(format!("operator of {solver}"), reason))
    } else {
        memory::<T>(solver, rows, 4)
    };
    span.agreed(here)?;
    if span.total() == 0 {
        return Err(Error::invalid(solver, "the operator is of order 0 and has no eigenvalues"));
    }
    Ok(span)
}

/// The order of an operator whose vectors are all here.
pub(crate) fn undivided(solver: &'static str, span: &Span) -> Result<usize, Error> {
    let reason = "its vectors are dealt out to processes, which Lanczos::solve, Lobpcg and Arnoldi without an inverse know \
                  how to work with; give an operator that every process has as a whole";
    Error::require(!span.is_dealt(), format_args!("operator of {solver}"), reason)?;
    Ok(span.total())
}

/// That there is memory for so many vectors of length `n`: an order nobody can mean is refused, and nothing aborts.
pub(super) fn memory<T: Scalar>(solver: &'static str, n: usize, vectors: usize) -> Result<(), Error> {
    Vec::<T>::new().try_reserve_exact(n.saturating_mul(vectors)).map_err(|_| {
        let reason =
            format!("no memory for {vectors} vectors of length {n}; give a smaller operator, or ask for fewer pairs");
        Error::invalid(format!("operator of {solver}"), reason)
    })
}

/// The vectors of a square operator that says it is symmetric.
pub(crate) fn symmetric<T: Scalar>(solver: &'static str, operator: &dyn LinearOperator<T>) -> Result<Span, Error> {
    let span = square(solver, operator)?;
    match operator.symmetry() {
        Symmetry::Symmetric => Ok(span),
        Symmetry::General => Err(Error::invalid(
            solver,
            "the operator does not say it is symmetric; let `symmetry` return Symmetric if it is, \
             pass (A + Aᵀ)/2 if only rounding is in the way, or use Arnoldi",
        )),
    }
}

/// That an operator which says it is symmetric keeps `⟨x, A y⟩ = ⟨A x, y⟩` on two random vectors. The methods for symmetric
/// operators take either side for the other: an operator that lies would get pairs of a matrix that nobody gave.
pub(crate) fn keeps_symmetry<T: Scalar>(
    solver: &'static str,
    operator: &mut Products<'_, T>,
    seed: Seed,
) -> Result<(), Error> {
    symmetric_images(solver, operator, seed).map(drop)
}

/// Two vectors, each with its image.
pub(crate) type Images<T> = [[Vec<T>; 2]; 2];

/// As [`keeps_symmetry`], with the two vectors of normal numbers and their images.
pub(crate) fn symmetric_images<T: Scalar>(
    solver: &'static str,
    operator: &mut Products<'_, T>,
    seed: Seed,
) -> Result<Images<T>, Error> {
    let span = operator.span().clone();
    let mut stream = seed.stream("symmetry");
    let mut draw = || span.draw::<T>(1, &mut stream);
    let (x, y) = (draw(), draw());
    let (image_x, image_y) = (operator.apply(&x)?, operator.apply(&y)?);
    // In units in which nothing over- or underflows, the lengths of the images neither.
    let size = span.max_abs(&image_x).max(span.max_abs(&image_y));
    let scaled = |image: &[T]| image.iter().map(|&v| v / size).collect::<Vec<T>>();
    let (unit_x, unit_y) = (scaled(&image_x), scaled(&image_y));
    let (left, right) = (span.dot(&unit_x, &y), span.dot(&x, &unit_y));
    let rounding = T::EPSILON.sqrt() * (span.norm(&x) * span.norm(&unit_y) + span.norm(&y) * span.norm(&unit_x));
    if size == T::zero() || (left - right).abs() <= rounding {
        return Ok([[x, image_x], [y, image_y]]);
    }
    let reason = format!(
        "it says it is symmetric, but ⟨A x, y⟩ = {left:e} and ⟨x, A y⟩ = {right:e} for random x and y (in units of the largest \
         entry of an image); pass (A + Aᵀ)/2, or let `symmetry` return General and use Arnoldi"
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

/// A vector to start from: as long as the span, finite and not zero.
#[inline(never)]
pub(super) fn start<T: Scalar>(what: &'static str, span: &Span, start: Option<&[T]>) -> Result<(), Error> {
    let Some(start) = start else { return Ok(()) };
    let fits = start.len() == span.len();
    span.agreed(if fits { Ok(()) } else { Err(Error::shape(what, &[start.len()], &[span.len()])) })?;
    finite(what, span, start)?;
    if span.max_abs(start) == T::zero() {
        return Err(Error::invalid(what, "the zero vector has no direction; leave it out for a random one"));
    }
    Ok(())
}

/// A block of vectors `[len, any]`, all finite.
pub(super) fn vectors<T: Scalar>(what: &'static str, span: &Span, block: Option<&Matrix<T>>) -> Result<(), Error> {
    let Some(block) = block else { return Ok(()) };
    let fits = block.rows() == span.len();
    span.agreed(if fits { Ok(()) } else { Err(Error::shape(what, &block.shape(), &[span.len(), block.cols()])) })?;
    finite(what, span, block.as_slice())
}

/// That the numbers of a vector, or block of them, are finite on all processes.
pub(super) fn finite<T: Scalar>(what: &str, span: &Span, entries: &[T]) -> Result<(), Error> {
    span.first_not_finite(entries).map_or(Ok(()), |index| Err(Error::NonFinite { what: what.to_string(), index }))
}

/// A second operator of the same order, such as a preconditioner.
pub(super) fn companion<T: Scalar>(
    what: &'static str,
    span: &Span,
    operator: Option<&dyn LinearOperator<T>>,
) -> Result<(), Error> {
    let Some(operator) = operator else { return Ok(()) };
    let (shape, n) = ([operator.rows(), operator.cols()], span.len());
    let reason = "its span is not that of the operator: let `span` return the same one";
    span.agreed(if shape != [n, n] {
        Err(Error::shape(what, &shape, &[n, n]))
    } else {
        Error::require(operator.span().is_like(span), what, reason)
    })
}

/// An operator whose products are counted and looked over for NaN and infinities.
pub(crate) struct Products<'a, T> {
    pub(super) operator: &'a dyn LinearOperator<T>,
    what: &'static str,
    span: Span,
    /// Products so far, one per vector.
    pub(super) count: usize,
}

impl<'a, T: Scalar> Products<'a, T> {
    /// Its vectors.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn new(what: &'static str, operator: &'a dyn LinearOperator<T>) -> Self {
        Products { operator, what, span: operator.span(), count: 0 }
    }

    /// `A x`.
    pub(crate) fn apply(&mut self, x: &[T]) -> Result<Vec<T>, Error> {
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
        match self.span.first_not_finite(image) {
            None => Ok(()),
            Some(index) => Err(Error::NonFinite { what: format!("product {} with {}", self.count, self.what), index }),
        }
    }
}
