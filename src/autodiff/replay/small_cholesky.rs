//! Cholesky factor and triangular solves of the small matrices that losses hold: row by row, and without allocating.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce;

/// The lower Cholesky factor `l` of `a` `[n, n]`, of which the lower triangle is read.
pub(crate) fn cholesky<T: Scalar>(a: &[T], n: usize, l: &mut [T]) -> Result<(), Error> {
    l.fill(T::zero());
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (&l[i * n..i * n + j], &l[j * n..j * n + j]);
            let rest = a[i * n + j] - reduce::dot(row_i, row_j);
            if i == j {
                if rest.is_nan() || rest <= T::zero() || !rest.is_finite() {
                    return Err(Error::NotPositiveDefinite { operation: "cholesky", pivot: i });
                }
                l[i * n + i] = rest.sqrt();
            } else {
                l[i * n + j] = rest / l[j * n + j];
            }
        }
    }
    Ok(())
}

/// Solves `L X = B` or `Lᵀ X = B` in place; `x` is `[n, cols]`.
pub(crate) fn solve_lower<T: Scalar>(
    l: &[T],
    n: usize,
    transposed: bool,
    x: &mut [T],
    cols: usize,
) -> Result<(), Error> {
    for step in 0..n {
        let i = if transposed { n - 1 - step } else { step };
        let pivot = l[i * n + i];
        if pivot == T::zero() {
            return Err(Error::Singular { operation: "solve_lower", pivot: i });
        }
        let (before, rest) = x.split_at_mut(i * cols);
        let (row, after) = rest.split_at_mut(cols);
        if transposed {
            for (k, other) in (i + 1..n).zip(after.chunks_exact(cols)) {
                reduce::axpy(-l[k * n + i], other, row);
            }
        } else {
            for (k, other) in before.chunks_exact(cols).enumerate() {
                reduce::axpy(-l[i * n + k], other, row);
            }
        }
        row.iter_mut().for_each(|v| *v /= pivot);
    }
    Ok(())
}
