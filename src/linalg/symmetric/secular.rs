//! Eigenvalues and eigenvectors of a diagonal matrix plus one of rank one: the roots of the secular
//! equation, and the numerically orthogonal vectors of Gu and Eisenstat (1994).

use rayon::prelude::*;

use crate::Scalar;
use crate::kernels::poles::{divide_into, multiply_quotients, pole_sums};
use crate::kernels::reduce::dot;

/// Steps by rational interpolation before the bracket is only halved.
const INTERPOLATIONS: usize = 40;
/// Steps in all: enough to halve any bracket down to neighbouring numbers.
const MAX_STEPS: usize = 240;
/// Entries of the eigenvector matrix that are worth a second thread.
const MIN_WORK: usize = 1 << 13;

/// `D + ρ z zᵀ` with `ρ > 0`, the entries of `D` strictly ascending and no entry of `z` negligible.
#[derive(Debug)]
pub(crate) struct RankOneUpdate<'a, T> {
    pub(crate) poles: &'a [T],
    pub(crate) z: &'a [T],
    pub(crate) rho: T,
}

/// `g(τ) = 1/ρ + Σ_j z_j²/(d_j − λ)` at `λ = d_origin + τ`, in two parts: the poles left and right
/// of the root (for the last root: all but the last pole, and that one).
#[derive(Debug, Clone, Copy)]
struct Secular<T> {
    value: T,
    left: T,
    left_slope: T,
    right: T,
    right_slope: T,
}

impl<T: Scalar> RankOneUpdate<'_, T> {
    /// The eigenvalues, ascending, `[k]`; row `i` of `vectors` `[k, k]` becomes the eigenvector of
    /// value `i`, its entry `j` at place `place[j]`.
    pub(crate) fn solve(&self, place: &[usize], vectors: &mut [T]) -> Vec<T> {
        let k = self.poles.len();
        if k == 0 {
            return Vec::new();
        }
        let squares: Vec<T> = self.z.iter().map(|&v| v * v).collect();
        // Row i holds d_j − λ_i, each to full relative accuracy.
        let rows = vectors.par_chunks_mut(k).with_min_len(MIN_WORK.div_ceil(k)).enumerate();
        let values = rows.map(|(i, row)| self.root(&squares, i, row)).collect();

        // The z of which the computed roots are exact (Löwner):
        // ẑ_j² = Π_i (λ_i − d_j) / (ρ Π_{i≠j} (d_i − d_j)), up to the factor ρ.
        const COLUMNS: usize = 64;
        let mut exact = vec![T::one(); k];
        exact.par_chunks_mut(COLUMNS).with_min_len(MIN_WORK.div_ceil(k * COLUMNS)).enumerate().for_each(
            |(chunk, products)| {
                let first = chunk * COLUMNS;
                let own = first..first + products.len();
                for (i, row) in vectors.chunks_exact(k).enumerate() {
                    let (row, poles) = (&row[own.clone()], &self.poles[own.clone()]);
                    if own.contains(&i) {
                        // Row i has a factor without its partner.
                        let j = i - first;
                        products[j] *= row[j];
                        for part in [0..j, j + 1..row.len()] {
                            let products = &mut products[part.clone()];
                            multiply_quotients(products, &row[part.clone()], &poles[part], self.poles[i]);
                        }
                    } else {
                        multiply_quotients(products, row, poles, self.poles[i]);
                    }
                }
            },
        );
        for (product, &z) in exact.iter_mut().zip(self.z) {
            *product = product.abs().sqrt().copysign(z);
        }
        vectors.par_chunks_mut(k).with_min_len(MIN_WORK.div_ceil(k)).for_each_init(
            || vec![T::zero(); k],
            |scratch, row| {
                divide_into(&exact, row);
                let inverse_norm = dot(row, row).sqrt().recip();
                for (&entry, &to) in row.iter().zip(place) {
                    scratch[to] = entry * inverse_norm;
                }
                row.copy_from_slice(scratch);
            },
        );
        values
    }

    /// Root `i`, between poles `i` and `i + 1`; `deltas[j]` becomes `d_j − λ`.
    fn root(&self, squares: &[T], i: usize, deltas: &mut [T]) -> T {
        let k = self.poles.len();
        let (origin, tau) = if k == 1 { (0, self.rho * squares[0]) } else { self.bracketed_root(squares, i) };
        for (delta, &pole) in deltas.iter_mut().zip(self.poles) {
            *delta = (pole - self.poles[origin]) - tau;
        }
        self.poles[origin] + tau
    }

    /// The pole nearest to root `i` and the root's distance from it.
    fn bracketed_root(&self, squares: &[T], i: usize) -> (usize, T) {
        let k = self.poles.len();
        let (zero, two) = (T::zero(), T::of(2.0));
        let last = i + 1 == k;
        // The poles of the interpolant; the last root has both to its left.
        let right = (i + 1).min(k - 1);
        let left = right - 1;
        let gap = self.poles[right] - self.poles[left];

        // From the middle of the interval: which half, and a first guess that keeps the two poles
        // as they are and takes all others as constant (Li, 1993).
        let (wl, wr) = (squares[left], squares[right]);
        let (origin, mut low, mut high, mut tau);
        if last {
            origin = right;
            let bound = self.rho * squares.iter().copied().sum::<T>() * (T::one() + T::of(8.0) * T::EPSILON);
            let middle = bound / two;
            let at_middle = self.evaluate(squares, right, origin, middle);
            let rest = at_middle.value + wl / (gap + middle) + wr / middle;
            (low, high) = if at_middle.value <= zero { (middle, bound) } else { (zero, middle) };
            let (a, b) = (wl + wr - rest * gap, wr * gap);
            let root = (a * a + T::of(4.0) * b * rest).abs().sqrt();
            tau = if a < zero { two * b / (root - a) } else { (a + root) / (two * rest) };
        } else {
            let middle = gap / two;
            let at_middle = self.evaluate(squares, right, left, middle);
            let rest = at_middle.value + (wl - wr) / middle;
            if at_middle.value >= zero {
                (origin, low, high) = (left, zero, middle);
                let (a, b) = (rest * gap + wl + wr, wl * gap);
                let root = (a * a - T::of(4.0) * b * rest).abs().sqrt();
                tau = if a > zero { two * b / (a + root) } else { (a - root) / (two * rest) };
            } else {
                (origin, low, high) = (right, -middle, zero);
                let (a, b) = (rest * gap - wl - wr, wr * gap);
                let root = (a * a + T::of(4.0) * b * rest).abs().sqrt();
                tau = if a < zero { two * b / (a - root) } else { -(a + root) / (two * rest) };
            }
        }
        if !(tau > low && tau < high) {
            tau = (low + high) / two;
        }

        let mut fixed_weight = true;
        let mut previous = T::infinity();
        for step in 0..MAX_STEPS {
            let g = self.evaluate(squares, right, origin, tau);
            let slope = g.left_slope + g.right_slope;
            let rounding = T::of(8.0) * (g.left.abs() + g.right.abs()) + self.rho.recip() + tau.abs() * slope;
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
            let to_left = (self.poles[left] - self.poles[origin]) - tau;
            let to_right = (self.poles[right] - self.poles[origin]) - tau;
            let constant = if !fixed_weight || last {
                g.value - to_left * g.left_slope - to_right * g.right_slope
            } else if origin == left {
                let weight = wl / (to_left * to_left);
                g.value - to_right * slope + gap * weight
            } else {
                let weight = wr / (to_right * to_right);
                g.value - to_left * slope - gap * weight
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

    fn evaluate(&self, squares: &[T], split: usize, origin: usize, tau: T) -> Secular<T> {
        let shift = self.poles[origin];
        let (left, left_slope) = pole_sums(&self.poles[..split], &squares[..split], shift, tau);
        let (right, right_slope) = pole_sums(&self.poles[split..], &squares[split..], shift, tau);
        Secular { value: self.rho.recip() + left + right, left, left_slope, right, right_slope }
    }
}

/// The root η of `c η² − a η + b` that lies between the poles, or beyond both if `last`.
fn interpolation_root<T: Scalar>(a: T, b: T, c: T, last: bool) -> T {
    let two = T::of(2.0);
    if last {
        let c = c.abs();
        let root = (a * a - T::of(4.0) * b * c).abs().sqrt();
        if a >= T::zero() { (a + root) / (two * c) } else { two * b / (a - root) }
    } else {
        let root = (a * a - T::of(4.0) * b * c).abs().sqrt();
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
