//! One computed state of a radial operator.

use std::f64::consts::PI;

use super::basis::{boundary_factor, shifted_legendre};
use crate::reference::Eigenfunction;

/// ψ(x) = u(r) · {1/√(2π), cos(mθ)/√π, sin(mθ)/√π}, with ∫ u² r dr = 1 and u > 0 near the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialState {
    /// The eigenvalue λ of the operator.
    pub eigenvalue: f64,
    /// By how much the eigenvalue changed between the two best discretisations.
    pub uncertainty: f64,
    /// −λ/κ.
    pub(super) energy: f64,
    m: u32,
    sine: bool,
    radius: f64,
    /// Of P_k(2s − 1) in u/b, b the boundary factor.
    coefficients: Vec<f64>,
}

impl RadialState {
    pub(super) fn new(m: u32, radius: f64, energy: f64, coefficients: Vec<f64>) -> Self {
        RadialState { eigenvalue: energy, uncertainty: 0.0, energy, m, sine: false, radius, coefficients }
    }

    /// The partner with the sine.
    pub(super) fn sine(self) -> Self {
        RadialState { sine: true, ..self }
    }

    /// m for a cosine, −m for a sine.
    pub fn angular_momentum(&self) -> i64 {
        if self.sine { -i64::from(self.m) } else { i64::from(self.m) }
    }

    /// The disk on which the state was computed; it is 0 outside.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// u(r).
    pub fn radial_value(&self, r: f64) -> f64 {
        self.evaluate(r).0
    }

    /// (u, du/ds) at r = R s².
    fn evaluate(&self, r: f64) -> (f64, f64) {
        let s = (r / self.radius).sqrt();
        if s >= 1.0 {
            return (0.0, 0.0);
        }
        let (b, db) = boundary_factor(self.m, s);
        let (mut value, mut slope) = (0.0, 0.0);
        shifted_legendre(self.coefficients.len(), s, |k, p, dp| {
            value += self.coefficients[k] * p;
            slope += self.coefficients[k] * dp;
        });
        (b * value, b * slope + db * value)
    }

    /// The Rayleigh quotient in a potential, by points s of r = R s² and their weights.
    pub(super) fn quotient(&self, potential: &dyn Fn(f64) -> f64, points: &[(f64, f64)]) -> f64 {
        let m2 = f64::from(self.m).powi(2);
        let (mut top, mut norm) = (0.0, 0.0);
        for &(s, weight) in points {
            let (u, slope) = self.evaluate(self.radius * s * s);
            let mass = 2.0 * self.radius * self.radius * s * s * s * u * u;
            let kinetic = 0.5 * s * slope * slope + 2.0 * m2 * u * u / s;
            top += weight * (kinetic + mass * potential(self.radius * s * s));
            norm += weight * mass;
        }
        top / norm
    }

    /// The angular factor and its derivative in θ.
    fn angular(&self, x: [f64; 2]) -> (f64, f64) {
        if self.m == 0 {
            return ((2.0 * PI).sqrt().recip(), 0.0);
        }
        let m = f64::from(self.m);
        let (sin, cos) = (m * x[1].atan2(x[0])).sin_cos();
        let norm = PI.sqrt().recip();
        if self.sine { (norm * sin, m * norm * cos) } else { (norm * cos, -m * norm * sin) }
    }
}

impl Eigenfunction for RadialState {
    fn value(&self, x: [f64; 2]) -> f64 {
        self.evaluate(x[0].hypot(x[1])).0 * self.angular(x).0
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        let r = x[0].hypot(x[1]);
        if r == 0.0 {
            // Only m = 1 has a slope there, the same in all directions; a cusp has the mean slope 0.
            return if self.m == 1 { self.gradient([self.radius * f64::EPSILON, 0.0]) } else { [0.0, 0.0] };
        }
        let (u, slope) = self.evaluate(r);
        let radial = slope / (2.0 * (r * self.radius).sqrt()); // ds/dr = 1/(2 √(r R))
        let (angular, turn) = self.angular(x);
        let direction = [x[0] / r, x[1] / r];
        let (along, across) = (radial * angular, u / r * turn);
        [along * direction[0] - across * direction[1], along * direction[1] + across * direction[0]]
    }
}
