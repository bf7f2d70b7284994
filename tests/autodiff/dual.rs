//! Nested dual numbers: an oracle that shares no code with the library.
//!
//! `Dual<N>` is a + b ε with ε² = 0 over any [`Number`], so `Dual<Dual<f64>>` carries a mixed second
//! derivative, and so on. Every function is written with its derivative beside it.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// What the oracle computes with.
pub trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    fn of(value: f64) -> Self;
    /// The number without its infinitesimal parts.
    fn real(self) -> f64;
    /// The number with all infinitesimal parts taken away.
    fn frozen(self) -> Self {
        Self::of(self.real())
    }
    fn exp(self) -> Self;
    fn expm1(self) -> Self;
    fn ln(self) -> Self;
    fn log1p(self) -> Self;
    fn sqrt(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tanh(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn sigmoid(self) -> Self;
    fn softplus(self) -> Self;
    fn erf(self) -> Self;
    /// The angle of the point (x, self).
    fn atan2(self, x: Self) -> Self;
}

impl Number for f64 {
    fn of(value: f64) -> f64 {
        value
    }
    fn real(self) -> f64 {
        self
    }
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    fn expm1(self) -> f64 {
        f64::exp_m1(self)
    }
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    fn log1p(self) -> f64 {
        f64::ln_1p(self)
    }
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    fn sin(self) -> f64 {
        f64::sin(self)
    }
    fn cos(self) -> f64 {
        f64::cos(self)
    }
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
    fn tan(self) -> f64 {
        f64::tan(self)
    }
    fn asin(self) -> f64 {
        f64::asin(self)
    }
    fn acos(self) -> f64 {
        f64::acos(self)
    }
    fn atan(self) -> f64 {
        f64::atan(self)
    }
    fn sinh(self) -> f64 {
        f64::sinh(self)
    }
    fn cosh(self) -> f64 {
        f64::cosh(self)
    }
    fn sigmoid(self) -> f64 {
        1.0 / (1.0 + (-self).exp())
    }
    fn softplus(self) -> f64 {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
    /// The Maclaurin series of erf below 3, the continued fraction of erfc (Lentz) above.
    fn erf(self) -> f64 {
        let x = self.abs();
        let magnitude = if x < 3.0 {
            let (mut term, mut sum, mut n) = (x, x, 0.0);
            while term.abs() > 1e-18 * sum.abs() {
                n += 1.0;
                term *= -x * x / n;
                sum += term / (2.0 * n + 1.0);
            }
            sum * std::f64::consts::FRAC_2_SQRT_PI
        } else {
            let tail = (1..60).rev().fold(x, |tail, k| x + 0.5 * f64::from(k) / tail);
            1.0 - (-x * x).exp() / (tail * std::f64::consts::PI.sqrt())
        };
        magnitude.copysign(self)
    }
    fn atan2(self, x: f64) -> f64 {
        f64::atan2(self, x)
    }
}

/// re + du · ε
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<N> {
    pub re: N,
    pub du: N,
}

impl<N: Number> Dual<N> {
    /// φ(a + b ε) = φ(a) + φ′(a) b ε
    fn chain(self, value: N, slope: N) -> Self {
        Dual { re: value, du: slope * self.du }
    }
}

impl<N: Number> Add for Dual<N> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Dual { re: self.re + o.re, du: self.du + o.du }
    }
}
impl<N: Number> Sub for Dual<N> {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Dual { re: self.re - o.re, du: self.du - o.du }
    }
}
impl<N: Number> Mul for Dual<N> {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Dual { re: self.re * o.re, du: self.re * o.du + self.du * o.re }
    }
}
impl<N: Number> Div for Dual<N> {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        Dual { re: self.re / o.re, du: (self.du * o.re - self.re * o.du) / (o.re * o.re) }
    }
}
impl<N: Number> Neg for Dual<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Dual { re: -self.re, du: -self.du }
    }
}

impl<N: Number> Number for Dual<N> {
    fn of(value: f64) -> Self {
        Dual { re: N::of(value), du: N::of(0.0) }
    }
    fn real(self) -> f64 {
        self.re.real()
    }
    fn exp(self) -> Self {
        self.chain(self.re.exp(), self.re.exp())
    }
    fn expm1(self) -> Self {
        self.chain(self.re.expm1(), self.re.exp())
    }
    fn ln(self) -> Self {
        self.chain(self.re.ln(), N::of(1.0) / self.re)
    }
    fn log1p(self) -> Self {
        self.chain(self.re.log1p(), N::of(1.0) / (N::of(1.0) + self.re))
    }
    /// The derivative at 0 is 0 by the library's convention.
    fn sqrt(self) -> Self {
        if self.real() == 0.0 {
            return Self::of(0.0);
        }
        let root = self.re.sqrt();
        self.chain(root, N::of(0.5) / root)
    }
    fn sin(self) -> Self {
        self.chain(self.re.sin(), self.re.cos())
    }
    fn cos(self) -> Self {
        self.chain(self.re.cos(), -self.re.sin())
    }
    fn tanh(self) -> Self {
        let y = self.re.tanh();
        self.chain(y, N::of(1.0) - y * y)
    }
    fn tan(self) -> Self {
        let y = self.re.tan();
        self.chain(y, N::of(1.0) + y * y)
    }
    fn asin(self) -> Self {
        self.chain(self.re.asin(), N::of(1.0) / (N::of(1.0) - self.re * self.re).sqrt())
    }
    fn acos(self) -> Self {
        self.chain(self.re.acos(), N::of(-1.0) / (N::of(1.0) - self.re * self.re).sqrt())
    }
    fn atan(self) -> Self {
        self.chain(self.re.atan(), N::of(1.0) / (N::of(1.0) + self.re * self.re))
    }
    fn sinh(self) -> Self {
        self.chain(self.re.sinh(), self.re.cosh())
    }
    fn cosh(self) -> Self {
        self.chain(self.re.cosh(), self.re.sinh())
    }
    fn sigmoid(self) -> Self {
        let y = self.re.sigmoid();
        self.chain(y, y * (N::of(1.0) - y))
    }
    fn softplus(self) -> Self {
        self.chain(self.re.softplus(), self.re.sigmoid())
    }
    fn erf(self) -> Self {
        self.chain(self.re.erf(), N::of(std::f64::consts::FRAC_2_SQRT_PI) * (-(self.re * self.re)).exp())
    }
    fn atan2(self, x: Self) -> Self {
        let q = self.re * self.re + x.re * x.re;
        Dual { re: self.re.atan2(x.re), du: (x.re * self.du - self.re * x.du) / q }
    }
}
