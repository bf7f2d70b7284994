//! The exact solution of Burgers' equation from a sine.

use std::f64::consts::PI;

use crate::{Error, Result};

/// u_t + u u_x = ν u_xx on [−1, 1] with u(x, 0) = −sin πx and u(±1, t) = 0, which steepens to a layer of width ~ν at
/// x = 0.
///
/// By the transformation of Cole (1951) and Hopf (1950), with y = x − 2√(νt) z,
///
/// ```text
/// u(x, t) = −⟨sin πy⟩,   ⟨g⟩ = ∫ g w dz / ∫ w dz,   w = exp(−z² − cos(πy)/(2πν))
/// ```
///
/// (Basdevant et al., 1986). The weight is entire and falls as a Gaussian, so that the trapezoidal rule converges faster
/// than any power of its step (Goodwin, 1949); its exponents, up to 1/(2πν), are taken relative to the largest. Values
/// are good to about 2e-16 · max(10, 1/ν).
///
/// ```
/// use eigennet::reference::Burgers;
/// let shock = Burgers::new(0.01 / std::f64::consts::PI)?;
/// assert_eq!(shock.value(0.5, 0.0), -1.0);
/// assert!((shock.slope(0.0, 1.6037 / std::f64::consts::PI) + 152.00516).abs() < 1e-5); // Basdevant et al.
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burgers {
    viscosity: f64,
}

/// Weights below e^−45 of the largest are lost in rounding.
const NEGLIGIBLE: f64 = 45.0;

impl Burgers {
    /// With viscosity ν.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 1e-5 ≤ ν is finite: the exponents would lose the digits.
    pub fn new(viscosity: f64) -> Result<Self> {
        if !(viscosity >= 1e-5 && viscosity.is_finite()) {
            return Err(Error::invalid("viscosity of Burgers", format!("{viscosity} will not do; give 1e-5 or more")));
        }
        Ok(Burgers { viscosity })
    }

    /// u(x, t); NaN for t < 0.
    pub fn value(&self, x: f64, t: f64) -> f64 {
        if t == 0.0 {
            return -(PI * x).sin();
        }
        if self.has_decayed(x, t) {
            return 0.0;
        }
        -self.means(x, t, 1.0)[0]
    }

    /// Whether e^{−νπ²t}, which |u| is at most 4πν times, is 0 in floating point. The rule for the means would take
    /// ever more points.
    fn has_decayed(&self, x: f64, t: f64) -> bool {
        x.is_finite() && t.is_finite() && PI * PI * self.viscosity * t > 1500.0
    }

    /// ∂u/∂x; NaN for t < 0.
    ///
    /// The weight depends on x through y: ∂⟨g⟩/∂x = ⟨g′⟩ + (⟨g sin πy⟩ − ⟨g⟩⟨sin πy⟩)/(2ν).
    pub fn slope(&self, x: f64, t: f64) -> f64 {
        if t == 0.0 {
            return -PI * (PI * x).cos();
        }
        if self.has_decayed(x, t) {
            return 0.0;
        }
        let [_, cosine, variance] = self.means(x, t, 1.0);
        -(PI * cosine + variance / (2.0 * self.viscosity))
    }

    /// ⟨sin πy⟩, ⟨cos πy⟩ and ⟨(sin πy − ⟨sin πy⟩)²⟩, by a rule so many times as fine as it need be.
    fn means(&self, x: f64, t: f64, fineness: f64) -> [f64; 3] {
        if !(t > 0.0 && t.is_finite() && x.is_finite()) {
            return [f64::NAN; 3];
        }
        let amplitude = 1.0 / (2.0 * PI * self.viscosity);
        let scale = 2.0 * (self.viscosity * t).sqrt();
        // The error of step h is e^{E(c)} with E = c² + A (cosh(πsc) − 1) − 2πc/h for any height c in the complex plane.
        let height = (NEGLIGIBLE / (1.0 + PI * t)).sqrt().min(3.0 / (PI * scale));
        let growth = height * height + amplitude * ((PI * scale * height).cosh() - 1.0);
        let step = 2.0 * PI * height / (NEGLIGIBLE + growth) / fineness;
        // The largest exponent is at least −A, the one at z at most A − z².
        let reach = (NEGLIGIBLE + 2.0 * amplitude).sqrt();
        let count = (reach / step).ceil() as i64;
        let exponent = |z: f64| -z * z - amplitude * (PI * (x - scale * z)).cos();
        let largest = (-count..=count).map(|i| exponent(i as f64 * step)).fold(f64::NEG_INFINITY, f64::max);
        let sums = |g: &dyn Fn(f64, f64) -> f64| -> f64 {
            let term = |i: i64| {
                let z = i as f64 * step;
                let weight = (exponent(z) - largest).exp();
                let (sine, cosine) = (PI * (x - scale * z)).sin_cos();
                weight * g(sine, cosine)
            };
            (-count..=count).map(term).sum()
        };
        let total = sums(&|_, _| 1.0);
        let sine = sums(&|s, _| s) / total;
        let cosine = sums(&|_, c| c) / total;
        [sine, cosine, sums(&|s, _| (s - sine) * (s - sine)) / total]
    }
}

#[cfg(test)]
mod tests;
