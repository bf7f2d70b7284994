//! Products with a symmetric matrix of which the upper triangle is stored: every entry is read once
//! and used twice, as memory is what such a product waits for.

use super::Simd;
use super::dispatch::dispatch;
use super::extent::fits;

/// Rows read side by side.
const ROWS: usize = 4;
/// Bytes of a vector: with one per row, all that a step needs stays in sixteen registers.
const VECTOR: usize = 32;

/// `out = A x` for a symmetric `A` `[n, n]` that is zero but for the first `rows` rows of its upper triangle, and what
/// mirrors them: all of a symmetric matrix with `rows = n`, one of several terms with less. Row `i` from the diagonal
/// on is `upper[i * stride + i..i * stride + n]`; nothing else is read.
///
/// # Panics
/// If the lengths do not fit, or `rows` is neither `n` nor a multiple of 4.
pub fn multiply_upper<T: Simd>(upper: &[T], stride: usize, rows: usize, x: &[T], out: &mut [T]) {
    let n = x.len();
    assert_eq!(n, out.len(), "multiply_upper: lengths differ");
    assert!(rows == n || (rows < n && rows.is_multiple_of(ROWS)), "multiply_upper: rows cannot be cut so");
    assert!(n <= stride || n <= 1, "multiply_upper: rows overlap");
    assert!(fits(upper.len(), rows, n, stride, 1), "multiply_upper: matrix too short");
    dispatch!(T, FMA, |upper: &[T], stride: usize, rows: usize, x: &[T], out: &mut [T]| {
        if size_of::<T>() * 4 == VECTOR {
            by_lanes::<T, 4, FMA>(upper, stride, rows, x, out)
        } else {
            by_lanes::<T, 8, FMA>(upper, stride, rows, x, out)
        }
    })
}

#[inline(always)]
fn by_lanes<T: Simd, const LANES: usize, const FMA: bool>(
    upper: &[T],
    stride: usize,
    rows: usize,
    x: &[T],
    out: &mut [T],
) {
    let n = x.len();
    out.fill(T::zero());
    let full = rows - rows % ROWS;
    for i in (0..full).step_by(ROWS) {
        corner::<T, FMA>(&upper[i * stride + i..], stride, &x[i..i + ROWS], &mut out[i..i + ROWS]);
        let rows: [&[T]; ROWS] = std::array::from_fn(|r| &upper[(i + r) * stride + i + ROWS..(i + r) * stride + n]);
        let (head, tail) = out.split_at_mut(i + ROWS);
        strip::<T, LANES, FMA>(rows, &x[i..], &mut head[i..], tail);
    }
    let rest = full..rows;
    let last = upper.get(full * stride + full..).unwrap_or(&[]);
    corner::<T, FMA>(last, stride, &x[rest.clone()], &mut out[rest]);
}

/// The few rows and columns at the diagonal.
#[inline(always)]
fn corner<T: Simd, const FMA: bool>(upper: &[T], stride: usize, x: &[T], out: &mut [T]) {
    for i in 0..x.len() {
        out[i] = upper[i * stride + i].fused::<FMA>(x[i], out[i]);
        for j in i + 1..x.len() {
            let a = upper[i * stride + j];
            out[i] = a.fused::<FMA>(x[j], out[i]);
            out[j] = a.fused::<FMA>(x[i], out[j]);
        }
    }
}

/// The rows right of the corner: `own += rows · x_right`, `right += rowsᵀ · x_own`.
#[inline(always)]
fn strip<T: Simd, const LANES: usize, const FMA: bool>(rows: [&[T]; ROWS], x: &[T], own: &mut [T], right: &mut [T]) {
    let n = right.len();
    let (factors, x) = x.split_at(ROWS);
    let [a, b, c, d] = rows.map(|row| row[..n].as_chunks::<LANES>());
    let [fa, fb, fc, fd] = std::array::from_fn(|r| [factors[r]; LANES]);
    let (xs, x_rest) = x[..n].as_chunks::<LANES>();
    let (ys, y_rest) = right.as_chunks_mut::<LANES>();
    let mut sums = [[T::zero(); LANES]; ROWS];
    for (((((a, b), c), d), x), y) in a.0.iter().zip(b.0).zip(c.0).zip(d.0).zip(xs).zip(ys) {
        for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
            *sum = fused::<T, LANES, FMA>(row, x, sum);
        }
        let ab = fused::<T, LANES, FMA>(b, &fb, &fused::<T, LANES, FMA>(a, &fa, y));
        *y = fused::<T, LANES, FMA>(d, &fd, &fused::<T, LANES, FMA>(c, &fc, &ab));
    }
    for (r, row) in [a.1, b.1, c.1, d.1].into_iter().enumerate() {
        let mut sum = total(&sums[r]);
        for ((&a, &x), y) in row.iter().zip(x_rest).zip(y_rest.iter_mut()) {
            sum = a.fused::<FMA>(x, sum);
            *y = a.fused::<FMA>(factors[r], *y);
        }
        own[r] += sum;
    }
}

/// `a · b + c`, lane by lane.
#[inline(always)]
fn fused<T: Simd, const LANES: usize, const FMA: bool>(a: &[T; LANES], b: &[T; LANES], c: &[T; LANES]) -> [T; LANES] {
    std::array::from_fn(|lane| a[lane].fused::<FMA>(b[lane], c[lane]))
}

/// Not inlined: a sum across the lanes in sight of the loop misleads the compiler to shuffle lanes within it.
#[inline(never)]
fn total<T: Simd, const LANES: usize>(lanes: &[T; LANES]) -> T {
    lanes.iter().copied().sum()
}

#[cfg(test)]
mod tests;
