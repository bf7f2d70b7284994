//! Rectangular blocks of a row-major buffer: views that blocked algorithms hand to [`gemm`].
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
