//! Rectangular blocks of a row-major buffer: views that blocked algorithms hand to [`gemm`], and their transposes.
//!
//! [`gemm`]: crate::kernels::gemm::gemm

use std::ops::Range;

use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef};

/// Rows `rows` and columns `cols` of a row-major buffer whose rows are `stride` apart.
///
/// # Errors
/// [`Error::Shape`] if the block reaches past the buffer.
pub(crate) fn block<T>(
    data: &[T],
    stride: usize,
    rows: Range<usize>,
    cols: Range<usize>,
) -> Result<MatRef<'_, T>, Error> {
    let start = (rows.start * stride + cols.start).min(data.len());
    MatRef::new(&data[start..], rows.len(), cols.len(), stride, 1)
}

/// As [`block`], to write to.
pub(crate) fn block_mut<T>(
    data: &mut [T],
    stride: usize,
    rows: Range<usize>,
    cols: Range<usize>,
) -> Result<MatMut<'_, T>, Error> {
    let start = (rows.start * stride + cols.start).min(data.len());
    MatMut::new(&mut data[start..], rows.len(), cols.len(), stride.max(1), 1)
}

/// `to[j, i] = from[i, j]` for a block `[rows, cols]`, both in rows as far apart as their strides say.
///
/// # Panics
/// If the block reaches past a buffer.
pub(crate) fn transpose_into<T: Copy>(
    (from, from_stride): (&[T], usize),
    [rows, cols]: [usize; 2],
    (to, to_stride): (&mut [T], usize),
) {
    // Square tiles that fit the registers: cache lines are read and written whole.
    const TILE: usize = 8;
    for left in (0..rows).step_by(TILE) {
        for top in (0..cols).step_by(TILE) {
            let (height, width) = (TILE.min(rows - left), TILE.min(cols - top));
            if height == TILE && width == TILE {
                let tile: [&[T]; TILE] = std::array::from_fn(|i| &from[(left + i) * from_stride + top..][..TILE]);
                for j in 0..TILE {
                    let line = &mut to[(top + j) * to_stride + left..][..TILE];
                    line.iter_mut().zip(tile).for_each(|(to, from)| *to = from[j]);
                }
            } else {
                for i in left..left + height {
                    for j in top..top + width {
                        to[j * to_stride + i] = from[i * from_stride + j];
                    }
                }
            }
        }
    }
}
