//! What the comparisons share: timing side by side, and test matrices in every library's own type.

use std::time::Instant;

/// Medians of the times of several functions in seconds, each run once per round in turn so that all of them see the
/// same machine.
pub fn side_by_side(rounds: usize, functions: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); functions.len()];
    for _ in 0..rounds.max(1) {
        for (function, times) in functions.iter_mut().zip(&mut times) {
            let start = Instant::now();
            function();
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times
        .into_iter()
        .map(|mut t| {
            t.sort_by(f64::total_cmp);
            t[t.len() / 2]
        })
        .collect()
}

/// Entry (i, j) of a reproducible matrix without structure, in (−1, 1).
pub fn entry(i: usize, j: usize) -> f64 {
    let mut h = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (j as u64).wrapping_add(0x7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((h ^ (h >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}
