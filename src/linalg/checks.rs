//! What every dense routine asks of its arguments before it computes.

use std::ops::Range;

use super::Matrix;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::max_abs;
use crate::kernels::transpose::transpose;

/// `A` is square and finite.
pub(crate) fn square<T: Scalar>(operation: &'static str, a: &Matrix<T>) -> Result<(), Error> {
    if !a.is_square() {
        let n = a.rows().max(a.cols());
        return Err(Error::shape(operation, &[a.rows(), a.cols()], &[n, n]));
    }
    Error::check_finite(operation, a.as_slice())
}

/// An empty vector with room for a matrix of a size that nobody vouches for.
pub(crate) fn room<V>(operation: &'static str, [rows, cols]: [usize; 2]) -> Result<Vec<V>, Error> {
    let mut out = Vec::new();
    let granted = rows.checked_mul(cols).is_some_and(|count| out.try_reserve_exact(count).is_ok());
    let reason = format_args!("no memory for {rows} × {cols} entries; were the dimensions given as meant?");
    Error::require(granted, operation, reason)?;
    Ok(out)
}

/// No number of a result has overflowed, or else the advice.
pub(crate) fn in_range<T: Scalar>(
    operation: &'static str,
    values: &[T],
    advice: impl FnOnce() -> String,
) -> Result<(), Error> {
    if values.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(Error::invalid(operation, advice())) }
}

/// No entry of a factor has overflowed, as some may where those of the matrix nearly do.
pub(crate) fn factor<T: Scalar>(operation: &'static str, entries: &[T]) -> Result<(), Error> {
    in_range(operation, entries, || format!("an entry of a factor overflows {}: scale the matrix down", T::NAME))
}

/// No entry of a solution has overflowed.
pub(crate) fn solution<T: Scalar>(operation: &'static str, entries: &[T]) -> Result<(), Error> {
    let advice = || format!("the solution overflows {}: scale the right-hand side down, or the matrix up", T::NAME);
    in_range(operation, entries, advice)
}

/// Side of the tiles that a matrix and its mirror image are compared by.
const TILE: usize = 32;

/// `A` is square, finite and symmetric but for rounding: no mirrored entries are [further apart](first_asymmetry) than
/// [`forgiven`] of their rows.
#[inline(never)]
pub(crate) fn symmetric<T: Scalar>(operation: &'static str, a: &Matrix<T>) -> Result<(), Error> {
    square(operation, a)?;
    let Some([i, j]) = first_asymmetry(a, forgiven()) else { return Ok(()) };
    let reason = format!(
        "the matrix is not symmetric: entries ({i}, {j}) and ({j}, {i}) are {:e} and {:e}; pass (A + Aᵀ)/2, or use a \
         method for nonsymmetric matrices",
        a[(i, j)],
        a[(j, i)]
    );
    Err(Error::invalid(operation, reason))
}

/// The asymmetry, relative to the rows it lies in, of a matrix that is said to be symmetric. It forgives the rounding of a
/// Gram matrix however it was summed up, and tells a matrix that was never meant to be symmetric.
pub(crate) fn forgiven<T: Scalar>() -> T {
    T::EPSILON.sqrt()
}

/// The asymmetry, relative to the rows it lies in, up to which a matrix of which nothing is said is taken for a symmetric
/// one that was rounded.
pub(crate) fn rounding<T: Scalar>() -> T {
    T::of(64.0) * T::EPSILON
}

/// The first entry (i, j) below the diagonal that is further from its mirror image than `share · √(rᵢ rⱼ)`, from the largest
/// entries `rᵢ` and `rⱼ` of row and column i and j; or that is no number.
///
/// Eigenvalues of graded matrices are as small as their rows are: what is nothing beside the largest entry of the matrix may
/// be all there is of them.
pub(crate) fn first_asymmetry<T: Scalar>(a: &Matrix<T>, share: T) -> Option<[usize; 2]> {
    if is_mirrored(a) {
        return None;
    }
    let mut sizes: Vec<T> = a.row_iter().map(max_abs).collect();
    for row in a.row_iter() {
        sizes.iter_mut().zip(row).for_each(|(size, v)| *size = size.max(v.abs()));
    }
    let roots: Vec<T> = sizes.into_iter().map(|size| size.sqrt()).collect();
    tiles_below_diagonal(a.rows()).find_map(|(mut rows, cols)| {
        rows.find_map(|i| {
            let row = a.row(i);
            let near = |j: usize| (row[j] - a[(j, i)]).abs() <= share * roots[i] * roots[j];
            (cols.start..cols.end.min(i)).find(|&j| !near(j)).map(|j| [i, j])
        })
    })
}

/// Whether every entry is its own mirror image, as most often they are.
fn is_mirrored<T: Scalar>(a: &Matrix<T>) -> bool {
    let (n, mut mirrored) = (a.rows(), [T::zero(); TILE * TILE]);
    tiles_below_diagonal(n).all(|(mut rows, cols)| {
        let (first, shape) = (rows.start, [cols.len(), rows.len()]);
        transpose((&a.as_slice()[cols.start * n + first..], n), shape, (&mut mirrored, TILE));
        rows.all(|i| {
            let pairs = a.row(i)[cols.clone()].iter().zip(&mirrored[(i - first) * TILE..]);
            pairs.fold(true, |same, (x, y)| same & (x == y))
        })
    })
}

/// Square tiles (rows, columns) that cover the lower triangle: small enough that an entry and its
/// mirror image are both read along cache lines.
pub(super) fn tiles_below_diagonal(n: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let tile = move |start: usize| start..(start + TILE).min(n);
    (0..n).step_by(TILE).flat_map(move |i| (0..=i).step_by(TILE).map(move |j| (tile(i), tile(j))))
}

/// The symmetric part `(A + Aᵀ)/2` of a square matrix.
#[inline(never)]
pub(crate) fn symmetric_part<T: Scalar>(a: &Matrix<T>) -> Matrix<T> {
    let half = T::of(0.5);
    // Equal entries are kept as they are: halving would flush the last bit of a subnormal number.
    let mean = |x: T, y: T| if x == y { x } else { x * half + y * half };
    let mut out = a.clone();
    let (n, entries) = (a.rows(), out.as_mut_slice());
    for (rows, cols) in tiles_below_diagonal(n) {
        for i in rows {
            let (above, row) = entries.split_at_mut(i * n);
            for j in cols.start..cols.end.min(i) {
                let mirrored = &mut above[j * n + i];
                row[j] = mean(row[j], *mirrored);
                *mirrored = row[j];
            }
        }
    }
    out
}

/// The right-hand sides `B` are finite and have as many rows as the matrix.
pub(crate) fn right_hand_sides<T: Scalar>(operation: &'static str, rows: usize, b: &Matrix<T>) -> Result<(), Error> {
    if b.rows() != rows {
        return Err(Error::shape(operation, &[rows, rows], &[b.rows(), b.cols()]));
    }
    Error::check_finite(operation, b.as_slice())
}
