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

use self::columns::ColumnSums;
use self::tree::{sum_of_products, sum_of_terms};
use super::Simd;
use super::dispatch::{Kernel, run};

/// `Σ x[i]`.
pub fn sum<T: Simd>(x: &[T]) -> T {
    run(Sum { x })
}

/// `Σ x[i] y[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn dot<T: Simd>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: lengths differ");
    run(Dot { x, y })
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
    run(MaxAbs { x })
}

/// `y[i] += alpha · x[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Simd>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: lengths differ");
    run(Axpy { alpha, x, y });
}

/// `y[i] = alpha · x[i] + beta · y[i]`.
///
/// # Panics
/// If the lengths differ.
pub fn axpby<T: Simd>(alpha: T, x: &[T], beta: T, y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpby: lengths differ");
    run(Axpby { alpha, x, beta, y });
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
    run(ColumnSums { x, out });
}

/// Row sums of a row-major `[rows, cols]` block, written to `out` `[rows]`; each as [`sum`] of the row.
///
/// # Panics
/// If the lengths do not fit.
pub fn row_sums<T: Simd>(x: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(Some(x.len()), out.len().checked_mul(cols), "row_sums: lengths do not fit");
    run(RowSums { x, cols, out });
}

struct Sum<'a, T> {
    x: &'a [T],
}

impl<T: Simd> Kernel for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
        sum_of_terms(self.x)
    }
}

struct Dot<'a, T> {
    x: &'a [T],
    y: &'a [T],
}

impl<T: Simd> Kernel for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
        sum_of_products::<T, FMA>(self.x, self.y)
    }
}

struct MaxAbs<'a, T> {
    x: &'a [T],
}

impl<T: Simd> Kernel for MaxAbs<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
        // NaN enters by the second comparison and is left by neither.
        let larger = |m: T, v: T| if v > m || v.is_nan() { v } else { m };
        let mut lanes = [T::zero(); 32];
        let rows = self.x.chunks_exact(lanes.len());
        let rest = rows.remainder();
        for row in rows {
            for (m, v) in lanes.iter_mut().zip(row) {
                *m = larger(*m, v.abs());
            }
        }
        rest.iter().map(|v| v.abs()).chain(lanes).fold(T::zero(), larger)
    }
}

struct Axpy<'a, T> {
    alpha: T,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Simd> Kernel for Axpy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = self.alpha.fused::<FMA>(x, *y);
        }
    }
}

struct Axpby<'a, T> {
    alpha: T,
    x: &'a [T],
    beta: T,
    y: &'a mut [T],
}

impl<T: Simd> Kernel for Axpby<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = self.alpha.fused::<FMA>(x, self.beta * *y);
        }
    }
}

struct RowSums<'a, T> {
    x: &'a [T],
    cols: usize,
    out: &'a mut [T],
}

impl<T: Simd> Kernel for RowSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        if self.cols == 0 {
            self.out.fill(T::zero());
            return;
        }
        for (o, row) in self.out.iter_mut().zip(self.x.chunks_exact(self.cols)) {
            *o = sum_of_terms(row);
        }
    }
}
