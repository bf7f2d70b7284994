//! Solitons of the Korteweg–de Vries equation.

use crate::{Error, Result};

/// u_t + 6 u u_x + u_xxx = 0: N solitons, which pass through one another and keep their shapes (Hirota, 1971).
///
/// Soliton i alone is (k²/2) sech²(½ η), of width 1/k and speed k². Together, with u = 2 ∂²(ln F)/∂x²,
///
/// ```text
/// F = Σ_μ exp(Σᵢ μᵢ ηᵢ + 2 Σ_{i<j} μᵢ μⱼ ln |(kᵢ − kⱼ)/(kᵢ + kⱼ)|),   ηᵢ = kᵢ (x − xᵢ) − kᵢ³ t,   μ ∈ {0, 1}ᴺ
/// ```
///
/// so that u is twice the variance of Σ μᵢ kᵢ, the terms of F taken as weights: no difference of large numbers is left.
///
/// ```
/// use eigennet::reference::Solitons;
/// let one = Solitons::new(&[[2.0, 0.0]])?;
/// assert!((one.value(4.1, 1.0) - 2.0 / 0.1f64.cosh().powi(2)).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Solitons {
    solitons: Vec<[f64; 2]>,
    /// For each μ its Σ μᵢ kᵢ and the constant part of its exponent.
    terms: Vec<[f64; 2]>,
}

/// The most solitons: F has 2ᴺ terms.
const MAX_SOLITONS: usize = 16;

impl Solitons {
    /// Solitons [kᵢ, xᵢ].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless there are 1 to 16, their k positive and different, all finite.
    pub fn new(solitons: &[[f64; 2]]) -> Result<Self> {
        let what = "solitons of Solitons";
        if !(1..=MAX_SOLITONS).contains(&solitons.len()) {
            return Err(Error::invalid(what, format!("{} of them; give 1 to {MAX_SOLITONS}", solitons.len())));
        }
        for (i, [k, x]) in solitons.iter().enumerate() {
            if !(*k > 0.0 && k.is_finite() && x.is_finite()) || solitons[..i].iter().any(|[other, _]| other == k) {
                let reason = format!("k = {k}, x = {x}: give finite places, and each a positive k of its own");
                return Err(Error::invalid(what, reason));
            }
        }
        let term = |mu: usize| {
            let present: Vec<[f64; 2]> =
                solitons.iter().enumerate().filter(|(i, _)| mu >> i & 1 == 1).map(|(_, s)| *s).collect();
            let mut constant = 0.0;
            for (i, [k, x]) in present.iter().enumerate() {
                let pairs = present[..i].iter().map(|[other, _]| 2.0 * ((k - other) / (k + other)).abs().ln());
                constant += pairs.sum::<f64>() - k * x;
            }
            [present.iter().map(|[k, _]| k).sum(), constant]
        };
        Ok(Solitons { solitons: solitons.to_vec(), terms: (0..1 << solitons.len()).map(term).collect() })
    }

    /// The solitons [kᵢ, xᵢ].
    pub fn solitons(&self) -> &[[f64; 2]] {
        &self.solitons
    }

    /// u(x, t).
    pub fn value(&self, x: f64, t: f64) -> f64 {
        let cubes: Vec<f64> = self.solitons.iter().map(|[k, _]| k.powi(3)).collect();
        let exponent = |mu: usize, [wave, constant]: [f64; 2]| {
            let speed: f64 = cubes.iter().enumerate().filter(|(i, _)| mu >> i & 1 == 1).map(|(_, cube)| cube).sum();
            wave * x - speed * t + constant
        };
        let exponents: Vec<f64> = self.terms.iter().enumerate().map(|(mu, &term)| exponent(mu, term)).collect();
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = exponents.iter().map(|e| (e - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
            self.terms.iter().zip(&weights).map(|([wave, _], weight)| weight * f(*wave)).sum::<f64>() / total
        };
        let average = mean(&|wave| wave);
        2.0 * mean(&|wave| (wave - average).powi(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equation_holds() {
        for solitons in [&[[1.3, 0.2]][..], &[[1.0, 0.5], [1.6, -0.3]], &[[0.7, 0.0], [1.1, 1.0], [1.5, -2.0]]] {
            let wave = Solitons::new(solitons).unwrap();
            let h = 0.01;
            for (x, t) in [(0.3, 0.1), (-1.2, -0.4), (2.0, 0.5), (0.0, 0.0)] {
                // Differences of order 6 along x, and along t.
                let u = |k: f64| wave.value(x + k * h, t);
                let odd = |f: &dyn Fn(f64) -> f64, k: f64| f(k) - f(-k);
                let first =
                    |f: &dyn Fn(f64) -> f64| (45.0 * odd(f, 1.0) - 9.0 * odd(f, 2.0) + odd(f, 3.0)) / (60.0 * h);
                let third = (-488.0 * odd(&u, 1.0) + 338.0 * odd(&u, 2.0) - 72.0 * odd(&u, 3.0) + 7.0 * odd(&u, 4.0))
                    / (240.0 * h * h * h);
                let rate = first(&|k| wave.value(x, t + k * h));
                let residual = rate + 6.0 * u(0.0) * first(&u) + third;
                assert!(residual.abs() < 1e-6, "{solitons:?} {x} {t}: {residual:e}");
            }
        }
    }

    #[test]
    fn solitons_part_shifted_and_unchanged() {
        // Long after, the faster is ahead by ln((k₁ + k₂)/(k₁ − k₂))² / k₁, the slower behind.
        let (fast, slow) = (1.6f64, 1.0f64);
        let pair = Solitons::new(&[[fast, 0.0], [slow, 0.0]]).unwrap();
        let t = 30.0;
        let shift = 2.0 * ((fast + slow) / (fast - slow)).ln();
        let alone = |k: f64, x: f64| 0.5 * k * k / (0.5 * k * x).cosh().powi(2);
        for x in [-1.0, 0.0, 0.7] {
            let ahead = fast * fast * t + shift / fast;
            assert!((pair.value(ahead + x, t) - alone(fast, x)).abs() < 1e-12);
            let behind = slow * slow * t;
            assert!((pair.value(behind + x, t) - alone(slow, x)).abs() < 1e-12);
        }
    }

    #[test]
    fn far_away_there_is_nothing() {
        let pair = Solitons::new(&[[1.6, 0.0], [1.0, 0.0]]).unwrap();
        for x in [-1e300, -1e4, 1e4, 1e300] {
            assert_eq!(pair.value(x, 0.0), 0.0);
        }
        assert!(pair.value(f64::NAN, 0.0).is_nan());
    }

    #[test]
    fn hostile_input() {
        for bad in [&[][..], &[[0.0, 0.0]], &[[-1.0, 0.0]], &[[f64::NAN, 0.0]], &[[1.0, f64::INFINITY]]] {
            assert!(Solitons::new(bad).is_err());
        }
        assert!(Solitons::new(&[[1.0, 0.0], [1.0, 3.0]]).is_err());
        assert!(Solitons::new(&[[1.0, 0.0]; 17]).is_err());
    }
}
