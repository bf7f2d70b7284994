//! Chains of plane rotations of neighbouring rows, as a sweep of the QL iteration makes them.

use super::Simd;
use super::dispatch::dispatch;

/// Columns turned side by side.
const WIDE: usize = 16;
/// Columns turned side by side where fewer are left.
const NARROW: usize = 4;

/// `(x, y) ← (c x − s y, s x + c y)` by an angle below half a turn, written so that small angles lose nothing
/// (Rutishauser, 1966). Every operation is rounded on its own.
///
/// # Panics
/// If the lengths differ.
pub fn rotate_rows<T: Simd>(x: &mut [T], y: &mut [T], sine: T, cosine: T) {
    assert_eq!(x.len(), y.len(), "rotate_rows: lengths differ");
    let tangent_of_half = sine / (T::one() + cosine);
    dispatch!(T, FMA, |x: &mut [T], y: &mut [T], sine: T, tangent_of_half: T| {
        for (x, y) in x.iter_mut().zip(y) {
            let (u, v) = (*x, *y);
            *x = u - sine * (v + tangent_of_half * u);
            *y = v + sine * (u - tangent_of_half * v);
        }
    })
}

/// Turns rows `k` and `k + 1`, last `k` first, by the rotation `(c, s)` numbered `k`:
/// `(row k, row k+1) ← (c · row k − s · row k+1, s · row k + c · row k+1)`.
///
/// `rows` is row-major `[rotations + 1, cols]`. Each entry is read and written once in the whole chain.
///
/// # Panics
/// If the lengths do not fit.
pub fn rotate_chain<T: Simd>(rows: &mut [T], cols: usize, rotations: &[(T, T)]) {
    assert_eq!(Some(rows.len()), (rotations.len() + 1).checked_mul(cols), "rotate_chain: lengths do not fit");
    dispatch!(T, FMA, |rows: &mut [T], cols: usize, rotations: &[(T, T)]| {
        let mut column = 0;
        while column + WIDE <= cols {
            columns::<T, WIDE, FMA>(rows, cols, column, rotations);
            column += WIDE;
        }
        while column + NARROW <= cols {
            columns::<T, NARROW, FMA>(rows, cols, column, rotations);
            column += NARROW;
        }
        for column in column..cols {
            columns::<T, 1, FMA>(rows, cols, column, rotations);
        }
    })
}

/// The chain on `N` columns: what a row is after one rotation waits in registers for the next.
#[inline(always)]
fn columns<T: Simd, const N: usize, const FMA: bool>(rows: &mut [T], cols: usize, first: usize, rotations: &[(T, T)]) {
    let mut at = rotations.len() * cols + first;
    let mut carried = [T::zero(); N];
    carried.copy_from_slice(&rows[at..at + N]);
    for &(c, s) in rotations.iter().rev() {
        let below = at;
        at -= cols;
        let mut row = [T::zero(); N];
        row.copy_from_slice(&rows[at..at + N]);
        let turned: [T; N] = std::array::from_fn(|lane| s.fused::<FMA>(row[lane], c * carried[lane]));
        carried = std::array::from_fn(|lane| c.fused::<FMA>(row[lane], -(s * carried[lane])));
        rows[below..below + N].copy_from_slice(&turned);
    }
    rows[at..at + N].copy_from_slice(&carried);
}

#[cfg(test)]
mod tests;
