//! Levels of a sum of Hamiltonians of one coordinate each.

use crate::linalg::checks::room;
use crate::{Error, Result};

/// The least `count` sums of one number of each ladder, ascending: the lowest levels of H = Σ Hᵢ, where `ladders[i]` are
/// those of Hᵢ, the lowest `count` of each at least (or all).
///
/// ```
/// use eigennet::reference::lowest_sums;
/// // A square of side π: n² + m².
/// let squares: Vec<f64> = (1..=4).map(|n| f64::from(n * n)).collect();
/// assert_eq!(lowest_sums(&[squares.clone(), squares], 4)?, [2.0, 5.0, 5.0, 8.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] for a NaN or an infinity, [`Error::InvalidArgument`] for more pairs of numbers than memory holds.
pub fn lowest_sums(ladders: &[Vec<f64>], count: usize) -> Result<Vec<f64>> {
    let mut sums = vec![0.0];
    for ladder in ladders {
        Error::check_finite("ladder of lowest_sums", ladder)?;
        let mut all = room("lowest_sums", [sums.len(), ladder.len()])?;
        all.extend(sums.iter().flat_map(|sum| ladder.iter().map(move |level| sum + level)));
        sums = all;
        sums.sort_by(f64::total_cmp);
        sums.truncate(count);
    }
    Ok(sums)
}
