//! Sums over slices, in an order that depends on the length alone.
//!
//! Long sums run in parallel partial sums over blocks, and the blocks are added up as a balanced tree (pairwise
//! summation, Higham 1993): the rounding error grows with the logarithm of the length, not with the length. Neither
//! the instruction set nor the number of threads changes the order. [`dot`], [`axpy`] and [`axpby`] use fused
//! multiply-add where the machine has it, so their last bits may differ between machines.

mod columns;
#[cfg(test)]
mod tests;
mod tree;

use self::columns::{LANES, ROWS, narrow_sums, wide_sums};
use self::tree::{sum_of_products, sum_of_terms};
use super::Simd;
use super::dispatch::dispatch;
use super::isa::Isa;

/// `Σ x[i]`.
pub fn sum<T: Simd>(x: &[T]) -> T {
    sum_on(Isa::best(), x)
}

fn sum_on<T: Simd>(isa: Isa, x: &[T]) -> T {
    dispatch!(isa, T, FMA, |x: &[T]| -> T { sum_of_terms(x) })
}

/// `Σ x[i] y[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn dot<T: Simd>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: lengths differ");
    dot_on(Isa::best(), x, y)
}

fn dot_on<T: Simd>(isa: Isa, x: &[T], y: &[T]) -> T {
    dispatch!(isa, T, FMA, |x: &[T], y: &[T]| -> T { sum_of_products::<T, FMA>(x, y) })
}

/// The Euclidean norm `√(Σ x[i]²)`, in units of the largest entry where the squares would over- or underflow; not
/// finite if an entry is not.
pub fn norm<T: Simd>(x: &[T]) -> T {
    let squares = dot(x, x);
    let least = T::min_positive_value() / (T::epsilon() * T::epsilon());
    if squares > least && squares.is_finite() {
        return squares.sqrt();
    }
    let largest = max_abs(x);
    if largest == T::zero() || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|&v| (v / largest) * (v / largest)).sum::<T>().sqrt()
}

/// `max |x[i]|`, 0 for an empty slice, NaN if any entry is NaN.
pub fn max_abs<T: Simd>(x: &[T]) -> T {
    max_abs_on(Isa::best(), x)
}

fn max_abs_on<T: Simd>(isa: Isa, x: &[T]) -> T {
    dispatch!(isa, T, FMA, |x: &[T]| -> T {
        // NaN enters by the second comparison and is left by neither.
        let larger = |m: T, v: T| if v > m || v.is_nan() { v } else { m };
        let mut lanes = [T::zero(); 32];
        let rows = x.chunks_exact(lanes.len());
        let rest = rows.remainder();
        for row in rows {
            for (m, v) in lanes.iter_mut().zip(row) {
                *m = larger(*m, v.abs());
            }
        }
        rest.iter().map(|v| v.abs()).chain(lanes).fold(T::zero(), larger)
    })
}

/// Whether every entry is finite.
pub fn all_finite<T: Simd>(x: &[T]) -> bool {
    all_finite_on(Isa::best(), x)
}

fn all_finite_on<T: Simd>(isa: Isa, x: &[T]) -> bool {
    // Free of branches inside a block, so that it is vectorised.
    dispatch!(isa, T, FMA, |x: &[T]| -> bool {
        let largest = T::max_value();
        x.chunks(1024).all(|block| block.iter().fold(true, |finite, v| finite & (v.abs() <= largest)))
    })
}

/// `y[i] += alpha · x[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Simd>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: lengths differ");
    axpy_on(Isa::best(), alpha, x, y);
}

fn axpy_on<T: Simd>(isa: Isa, alpha: T, x: &[T], y: &mut [T]) {
    dispatch!(isa, T, FMA, |alpha: T, x: &[T], y: &mut [T]| {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = alpha.fused::<FMA>(x, *y);
        }
    })
}

/// `y[i] = alpha · x[i] + beta · y[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn axpby<T: Simd>(alpha: T, x: &[T], beta: T, y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpby: lengths differ");
    axpby_on(Isa::best(), alpha, x, beta, y);
}

fn axpby_on<T: Simd>(isa: Isa, alpha: T, x: &[T], beta: T, y: &mut [T]) {
    dispatch!(isa, T, FMA, |alpha: T, x: &[T], beta: T, y: &mut [T]| {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = alpha.fused::<FMA>(x, beta * *y);
        }
    })
}

/// Column sums of a row-major `[rows, cols]` block, added to `out` `[cols]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn add_column_sums<T: Simd>(x: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(out.len(), cols, "add_column_sums: output length");
    if cols == 0 {
        assert!(x.is_empty(), "add_column_sums: entries without columns");
        return;
    }
    assert_eq!(x.len() % cols, 0, "add_column_sums: a row is incomplete");
    add_column_sums_on(Isa::best(), x, out);
}

fn add_column_sums_on<T: Simd>(isa: Isa, x: &[T], out: &mut [T]) {
    dispatch!(isa, T, FMA, |x: &[T], out: &mut [T]| {
        let cols = out.len();
        for block in x.chunks(cols.saturating_mul(ROWS)) {
            if cols < LANES { narrow_sums(block, out) } else { wide_sums(block, out) }
        }
    })
}

/// Row sums of a row-major `[rows, cols]` block, written to `out` `[rows]`; each as [`sum`] of the row.
///
/// # Panics
/// If the lengths do not fit.
pub fn row_sums<T: Simd>(x: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(Some(x.len()), out.len().checked_mul(cols), "row_sums: lengths do not fit");
    row_sums_on(Isa::best(), x, cols, out);
}

fn row_sums_on<T: Simd>(isa: Isa, x: &[T], cols: usize, out: &mut [T]) {
    dispatch!(isa, T, FMA, |x: &[T], cols: usize, out: &mut [T]| {
        if cols == 0 {
            out.fill(T::zero());
            return;
        }
        for (o, row) in out.iter_mut().zip(x.chunks_exact(cols)) {
            *o = sum_of_terms(row);
        }
    })
}
