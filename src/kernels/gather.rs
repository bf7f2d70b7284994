//! Entries of a row by their places.

use super::Simd;
use super::dispatch::dispatch;

/// `out[k] = row[places[k]]` of a row that is written without its entry number `missing`, a zero; with none missing, of
/// one that is written whole.
///
/// # Panics
/// If the lengths differ, or a place lies beyond the end.
pub fn gather<T: Simd>(row: &[T], missing: Option<u32>, places: &[u32], out: &mut [T]) {
    assert_eq!(places.len(), out.len(), "gather: one result for every place");
    // No place is as large where there are entries for it.
    let missing = missing.unwrap_or(u32::MAX);
    dispatch!(T, FMA, |row: &[T], missing: u32, places: &[u32], out: &mut [T]| {
        let written = |place: u32| if place == missing { 0 } else { place - u32::from(place > missing) };
        // All of them before any is read: the reads then wait for nothing.
        let largest = places.iter().fold(0, |largest, &place| written(place).max(largest));
        assert!(places.is_empty() || (largest as usize) < row.len(), "gather: a place beyond the end");
        for (out, &place) in out.iter_mut().zip(places) {
            // SAFETY: none is written behind the largest, which was compared with the length.
            let entry = unsafe { *row.get_unchecked(written(place) as usize) };
            *out = if place == missing { T::zero() } else { entry };
        }
    })
}

#[cfg(test)]
mod tests {
    use super::gather;

    #[test]
    fn takes_what_stands_there_and_no_more() {
        for missing in [None, Some(0), Some(17), Some(49)] {
            let row: Vec<f64> = (0..50).filter(|&k| Some(k) != missing).map(f64::from).collect();
            for n in 0..70 {
                let places: Vec<u32> = (0..n).map(|k| (k * 37 + 11) % 50).collect();
                let mut out = vec![f64::NAN; n as usize];
                gather(&row, missing, &places, &mut out);
                let expected = |place| if Some(place) == missing { 0.0 } else { f64::from(place) };
                assert!(out.iter().zip(&places).all(|(&x, &place)| x == expected(place)));
            }
        }
        let hostile: [(&[f32], _, &[u32]); 5] = [
            (&[], None, &[0]),
            (&[1.0], None, &[0, 1]),
            (&[1.0], None, &[u32::MAX - 1]),
            (&[1.0], Some(0), &[2]),
            (&[], Some(0), &[0]),
        ];
        for (row, missing, places) in hostile {
            let mut out = vec![0.0; places.len()];
            assert!(std::panic::catch_unwind(move || gather(row, missing, places, &mut out)).is_err());
        }
    }
}
