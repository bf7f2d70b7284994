//! The double-shift QR algorithm on a Hessenberg matrix (Francis, 1961), for matrices that fit the caches.

use std::ops::Range;

use super::standard_block::{Reach, block_at, standardize_at};
use crate::Scalar;
use crate::kernels::reflections::{LANES, Reflection, reflect_columns, reflect_rows};
use crate::linalg::{Complex, Matrix};

/// Sweeps without a deflation after which the shifts are chosen arbitrarily.
const PATIENCE: usize = 10;

/// Brings rows and columns `active` of a Hessenberg matrix to real Schur form; the rows of `qt` `[n, k]` take part.
/// Unless `full`, the rows above and the columns right of the active block are left as they are: enough for the
/// eigenvalues. Returns the end of the part that has not converged: the start of `active` if all has.
pub(super) fn francis<T: Scalar>(h: &mut Matrix<T>, qt: &mut Matrix<T>, active: Range<usize>, full: bool) -> usize {
    let limit = 30 * active.len().max(10);
    let order = h.cols();
    let reach = |top, right| if full { Reach { top: 0, right: order } } else { Reach { top, right } };
    let mut end = active.end;
    let (mut sweeps, mut since_deflation) = (0, 0);
    while end > active.start {
        let start = unreduced_start(h, active.start, end);
        if start + 2 >= end {
            if start + 2 == end {
                standardize_at(h, qt, start, reach(active.start, active.end));
            }
            end = start;
            since_deflation = 0;
            continue;
        }
        if sweeps == limit {
            return end;
        }
        sweeps += 1;
        since_deflation += 1;
        let shifts = shifts(h, start, end, since_deflation);
        sweep(h, qt, start..end, reach(start, end), shifts);
    }
    active.start
}

/// Where the unreduced block that ends at `end` starts; the subdiagonal entry before it is set to zero.
/// The criterion is that of Ahues and Tisseur (1997).
pub(super) fn unreduced_start<T: Scalar>(h: &mut Matrix<T>, low: usize, end: usize) -> usize {
    let Some(k) = (low + 1..end).rev().find(|&k| is_negligible(h, k, low, end)) else { return low };
    h[(k, k - 1)] = T::zero();
    k
}

/// Whether the entry (k, k − 1) may be set to zero.
fn is_negligible<T: Scalar>(h: &Matrix<T>, k: usize, low: usize, high: usize) -> bool {
    let small = T::min_positive_value() * (T::of((high - low) as f64) / T::EPSILON);
    let below = h[(k, k - 1)].abs();
    if below <= small {
        return true;
    }
    let (first, second) = (h[(k - 1, k - 1)], h[(k, k)]);
    let mut size = first.abs() + second.abs();
    if size == T::zero() {
        if k >= low + 2 {
            size += h[(k - 1, k - 2)].abs();
        }
        if k + 1 < high {
            size += h[(k + 1, k)].abs();
        }
    }
    if below > T::EPSILON * size {
        return false;
    }
    let above = h[(k - 1, k)].abs();
    let (larger, smaller) = (below.max(above), below.min(above));
    let (second, difference) = (second.abs(), (first - second).abs());
    let (aa, bb) = (second.max(difference), second.min(difference));
    let sum = aa + larger;
    smaller * (larger / sum) <= small.max(T::EPSILON * (bb * (aa / sum)))
}

/// The eigenvalues of `[[a, b], [c, d]]`: a conjugate pair, or the real one nearer to `d` twice.
fn shift_pair<T: Scalar>([[a, b], [c, d]]: [[T; 2]; 2]) -> [Complex<T>; 2] {
    let size = a.abs() + b.abs() + c.abs() + d.abs();
    if size == T::zero() {
        return [Complex::default(); 2];
    }
    let (a, b, c, d) = (a / size, b / size, c / size, d / size);
    let mean = T::of(0.5) * (a + d);
    let determinant = (a - mean) * (d - mean) - b * c;
    let root = determinant.abs().sqrt();
    if determinant >= T::zero() {
        return [Complex::new(mean * size, root * size), Complex::new(mean * size, -root * size)];
    }
    let (high, low) = (mean + root, mean - root);
    let nearer = if (high - d).abs() <= (low - d).abs() { high } else { low };
    [Complex::from_real(nearer * size); 2]
}

/// Shifts where the usual ones do not help: of the size of neighbouring entries, about a diagonal one.
pub(super) fn exceptional_pair<T: Scalar>(at: T, size: T) -> [Complex<T>; 2] {
    let diagonal = T::of(0.75) * size + at;
    shift_pair([[diagonal, T::of(-0.4375) * size], [size, diagonal]])
}

fn shifts<T: Scalar>(h: &Matrix<T>, start: usize, end: usize, since_deflation: usize) -> [Complex<T>; 2] {
    let i = end - 1;
    if since_deflation.is_multiple_of(2 * PATIENCE) {
        exceptional_pair(h[(i, i)], h[(i, i - 1)].abs() + h[(i - 1, i - 2)].abs())
    } else if since_deflation.is_multiple_of(PATIENCE) {
        exceptional_pair(h[(start, start)], h[(start + 1, start)].abs() + h[(start + 2, start + 1)].abs())
    } else {
        shift_pair(block_at(h, i - 1))
    }
}

/// A multiple of the first column of `(H − s₁)(H − s₂)` for the rows and columns of `H` from `m` on.
pub(super) fn first_column<T: Scalar>(h: &Matrix<T>, m: usize, [s1, s2]: [Complex<T>; 2]) -> [T; 3] {
    let (h00, h11) = (h[(m, m)], h[(m + 1, m + 1)]);
    let size = (h00 - s2.re).abs() + s2.im.abs() + h[(m + 1, m)].abs();
    if size == T::zero() {
        return [T::zero(); 3];
    }
    let h10 = h[(m + 1, m)] / size;
    let v = [
        h10 * h[(m, m + 1)] + (h00 - s1.re) * ((h00 - s2.re) / size) - s1.im * (s2.im / size),
        h10 * (h00 + h11 - s1.re - s2.re),
        h10 * h[(m + 2, m + 1)],
    ];
    let sum = v[0].abs() + v[1].abs() + v[2].abs();
    if sum == T::zero() { v } else { v.map(|x| x / sum) }
}

/// The reflection that takes `(x₀, x₁, x₂)` to `(β, 0, 0)`, and β.
pub(super) fn reflection_of<T: Scalar>([x0, x1, x2]: [T; 3]) -> (Reflection<T>, T) {
    let tail = x1.abs().max(x2.abs());
    if tail == T::zero() {
        return (Reflection::default(), x0);
    }
    // In units of the largest entry, squares neither over- nor underflow harmfully.
    let unit = tail.max(x0.abs());
    let (y0, y1, y2) = (x0 / unit, x1 / unit, x2 / unit);
    let norm = (y0 * y0 + y1 * y1 + y2 * y2).sqrt();
    let beta = if y0 < T::zero() { norm } else { -norm };
    let pivot = y0 - beta;
    (Reflection { tau: -pivot / beta, v: [y1 / pivot, y2 / pivot] }, beta * unit)
}

/// One implicit double-shift QR sweep over the unreduced `block`.
fn sweep<T: Scalar>(
    h: &mut Matrix<T>,
    qt: &mut Matrix<T>,
    block: Range<usize>,
    Reach { top, right }: Reach,
    shifts: [Complex<T>; 2],
) {
    let (n, width) = (h.cols(), qt.cols());
    let (start, end) = (block.start, block.end);
    // Two small subdiagonal entries in a row: the sweep may begin below them.
    let mut m = end - 3;
    let mut v = first_column(h, m, shifts);
    while m > start {
        let neighbours = h[(m - 1, m - 1)].abs() + h[(m, m)].abs() + h[(m + 1, m + 1)].abs();
        if h[(m, m - 1)].abs() * (v[1].abs() + v[2].abs()) <= T::EPSILON * v[0].abs() * neighbours {
            break;
        }
        m -= 1;
        v = first_column(h, m, shifts);
    }
    for k in m..end - 1 {
        let rows = (end - k).min(3);
        if k > m {
            v = [h[(k, k - 1)], h[(k + 1, k - 1)], if rows == 3 { h[(k + 2, k - 1)] } else { T::zero() }];
        }
        let (reflection, beta) = reflection_of(v);
        let chain = [reflection];
        // Rows k on are zero left of column k − 1: that many columns more make the kernel's loops come out even.
        let even = right.checked_sub((right - k).next_multiple_of(LANES)).unwrap_or(k);
        let before = if k > start { h[(k, k - 1)] } else { T::zero() };
        reflect_rows(&chain, &mut h.as_mut_slice()[k * n..], rows, n, even..right);
        if k > start {
            // Where the sweep begins, the entries below are negligible by the choice of m.
            h[(k, k - 1)] = if k > m { beta } else { before * (T::one() - reflection.tau) };
            (k + 1..k + rows).for_each(|r| h[(r, k - 1)] = T::zero());
        }
        reflect_columns(reflection, h.as_mut_slice(), n, top..(k + 4).min(end), k..k + rows);
        if width > 0 {
            reflect_rows(&chain, &mut qt.as_mut_slice()[k * width..], rows, width, 0..width);
        }
    }
}
