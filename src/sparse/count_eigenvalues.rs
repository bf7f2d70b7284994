//! Counting eigenvalues without computing any (Sylvester, 1852).

use std::ops::Range;

use super::{Csr, Ldlt, Symbolic};
use crate::Scalar;
use crate::error::Error;

/// How many eigenvalues of a symmetric matrix lie between two numbers, which are not eigenvalues themselves, each with
/// its multiplicity: by the inertia of `A − σI` at both ends. It tells whether an eigensolver has missed any.
///
/// ```
/// use eigennet::sparse::{Csr, count_eigenvalues};
/// let a = Csr::from_diagonal(&[1.0, 2.0, 2.0, 5.0])?;
/// assert_eq!(count_eigenvalues(&a, 1.5..3.0)?, 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Ldlt::factor`]; [`Error::Singular`] if an end is an eigenvalue to working precision; [`Error::InvalidArgument`]
/// if the ends are out of order.
pub fn count_eigenvalues<T: Scalar>(a: &Csr<T>, range: Range<T>) -> Result<usize, Error> {
    Error::check_finite("count_eigenvalues", &[range.start, range.end])?;
    if range.start > range.end {
        let reason = format!("the interval ends at {:e} before it begins at {:e}", range.end, range.start);
        return Err(Error::invalid("count_eigenvalues", reason));
    }
    a.check_symmetric("count_eigenvalues")?;
    let symbolic = Symbolic::analyze(a)?;
    let below = |end: T| Ok::<_, Error>(Ldlt::factor_shifted(a, end, &symbolic)?.inertia().negative);
    // Rounding may miscount next to an eigenvalue.
    Ok(below(range.end)?.saturating_sub(below(range.start)?))
}
