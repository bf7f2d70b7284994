//! Reference values to about 30 digits, in sums of two `f64` (Dekker 1971), by series after a range reduction.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// The unevaluated sum of two numbers, the second at most half an ulp of the first.
#[derive(Debug, Clone, Copy)]
pub struct Dd(pub f64, pub f64);

fn two_sum(a: f64, b: f64) -> Dd {
    let s = a + b;
    let t = s - a;
    Dd(s, (a - (s - t)) + (b - t))
}

fn two_product(a: f64, b: f64) -> Dd {
    let p = a * b;
    Dd(p, a.mul_add(b, -p))
}

impl From<f64> for Dd {
    fn from(x: f64) -> Dd {
        Dd(x, 0.0)
    }
}

impl Add for Dd {
    type Output = Dd;
    fn add(self, b: Dd) -> Dd {
        let high = two_sum(self.0, b.0);
        let low = two_sum(self.1, b.1);
        let first = two_sum(high.0, high.1 + low.0);
        two_sum(first.0, first.1 + low.1)
    }
}

impl Neg for Dd {
    type Output = Dd;
    fn neg(self) -> Dd {
        Dd(-self.0, -self.1)
    }
}

impl Sub for Dd {
    type Output = Dd;
    fn sub(self, b: Dd) -> Dd {
        self + -b
    }
}

impl Mul for Dd {
    type Output = Dd;
    fn mul(self, b: Dd) -> Dd {
        let p = two_product(self.0, b.0);
        two_sum(p.0, p.1 + self.0 * b.1 + self.1 * b.0)
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, b: Dd) -> Dd {
        let first = self.0 / b.0;
        let rest = self - b * Dd::from(first);
        let second = rest.0 / b.0;
        let rest = rest - b * Dd::from(second);
        Dd::from(first) + Dd::from(second) + Dd::from(rest.0 / b.0)
    }
}

const LN_2: Dd = Dd(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
const PI_HALF: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
const TWO_OVER_SQRT_PI: Dd = Dd(std::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);

impl Dd {
    pub fn value(self) -> f64 {
        self.0 + self.1
    }

    fn times(self, power_of_two: f64) -> Dd {
        Dd(self.0 * power_of_two, self.1 * power_of_two)
    }

    pub fn abs(self) -> Dd {
        if self.0 < 0.0 { -self } else { self }
    }

    /// self · 2ᵏ, in two steps, for 2ᵏ alone may overflow.
    fn scaled(self, k: i32) -> Dd {
        self.times(2f64.powi(k / 2)).times(2f64.powi(k - k / 2))
    }

    /// x = k ln 2 + r, (eʳ − 1, k)
    fn expm1_reduced(self) -> (Dd, i32) {
        let k = (self.0 / LN_2.0).round();
        let r = (self - LN_2 * Dd::from(k)).times(1.0 / 256.0);
        let mut term = r;
        let mut sum = r;
        for i in 2..=11 {
            term = term * r / Dd::from(f64::from(i));
            sum = sum + term;
        }
        for _ in 0..8 {
            sum = sum.times(2.0) + sum * sum;
        }
        (sum, k as i32)
    }

    pub fn exp(self) -> Dd {
        let (m, k) = self.expm1_reduced();
        (Dd::from(1.0) + m).scaled(k)
    }

    pub fn expm1(self) -> Dd {
        let (m, k) = self.expm1_reduced();
        if k == 0 { m } else { (Dd::from(1.0) + m).scaled(k) - Dd::from(1.0) }
    }

    /// One Newton step from the standard library's value.
    pub fn log1p(self) -> Dd {
        let guess = Dd::from(self.0.ln_1p());
        let t = (self - guess.expm1()) / guess.exp();
        guess + t - (t * t).times(0.5)
    }

    pub fn ln(self) -> Dd {
        let k = self.0.log2().round();
        let m = self.scaled(-(k as i32));
        Dd::from(k) * LN_2 + (m - Dd::from(1.0)).log1p()
    }

    pub fn sin_cos(self) -> (Dd, Dd) {
        let n = (self.0 / PI_HALF[0]).round();
        let r = PI_HALF.iter().fold(self, |r, &part| r - two_product(n, part));
        let square = -(r * r);
        let series = |first: Dd, start: f64| {
            let (mut term, mut sum, mut i) = (first, first, start);
            while i < 40.0 {
                term = term * square / Dd::from(i * (i + 1.0));
                sum = sum + term;
                i += 2.0;
            }
            sum
        };
        let (sin, cos) = (series(r, 2.0), series(Dd::from(1.0), 1.0));
        match n.rem_euclid(4.0) as u32 {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        }
    }

    pub fn tanh(self) -> Dd {
        let m = self.times(2.0).expm1();
        m / (m + Dd::from(2.0))
    }

    pub fn sigmoid(self) -> Dd {
        let e = (-self.abs()).exp();
        let numerator = if self.0 < 0.0 { e } else { Dd::from(1.0) };
        numerator / (Dd::from(1.0) + e)
    }

    pub fn sigmoid_slope(self) -> Dd {
        let e = (-self.abs()).exp();
        let d = Dd::from(1.0) + e;
        e / d / d
    }

    pub fn softplus(self) -> Dd {
        let l = (-self.abs()).exp().log1p();
        if self.0 > 0.0 { self + l } else { l }
    }

    /// 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹/(2n + 1)!!: all terms have one sign.
    pub fn erf(self) -> Dd {
        let square = self * self;
        let (mut term, mut sum, mut n) = (self, self, 1.0);
        while term.0.abs() > 1e-33 * sum.0.abs() {
            term = term * square.times(2.0) / Dd::from(2.0 * n + 1.0);
            sum = sum + term;
            n += 1.0;
        }
        TWO_OVER_SQRT_PI * (-square).exp() * sum
    }

    /// From x = 2 on by Laplace's continued fraction, e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + …)))).
    pub fn erfc(self) -> Dd {
        if self.0 < 2.0 {
            return Dd::from(1.0) - self.erf();
        }
        let fraction = (1..600).rev().fold(self, |rest, k| self + Dd::from(f64::from(k) / 2.0) / rest);
        TWO_OVER_SQRT_PI.times(0.5) * (-(self * self)).exp() / fraction
    }
}

#[test]
fn identities_hold_to_thirty_digits() {
    let close = |a: Dd, b: Dd, what: &str| {
        let error = (a - b).value().abs();
        assert!(error <= 1e-29 * (1.0 + b.value().abs()), "{what}: {error}");
    };
    for i in -200..200 {
        let x = Dd::from(f64::from(i) * 0.0731 + 0.01);
        close(x.exp() * (-x).exp(), Dd::from(1.0), "exp");
        close(x.abs().ln().exp(), x.abs(), "ln");
        close(x.exp().ln(), x, "ln exp");
        let (s, c) = x.sin_cos();
        close(s * s + c * c, Dd::from(1.0), "sin cos");
        let (s2, c2) = (x + x).sin_cos();
        close(s2, (s * c).times(2.0), "sin 2x");
        close(c2, c * c - s * s, "cos 2x");
        close(x.sigmoid() + (-x).sigmoid(), Dd::from(1.0), "sigmoid");
        close(x.softplus() - (-x).softplus(), x, "softplus");
    }
    for i in 0..40 {
        let x = Dd::from(2.0 + f64::from(i) * 0.05);
        let one = x.erfc() + x.erf();
        assert!((one - Dd::from(1.0)).value().abs() <= 1e-24, "erfc");
    }
    // erf 1 and π to thirty digits (DLMF 7; A000796).
    close(Dd::from(1.0).erf(), Dd(0.842_700_792_949_714_9, -2.480_101_178_911_860_2e-17), "erf 1");
}
