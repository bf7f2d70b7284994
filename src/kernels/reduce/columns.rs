//! Sums over the rows of a row-major block.

use crate::kernels::Simd;

/// Columns summed side by side.
pub const LANES: usize = 32;
/// Rows summed before they are added to the output.
pub const ROWS: usize = 64;

/// `out[j] += Σ_i x[i, j]` of at least `LANES` columns: a strip of them at a time, the last strip overlapping the one before.
#[inline(always)]
pub fn wide_sums<T: Simd>(block: &[T], out: &mut [T]) {
    let cols = out.len();
    for start in (0..cols).step_by(LANES) {
        let from = start.min(cols - LANES);
        let mut lanes = [T::zero(); LANES];
        for row in block.chunks_exact(cols) {
            for (lane, &v) in lanes.iter_mut().zip(&row[from..][..LANES]) {
                *lane += v;
            }
        }
        for (o, &sum) in out[start..].iter_mut().zip(&lanes[start - from..]) {
            *o += sum;
        }
    }
}

/// The same of fewer columns: several rows side by side.
#[inline(always)]
pub fn narrow_sums<T: Simd>(block: &[T], out: &mut [T]) {
    let cols = out.len();
    let width = cols * (2 * LANES / cols);
    let mut lanes = [T::zero(); 2 * LANES];
    let mut rest = block;
    // As many lanes as there are registers for, whatever the width: those behind it sum what nobody asks for.
    while let Some(group) = rest.first_chunk::<{ 2 * LANES }>() {
        for (lane, &v) in lanes.iter_mut().zip(group) {
            *lane += v;
        }
        rest = &rest[width..];
    }
    let lanes = &mut lanes[..width];
    let groups = rest.chunks_exact(width);
    let rest = groups.remainder();
    for group in groups {
        for (lane, &v) in lanes.iter_mut().zip(group) {
            *lane += v;
        }
    }
    for row in lanes.chunks_exact(cols).chain(rest.chunks_exact(cols)) {
        for (o, &v) in out.iter_mut().zip(row) {
            *o += v;
        }
    }
}
