//! Sums over the rows of a row-major block.

use crate::kernels::Simd;
use crate::kernels::dispatch::Kernel;

/// Columns summed side by side.
const LANES: usize = 32;
/// Rows summed before they are added to the output.
const ROWS: usize = 64;

/// `out[j] += Σ_i x[i, j]`; `out` is not empty.
pub struct ColumnSums<'a, T> {
    /// The block, `[rows, out.len()]`.
    pub x: &'a [T],
    /// The sums.
    pub out: &'a mut [T],
}

impl<T: Simd> Kernel for ColumnSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let cols = self.out.len();
        for block in self.x.chunks(ROWS * cols) {
            if cols < LANES { narrow(block, self.out) } else { wide(block, self.out) }
        }
    }
}

/// At least `LANES` columns: a strip of them at a time, the last strip overlapping the one before.
#[inline(always)]
fn wide<T: Simd>(block: &[T], out: &mut [T]) {
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

/// Fewer columns: several rows side by side.
#[inline(always)]
fn narrow<T: Simd>(block: &[T], out: &mut [T]) {
    let cols = out.len();
    let width = cols * (2 * LANES / cols);
    let mut lanes = [T::zero(); 2 * LANES];
    let lanes = &mut lanes[..width];
    let groups = block.chunks_exact(width);
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
