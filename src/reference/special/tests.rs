use super::*;

/// Σ_i (−1)^i C(k+a, k−i) t^i / i!, the textbook sum; fine for small k and t.
fn laguerre_by_sum(k: u64, a: u64, t: f64) -> f64 {
    let binomial = |n: u64, r: u64| (0..r).fold(1.0, |b, i| b * (n - i) as f64 / (i + 1) as f64);
    let mut power = 1.0;
    let mut sum = 0.0;
    for i in 0..=k {
        sum += power * binomial(k + a, k - i);
        power *= -t / (i + 1) as f64;
    }
    sum
}

#[test]
fn laguerre_agrees_with_the_textbook_sum() {
    for k in 0..8 {
        for a in 0..8 {
            for t in [0.0, 1e-12, 0.3, 1.0, 2.5, 7.0] {
                let norm = (0.5 * (ln_factorial(k) - ln_factorial(k + a))).exp();
                let want = norm * laguerre_by_sum(k, a, t);
                assert!((Laguerre::new(k, a).times_exp(t, 0.0) - want).abs() < 1e-12, "{k} {a} {t}");
                let slope = if k == 0 { 0.0 } else { -norm * laguerre_by_sum(k - 1, a + 1, t) };
                assert!((Laguerre::new(k, a).derivative_times_exp(t, 0.0) - slope).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn high_degrees_neither_overflow_nor_vanish() {
    // Cramér-like bounds: the orthonormal functions stay below 1.
    for t in [0.0, 1e-3, 10.0, 3000.0, 7900.0] {
        let value = Laguerre::new(2000, 0).times_exp(t, -0.5 * t);
        assert!(value.is_finite() && value.abs() <= 1.0 + 1e-9, "{t}: {value}");
    }
    assert!(Laguerre::new(2000, 0).times_exp(7900.0, -3950.0).abs() > 1e-4);
    assert!(hermite_functions(2000, 60.0).0.abs() > 1e-3);
    assert_eq!(hermite_functions(3, 1e200), (0.0, 0.0));
}

#[test]
fn hermite_functions_solve_their_equation() {
    // h″ = (x² − 2n − 1) h, by h′ = √(2n) h_{n−1} − x h_n applied twice.
    for n in 0..12 {
        for x in [-3.0, -0.7, 0.0, 1.1, 4.0] {
            let (h, below) = hermite_functions(n, x);
            let below2 = if n > 0 { hermite_functions(n - 1, x).1 } else { 0.0 };
            let root = (2.0 * n as f64).sqrt();
            let slope = root * below - x * h;
            let slope_below = (2.0 * (n as f64 - 1.0)).max(0.0).sqrt() * below2 - x * below;
            let curvature = root * slope_below - h - x * slope;
            assert!((curvature - (x * x - 2.0 * n as f64 - 1.0) * h).abs() < 1e-12);
        }
    }
}

#[test]
fn factorials_and_erf() {
    let mut sum = 0.0;
    for n in 1..200_u64 {
        sum += (n as f64).ln();
        assert!((ln_factorial(n) - sum).abs() < 1e-14 * (1.0 + sum) * 4.0, "{n}");
    }
    assert_eq!(ln_factorial(0), 0.0);
    // erf′ = 2/√π e^(−x²), by central differences; oddness; limits.
    for x in [0.1, 0.5, 1.0, 2.0, 3.0] {
        let h = 1e-4;
        let slope = (8.0 * (erf(x + h) - erf(x - h)) - erf(x + 2.0 * h) + erf(x - 2.0 * h)) / (12.0 * h);
        assert!((slope - FRAC_2_SQRT_PI * (-x * x).exp()).abs() < 1e-11);
        assert_eq!(erf(-x), -erf(x));
    }
    assert!((erf(1.0) - 0.842_700_792_949_714_9).abs() < 1e-15);
    assert!((erf(5.999) - 1.0).abs() < 1e-15);
    assert_eq!((erf(0.0), erf(f64::INFINITY), erf(f64::NEG_INFINITY)), (0.0, 1.0, -1.0));
    assert!(erf(f64::NAN).is_nan());
}
