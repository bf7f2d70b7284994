use quickcheck::{TestResult, quickcheck};

use super::{Complex, ComplexMatrix};
use crate::linalg::Matrix;

quickcheck! {
    fn a_quotient_times_its_divisor_is_the_dividend(a: (f32, f32), b: (f32, f32)) -> TestResult {
        let (a, b) = (Complex::new(f64::from(a.0), f64::from(a.1)), Complex::new(f64::from(b.0), f64::from(b.1)));
        if !a.is_finite() || !b.is_finite() || b.abs() == 0.0 {
            return TestResult::discard();
        }
        TestResult::from_bool(((a / b) * b - a).abs() <= 1e-14 * a.abs())
    }

    fn a_root_squared_is_the_number(a: (f32, f32)) -> TestResult {
        let a = Complex::new(f64::from(a.0), f64::from(a.1));
        if !a.is_finite() {
            return TestResult::discard();
        }
        let root = a.sqrt();
        TestResult::from_bool((root * root - a).abs() <= 1e-15 * a.abs() * 4.0 && root.re >= 0.0)
    }
}

#[test]
fn the_product_with_the_adjoint_is_hermitian() {
    let part = |shift: usize| Matrix::from_fn(2, 3, |i, j| ((i * 5 + j * 3 + shift) % 7) as f64 - 3.0);
    let a = ComplexMatrix { re: part(0), im: part(4) };
    let gram = a.matmul(&a.adjoint()).expect("shapes");
    assert_eq!(gram, gram.adjoint());
    let first: f64 = a.adjoint().column(0).iter().map(|z| z.abs() * z.abs()).sum();
    assert!((gram.get(0, 0).re - first).abs() < 1e-13);
    assert!(a.matmul(&a).is_err());
}

#[test]
fn extremes_do_not_overflow() {
    let big = Complex::new(1e300_f64, 1e300);
    assert_eq!(big / big, Complex::from_real(1.0));
    assert!((big.sqrt() * big.sqrt() - big).abs() < 1e286);
    assert_eq!(Complex::new(-4.0, 0.0).sqrt(), Complex::new(0.0, 2.0));
    assert_eq!(Complex::new(-4.0f64, -0.0).sqrt().im.abs(), 2.0);
    assert_eq!(Complex::new(1.5, -2.0).to_string(), "1.5 - 2i");
}
