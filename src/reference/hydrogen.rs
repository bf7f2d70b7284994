//! The hydrogen atom in two dimensions.

use std::f64::consts::PI;
use std::ops::Range;

use super::special::Laguerre;
use super::spectrum::{Eigenfunction, ExactSpectrum};

/// The bound states of `T = ∇² + 1/‖x‖` on the plane, minus the Hamiltonian of an electron held to a
/// plane by a point charge (lengths in Bohr radii over 2, energies in Rydberg times 4).
///
/// ```text
/// T ψ = λ ψ,   λ_n = 1/(2n + 1)²,   n = 0, 1, …,   −n ≤ l ≤ n: degeneracy 2n + 1
/// ψ_{n,l} ∝ e^(−t/2) t^|l| L^{(2|l|)}_{n−|l|}(t) · { cos lθ (l ≥ 0), sin |l|θ (l < 0) },   t = 2r/(2n + 1)
/// ```
///
/// Order inside a level: l = 0, 1, −1, 2, −2, …, n, −n. The continuous spectrum is (−∞, 0].
///
/// Source: Yang, Guo, Chan, Wong and Ching, Phys. Rev. A 43, 1186 (1991).
///
/// ```
/// use eigennet::reference::{ExactSpectrum, Hydrogen2d};
/// let (n, l) = Hydrogen2d::states().nth(4).unwrap();
/// assert_eq!((n, l), (2, 0));
/// assert_eq!(Hydrogen2d.eigenvalue(4), 1.0 / 25.0);
/// let ground = Hydrogen2d.state(0);
/// assert!((ground.value([0.0, 0.0]) - (2.0 / std::f64::consts::PI).sqrt()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hydrogen2d;

impl Hydrogen2d {
    /// All quantum numbers (n, l), in the order of the state index.
    pub fn states() -> impl Iterator<Item = (u64, i64)> {
        (0..).map(quantum_numbers)
    }

    /// The state index of (n, l); `None` unless |l| ≤ n.
    pub fn index(n: u64, l: i64) -> Option<usize> {
        if l.unsigned_abs() > n {
            return None;
        }
        let inside = l.unsigned_abs().checked_mul(2)? - u64::from(l > 0);
        usize::try_from(n.checked_mul(n)?.checked_add(inside)?).ok()
    }
}

/// Level n begins at state n², as 1 + 3 + … + (2n − 1) = n².
fn quantum_numbers(index: usize) -> (u64, i64) {
    let n = index.isqrt();
    let inside = (index - n * n) as i64;
    let l = if inside % 2 == 1 { (inside + 1) / 2 } else { -(inside / 2) };
    (n as u64, l)
}

impl ExactSpectrum for Hydrogen2d {
    fn name(&self) -> &'static str {
        "2-D hydrogen atom"
    }

    fn laplacian_factor(&self) -> f64 {
        1.0
    }

    fn multiplier(&self, x: [f64; 2]) -> f64 {
        1.0 / x[0].hypot(x[1])
    }

    fn eigenvalue(&self, index: usize) -> f64 {
        let odd = 2.0 * index.isqrt() as f64 + 1.0;
        1.0 / (odd * odd)
    }

    fn level(&self, index: usize) -> usize {
        index.isqrt()
    }

    fn level_states(&self, level: usize) -> Range<usize> {
        level.saturating_mul(level)..level.saturating_add(1).saturating_mul(level.saturating_add(1))
    }

    fn quantum_numbers(&self, index: usize) -> [i64; 2] {
        let (n, l) = quantum_numbers(index);
        [n as i64, l]
    }

    fn state(&self, index: usize) -> Box<dyn Eigenfunction> {
        let (n, l) = quantum_numbers(index);
        Box::new(State::new(n, l))
    }
}

/// ψ_{n,l} = norm · t^m q(t) e^(−t/2) · {cos, sin}(mθ), with q orthonormal, t = βr and m = |l|.
///
/// From ∫ t^(2m+1) q² e^(−t) dt = 2n + 1: norm = β/√(2n + 1) · (1/√(2π) if m = 0, else 1/√π).
#[derive(Debug, Clone, Copy)]
struct State {
    m: u64,
    sine: bool,
    beta: f64,
    norm: f64,
    radial: Laguerre,
}

/// The radial factors at t: `value` = t^m q e^(−t/2), `reduced` = value / t, and `slope` = t^m (q e^(−t/2))′.
struct Radial {
    value: f64,
    reduced: f64,
    slope: f64,
}

impl State {
    fn new(n: u64, l: i64) -> Self {
        let m = l.unsigned_abs();
        let odd = (2 * n + 1) as f64;
        let angular = if m == 0 { 2.0 * PI } else { PI };
        let beta = 2.0 / odd;
        State { m, sine: l < 0, beta, norm: beta / (odd * angular).sqrt(), radial: Laguerre::new(n - m, 2 * m) }
    }

    fn radial(&self, t: f64) -> Radial {
        if t == f64::INFINITY {
            return Radial { value: 0.0, reduced: 0.0, slope: 0.0 };
        }
        // t^p e^(−t/2) as a logarithm; 0 · ln 0 is 0 here.
        let log = |p: u64| if p == 0 { -0.5 * t } else { p as f64 * t.ln() - 0.5 * t };
        let value = self.radial.times_exp(t, log(self.m));
        let slope = self.radial.derivative_times_exp(t, log(self.m)) - 0.5 * value;
        let reduced = if self.m == 0 { 0.0 } else { self.radial.times_exp(t, log(self.m - 1)) };
        Radial { value, reduced, slope }
    }
}

/// (cos kθ, sin kθ) for the direction `[cos θ, sin θ]`, by repeated squaring.
fn multiple_angle([c, s]: [f64; 2], k: u64) -> [f64; 2] {
    let (mut power, mut result, mut k) = ([c, s], [1.0, 0.0], k);
    let product = |a: [f64; 2], b: [f64; 2]| [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
    while k > 0 {
        if k % 2 == 1 {
            result = product(result, power);
        }
        power = product(power, power);
        k /= 2;
    }
    result
}

fn polar(x: [f64; 2]) -> (f64, [f64; 2]) {
    let r = x[0].hypot(x[1]);
    if r == 0.0 { (0.0, [1.0, 0.0]) } else { (r, [x[0] / r, x[1] / r]) }
}

impl Eigenfunction for State {
    fn value(&self, x: [f64; 2]) -> f64 {
        let (r, direction) = polar(x);
        let t = self.beta * r;
        let value = if t == f64::INFINITY { 0.0 } else { self.radial(t).value };
        if value == 0.0 {
            return 0.0;
        }
        let [cosine, sine] = multiple_angle(direction, self.m);
        self.norm * value * if self.sine { sine } else { cosine }
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        // ψ = g(r) h(x, y), h the harmonic polynomial Re or Im (x + iy)^m, whose gradient is
        // m (Re, −Im) or m (Im, Re) of (x + iy)^(m − 1): no division by r anywhere.
        let (r, direction) = polar(x);
        let Radial { reduced, slope, .. } = self.radial(self.beta * r);
        if reduced == 0.0 && slope == 0.0 {
            return [0.0, 0.0];
        }
        let [cosine, sine] = multiple_angle(direction, self.m);
        let [lower_cosine, lower_sine] = multiple_angle(direction, self.m.saturating_sub(1));
        let (angular, [hx, hy]) =
            if self.sine { (sine, [lower_sine, lower_cosine]) } else { (cosine, [lower_cosine, -lower_sine]) };
        // At the origin the cusp's slope has no direction; the mean over all directions is 0.
        let cusp = if r == 0.0 { 0.0 } else { slope * angular };
        let factor = self.norm * self.beta;
        let m = self.m as f64;
        [factor * (cusp * direction[0] + m * reduced * hx), factor * (cusp * direction[1] + m * reduced * hy)]
    }
}

#[cfg(test)]
mod tests;
