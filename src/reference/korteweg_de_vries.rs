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
mod tests;
