//! Sums over simple poles, as in the secular equation of a rank-one update.

use super::Simd;
use super::dispatch::{Kernel, run};

/// Partial sums side by side.
const LANES: usize = 8;

/// `(Σ w_j / (d_j − τ), Σ w_j / (d_j − τ)²)`: the sum and its derivative by τ.
///
/// # Panics
/// If the lengths differ.
pub fn pole_sums<T: Simd>(poles: &[T], weights: &[T], tau: T) -> (T, T) {
    assert_eq!(poles.len(), weights.len(), "pole_sums: lengths differ");
    run(PoleSums { poles, weights, tau })
}

struct PoleSums<'a, T> {
    poles: &'a [T],
    weights: &'a [T],
    tau: T,
}

impl<T: Simd> Kernel for PoleSums<'_, T> {
    type Output = (T, T);

    #[inline(always)]
    fn run<const FMA: bool>(self) -> (T, T) {
        let (poles, poles_rest) = self.poles.as_chunks::<LANES>();
        let (weights, weights_rest) = self.weights.as_chunks::<LANES>();
        let mut sums = Sums { values: [T::zero(); LANES], slopes: [T::zero(); LANES] };
        for (p, w) in poles.iter().zip(weights) {
            sums.add::<FMA>(p, w, self.tau);
        }
        if !poles_rest.is_empty() {
            // Poles without weight, far away.
            let (mut p, mut w) = ([T::infinity(); LANES], [T::zero(); LANES]);
            p[..poles_rest.len()].copy_from_slice(poles_rest);
            w[..weights_rest.len()].copy_from_slice(weights_rest);
            sums.add::<FMA>(&p, &w, self.tau);
        }
        (total(&sums.values), total(&sums.slopes))
    }
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
    run(MultiplyQuotients { products, deltas, gaps });
}

struct MultiplyQuotients<'a, T> {
    products: &'a mut [T],
    deltas: &'a [T],
    gaps: &'a [T],
}

impl<T: Simd> Kernel for MultiplyQuotients<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for ((product, &delta), &gap) in self.products.iter_mut().zip(self.deltas).zip(self.gaps) {
            *product *= delta / gap;
        }
    }
}

/// `deltas[j] ← z_j / deltas[j]`.
///
/// # Panics
/// If the lengths differ.
pub fn divide_into<T: Simd>(z: &[T], deltas: &mut [T]) {
    assert_eq!(z.len(), deltas.len(), "divide_into: lengths differ");
    run(DivideInto { z, deltas });
}

struct DivideInto<'a, T> {
    z: &'a [T],
    deltas: &'a mut [T],
}

impl<T: Simd> Kernel for DivideInto<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (delta, &z) in self.deltas.iter_mut().zip(self.z) {
            *delta = z / *delta;
        }
    }
}

#[cfg(test)]
mod tests;
