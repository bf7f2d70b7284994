//! Products of the rows of a matrix with one vector, several rows at a time.

use super::Simd;
use super::dispatch::dispatch;
use super::extent::fits;

/// Rows read side by side.
const ROWS: usize = 4;
/// Partial sums per row.
const LANES: usize = 8;

/// `out = A v`: row `i` of `A` `[out.len(), v.len()]` is `a[i * stride..i * stride + v.len()]`.
///
/// # Panics
/// If the matrix is too short.
pub fn multiply_rows<T: Simd>(a: &[T], stride: usize, v: &[T], out: &mut [T]) {
    assert!(fits(a.len(), out.len(), v.len(), stride, 1), "multiply_rows: matrix too short");
    dispatch!(T, FMA, |a: &[T], stride: usize, v: &[T], out: &mut [T]| {
        let row = |i: usize| &a[i * stride..i * stride + v.len()];
        let (groups, rest) = out.as_chunks_mut::<ROWS>();
        let full = groups.len() * ROWS;
        for (g, out) in groups.iter_mut().enumerate() {
            *out = products::<T, ROWS, FMA>(std::array::from_fn(|r| row(g * ROWS + r)), v);
        }
        for (i, out) in rest.iter_mut().enumerate() {
            [*out] = products::<T, 1, FMA>([row(full + i)], v);
        }
    })
}

/// `out += Aᵀ w`: row `i` of `A` `[w.len(), out.len()]` is `a[i * stride..i * stride + out.len()]`.
///
/// # Panics
/// If the matrix is too short.
pub fn add_combination<T: Simd>(a: &[T], stride: usize, weights: &[T], out: &mut [T]) {
    assert!(fits(a.len(), weights.len(), out.len(), stride, 1), "add_combination: matrix too short");
    dispatch!(T, FMA, |a: &[T], stride: usize, weights: &[T], out: &mut [T]| {
        let n = out.len();
        let row = |i: usize| &a[i * stride..i * stride + n];
        let (groups, rest) = weights.as_chunks::<ROWS>();
        let full = groups.len() * ROWS;
        for (g, &weights) in groups.iter().enumerate() {
            combine::<T, ROWS, FMA>(std::array::from_fn(|r| row(g * ROWS + r)), weights, out);
        }
        for (i, &weight) in rest.iter().enumerate() {
            combine::<T, 1, FMA>([row(full + i)], [weight], out);
        }
    })
}

/// The products of the rows with `v`; rows may be longer.
#[inline(always)]
pub(super) fn products<T: Simd, const R: usize, const FMA: bool>(rows: [&[T]; R], v: &[T]) -> [T; R] {
    let (chunks, rest) = v.as_chunks::<LANES>();
    let full = chunks.len() * LANES;
    let rows = rows.map(|row| &row[..v.len()]);
    let mut sums = [[T::zero(); LANES]; R];
    for (i, v) in chunks.iter().enumerate() {
        for r in 0..R {
            let row = lanes(rows[r], i * LANES);
            for lane in 0..LANES {
                sums[r][lane] = row[lane].fused::<FMA>(v[lane], sums[r][lane]);
            }
        }
    }
    if full > 0 && !rest.is_empty() {
        // The last lanes again, times zero where they have been counted.
        let (from, counted) = (v.len() - LANES, LANES - rest.len());
        let v: [T; LANES] = std::array::from_fn(|lane| if lane < counted { T::zero() } else { v[from + lane] });
        for r in 0..R {
            let row = lanes(rows[r], from);
            for lane in 0..LANES {
                sums[r][lane] = row[lane].fused::<FMA>(v[lane], sums[r][lane]);
            }
        }
    } else {
        for r in 0..R {
            for (lane, &v) in rest.iter().enumerate() {
                sums[r][lane] = rows[r][lane] * v;
            }
        }
    }
    sums.map(|sums| sums.into_iter().sum())
}

/// `out += Σ_r weights[r] · rows[r]`; rows may be longer.
#[inline(always)]
pub(super) fn combine<T: Simd, const R: usize, const FMA: bool>(rows: [&[T]; R], weights: [T; R], out: &mut [T]) {
    let rows = rows.map(|row| &row[..out.len()]);
    let (chunks, rest) = out.as_chunks_mut::<LANES>();
    let full = chunks.len() * LANES;
    for (i, out) in chunks.iter_mut().enumerate() {
        let mut sums = *out;
        for r in 0..R {
            let row = lanes(rows[r], i * LANES);
            for lane in 0..LANES {
                sums[lane] = row[lane].fused::<FMA>(weights[r], sums[lane]);
            }
        }
        *out = sums;
    }
    if full > 0 && !rest.is_empty() {
        // The last lanes again; those that have been counted are left out.
        let (from, counted) = (full + rest.len() - LANES, LANES - rest.len());
        let mut sums = [T::zero(); LANES];
        for r in 0..R {
            let row = lanes(rows[r], from);
            for lane in 0..LANES {
                sums[lane] = row[lane].fused::<FMA>(weights[r], sums[lane]);
            }
        }
        rest.iter_mut().zip(&sums[counted..]).for_each(|(o, &sum)| *o += sum);
    } else {
        for (j, o) in rest.iter_mut().enumerate() {
            for r in 0..R {
                *o = rows[r][j].fused::<FMA>(weights[r], *o);
            }
        }
    }
}

/// Some entries of a row, from `start` on.
#[inline(always)]
fn lanes<T: Simd>(row: &[T], start: usize) -> [T; LANES] {
    let part = &row[start..start + LANES];
    std::array::from_fn(|lane| part[lane])
}

#[cfg(test)]
mod tests;
