//! Nonsymmetric eigenpairs: `‖A V − V Λ‖ / (n ε ‖A‖)` at most 10, right and left.

use quickcheck::quickcheck;

use super::classes::{cast, normal_matrix};
use super::nonsymmetric_classes::nonsymmetric;
use super::ratios::{unit_scaled, widen};
use crate::linalg::{
    Complex, ComplexMatrix, Lu, Matrix, NonsymmetricOptions, nonsymmetric_eigen, nonsymmetric_eigenvalues,
    symmetric_eigenvalues,
};
use crate::{Error, Scalar, Seed};

/// `‖A V − V Λ‖₁ / (n ε ‖A‖₁)` for unit columns, in `f64`.
pub(super) fn residual<T: Scalar>(a: &Matrix<T>, values: &[Complex<T>], vectors: &ComplexMatrix<T>) -> f64 {
    let n = a.rows();
    let (a, scale) = unit_scaled(a);
    let (re, im) = (widen(&vectors.re), widen(&vectors.im));
    let (are, aim) = (a.matmul(&re).expect("shapes"), a.matmul(&im).expect("shapes"));
    let mut worst = 0.0f64;
    for (j, value) in values.iter().enumerate() {
        let (lr, li) = (value.re.to_f64() * scale, value.im.to_f64() * scale);
        let (mut sum, mut size) = (0.0, 0.0);
        for i in 0..n {
            let (x, y) = (re[(i, j)], im[(i, j)]);
            sum += (are[(i, j)] - (lr * x - li * y)).hypot(aim[(i, j)] - (lr * y + li * x));
            size += x * x + y * y;
        }
        let norm_defect = (size.sqrt() - 1.0).abs() / (n as f64 * T::EPSILON.to_f64());
        assert!(norm_defect < 10.0, "vector {j} has norm {}", size.sqrt());
        worst = worst.max(sum);
    }
    let norm = a.one_norm();
    if norm == 0.0 { worst } else { worst / (n as f64 * T::EPSILON.to_f64() * norm) }
}

fn check<T: Scalar>(name: &str, a: &Matrix<T>) {
    let n = a.rows();
    let label = format!("{} {name} {n}", T::NAME);
    let eigen = nonsymmetric_eigen(a).unwrap_or_else(|e| panic!("{label}: {e}"));
    assert_eq!((eigen.values.len(), eigen.right.re.shape(), eigen.left.im.shape()), (n, [n, n], [n, n]));
    // A subnormal matrix has fewer digits than ε promises.
    let slack = if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 };
    let right = residual(a, &eigen.values, &eigen.right) / slack;
    // uᴴ A = λ uᴴ is Aᵀ u = conj(λ) u.
    let conjugates: Vec<Complex<T>> = eigen.values.iter().map(|v| v.conj()).collect();
    let left = residual(&a.transpose(), &conjugates, &eigen.left) / slack;
    assert!(right <= 10.0 && left <= 10.0, "{label}: right {right}, left {left}");
    let mut j = 0;
    while j < n {
        let value = eigen.values[j];
        if value.im != T::zero() {
            assert!(value.im > T::zero() && eigen.values[j + 1] == value.conj(), "{label}: pair at {j}");
            assert!((0..n).all(|i| eigen.right.get(i, j + 1) == eigen.right.get(i, j).conj()), "{label}");
            j += 1;
        } else {
            assert!((0..n).all(|i| eigen.right.im[(i, j)] == T::zero() && eigen.left.im[(i, j)] == T::zero()));
        }
        j += 1;
    }
}

#[test]
fn lapack_classes() {
    for n in [0, 1, 2, 3, 5, 10, 33, 70] {
        for (name, a) in nonsymmetric::<f64>(n) {
            check(&name, &a);
        }
        for (name, a) in nonsymmetric::<f32>(n) {
            check(&name, &a);
        }
    }
}

#[test]
fn order_three_hundred() {
    for (name, a) in nonsymmetric::<f64>(300) {
        check(&name, &a);
    }
    for (name, a) in nonsymmetric::<f32>(300) {
        check(&name, &a);
    }
}

/// Sorted by real, then by imaginary part.
fn sorted(mut values: Vec<Complex<f64>>) -> Vec<Complex<f64>> {
    values.sort_by(|a, b| a.re.total_cmp(&b.re).then(a.im.total_cmp(&b.im)));
    values
}

#[test]
fn examples_of_the_article() {
    let root = 4.25f64.sqrt();
    let cases = [
        ([3.0, 1.0, 0.0, 2.0], [2.0, 3.0]),
        ([6.0, 2.0, 3.0, 7.0], [4.0, 9.0]),
        ([4.0, 2.0, 2.0, 5.0], [4.5 - root, 4.5 + root]),
    ];
    for (entries, expected) in cases {
        let a = Matrix::from_vec(2, 2, entries.to_vec()).expect("2x2");
        let eigen = nonsymmetric_eigen(&a).expect("converges");
        for (found, expected) in sorted(eigen.values).iter().zip(expected) {
            assert!((found.re - expected).abs() < 1e-14 && found.im == 0.0);
        }
    }
    let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0]).expect("2x2");
    let eigen = nonsymmetric_eigen(&a).expect("converges");
    let j = eigen.values.iter().position(|v| (v.re - 9.0f64).abs() < 1e-12).expect("nine");
    assert!((eigen.right.re[(0, j)] / eigen.right.re[(1, j)] - 2.0 / 3.0).abs() < 1e-14);
}

#[test]
fn known_spectra() {
    // A circulant matrix: the discrete Fourier transform of its first column.
    let n = 12;
    let a = Matrix::from_fn(n, n, |i, j| ((i + n - j) % n) as f64);
    let angle = 2.0 * std::f64::consts::PI / n as f64;
    let expected = (0..n).map(|k| {
        (0..n)
            .map(|m| {
                let (s, c) = (angle * (k * m) as f64).sin_cos();
                Complex::new(m as f64 * c, -(m as f64) * s)
            })
            .fold(Complex::default(), |a, b| a + b)
    });
    let found = nonsymmetric_eigenvalues(&a).expect("converges");
    for value in expected {
        assert!(found.iter().any(|&v| (v - value).abs() < 1e-12), "{value}");
    }
    // The companion matrix of (x − 1) ⋯ (x − 5).
    let coefficients = [15.0, -85.0, 225.0, -274.0, 120.0];
    let a = Matrix::from_fn(5, 5, |i, j| match i {
        0 => coefficients[j],
        _ if j + 1 == i => 1.0,
        _ => 0.0,
    });
    for (k, value) in sorted(nonsymmetric_eigenvalues(&a).expect("converges")).into_iter().enumerate() {
        assert!((value - Complex::from_real(k as f64 + 1.0)).abs() < 1e-11);
    }
}

#[test]
fn symmetric_input_agrees_with_the_symmetric_solver() {
    let b = normal_matrix(40, 40, &mut Seed(3).stream("symmetric"));
    let a = b.add(&b.transpose()).expect("square");
    let found = sorted(nonsymmetric_eigenvalues(&a).expect("converges"));
    for (x, y) in found.iter().zip(symmetric_eigenvalues(&a).expect("converges")) {
        assert!(x.im == 0.0 && (x.re - y).abs() < 1e-12);
    }
}

#[test]
fn options_leave_out_vectors_only() {
    for (name, a) in nonsymmetric::<f64>(50) {
        for balance in [true, false] {
            let all = NonsymmetricOptions { right: true, left: true, balance }.solve(&a).expect("converges");
            let right = NonsymmetricOptions { right: true, left: false, balance }.solve(&a).expect("converges");
            assert_eq!((&all.values, &all.right), (&right.values, &right.right), "{name}");
            assert_eq!(right.left.re.shape(), [50, 0]);
            let none = NonsymmetricOptions { right: false, left: false, balance }.solve(&a).expect("converges");
            assert_eq!(none.values.len(), 50);
            assert_eq!(none.right.re.shape(), [50, 0]);
        }
    }
    let a = normal_matrix(60, 60, &mut Seed(4).stream("values"));
    let all = nonsymmetric_eigen(&a).expect("converges").values;
    for value in nonsymmetric_eigenvalues(&a).expect("converges") {
        assert!(all.iter().any(|&v| (v - value).abs() < 1e-11));
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let a = normal_matrix(180, 180, &mut Seed(8).stream("threads"));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
        pool.install(|| nonsymmetric_eigen(&a).expect("converges"))
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn refuses_bad_input() {
    assert!(matches!(nonsymmetric_eigen(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    let huge = Matrix::from_fn(4, 4, |_, _| f64::MAX);
    assert!(matches!(nonsymmetric_eigen(&huge), Err(Error::InvalidArgument { .. })));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut a = Matrix::<f64>::identity(3);
        a[(1, 1)] = bad;
        assert!(matches!(nonsymmetric_eigen(&a), Err(Error::NonFinite { index: 4, .. })));
    }
}

/// Sorted moduli.
fn moduli<T: Scalar>(a: &Matrix<T>) -> Vec<f64> {
    let mut found: Vec<f64> = nonsymmetric_eigenvalues(a).expect("finite").iter().map(|v| v.abs().to_f64()).collect();
    found.sort_by(f64::total_cmp);
    found
}

/// Rows and columns of very different size, which only balancing brings together.
#[test]
fn a_wide_range_is_balanced_before_it_is_scaled() {
    fn pair<T: Scalar>(b: T) {
        // Singular, of trace 2.
        let a = Matrix::from_vec(2, 2, vec![T::one(), b, b.recip(), T::one()]).expect("2x2");
        let found = moduli(&a);
        let bound = 4.0 * T::EPSILON.to_f64();
        assert!(found[0] <= bound && (found[1] - 2.0).abs() <= bound, "{b:e}: {found:?}");
    }
    [100, 150, 154, 165, 200, 250, 300].into_iter().for_each(|e| pair(10f64.powi(e)));
    [10, 18, 20, 30, 37].into_iter().for_each(|e| pair(10f32.powi(e)));
    let n = 40;
    let stream = &mut Seed(11).stream("wide range");
    let b = normal_matrix(n, n, stream);
    for (spread, tiny) in [(20.0, 1e-290), (150.0, 1e-180), (300.0, 1e-100)] {
        let d: Vec<f64> = (0..n).map(|_| (spread * (2.0 * stream.uniform::<f64>() - 1.0)).round().exp2()).collect();
        let a = Matrix::from_fn(n, n, |i, j| d[i] * b[(i, j)] / d[j]);
        let (wide, small) = (moduli(&a), moduli(&a.scale(tiny)));
        for ((x, z), y) in wide.into_iter().zip(small).zip(moduli(&b)) {
            assert!((x - y).abs() < 1e-12 && (z / tiny - y).abs() < 1e-12, "{spread}: {x} and {z:e} for {y}");
        }
    }
}

quickcheck! {
    fn sum_and_product_are_trace_and_determinant(seed: u64, order: u8) -> bool {
        let n = usize::from(order % 12) + 1;
        let a: Matrix<f64> = cast(&normal_matrix(n, n, &mut Seed(seed).stream("quickcheck")));
        let values = nonsymmetric_eigenvalues(&a).expect("converges");
        let sum = values.iter().fold(Complex::default(), |s, &v| s + v);
        let product = values.iter().fold(Complex::from_real(1.0), |p, &v| p * v);
        let determinant = Lu::factor(&a).expect("square").determinant();
        let trace: f64 = a.diagonal().iter().sum();
        let size: f64 = values.iter().map(|v| v.abs().max(1.0)).product();
        (sum - Complex::from_real(trace)).abs() < 1e-11 && (product - Complex::from_real(determinant)).abs() < 1e-10 * size * a.one_norm().powi(2)
    }
}
