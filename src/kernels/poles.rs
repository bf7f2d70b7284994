//! Sums over simple poles, as in the secular equation of a rank-one update.

use super::Simd;
use super::dispatch::dispatch;

/// Partial sums side by side.
const LANES: usize = 8;

/// `(Σ w_j / (d_j − τ), Σ w_j / (d_j − τ)²)`: the sum and its derivative by τ.
///
/// # Panics
/// If the lengths differ.
pub fn pole_sums<T: Simd>(poles: &[T], weights: &[T], tau: T) -> (T, T) {
    assert_eq!(poles.len(), weights.len(), "pole_sums: lengths differ");
    dispatch!(T, FMA, |poles: &[T], weights: &[T], tau: T| -> (T, T) {
        let (poles, poles_rest) = poles.as_chunks::<LANES>();
        let (weights, weights_rest) = weights.as_chunks::<LANES>();
        let mut sums = Sums { values: [T::zero(); LANES], slopes: [T::zero(); LANES] };
        for (p, w) in poles.iter().zip(weights) {
            sums.add::<FMA>(p, w, tau);
        }
        if !poles_rest.is_empty() {
            // Poles without weight, far away.
            let (mut p, mut w) = ([T::infinity(); LANES], [T::zero(); LANES]);
            p[..poles_rest.len()].copy_from_slice(poles_rest);
            w[..weights_rest.len()].copy_from_slice(weights_rest);
            sums.add::<FMA>(&p, &w, tau);
        }
        (total(&sums.values), total(&sums.slopes))
    })
}

struct Sums<T> {
    values: [T; LANES],
    slopes: [T; LANES],
}

impl<T: Simd> Sums<T> {
    #[inline(always)]
    fn add<const FMA: bool>(&mut self, poles: &[T; LANES], weights: &[T; LANES], tau: T) {
        let inverses: [T; LANES] = std::array::from_fn(|lane| T::one() / (poles[lane] - tau));
        let terms: [T; LANES] = std::array::from_fn(|lane| weights[lane] * inverses[lane]);
        self.values = std::array::from_fn(|lane| self.values[lane] + terms[lane]);
        self.slopes = std::array::from_fn(|lane| terms[lane].fused::<FMA>(inverses[lane], self.slopes[lane]));
    }
}

/// Not inlined: a sum across the lanes in sight of the loop misleads the compiler to shuffle lanes within it.
#[inline(never)]
fn total<T: Simd>(lanes: &[T; LANES]) -> T {
    let quarter: [T; 4] = std::array::from_fn(|lane| lanes[lane] + lanes[lane + 4]);
    (quarter[0] + quarter[2]) + (quarter[1] + quarter[3])
}

/// `products[j] ← products[j] · deltas[j] / gaps[j]`.
///
/// # Panics
/// If the lengths differ.
pub fn multiply_quotients<T: Simd>(products: &mut [T], deltas: &[T], gaps: &[T]) {
    assert!(products.len() == deltas.len() && deltas.len() == gaps.len(), "multiply_quotients: lengths differ");
    dispatch!(T, FMA, |products: &mut [T], deltas: &[T], gaps: &[T]| {
        for ((product, &delta), &gap) in products.iter_mut().zip(deltas).zip(gaps) {
            *product *= delta / gap;
        }
    })
}

/// `deltas[j] ← z_j / deltas[j]`.
///
/// # Panics
/// If the lengths differ.
pub fn divide_into<T: Simd>(z: &[T], deltas: &mut [T]) {
    assert_eq!(z.len(), deltas.len(), "divide_into: lengths differ");
    dispatch!(T, FMA, |z: &[T], deltas: &mut [T]| {
        for (delta, &z) in deltas.iter_mut().zip(z) {
            *delta = z / *delta;
        }
    })
}

#[cfg(test)]
mod tests;
