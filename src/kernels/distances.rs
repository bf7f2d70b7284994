//! Squared distances from one point to a block of them.

use super::Simd;
use super::dispatch::dispatch;

/// `out[j] = Σ_d (block[d · w + j] − point[d])²` for the w = `out.len()` points of a block that has a row for each
/// coordinate, added up in the order of the coordinates.
///
/// # Panics
/// If the block has not w entries for each coordinate of the point.
pub fn squared_distances<T: Simd>(block: &[T], point: &[T], out: &mut [T]) {
    assert!(out.len().checked_mul(point.len()) == Some(block.len()), "squared_distances: lengths differ");
    dispatch!(T, FMA, |block: &[T], point: &[T], out: &mut [T]| {
        out.fill(T::zero());
        for (row, &coordinate) in block.chunks_exact(out.len().max(1)).zip(point) {
            for (sum, &x) in out.iter_mut().zip(row) {
                let difference = x - coordinate;
                *sum = difference.fused::<FMA>(difference, *sum);
            }
        }
    })
}
