//! Sums over slices, in an order that depends on the length alone.

use super::Simd;

/// Σ x[i].
pub fn sum<T: Simd>(x: &[T]) -> T {
    x.iter().copied().sum()
}

/// Σ x[i] y[i].
///
/// # Panics
/// If the lengths differ.
pub fn dot<T: Simd>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: lengths differ");
    x.iter().zip(y).map(|(&a, &b)| a * b).sum()
}

/// max |x[i]|, 0 for an empty slice, NaN if any entry is NaN.
pub fn max_abs<T: Simd>(x: &[T]) -> T {
    x.iter().fold(T::zero(), |m, v| if v.is_nan() || v.abs() > m { v.abs() } else { m })
}

/// `y[i] += alpha · x[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Simd>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: lengths differ");
    for (o, &v) in y.iter_mut().zip(x) {
        *o += alpha * v;
    }
}

/// Column sums of a row-major `[rows, cols]` block, added to `out` `[cols]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn add_column_sums<T: Simd>(x: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(out.len(), cols, "add_column_sums: output length");
    if cols > 0 {
        for row in x.chunks_exact(cols) {
            axpy(T::one(), row, out);
        }
    }
}

/// Row sums of a row-major `[rows, cols]` block, written to `out` `[rows]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn row_sums<T: Simd>(x: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(x.len(), out.len() * cols, "row_sums: lengths do not fit");
    for (i, o) in out.iter_mut().enumerate() {
        *o = sum(&x[i * cols..(i + 1) * cols]);
    }
}
