//! The QR algorithm with many shifts at once and aggressive early deflation (Braman, Byers and Mathias, 2002).

use std::ops::Range;

use super::aggressive_deflation::Window;
use super::francis::{exceptional_pair, francis, unreduced_start};
use super::small_bulges::sweep;
use super::standard_block::Reach;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{Complex, Matrix};

/// Up to this order the double-shift algorithm is faster.
const SMALL: usize = 64;
/// The most bulges in one sweep.
const MOST_BULGES: usize = 16;
/// The share of the deflation window, in percent, that has to deflate for the next sweep to be skipped.
const NIBBLE: usize = 14;
/// Sweeps without a deflation after which the shifts are chosen arbitrarily.
const PATIENCE: usize = 6;

/// As [`francis`], for matrices of any order.
pub(super) fn multishift<T: Scalar>(
    h: &mut Matrix<T>,
    qt: &mut Matrix<T>,
    active: Range<usize>,
    full: bool,
) -> Result<usize, Error> {
    if active.len() <= SMALL {
        return Ok(francis(h, qt, active, full));
    }
    let limit = 30 * active.len();
    let mut end = active.end;
    let mut idle = 0;
    for _ in 0..limit {
        if end <= active.start + 1 {
            return Ok(active.start);
        }
        let start = unreduced_start(h, active.start, end);
        let order = end - start;
        if order == 1 {
            (end, idle) = (start, 0);
            continue;
        }
        let reach = if full { Reach { top: 0, right: h.cols() } } else { Reach { top: start, right: end } };
        let bulges = (order / 16).clamp(4, MOST_BULGES);
        let window = match idle {
            _ if order <= SMALL => order,
            0..PATIENCE => 5 * bulges / 2,
            _ => 6 * bulges,
        };
        let mut trailing = Window::of(h, end - window.min(order)..end);
        trailing.unconverged = multishift(&mut trailing.t, &mut trailing.vt, 0..window.min(order), true)?;
        let found = trailing.deflate(h, qt, start..end, reach)?;
        end -= found.deflated;
        idle = if found.deflated > 0 { 0 } else { idle + 1 };
        if end <= start + 2 || (found.deflated > 0 && 100 * found.deflated > NIBBLE * window && end - start > SMALL) {
            continue;
        }
        let shifts = if idle > 0 && idle.is_multiple_of(PATIENCE) {
            exceptional_shifts(h, start, end, bulges)
        } else {
            pair(found.shifts, bulges.min((end - start) / 2), h[(end - 1, end - 1)])
        };
        sweep(h, qt, start..end, reach, &shifts);
    }
    Ok(end)
}

/// The smallest of the shifts, in pairs whose sum and product are real.
fn pair<T: Scalar>(mut shifts: Vec<Complex<T>>, count: usize, corner: T) -> Vec<[Complex<T>; 2]> {
    // A conjugate pair has one modulus and stays together, being sorted stably.
    shifts.sort_by(|a, b| a.abs().partial_cmp(&b.abs()).unwrap_or(std::cmp::Ordering::Equal));
    let mut pairs = Vec::with_capacity(count);
    let mut lone: Option<Complex<T>> = None;
    for shift in shifts {
        if shift.im > T::zero() {
            pairs.push([shift, shift.conj()]);
        } else if shift.im == T::zero() {
            match lone.take() {
                Some(other) => pairs.push([other, shift]),
                None => lone = Some(shift),
            }
        }
        if pairs.len() == count {
            return pairs;
        }
    }
    match lone {
        Some(shift) => pairs.push([shift, shift]),
        None if pairs.is_empty() => pairs.push([Complex::from_real(corner); 2]),
        None => {}
    }
    if let [only] = &mut pairs[..]
        && only[0].im == T::zero()
    {
        // Of two real shifts alone the nearer to the corner converges faster.
        let nearer = usize::from((only[1].re - corner).abs() < (only[0].re - corner).abs());
        *only = [only[nearer]; 2];
    }
    pairs
}

fn exceptional_shifts<T: Scalar>(h: &Matrix<T>, start: usize, end: usize, count: usize) -> Vec<[Complex<T>; 2]> {
    let rows = (start + 2..end).rev().step_by(2).take(count);
    rows.map(|i| exceptional_pair(h[(i, i)], h[(i, i - 1)].abs() + h[(i - 1, i - 2)].abs())).collect()
}
