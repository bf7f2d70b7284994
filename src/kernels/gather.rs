//! Entries of a row by their places.

use super::Simd;

/// `out[k] = row[places[k] - first]`: of a row whose entry number `first` is the first that is written.
///
/// One entry at a time, and compiled without vectors: the gathers of AVX2 and AVX-512 take several times as long.
///
/// # Panics
/// If the lengths differ, or a place lies outside.
pub fn gather<T: Simd>(row: &[T], first: u32, places: &[u32], out: &mut [T]) {
    assert_eq!(places.len(), out.len(), "gather: one result for every place");
    // All of them before any is read: the reads then wait for nothing. A place before the first wraps to a large one.
    let largest = places.iter().fold(0, |largest, place| place.wrapping_sub(first).max(largest));
    assert!(places.is_empty() || (largest as usize) < row.len(), "gather: a place outside");
    for (out, place) in out.iter_mut().zip(places) {
        // SAFETY: none lies behind the largest, which was compared with the length.
        *out = unsafe { *row.get_unchecked(place.wrapping_sub(first) as usize) };
    }
}

#[cfg(test)]
mod tests {
    use super::gather;

    #[test]
    fn takes_what_stands_there_and_no_more() {
        for first in [0, 1, 17] {
            let row: Vec<f64> = (first..first + 50).map(f64::from).collect();
            for n in 0..70 {
                let places: Vec<u32> = (0..n).map(|k| first + (k * 37 + 11) % 50).collect();
                let mut out = vec![f64::NAN; n as usize];
                gather(&row, first, &places, &mut out);
                assert!(out.iter().zip(&places).all(|(&x, &place)| x == f64::from(place)));
            }
        }
        let hostile: [(&[f32], _, &[u32]); 5] =
            [(&[], 0, &[0]), (&[1.0], 0, &[0, 1]), (&[1.0], 0, &[u32::MAX]), (&[1.0], 3, &[2]), (&[1.0], 3, &[3, 4])];
        for (row, first, places) in hostile {
            let mut out = vec![0.0; places.len()];
            assert!(std::panic::catch_unwind(move || gather(row, first, places, &mut out)).is_err());
        }
    }
}
