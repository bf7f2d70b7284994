//! Reflections of three neighbouring rows or columns: what the QR algorithm is made of.

use std::ops::Range;

use super::Simd;
use super::dispatch::dispatch;
use super::extent::fits;
use super::isa::Isa;

/// Columns worked on at a time: ranges of a multiple of it are fastest.
pub const LANES: usize = 16;
/// Columns worked on at a time where fewer are left.
const FEW: usize = 4;

/// `I − τ v vᵀ` with `v = (1, v₁, v₂)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reflection<T> {
    /// τ; with 0 this is the identity.
    pub tau: T,
    /// `[v₁, v₂]`
    pub v: [T; 2],
}

/// Reflects rows `i, i + 1, i + 2` by `chain[i]`, for i = 0, 1, … in turn, in some columns of a matrix whose rows are
/// `stride` apart. The last reflection takes two rows only if there are no more.
///
/// # Panics
/// If `rows` is neither one nor two more than there are reflections, or the matrix is too short.
pub fn reflect_rows<T: Simd>(
    chain: &[Reflection<T>],
    data: &mut [T],
    rows: usize,
    stride: usize,
    columns: Range<usize>,
) {
    if chain.is_empty() || columns.is_empty() {
        return;
    }
    assert!(rows == chain.len() + 2 || rows == chain.len() + 1, "reflect_rows: {rows} rows of {}", chain.len());
    let long_enough = fits(data.len(), rows, columns.end, stride, 1);
    assert!(columns.end <= stride && long_enough, "reflect_rows: too short");
    // The steps of a chain wait for one another: more columns at once fill the time, where registers hold them.
    let wide = Isa::best() == Isa::Avx512;
    dispatch!(T, FMA, |wide: bool,
                       chain: &[Reflection<T>],
                       data: &mut [T],
                       rows: usize,
                       stride: usize,
                       columns: Range<usize>| {
        let mut start = columns.start;
        while wide && start + 2 * LANES <= columns.end {
            strip::<T, { 2 * LANES }, FMA>(chain, data, rows, stride, start);
            start += 2 * LANES;
        }
        while start + LANES <= columns.end {
            strip::<T, LANES, FMA>(chain, data, rows, stride, start);
            start += LANES;
        }
        while start + FEW <= columns.end {
            strip::<T, FEW, FMA>(chain, data, rows, stride, start);
            start += FEW;
        }
        while start < columns.end {
            strip::<T, 1, FMA>(chain, data, rows, stride, start);
            start += 1;
        }
    })
}

/// Reflects three columns of some rows, or two (by `v = (1, v₁)`).
///
/// # Panics
/// If `columns` are neither two nor three, or the matrix is too short.
pub fn reflect_columns<T: Simd>(
    reflection: Reflection<T>,
    data: &mut [T],
    stride: usize,
    rows: Range<usize>,
    columns: Range<usize>,
) {
    if rows.is_empty() {
        return;
    }
    assert!(matches!(columns.len(), 2 | 3) && columns.end <= stride, "reflect_columns: columns {columns:?}");
    assert!(fits(data.len(), rows.end, columns.end, stride, 1), "reflect_columns: too short");
    let Reflection { tau, v: [v1, v2] } = reflection;
    dispatch!(T, FMA, |tau: T,
                       v1: T,
                       v2: T,
                       data: &mut [T],
                       stride: usize,
                       rows: Range<usize>,
                       columns: Range<usize>| {
        for row in data[rows.start * stride..].chunks_mut(stride).take(rows.len()) {
            match &mut row[columns.clone()] {
                [a, b, c] => {
                    let s = tau * v1.fused::<FMA>(*b, v2.fused::<FMA>(*c, *a));
                    *a -= s;
                    *b = (-v1).fused::<FMA>(s, *b);
                    *c = (-v2).fused::<FMA>(s, *c);
                }
                [a, b] => {
                    let s = tau * v1.fused::<FMA>(*b, *a);
                    *a -= s;
                    *b = (-v1).fused::<FMA>(s, *b);
                }
                _ => {}
            }
        }
    })
}

/// The whole chain in `N` columns: two of the three rows stay in registers from one reflection to the next. Three
/// reflections make a round, after which the rows are in the same registers again.
#[inline(always)]
fn strip<T: Simd, const N: usize, const FMA: bool>(
    chain: &[Reflection<T>],
    data: &mut [T],
    rows: usize,
    stride: usize,
    start: usize,
) {
    let (long, last) = chain.split_at(rows - 2);
    let mut a = load::<T, N>(data, start);
    let mut b = load::<T, N>(data, start + stride);
    let mut at = start;
    let rounds = long.chunks_exact(3);
    let rest = rounds.remainder();
    for round in rounds {
        let mut c = load::<T, N>(data, at + 2 * stride);
        reflect::<T, N, FMA>(&round[0], &mut a, &mut b, &mut c);
        store(data, at, a);
        a = load::<T, N>(data, at + 3 * stride);
        reflect::<T, N, FMA>(&round[1], &mut b, &mut c, &mut a);
        store(data, at + stride, b);
        b = load::<T, N>(data, at + 4 * stride);
        reflect::<T, N, FMA>(&round[2], &mut c, &mut a, &mut b);
        store(data, at + 2 * stride, c);
        at += 3 * stride;
    }
    match rest {
        [] => finish::<T, N, FMA>(last, data, at, stride, a, b),
        [first] => {
            let mut c = load::<T, N>(data, at + 2 * stride);
            reflect::<T, N, FMA>(first, &mut a, &mut b, &mut c);
            store(data, at, a);
            finish::<T, N, FMA>(last, data, at + stride, stride, b, c);
        }
        [first, second, ..] => {
            let mut c = load::<T, N>(data, at + 2 * stride);
            reflect::<T, N, FMA>(first, &mut a, &mut b, &mut c);
            store(data, at, a);
            a = load::<T, N>(data, at + 3 * stride);
            reflect::<T, N, FMA>(second, &mut b, &mut c, &mut a);
            store(data, at + stride, b);
            finish::<T, N, FMA>(last, data, at + 2 * stride, stride, c, a);
        }
    }
}

/// The reflection of the last two rows, if there is one, and those rows back to memory.
#[inline(always)]
fn finish<T: Simd, const N: usize, const FMA: bool>(
    last: &[Reflection<T>],
    data: &mut [T],
    at: usize,
    stride: usize,
    mut a: [T; N],
    mut b: [T; N],
) {
    if let [Reflection { tau, v: [v1, _] }] = *last {
        for l in 0..N {
            let s = tau * v1.fused::<FMA>(b[l], a[l]);
            a[l] -= s;
            b[l] = (-v1).fused::<FMA>(s, b[l]);
        }
    }
    store(data, at, a);
    store(data, at + stride, b);
}

#[inline(always)]
fn load<T: Simd, const N: usize>(data: &[T], at: usize) -> [T; N] {
    data[at..].first_chunk().copied().unwrap_or([T::zero(); N])
}

#[inline(always)]
fn store<T: Simd, const N: usize>(data: &mut [T], at: usize, values: [T; N]) {
    data[at..at + N].copy_from_slice(&values);
}

#[inline(always)]
fn reflect<T: Simd, const N: usize, const FMA: bool>(
    reflection: &Reflection<T>,
    a: &mut [T; N],
    b: &mut [T; N],
    c: &mut [T; N],
) {
    // Three factors, where τ v beside v would be five: four vectors of columns fit the registers beside them.
    let Reflection { tau, v: [v1, v2] } = *reflection;
    for l in 0..N {
        let s = tau * v1.fused::<FMA>(b[l], v2.fused::<FMA>(c[l], a[l]));
        a[l] -= s;
        b[l] = (-v1).fused::<FMA>(s, b[l]);
        c[l] = (-v2).fused::<FMA>(s, c[l]);
    }
}

#[cfg(test)]
mod tests;
