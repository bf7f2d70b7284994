//! Work on the rows of a matrix in strips, side by side where that pays.

use rayon::prelude::*;

use crate::error::Error;

/// Matrices with fewer entries are not worth a second thread.
const MIN_PARALLEL: usize = 1 << 15;

/// Runs `work(first row, strip, workspace)` on strips of `height` rows of a row-major buffer. How it is cut does not
/// depend on threads; the given workspace is used where there is one thread.
///
/// # Errors
/// What `work` returns.
pub(crate) fn for_each_strip<T: Send, W: Default>(
    data: &mut [T],
    stride: usize,
    height: usize,
    workspace: &mut W,
    work: impl Fn(usize, &mut [T], &mut W) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let size = (height * stride).max(1);
    if data.len() < MIN_PARALLEL {
        data.chunks_mut(size).enumerate().try_for_each(|(i, strip)| work(i * height, strip, workspace))
    } else {
        let strips = data.par_chunks_mut(size).enumerate();
        strips.try_for_each_init(W::default, |workspace, (i, strip)| work(i * height, strip, workspace))
    }
}
