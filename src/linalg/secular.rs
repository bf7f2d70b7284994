//! The secular equation of divide and conquer, of eigenvalues (Cuppen, 1981) and of singular values (Gu and Eisenstat,
//! 1995) alike.

use std::ops::Range;

use rayon::prelude::*;

use crate::Scalar;
use crate::kernels::poles::{multiply_quotients, pole_sums};

/// Steps by rational interpolation before the bracket is only halved.
const INTERPOLATIONS: usize = 40;
/// Steps in all: enough to halve any bracket down to neighbouring numbers.
const MAX_STEPS: usize = 240;
/// Entries of the matrix of differences that are worth a second thread.
pub(crate) const MIN_WORK: usize = 1 << 13;
/// Entries of `z` computed side by side.
const COLUMNS: usize = 64;

/// Strictly ascending poles `p_j`, which are never formed: all that counts is their differences.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Poles<'a, T> {
    /// `p_j = d_j`
    At(&'a [T]),
    /// `p_j = d_j²` for `d_j ≥ 0`
    AtSquares(&'a [T]),
}

impl<T: Scalar> Poles<'_, T> {
    /// `out[j] = p_j − p_origin` over a range of poles, to full relative accuracy.
    fn differences(&self, origin: usize, range: Range<usize>, out: &mut [T]) {
        match self {
            Poles::At(d) => out.iter_mut().zip(&d[range]).for_each(|(out, &v)| *out = v - d[origin]),
            Poles::AtSquares(d) => {
                out.iter_mut().zip(&d[range]).for_each(|(out, &v)| *out = (v - d[origin]) * (v + d[origin]));
            }
        }
    }
}

/// `1/ρ + Σ_j z_j² / (p_j − λ) = 0` with `ρ > 0`, no entry of `z` negligible.
#[derive(Debug)]
pub(crate) struct SecularEquation<'a, T> {
    pub(crate) poles: Poles<'a, T>,
    pub(crate) z: &'a [T],
    pub(crate) rho: T,
}

/// The left-hand side in two parts: the poles left and right of the root (for the last root: all but the last pole, and
/// that one).
#[derive(Debug, Clone, Copy)]
struct Parts<T> {
    value: T,
    left: T,
    left_slope: T,
    right: T,
    right_slope: T,
}

impl<T: Scalar> SecularEquation<'_, T> {
    /// The roots, ascending, each as the pole nearest to it and its distance from that; row `i` of `differences`
    /// `[k, k]` becomes `p_j − λ_i`, each to full relative accuracy.
    pub(crate) fn roots(&self, differences: &mut [T]) -> Vec<(usize, T)> {
        let k = self.z.len();
        let squares: Vec<T> = self.z.iter().map(|&v| v * v).collect();
        let rows = differences.par_chunks_mut(k).with_min_len(MIN_WORK.div_ceil(k)).enumerate();
        rows.map(|(i, row)| {
            let (origin, tau) = if k == 1 { (0, self.rho * squares[0]) } else { self.root(&squares, i, row) };
            self.poles.differences(origin, 0..k, row);
            row.iter_mut().for_each(|v| *v -= tau);
            (origin, tau)
        })
        .collect()
    }

    /// The `z` of which the computed roots are exact (Löwner; Gu and Eisenstat, 1994):
    /// `ẑ_j² = Π_i (λ_i − p_j) / Π_{i≠j} (p_i − p_j)`, up to the factor ρ.
    pub(crate) fn exact_z(&self, differences: &[T]) -> Vec<T> {
        let k = self.z.len();
        let mut exact = vec![T::one(); k];
        let chunks = exact.par_chunks_mut(COLUMNS).with_min_len(MIN_WORK.div_ceil(k * COLUMNS)).enumerate();
        chunks.for_each(|(chunk, products)| {
            let own = chunk * COLUMNS..chunk * COLUMNS + products.len();
            let mut gaps = [T::zero(); COLUMNS];
            let gaps = &mut gaps[..products.len()];
            for (i, row) in differences.chunks_exact(k).enumerate() {
                self.poles.differences(i, own.clone(), gaps);
                if own.contains(&i) {
                    // A factor without its partner.
                    gaps[i - own.start] = T::one();
                }
                multiply_quotients(products, &row[own.clone()], gaps);
            }
        });
        for (product, &z) in exact.iter_mut().zip(self.z) {
            *product = product.abs().sqrt().copysign(z);
        }
        exact
    }

    /// The pole nearest to root `i`, which lies between poles `i` and `i + 1`, and the root's distance from it;
    /// `offsets` is scratch.
    fn root(&self, squares: &[T], i: usize, offsets: &mut [T]) -> (usize, T) {
        let k = squares.len();
        let (zero, two, four) = (T::zero(), T::of(2.0), T::of(4.0));
        let last = i + 1 == k;
        // The poles of the interpolant; the last root has both to its left.
        let right = (i + 1).min(k - 1);
        let left = right - 1;
        let constant = self.rho.recip();
        let evaluate = |offsets: &[T], tau: T| {
            let (left, left_slope) = pole_sums(&offsets[..right], &squares[..right], tau);
            let (right, right_slope) = pole_sums(&offsets[right..], &squares[right..], tau);
            Parts { value: constant + left + right, left, left_slope, right, right_slope }
        };
        let measure_from = |origin: usize, offsets: &mut [T]| self.poles.differences(origin, 0..k, offsets);
        measure_from(left, offsets);
        let gap = offsets[right];

        // From the middle of the interval: which half, and a first guess that keeps the two poles
        // as they are and takes all others as constant (Li, 1993).
        let (wl, wr) = (squares[left], squares[right]);
        let (origin, mut low, mut high, mut tau);
        if last {
            origin = right;
            measure_from(origin, offsets);
            let bound = self.rho * squares.iter().copied().sum::<T>() * (T::one() + T::of(8.0) * T::EPSILON);
            let middle = bound / two;
            let at_middle = evaluate(offsets, middle);
            let rest = at_middle.value + wl / (gap + middle) + wr / middle;
            (low, high) = if at_middle.value <= zero { (middle, bound) } else { (zero, middle) };
            let (a, b) = (wl + wr - rest * gap, wr * gap);
            let root = (a * a + four * b * rest).abs().sqrt();
            tau = if a < zero { two * b / (root - a) } else { (a + root) / (two * rest) };
        } else {
            let middle = gap / two;
            let at_middle = evaluate(offsets, middle);
            let rest = at_middle.value + (wl - wr) / middle;
            if at_middle.value >= zero {
                (origin, low, high) = (left, zero, middle);
                let (a, b) = (rest * gap + wl + wr, wl * gap);
                let root = (a * a - four * b * rest).abs().sqrt();
                tau = if a > zero { two * b / (a + root) } else { (a - root) / (two * rest) };
            } else {
                (origin, low, high) = (right, -middle, zero);
                measure_from(right, offsets);
                let (a, b) = (rest * gap - wl - wr, wr * gap);
                let root = (a * a + four * b * rest).abs().sqrt();
                tau = if a < zero { two * b / (a - root) } else { -(a + root) / (two * rest) };
            }
        }
        if !(tau > low && tau < high) {
            tau = (low + high) / two;
        }

        let mut fixed_weight = true;
        let mut previous = T::infinity();
        for step in 0..MAX_STEPS {
            let g = evaluate(offsets, tau);
            let slope = g.left_slope + g.right_slope;
            let rounding = T::of(8.0) * (g.left.abs() + g.right.abs()) + constant + tau.abs() * slope;
            if g.value.abs() <= T::EPSILON * rounding {
                break;
            }
            if g.value < zero {
                low = low.max(tau);
            } else {
                high = high.min(tau);
            }
            // Fixing the weight of the nearer pole converges fastest; where it does not, matching
            // both sides' slopes does.
            if g.value.abs() > previous / T::of(10.0) {
                fixed_weight = !fixed_weight;
            }
            previous = g.value.abs();
            let (to_left, to_right) = (offsets[left] - tau, offsets[right] - tau);
            let constant = if !fixed_weight || last {
                g.value - to_left * g.left_slope - to_right * g.right_slope
            } else if origin == left {
                g.value - to_right * slope + gap * (wl / (to_left * to_left))
            } else {
                g.value - to_left * slope - gap * (wr / (to_right * to_right))
            };
            let a = (to_left + to_right) * g.value - to_left * to_right * slope;
            let b = to_left * to_right * g.value;
            let mut eta = interpolation_root(a, b, constant, last);
            if !eta.is_finite() || eta * g.value >= zero {
                eta = -g.value / slope;
            }
            let mut next = tau + eta;
            if !(next > low && next < high) || step >= INTERPOLATIONS {
                next = middle_of(low, high);
            }
            if next == tau || next <= low || next >= high {
                break;
            }
            tau = next;
        }
        (origin, tau)
    }
}

/// The root η of `c η² − a η + b` that lies between the poles, or beyond both if `last`.
fn interpolation_root<T: Scalar>(a: T, b: T, c: T, last: bool) -> T {
    let (two, four) = (T::of(2.0), T::of(4.0));
    if last {
        let c = c.abs();
        let root = (a * a - four * b * c).abs().sqrt();
        if a >= T::zero() { (a + root) / (two * c) } else { two * b / (a - root) }
    } else {
        let root = (a * a - four * b * c).abs().sqrt();
        if a <= T::zero() { (a - root) / (two * c) } else { two * b / (a + root) }
    }
}

/// The middle of the bracket: in magnitude where both ends have one, else half of the way.
fn middle_of<T: Scalar>(low: T, high: T) -> T {
    if low * high > T::zero() {
        (low.abs().sqrt() * high.abs().sqrt()).copysign(low)
    } else {
        (low + high) * T::of(0.5)
    }
}
