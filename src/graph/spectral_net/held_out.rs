//! Points kept from a training, to judge it.

use crate::{Error, Result, Seed};

/// Which of `n` points are trained on, and which, a `share` of them in [0, 1), are not; both ascending.
pub(super) fn split(n: usize, share: f64, seed: Seed) -> Result<[Vec<usize>; 2]> {
    Error::require((0.0..1.0).contains(&share), "held_out", format_args!("{share} is not in [0, 1)"))?;
    let mut order: Vec<usize> = (0..n).collect();
    seed.stream("held out").shuffle(&mut order);
    let held = order.split_off(n - (share * n as f64) as usize);
    Ok([order, held].map(|mut rows| {
        rows.sort_unstable();
        rows
    }))
}
