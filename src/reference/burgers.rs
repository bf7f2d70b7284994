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

    /// ν.
    pub fn viscosity(&self) -> f64 {
        self.viscosity
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
mod tests {
    use super::*;

    const SHARP: f64 = 0.01 / PI;

    #[test]
    fn the_equation_holds() {
        // u_t + u u_x − ν u_xx by differences of order 4, relative to its terms.
        for viscosity in [SHARP, 0.1 / PI, 0.3, 2.0] {
            let burgers = Burgers::new(viscosity).unwrap();
            for (x, t) in [(0.3, 0.2), (-0.7, 0.5), (0.02, 0.4), (0.9, 1.3), (-0.1, 0.05)] {
                let h = 2e-3 * (viscosity / 0.1).min(1.0).sqrt();
                let line = |f: &dyn Fn(f64) -> f64| (f(-2.0) - 8.0 * f(-1.0) + 8.0 * f(1.0) - f(2.0)) / (12.0 * h);
                let rate = line(&|k| burgers.value(x, t + k * h));
                let slope = line(&|k| burgers.value(x + k * h, t));
                let bend = line(&|k| burgers.slope(x + k * h, t));
                assert!((slope - burgers.slope(x, t)).abs() < 1e-4 * (1.0 + slope.abs()), "{viscosity} {x} {t}");
                let (flow, spread) = (burgers.value(x, t) * slope, viscosity * bend);
                let size = 1.0 + rate.abs() + flow.abs() + spread.abs();
                assert!((rate + flow - spread).abs() < 2e-4 * size, "{viscosity} {x} {t}: {rate} {flow} {spread}");
            }
        }
    }

    #[test]
    fn the_published_slope() {
        // Basdevant et al. (1986): the steepest slope is −152.00516 at πt = 1.6037.
        let burgers = Burgers::new(SHARP).unwrap();
        assert!((burgers.slope(0.0, 1.6037 / PI) + 152.00516).abs() < 1e-5, "{}", burgers.slope(0.0, 1.6037 / PI));
    }

    #[test]
    fn a_finer_rule_changes_nothing() {
        for viscosity in [1e-3, SHARP, 0.1 / PI, 0.5, 10.0] {
            let burgers = Burgers::new(viscosity).unwrap();
            for t in [1e-3, 0.1, 0.3, 0.5, 1.0, 3.0] {
                for i in 1..40 {
                    let x = f64::from(i) / 40.0;
                    let [coarse, fine] = [1.0, 2.7].map(|fineness| burgers.means(x, t, fineness)[0]);
                    let bound = 5e-16 * (1.0 / viscosity).max(10.0);
                    assert!((coarse - fine).abs() < bound, "{viscosity} {x} {t}: {:e}", coarse - fine);
                }
            }
        }
    }

    #[test]
    fn symmetric_and_held_at_the_ends() {
        for viscosity in [1e-4, SHARP, 0.1 / PI, 1.0] {
            let burgers = Burgers::new(viscosity).unwrap();
            for t in [1e-6, 0.1, 0.5, 1.0, 10.0] {
                assert!(burgers.value(1.0, t).abs() < 1e-12 && burgers.value(0.0, t).abs() < 1e-12, "{viscosity} {t}");
                let (left, right) = (burgers.value(-0.4, t), burgers.value(0.4, t));
                assert!((left + right).abs() < 1e-11 && left.abs() <= 1.0, "{viscosity} {t}: {left} {right}");
            }
            assert!((burgers.value(0.3, 1e-9) + (PI * 0.3).sin()).abs() < 1e-7);
        }
    }

    #[test]
    fn large_viscosity_is_diffusion() {
        // With ν large the flow is a small correction, of order 1/ν: u ≈ −e^{−νπ²t} sin πx.
        let burgers = Burgers::new(1e3).unwrap();
        let t = 1e-4;
        let linear = -(-1e3 * PI * PI * t).exp() * (PI * 0.3).sin();
        assert!((burgers.value(0.3, t) - linear).abs() < 1e-3 * linear.abs(), "{} {linear}", burgers.value(0.3, t));
    }

    #[test]
    fn hostile_input() {
        for viscosity in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9] {
            assert!(Burgers::new(viscosity).is_err());
        }
        let burgers = Burgers::new(SHARP).unwrap();
        assert!(burgers.value(0.1, -1.0).is_nan() && burgers.value(f64::NAN, 1.0).is_nan());
        assert!(burgers.value(0.1, f64::INFINITY).is_nan());
        for t in [1e6, 1e20, 1e300] {
            assert_eq!([burgers.value(0.1, t), burgers.slope(0.1, t)], [0.0; 2]);
        }
    }
}
