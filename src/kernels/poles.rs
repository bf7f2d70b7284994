//! Sums over simple poles, as in the secular equation of a rank-one update.

use super::Simd;
use super::dispatch::{Kernel, run};

/// Partial sums side by side.
const LANES: usize = 8;

/// `(Σ w_j / (d_j − s − τ), Σ w_j / (d_j − s − τ)²)`: the sum and its derivative by τ. The shift `s`
/// is taken off first, so that close to the pole `s` nothing is lost.
///
/// # Panics
/// If the lengths differ.
pub fn pole_sums<T: Simd>(poles: &[T], weights: &[T], shift: T, tau: T) -> (T, T) {
    assert_eq!(poles.len(), weights.len(), "pole_sums: lengths differ");
    run(PoleSums { poles, weights, shift, tau })
}

struct PoleSums<'a, T> {
    poles: &'a [T],
    weights: &'a [T],
    shift: T,
    tau: T,
}

impl<T: Simd> Kernel for PoleSums<'_, T> {
    type Output = (T, T);

    #[inline(always)]
    fn run<const FMA: bool>(self) -> (T, T) {
        let (mut sums, mut slopes) = ([T::zero(); LANES], [T::zero(); LANES]);
        let (poles, weights) = (self.poles.chunks_exact(LANES), self.weights.chunks_exact(LANES));
        let rest = poles.remainder().iter().zip(weights.remainder()).enumerate();
        for (p, w) in poles.zip(weights) {
            for lane in 0..LANES {
                let inverse = T::one() / ((p[lane] - self.shift) - self.tau);
                let term = w[lane] * inverse;
                sums[lane] += term;
                slopes[lane] = term.fused::<FMA>(inverse, slopes[lane]);
            }
        }
        for (lane, (&p, &w)) in rest {
            let inverse = T::one() / ((p - self.shift) - self.tau);
            sums[lane] += w * inverse;
            slopes[lane] += w * inverse * inverse;
        }
        (sums.into_iter().sum(), slopes.into_iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::pole_sums;

    #[test]
    fn partial_fractions_of_a_known_sum() {
        // Σ_{j=1}^{n} 1/(j (j + 1)) = 1 − 1/(n + 1), as a sum over the poles j + 1 with weights 1/j.
        for n in [0, 1, 7, 8, 9, 100] {
            let poles: Vec<f64> = (0..n).map(|j| j as f64 + 4.0).collect();
            let weights: Vec<f64> = (0..n).map(|j| 1.0 / (j as f64 + 1.0)).collect();
            let (sum, slope) = pole_sums(&poles, &weights, 1.5, 0.5);
            assert!((sum - (1.0 - 1.0 / (n as f64 + 1.0))).abs() < 1e-14, "{n}");
            let expected: f64 = (1..=n).map(|j| 1.0 / (j as f64 * (j as f64 + 1.0).powi(2))).sum();
            assert!((slope - expected).abs() < 1e-14, "{n}");
        }
    }
}
