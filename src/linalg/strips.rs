//! Work on strips of the rows, or of the columns, of a matrix, side by side where that pays.

use std::ops::Range;

use rayon::prelude::*;

use super::Matrix;
use crate::Scalar;
use crate::error::Error;

/// Matrices with fewer entries are not worth a second thread.
const MIN_PARALLEL: usize = 1 << 15;

/// Runs `work(first row, strip, workspace)` on strips of `height` rows of a row-major buffer. How it is cut does not
/// depend on threads; the given workspace is used where there is one thread.
pub(crate) fn for_each_strip<T: Send, W: Default>(
    data: &mut [T],
    stride: usize,
    height: usize,
    workspace: &mut W,
    work: impl Fn(usize, &mut [T], &mut W) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    try_for_each_chunk(data, (height * stride).max(1), workspace, &|i, strip, workspace| {
        work(i * height, strip, workspace)
    })
}

/// What is done to one strip.
type Work<'a, T, W> = dyn Fn(usize, &mut [T], &mut W) -> Result<(), Error> + Sync + 'a;

/// The loop of [`for_each_strip`], compiled once for all that is done to strips.
#[inline(never)]
fn try_for_each_chunk<T: Send, W: Default>(
    data: &mut [T],
    size: usize,
    workspace: &mut W,
    work: &Work<'_, T, W>,
) -> Result<(), Error> {
    if data.len() < MIN_PARALLEL {
        data.chunks_mut(size).enumerate().try_for_each(|(i, chunk)| work(i, chunk, workspace))
    } else {
        let chunks = data.par_chunks_mut(size).enumerate();
        chunks.try_for_each_init(W::default, |workspace, (i, chunk)| work(i, chunk, workspace))
    }
}

/// Ranges of about `length` that cover one, and none of which ends where `joined` says that two places belong together.
pub(crate) fn ranges(all: Range<usize>, length: usize, joined: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = all.start;
    while start < all.end {
        let mut end = (start + length).min(all.end);
        if end < all.end && joined(end) {
            end += 1;
        }
        out.push(start..end);
        start = end;
    }
    out
}

/// The matrix of so many rows whose columns `work` makes, a range of them at a time, side by side.
pub(crate) fn by_columns<T: Scalar>(
    rows: usize,
    ranges: &[Range<usize>],
    work: &(dyn Fn(Range<usize>) -> Result<Matrix<T>, Error> + Sync),
) -> Result<Matrix<T>, Error> {
    let parts: Vec<_> = ranges.par_iter().map(|range| work(range.clone())).collect::<Result<_, _>>()?;
    let first = ranges.first().map_or(0, |range| range.start);
    let mut out = Matrix::zeros(rows, ranges.last().map_or(0, |range| range.end) - first);
    for (range, part) in ranges.iter().zip(&parts) {
        out.write_block(0, range.start - first, part);
    }
    Ok(out)
}
