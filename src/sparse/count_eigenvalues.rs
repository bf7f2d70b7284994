//! Counting eigenvalues without computing any (Sylvester, 1852).

use std::ops::Range;

use super::{Csr, Ldlt, Symbolic};
use crate::Scalar;
use crate::error::Error;

/// How many eigenvalues of a symmetric matrix lie between two numbers, which are not eigenvalues themselves, each with
/// its multiplicity: by the inertia of `A − σI` at both ends. It tells whether an eigensolver has missed any.
///
/// Elimination without 2×2 pivots fails at eigenvalues of leading parts of the matrix as well. There the counts a little
/// below and above decide: if they are equal, no eigenvalue lies between, and theirs is the count.
///
/// ```
/// use eigennet::sparse::{Csr, count_eigenvalues};
/// let a = Csr::from_diagonal(&[1.0, 2.0, 2.0, 5.0])?;
/// assert_eq!(count_eigenvalues(&a, 1.5..3.0)?, 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Ldlt::factor`]; [`Error::InvalidArgument`] if the ends are out of order, or one of them cannot be told from an
/// eigenvalue.
pub fn count_eigenvalues<T: Scalar>(a: &Csr<T>, range: Range<T>) -> Result<usize, Error> {
    Error::check_finite("count_eigenvalues", &[range.start, range.end])?;
    if range.start > range.end {
        let reason = format!("the interval ends at {:e} before it begins at {:e}", range.end, range.start);
        return Err(Error::invalid("count_eigenvalues", reason));
    }
    a.check_symmetric("count_eigenvalues")?;
    let symbolic = Symbolic::analyze(a)?;
    let count = |end: T| Ok::<_, Error>(Ldlt::factor_shifted(a, end, &symbolic)?.inertia().negative);
    // Closer to where a pivot vanishes the entries grow so much that `Ldlt` refuses.
    let step = T::of(64.0) * T::EPSILON.sqrt() * a.max_abs().max(range.start.abs()).max(range.end.abs());
    let below = |end: T| match count(end) {
        Err(Error::ZeroPivot { .. }) => {
            let (low, high) = (count(end - step)?, count(end + step)?);
            let reason = format!("{} eigenvalues lie within {step:e} of the end {end:e}; move it", high.abs_diff(low));
            Error::require(low == high, "count_eigenvalues", reason)?;
            Ok(low)
        }
        other => other,
    };
    // Rounding may miscount next to an eigenvalue.
    Ok(below(range.end)?.saturating_sub(below(range.start)?))
}
