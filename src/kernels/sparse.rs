//! Products of compressed rows with a vector and with a block of vectors.
//!
//! A row's entries are summed in an order that depends on their number alone, so that neither the instruction set nor
//! the cut into ranges of rows changes which terms meet.

use super::Simd;
use super::dispatch::dispatch;

/// Columns of a block that are summed in registers.
const STRIP: usize = 16;

/// Compressed rows: those of `pointers.windows(2)`, which point into all of `indices` and `values`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T> {
    /// Row i lies at `pointers[i]..pointers[i + 1]`.
    pub pointers: &'a [usize],
    /// Columns of the entries.
    pub indices: &'a [u32],
    /// The entries.
    pub values: &'a [T],
}

impl<'a, T> Rows<'a, T> {
    fn iter(self) -> impl Iterator<Item = (&'a [u32], &'a [T])> {
        self.pointers.windows(2).map(move |p| (&self.indices[p[0]..p[1]], &self.values[p[0]..p[1]]))
    }
}

/// `y[i] = Σ a[i, j] x[j]`.
///
/// # Panics
/// If `y` is not as long as there are rows, or an index reaches past `x`.
pub fn rows_times_vector<T: Simd>(rows: Rows<'_, T>, x: &[T], y: &mut [T]) {
    assert_eq!(rows.pointers.len(), y.len() + 1, "rows_times_vector: one result for every row");
    dispatch!(T, FMA, |rows: Rows<'_, T>, x: &[T], y: &mut [T]| {
        for (y, (indices, values)) in y.iter_mut().zip(rows.iter()) {
            // Four chains hide the latency of an addition.
            let mut sums = [T::zero(); 4];
            let (index_chunks, value_chunks) = (indices.chunks_exact(4), values.chunks_exact(4));
            let rest = index_chunks.remainder().iter().zip(value_chunks.remainder());
            for (index, value) in index_chunks.zip(value_chunks) {
                for lane in 0..4 {
                    sums[lane] = value[lane].fused::<FMA>(x[index[lane] as usize], sums[lane]);
                }
            }
            for (lane, (&index, &value)) in rest.enumerate() {
                sums[lane] = value.fused::<FMA>(x[index as usize], sums[lane]);
            }
            *y = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        }
    })
}

/// `Y[i, :] = Σ a[i, j] X[j, :]` for row-major blocks `width` wide.
///
/// # Panics
/// If `y` does not hold `width` entries for every row, or an index reaches past `x`.
pub fn rows_times_block<T: Simd>(rows: Rows<'_, T>, x: &[T], width: usize, y: &mut [T]) {
    let lines = rows.pointers.len().saturating_sub(1);
    assert_eq!(lines.checked_mul(width), Some(y.len()), "rows_times_block: one row of results for every row");
    if width == 0 {
        return;
    }
    dispatch!(T, FMA, |rows: Rows<'_, T>, x: &[T], width: usize, y: &mut [T]| {
        for (y, (indices, values)) in y.chunks_exact_mut(width).zip(rows.iter()) {
            let mut start = 0;
            while start + STRIP <= width {
                let mut sums = [T::zero(); STRIP];
                for (&index, &value) in indices.iter().zip(values) {
                    let x = &x[index as usize * width + start..][..STRIP];
                    for (sum, &x) in sums.iter_mut().zip(x) {
                        *sum = value.fused::<FMA>(x, *sum);
                    }
                }
                y[start..start + STRIP].copy_from_slice(&sums);
                start += STRIP;
            }
            let y = &mut y[start..];
            y.fill(T::zero());
            for (&index, &value) in indices.iter().zip(values) {
                let x = &x[index as usize * width + start..][..y.len()];
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = value.fused::<FMA>(x, *y);
                }
            }
        }
    })
}
