//! Singular values and vectors of a diagonal matrix under a full first row: the roots of the secular
//! equation, and the numerically orthogonal vectors of Gu and Eisenstat (1995).

use rayon::prelude::*;

use crate::Scalar;
use crate::kernels::poles::pole_sums;

/// Steps by rational interpolation before the bracket is only halved.
const INTERPOLATIONS: usize = 40;
/// Steps in all: enough to halve any bracket down to neighbouring numbers.
const MAX_STEPS: usize = 240;
/// Entries of `z` computed side by side.
const COLUMNS: usize = 64;

/// The matrix with first row `z` and diagonal `(z_0, d_1, …)` below: `d_0 = 0`, the entries of `d`
/// strictly ascending, no entry of `z` negligible, and all of unit size.
#[derive(Debug)]
pub(crate) struct BorderedDiagonal<'a, T> {
    pub(crate) d: &'a [T],
    pub(crate) z: &'a [T],
}

/// `g = 1 + Σ_j z_j² / (d_j² − λ)` in two parts: the poles left and right of the root (for the last
/// root: all but the last pole, and that one).
#[derive(Debug, Clone, Copy)]
struct Secular<T> {
    value: T,
    left: T,
    left_slope: T,
    right: T,
    right_slope: T,
}

impl<T: Scalar> BorderedDiagonal<'_, T> {
    /// The singular values, ascending, `[k]`; row `i` of `left` and of `right` `[k, k]` becomes the
    /// singular vector of value `i`, its entry `j` at place `place[j]`.
    pub(crate) fn solve(&self, place: &[usize], left: &mut [T], right: &mut [T]) -> Vec<T> {
        let k = self.d.len();
        if k == 0 {
            return Vec::new();
        }
        let squares: Vec<T> = self.z.iter().map(|&v| v * v).collect();
        // Row i of `right` holds d_j² − σ_i², each to full relative accuracy.
        let values = right.par_chunks_mut(k).enumerate().map(|(i, row)| self.root(&squares, i, row)).collect();
        let exact = self.exact_z(right);
        right.par_chunks_mut(k).zip(left.par_chunks_mut(k)).for_each_init(
            || vec![T::zero(); k],
            |scratch, (right, left)| {
                let (mut right_norm, mut left_norm) = (T::zero(), T::one());
                for ((delta, &z), &d) in right.iter_mut().zip(&exact).zip(self.d) {
                    *delta = z / *delta;
                    right_norm += *delta * *delta;
                    left_norm += (d * *delta) * (d * *delta);
                }
                let (right_norm, left_norm) = (right_norm.sqrt(), left_norm.sqrt());
                for ((&entry, &d), &to) in right.iter().zip(self.d).zip(place) {
                    scratch[to] = entry / right_norm;
                    left[to] = d * entry / left_norm;
                }
                left[place[0]] = -left_norm.recip();
                right.copy_from_slice(scratch);
            },
        );
        values
    }

    /// The `z` of which the computed values are exact (Löwner):
    /// `ẑ_j² = Π_i (σ_i² − d_j²) / Π_{i≠j} (d_i² − d_j²)`.
    fn exact_z(&self, differences: &[T]) -> Vec<T> {
        let (d, k) = (self.d, self.d.len());
        let mut exact = vec![T::one(); k];
        exact.par_chunks_mut(COLUMNS).enumerate().for_each(|(chunk, products)| {
            let first = chunk * COLUMNS;
            let own = first..first + products.len();
            for (i, row) in differences.chunks_exact(k).enumerate() {
                let (row, poles) = (&row[own.clone()], &d[own.clone()]);
                if own.contains(&i) {
                    for (j, product) in products.iter_mut().enumerate() {
                        let gap = (poles[j] - d[i]) * (poles[j] + d[i]);
                        *product *= if first + j == i { row[j] } else { row[j] / gap };
                    }
                } else {
                    for ((product, &difference), &pole) in products.iter_mut().zip(row).zip(poles) {
                        *product *= difference / ((pole - d[i]) * (pole + d[i]));
                    }
                }
            }
        });
        for (product, &z) in exact.iter_mut().zip(self.z) {
            *product = product.abs().sqrt().copysign(z);
        }
        exact
    }

    /// Singular value `i`, between `d_i` and `d_{i+1}`; `differences[j]` becomes `d_j² − σ²`.
    fn root(&self, squares: &[T], i: usize, differences: &mut [T]) -> T {
        let (origin, tau) =
            if self.d.len() == 1 { (0, squares[0]) } else { self.bracketed_root(squares, i, differences) };
        self.measure_from(origin, differences);
        differences.iter_mut().for_each(|v| *v -= tau);
        let d = self.d[origin];
        d + tau / (d + (d * d + tau).max(T::zero()).sqrt())
    }

    /// `offsets[j] = d_j² − d_origin²`.
    fn measure_from(&self, origin: usize, offsets: &mut [T]) {
        let o = self.d[origin];
        for (offset, &d) in offsets.iter_mut().zip(self.d) {
            *offset = (d - o) * (d + o);
        }
    }

    /// The pole nearest to root `i` of the secular equation in `λ = σ²`, and the root's distance from it.
    fn bracketed_root(&self, squares: &[T], i: usize, offsets: &mut [T]) -> (usize, T) {
        let k = self.d.len();
        let (zero, two, four) = (T::zero(), T::of(2.0), T::of(4.0));
        let last = i + 1 == k;
        // The poles of the interpolant; the last root has both to its left.
        let right = (i + 1).min(k - 1);
        let left = right - 1;
        let gap = (self.d[right] - self.d[left]) * (self.d[right] + self.d[left]);
        let evaluate = |offsets: &[T], tau: T| {
            let (left, left_slope) = pole_sums(&offsets[..right], &squares[..right], zero, tau);
            let (right, right_slope) = pole_sums(&offsets[right..], &squares[right..], zero, tau);
            Secular { value: T::one() + left + right, left, left_slope, right, right_slope }
        };

        // From the middle of the interval: which half, and a first guess that keeps the two poles
        // as they are and takes all others as constant (Li, 1993).
        let (wl, wr) = (squares[left], squares[right]);
        let (origin, mut low, mut high, mut tau);
        if last {
            origin = right;
            self.measure_from(origin, offsets);
            let bound = squares.iter().copied().sum::<T>() * (T::one() + T::of(8.0) * T::EPSILON);
            let middle = bound / two;
            let at_middle = evaluate(offsets, middle);
            let rest = at_middle.value + wl / (gap + middle) + wr / middle;
            (low, high) = if at_middle.value <= zero { (middle, bound) } else { (zero, middle) };
            let (a, b) = (wl + wr - rest * gap, wr * gap);
            let root = (a * a + four * b * rest).abs().sqrt();
            tau = if a < zero { two * b / (root - a) } else { (a + root) / (two * rest) };
        } else {
            let middle = gap / two;
            self.measure_from(left, offsets);
            let at_middle = evaluate(offsets, middle);
            let rest = at_middle.value + (wl - wr) / middle;
            if at_middle.value >= zero {
                (origin, low, high) = (left, zero, middle);
                let (a, b) = (rest * gap + wl + wr, wl * gap);
                let root = (a * a - four * b * rest).abs().sqrt();
                tau = if a > zero { two * b / (a + root) } else { (a - root) / (two * rest) };
            } else {
                (origin, low, high) = (right, -middle, zero);
                self.measure_from(right, offsets);
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
            let rounding = T::of(8.0) * (g.left.abs() + g.right.abs()) + T::one() + tau.abs() * slope;
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
