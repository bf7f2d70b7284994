//! The pass over a matrix that its reduction to bidiagonal form waits for: two products with the matrix, one of which
//! depends on the other, in a single reading (Howell, Demmel, Fulton, Hammarling and Marmol, 2008).

use super::Simd;
use super::dispatch::dispatch;
use super::extent::fits;
use super::rows::{combine, products};

/// Rows read side by side; they stay in the first cache between their two uses.
const ROWS: usize = 4;

/// `x ← π (A v − x)`, then `c ← a₀ − c − x` with the first column `a₀`, then `out = A₊ᵀ c` with all other columns: `A`
/// `[m, n]`, `v` `[n]`, `x` and `c` `[m]`, `out` `[n − 1]`. Row `i` of `A` is `a[i * stride..i * stride + n]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn bidiagonal_pass<T: Simd>(
    a: &[T],
    stride: usize,
    v: &[T],
    factor: T,
    x: &mut [T],
    column: &mut [T],
    out: &mut [T],
) {
    let (m, n) = (x.len(), v.len());
    assert!(n > 0 && column.len() == m && out.len() + 1 == n, "bidiagonal_pass: lengths differ");
    assert!(fits(a.len(), m, n, stride, 1), "bidiagonal_pass: matrix too short");
    dispatch!(T, FMA, |a: &[T], stride: usize, v: &[T], factor: T, x: &mut [T], column: &mut [T], out: &mut [T]| {
        out.fill(T::zero());
        let m = x.len();
        let full = m - m % ROWS;
        for i in (0..full).step_by(ROWS) {
            let rows = std::array::from_fn(|r| &a[(i + r) * stride..(i + r) * stride + v.len()]);
            step::<T, ROWS, FMA>(rows, v, factor, &mut x[i..i + ROWS], &mut column[i..i + ROWS], out);
        }
        for i in full..m {
            let rows = [&a[i * stride..i * stride + v.len()]];
            step::<T, 1, FMA>(rows, v, factor, &mut x[i..=i], &mut column[i..=i], out);
        }
    })
}

#[inline(always)]
fn step<T: Simd, const R: usize, const FMA: bool>(
    rows: [&[T]; R],
    v: &[T],
    factor: T,
    x: &mut [T],
    column: &mut [T],
    out: &mut [T],
) {
    let sums = products::<T, R, FMA>(rows, v);
    let mut weights = [T::zero(); R];
    for r in 0..R {
        x[r] = factor * (sums[r] - x[r]);
        column[r] = rows[r][0] - column[r] - x[r];
        weights[r] = column[r];
    }
    combine::<T, R, FMA>(rows.map(|row| &row[1..]), weights, out);
}

#[cfg(test)]
mod tests;
