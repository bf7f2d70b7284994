use std::f64::consts::PI;

use super::operators::*;
use crate::Seed;
use crate::eigen::{Arnoldi, ComplexEigenpairs, Which};
use crate::error::Error;
use crate::linalg::{Complex, LinearOperator, Matrix, Qr, nonsymmetric_eigenvalues};

fn solver<'a>(k: usize, which: Which<f64>) -> Arnoldi<'a, f64> {
    Arnoldi { k, which, tolerance: 1e-10, ..Arnoldi::default() }
}

/// Values agree, pairs stand together, vectors are of norm one, and residuals, computed here anew, are at most `bound`.
#[track_caller]
fn assert_pairs(a: &dyn LinearOperator<f64>, pairs: &ComplexEigenpairs<f64>, expected: &[Complex<f64>], bound: f64) {
    let n = a.rows();
    assert_eq!(pairs.values.len(), expected.len(), "{:?}", pairs.values);
    for (j, (&value, exact)) in pairs.values.iter().zip(expected).enumerate() {
        let close = (value - *exact).abs() <= bound || (value - exact.conj()).abs() <= bound;
        assert!(close, "value {j}: {value} is not {exact} ({:?})", pairs.values);
        if value.im > 0.0 {
            assert_eq!(pairs.values[j + 1], value.conj());
        }
        let x = pairs.vectors.column(j);
        let part = |f: fn(&Complex<f64>) -> f64| {
            let mut y = vec![0.0; n];
            a.apply(&x.iter().map(f).collect::<Vec<f64>>(), &mut y).unwrap();
            y
        };
        let (re, im) = (part(|z| z.re), part(|z| z.im));
        let residual: f64 =
            (0..n).map(|i| (Complex::new(re[i], im[i]) - value * x[i]).abs().powi(2)).sum::<f64>().sqrt();
        assert!(residual <= bound, "residual {j}: {residual:e}");
        let length: f64 = x.iter().map(|z| z.abs().powi(2)).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 1e-12);
        assert!((residual - pairs.residuals[j]).abs() <= 1e-12);
    }
}

/// The first `k`, or `k + 1` where `k` would cut a pair.
fn ranked(spectrum: &[Complex<f64>], k: usize, rank: impl Fn(Complex<f64>) -> f64) -> Vec<Complex<f64>> {
    let mut values = spectrum.to_vec();
    let key = |v: &Complex<f64>| ((rank(*v) * 1e9).round(), (v.re * 1e9).round(), (v.im.abs() * 1e9).round(), -v.im);
    values.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap());
    let cut = k < values.len() && values[k - 1].im > 1e-9;
    values.truncate(if cut { k + 1 } else { k });
    values
}

/// `Q diag(blocks) Qᵀ` with real eigenvalues and pairs `a ± b i`.
fn normal_matrix(real: &[f64], pairs: &[(f64, f64)], seed: u64) -> Matrix<f64> {
    let n = real.len() + 2 * pairs.len();
    let mut d = Matrix::zeros(n, n);
    real.iter().enumerate().for_each(|(i, &v)| d[(i, i)] = v);
    for (p, &(a, b)) in pairs.iter().enumerate() {
        let i = real.len() + 2 * p;
        (d[(i, i)], d[(i + 1, i + 1)], d[(i, i + 1)], d[(i + 1, i)]) = (a, a, -b, b);
    }
    let mut stream = Seed(seed).stream("rotation");
    let random: Matrix<f64> = Matrix::from_fn(n, n, |_, _| stream.normal());
    let q = Qr::factor(&random).unwrap().full_q().unwrap();
    q.matmul(&d).unwrap().matmul_t(&q).unwrap()
}

/// `−u″ + c u′` by central differences on n points: `2 − 2 √(1 − c²) cos(π j / (n + 1))` with c half the cell number.
fn convection(n: usize, c: f64) -> Matrix<f64> {
    Matrix::from_fn(n, n, |i, j| match j as isize - i as isize {
        0 => 2.0,
        1 => -1.0 + c,
        -1 => -1.0 - c,
        _ => 0.0,
    })
}

#[test]
fn a_circulant_has_the_values_of_its_polynomial_on_the_circle() {
    let n = 48;
    let a = Matrix::from_fn(n, n, |i, j| match (j + n - i) % n {
        0 => 0.5,
        1 => 1.0,
        3 => -0.25,
        _ => 0.0,
    });
    let spectrum: Vec<Complex<f64>> = (0..n)
        .map(|j| {
            let angle = 2.0 * PI * j as f64 / n as f64;
            Complex::new(0.5 + angle.cos() - 0.25 * (3.0 * angle).cos(), angle.sin() - 0.25 * (3.0 * angle).sin())
        })
        .collect();
    for k in [1, 4, 5] {
        let cases: [(Which<f64>, Vec<Complex<f64>>); 4] = [
            (Which::Largest, ranked(&spectrum, k, |z| -z.re)),
            (Which::Smallest, ranked(&spectrum, k, |z| z.re)),
            (Which::LargestMagnitude, ranked(&spectrum, k, |z| -z.abs())),
            (Which::NearestTo(0.9), ranked(&spectrum, k, |z| (z - Complex::from_real(0.9)).abs())),
        ];
        for (which, expected) in cases {
            let pairs = solver(k, which).solve(&a).unwrap_or_else(|e| panic!("{which:?}: {e}"));
            assert_pairs(&a, &pairs, &expected, 1e-8);
        }
    }
}

#[test]
fn convection_and_diffusion_have_a_closed_form() {
    let (n, c) = (60, 0.1);
    let a = convection(n, c);
    let value =
        |j: usize| Complex::from_real(2.0 - 2.0 * (1.0 - c * c).sqrt() * (PI * j as f64 / (n as f64 + 1.0)).cos());
    let expected: Vec<_> = (1..=4).map(value).collect();
    assert_pairs(&a, &solver(4, Which::Smallest).solve(&a).unwrap(), &expected, 1e-6);
    assert_pairs(&a, &solver(4, Which::NearestTo(0.0)).solve(&a).unwrap(), &expected, 1e-6);
}

#[test]
fn rotations_and_companions() {
    let a = normal_matrix(&[3.0, -2.1, 0.5], &[(1.0, 4.0), (0.0, 2.0), (-1.0, 1.0), (0.2, 0.1), (0.3, 0.7)], 2);
    let mut spectrum: Vec<Complex<f64>> = [3.0, -2.1, 0.5].map(Complex::from_real).to_vec();
    for (re, im) in [(1.0, 4.0), (0.0, 2.0), (-1.0, 1.0), (0.2, 0.1), (0.3, 0.7)] {
        spectrum.extend([Complex::new(re, im), Complex::new(re, -im)]);
    }
    for k in 1..=13 {
        let expected = ranked(&spectrum, k, |z| -z.abs());
        assert_pairs(&a, &solver(k, Which::LargestMagnitude).solve(&a).unwrap(), &expected, 1e-8);
    }
    // x³⁰ = 1
    let n = 30;
    let companion = Matrix::from_fn(n, n, |i, j| if i == (j + 1) % n { 1.0 } else { 0.0 });
    let roots: Vec<_> =
        (0..n).map(|j| 2.0 * PI * j as f64 / n as f64).map(|t| Complex::new(t.cos(), t.sin())).collect();
    let pairs = solver(3, Which::Largest).solve(&companion).unwrap();
    assert_pairs(&companion, &pairs, &ranked(&roots, 3, |z| -z.re), 1e-8);
}

#[test]
fn multiple_values_are_complete() {
    let real: Vec<f64> = (0..60).map(|i| if i < 3 { 5.0 } else { 3.0 - i as f64 / 20.0 }).collect();
    let a = normal_matrix(&real, &[(4.0, 1.0), (4.0, 1.0)], 7);
    let pairs = solver(7, Which::Largest).solve(&a).unwrap();
    let four = Complex::new(4.0, 1.0);
    let five = Complex::from_real(5.0);
    assert_pairs(&a, &pairs, &[five, five, five, four, four.conj(), four, four.conj()], 1e-7);
    let identity = Matrix::<f64>::identity(40);
    assert_pairs(&identity, &solver(3, Which::Largest).solve(&identity).unwrap(), &[Complex::from_real(1.0); 3], 1e-12);
    let zero = Matrix::<f64>::zeros(40, 40);
    assert_pairs(&zero, &solver(3, Which::Largest).solve(&zero).unwrap(), &[Complex::from_real(0.0); 3], 1e-12);
}

#[test]
fn a_random_matrix_agrees_with_the_dense_solver() {
    let mut stream = Seed(3).stream("matrix");
    let n = 90;
    let a: Matrix<f64> = Matrix::from_fn(n, n, |_, _| stream.normal());
    let dense = nonsymmetric_eigenvalues(&a).unwrap();
    for which in [Which::Largest, Which::LargestMagnitude, Which::NearestTo(0.3)] {
        let pairs = solver(6, which).solve(&a).unwrap();
        let rank = |z: Complex<f64>| match which {
            Which::Largest => -z.re,
            Which::NearestTo(s) => (z - Complex::from_real(s)).abs(),
            _ => -z.abs(),
        };
        assert_pairs(&a, &pairs, &ranked(&dense, 6, rank), 1e-6);
    }
}

#[test]
fn a_defective_matrix_gives_its_value_and_vector() {
    let n = 40;
    let a = Matrix::from_fn(n, n, |i, j| match (i, j) {
        (0 | 1, _) if i == j => 2.0,
        (0, 1) => 1.0,
        _ if i == j => 1.0 / (i as f64),
        _ => 0.0,
    });
    let pairs = solver(2, Which::Largest).solve(&a).unwrap();
    for (j, value) in pairs.values.iter().enumerate() {
        assert!((*value - Complex::from_real(2.0)).abs() < 1e-6, "{value}");
        assert!(pairs.vectors.get(0, j).abs() > 1.0 - 1e-6);
    }
}

#[test]
fn single_precision_and_small_orders() {
    for n in 1..=6 {
        let a = convection(n, 0.3);
        let dense = nonsymmetric_eigenvalues(&a).unwrap();
        assert_pairs(&a, &solver(n, Which::Smallest).solve(&a).unwrap(), &ranked(&dense, n, |z| z.re), 1e-10);
    }
    let a = Matrix::<f32>::from_fn(50, 50, |i, j| if j == (i + 1) % 50 { 1.0 } else { 0.0 });
    let pairs = Arnoldi { k: 3, which: Which::Largest, ..Arnoldi::default() }.solve(&a).unwrap();
    assert!(
        (pairs.values[0].re - 1.0).abs() < 1e-3 && (pairs.values[1].im - (2.0 * PI as f32 / 50.0).sin()).abs() < 1e-3
    );
}

#[test]
fn ill_use_is_told() {
    let a = convection(60, 0.1);
    let largest = |k| solver(k, Which::Largest);
    assert!(matches!(largest(0).solve(&a), Err(Error::InvalidArgument { .. })));
    assert!(matches!(largest(61).solve(&a), Err(Error::InvalidArgument { .. })));
    assert!(matches!(largest(1).solve(&Matrix::zeros(3, 4)), Err(Error::Shape { .. })));
    assert!(solver(1, Which::NearestTo(f64::INFINITY)).solve(&a).is_err());
    let diagonal = Matrix::from_diagonal(&(0..40).map(f64::from).collect::<Vec<_>>());
    let error = solver(2, Which::NearestTo(3.0)).solve(&diagonal).unwrap_err();
    assert!(matches!(error, Error::Singular { .. }), "{error}");
    let wrong = Matrix::zeros(61, 2);
    assert!(matches!(Arnoldi { start: Some(&wrong), ..largest(2) }.solve(&a), Err(Error::Shape { .. })));
    assert!(matches!(Arnoldi { inverse: Some(&wrong), ..largest(2) }.solve(&a), Err(Error::Shape { .. })));
    let nan = Matrix::from_fn(60, 1, |_, _| f64::NAN);
    assert!(matches!(Arnoldi { start: Some(&nan), ..largest(2) }.solve(&a), Err(Error::NonFinite { .. })));
    let zero = Matrix::zeros(60, 1);
    assert!(Arnoldi { start: Some(&zero), ..largest(2) }.solve(&a).is_ok());
    for bad in [0, 7, 40] {
        let error = largest(2).solve(&Poisoned::new(&a, bad)).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    }
    let error = Arnoldi { max_iterations: 1, ..solver(3, Which::Smallest) }.solve(&convection(400, 0.01)).unwrap_err();
    let Error::Unconverged(best) = error else { panic!("{error}") };
    assert!(best.values.len() >= 3 && best.vectors[0].len() == 400 && best.iterations == 1);
    assert!(best.converged < 3 && best.advice.contains("max_iterations"));
}

#[test]
fn a_good_start_saves_products() {
    let values: Vec<f64> = (0..200).map(|i| 200.0 - i as f64).collect();
    let a = normal_matrix(&values, &[(0.0, 50.0)], 4);
    let cold = solver(2, Which::Largest).solve(&a).unwrap();
    let start = Matrix::from_fn(202, 2, |i, j| cold.vectors.re[(i, j)]);
    let warm = Arnoldi { start: Some(&start), ..solver(2, Which::Largest) }.solve(&a).unwrap();
    assert!(warm.products < cold.products, "{} {}", warm.products, cold.products);
}
