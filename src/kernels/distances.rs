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

/// `out[j] = Σ_d (points[i · d] − point[d])²` for the rows `i = indices[j]` of points that stand row by row, added up in
/// lanes.
///
/// # Panics
/// If an index is beyond the points, or there is not an entry of `out` for each.
pub fn gathered_squared_distances<T: Simd>(points: &[T], indices: &[u32], point: &[T], out: &mut [T]) {
    assert_eq!(indices.len(), out.len(), "gathered_squared_distances: lengths differ");
    dispatch!(T, FMA, |points: &[T], indices: &[u32], point: &[T], out: &mut [T]| {
        for (out, &i) in out.iter_mut().zip(indices) {
            let row = &points[i as usize * point.len()..][..point.len()];
            let mut lanes = [T::zero(); 16];
            let (rows, rest) = row.as_chunks::<16>();
            let (others, other_rest) = point.as_chunks::<16>();
            for (row, other) in rows.iter().zip(others) {
                for ((sum, &x), &y) in lanes.iter_mut().zip(row).zip(other) {
                    let difference = x - y;
                    *sum = difference.fused::<FMA>(difference, *sum);
                }
            }
            for ((sum, &x), &y) in lanes.iter_mut().zip(rest).zip(other_rest) {
                let difference = x - y;
                *sum = difference.fused::<FMA>(difference, *sum);
            }
            for width in [8, 4, 2, 1] {
                for i in 0..width {
                    lanes[i] += lanes[i + width];
                }
            }
            *out = lanes[0];
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_the_sums_of_squares() {
        for dimension in [1, 2, 7, 16, 33, 100] {
            let points: Vec<f64> = (0..5 * dimension).map(|i| ((i * 7919) % 101) as f64).collect();
            let point: Vec<f64> = (0..dimension).map(|i| ((i * 31) % 17) as f64).collect();
            let right = |i: usize| -> f64 {
                points[i * dimension..(i + 1) * dimension].iter().zip(&point).map(|(x, y)| (x - y).powi(2)).sum()
            };
            // Whole numbers: no order rounds.
            let mut found = [0.0; 4];
            gathered_squared_distances(&points, &[4, 0, 2, 2], &point, &mut found);
            assert_eq!(found, [right(4), right(0), right(2), right(2)]);
            let columns: Vec<f64> = (0..5 * dimension).map(|k| points[k % 5 * dimension + k / 5]).collect();
            let mut found = [0.0; 5];
            squared_distances(&columns, &point, &mut found);
            assert_eq!(found, [0, 1, 2, 3, 4].map(right));
        }
    }
}
