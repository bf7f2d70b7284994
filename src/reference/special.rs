//! Special functions of the exact solutions, orthonormal and free of overflow at any degree.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, PI};

/// A three-term recurrence whose terms are `current · e^exponent`, rescaled before they overflow.
struct Recurrence {
    previous: f64,
    current: f64,
    exponent: f64,
}

impl Recurrence {
    const LIMIT_LOG2: i32 = 500;

    fn start() -> Self {
        Recurrence { previous: 0.0, current: 1.0, exponent: 0.0 }
    }

    fn step(&mut self, a: f64, b: f64) {
        let next = a * self.current - b * self.previous;
        (self.previous, self.current) = (self.current, next);
        let limit = f64::exp2(f64::from(Self::LIMIT_LOG2));
        if next.abs() > limit {
            self.previous /= limit;
            self.current /= limit;
            self.exponent += f64::from(Self::LIMIT_LOG2) * LN_2;
        }
    }

    /// `current · e^(exponent + log_factor)`.
    fn times_exp(&self, log_factor: f64) -> f64 {
        self.current * (self.exponent + log_factor).exp()
    }
}

/// ln(n!) for an integer, summed exactly up to rounding.
pub fn ln_factorial(n: u64) -> f64 {
    if n < 64 {
        // Products of neighbours stay exact for long, so few logarithms round.
        let mut sum = 0.0;
        let mut product = 1.0_f64;
        for k in 2..=n {
            product *= k as f64;
            if product > 1e290 {
                sum += product.ln();
                product = 1.0;
            }
        }
        return sum + product.ln();
    }
    // Stirling's series; the first omitted term is below 1e-17 from n = 64 on.
    let x = n as f64 + 1.0;
    let y = 1.0 / (x * x);
    (x - 0.5) * x.ln() - x
        + 0.5 * (2.0 * PI).ln()
        + (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y / 1680.0))) / x
}

/// The error function erf x = 2/√π ∫₀ˣ e^(−t²) dt, to a few ulps.
///
/// By the series 2/√π e^(−x²) Σ 2ᵏ x²ᵏ⁺¹ / (1·3·…·(2k+1)), whose terms are all positive
/// (Abramowitz and Stegun, 1964, 7.1.6).
pub fn erf(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 6.0 {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut term, mut sum, mut k) = (x, x, 0.0);
    while term.abs() > 1e-17 * sum.abs() {
        k += 1.0;
        term *= x * x / (k + 0.5);
        sum += term;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// The generalised Laguerre polynomial of degree `k` and integer order `a`, normalised to
/// `∫₀^∞ tᵃ e^(−t) q² dt = 1`, as q(t) = √(k!/(k+a)!) L_k^(a)(t).
///
/// Three-term recurrence of the orthonormal polynomials (Szegő, 1939, §5.1), scaled so that
/// neither degree nor argument overflows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Laguerre {
    degree: u64,
    order: u64,
    /// −½ ln a!, the logarithm of q for degree 0.
    log_start: f64,
}

impl Laguerre {
    /// Degree `k`, order `a`.
    pub fn new(degree: u64, order: u64) -> Self {
        Laguerre { degree, order, log_start: -0.5 * ln_factorial(order) }
    }

    /// `q(t) · e^log_factor` for `t ≥ 0`. The factor is part of the call because `q` alone may
    /// overflow where the product, such as `q(t) e^(−t/2)`, is of moderate size.
    pub fn times_exp(&self, t: f64, log_factor: f64) -> f64 {
        let a = self.order as f64;
        let mut q = Recurrence::start();
        let mut root = 0.0; // √(k (k + a))
        for k in 0..self.degree {
            let next = (((k + 1) as f64) * ((k + 1) as f64 + a)).sqrt();
            q.step(((2 * k + 1) as f64 + a - t) / next, root / next);
            root = next;
        }
        q.times_exp(self.log_start + log_factor)
    }

    /// `q′(t) · e^log_factor`, as −√k times the orthonormal polynomial of degree `k − 1` and order
    /// `a + 1`: no cancellation near 0.
    pub fn derivative_times_exp(&self, t: f64, log_factor: f64) -> f64 {
        match self.degree {
            0 => 0.0,
            k => -(k as f64).sqrt() * Laguerre::new(k - 1, self.order + 1).times_exp(t, log_factor),
        }
    }
}

/// The Hermite functions of degrees `n` and `n − 1` at `x` (0 for degree −1):
/// h_n(x) = (2ⁿ n! √π)^(−½) H_n(x) e^(−x²/2), orthonormal on the line.
///
/// The derivative is h_n′ = √(2n) h_{n−1} − x h_n.
pub fn hermite_functions(n: u64, x: f64) -> (f64, f64) {
    let log_start = -0.25 * PI.ln() - 0.5 * x * x;
    let mut h = Recurrence::start();
    for k in 0..n {
        let next = (k + 1) as f64;
        h.step(x * (2.0 / next).sqrt(), (k as f64 / next).sqrt());
    }
    let scale = (h.exponent + log_start).exp();
    if scale == 0.0 { (0.0, 0.0) } else { (h.current * scale, h.previous * scale) }
}

#[cfg(test)]
mod tests;
