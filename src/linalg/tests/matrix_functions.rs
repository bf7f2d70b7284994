//! The exponential, characteristic polynomials and their roots, null spaces.

use quickcheck::{TestResult, quickcheck};

use super::classes::{cast, normal_matrix, with_spectrum};
use super::ratios::{orthogonality, widen};
use crate::linalg::{
    Complex, MAX_CHARACTERISTIC_ORDER, Matrix, characteristic_polynomial, eigenvectors_of, is_eigenvector,
    matrix_exponential, nonsymmetric_eigenvalues, null_space, polynomial_roots, symmetric_eigen,
};
use crate::{Error, Scalar, Seed};

fn close<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>, tolerance: f64) -> bool {
    let (a, b) = (widen(a), widen(b));
    a.sub(&b).expect("same shape").max_abs() <= tolerance * b.max_abs().max(1.0)
}

fn check_exponential<T: Scalar>(size: f64) {
    let epsilon = T::EPSILON.to_f64();
    // Symmetric: V e^Λ Vᵀ.
    let spectrum: Vec<f64> = (0..12).map(|i| size * (1.0 - i as f64 / 6.0)).collect();
    let a = with_spectrum(&spectrum, &mut Seed(1).stream("exponential"));
    let eigen = symmetric_eigen(&a).expect("converges");
    let scaled = Matrix::from_fn(12, 12, |i, j| eigen.vectors[(i, j)] * eigen.values[j].exp());
    let expected = scaled.matmul_t(&eigen.vectors).expect("square");
    let found = matrix_exponential(&cast::<T>(&a)).expect("finite");
    assert!(close(&widen(&found), &expected, 100.0 * epsilon * size.max(1.0)), "{} {size}", T::NAME);
    // A rotation.
    let turn = Matrix::from_vec(2, 2, vec![0.0, -size, size, 0.0]).expect("2x2");
    let (s, c) = T::of(size).to_f64().sin_cos();
    let expected = Matrix::from_vec(2, 2, vec![c, -s, s, c]).expect("2x2");
    let found = matrix_exponential(&cast::<T>(&turn)).expect("finite");
    assert!(close(&widen(&found), &expected, 10.0 * epsilon * size.max(1.0)), "{} {size}", T::NAME);
}

#[test]
fn exponentials_of_normal_matrices() {
    for size in [0.0, 1e-10, 0.01, 0.2, 0.9, 2.0, 5.0, 30.0] {
        check_exponential::<f64>(size);
        check_exponential::<f32>(size);
    }
}

#[test]
fn exponentials_of_nilpotent_matrices_are_polynomials() {
    let n = 6;
    for factor in [1e-8, 1.0, 50.0, 1e30] {
        let a = Matrix::from_fn(n, n, |i, j| if j == i + 1 { factor } else { 0.0 });
        let found = matrix_exponential(&a).expect("finite");
        for i in 0..n {
            for j in 0..n {
                let power = j as i32 - i as i32;
                let factorial: f64 = (1..=power).map(f64::from).product();
                let expected = if power < 0 { 0.0 } else { f64::powi(factor, power) / factorial };
                assert!((found[(i, j)] - expected).abs() <= 1e-13 * expected, "{factor} {i} {j}: {}", found[(i, j)]);
            }
        }
    }
    let a = Matrix::from_vec(2, 2, vec![0.0, 1e300, 0.0, 0.0]).expect("2x2");
    let found = matrix_exponential(&a).expect("finite");
    assert!((found[(0, 1)] / 1e300 - 1.0f64).abs() < 1e-13 && found[(0, 0)] == 1.0);
}

#[test]
fn exponential_of_a_triangle_that_must_not_be_overscaled() {
    // [[1, b], [0, −1]] has the exponential [[e, b sinh 1], [0, 1/e]].
    for b in [1.0, 1e6, 1e12] {
        let a = Matrix::from_vec(2, 2, vec![1.0, b, 0.0, -1.0]).expect("2x2");
        let found = matrix_exponential(&a).expect("finite");
        let e = std::f64::consts::E;
        for (at, expected) in [((0, 0), e), ((0, 1), b * 1f64.sinh()), ((1, 1), 1.0 / e)] {
            assert!((found[at] / expected - 1.0).abs() < 1e-13, "{b} {at:?}: {} {expected}", found[at]);
        }
    }
}

/// Rows of the exponential of a generator add up to one: where rounding of fast rates leaves nothing of that, it is refused,
/// and where all of it decays it is not.
#[test]
fn exponential_refuses_what_rounding_moves() {
    let generator = |c: f64| Matrix::from_vec(3, 3, vec![-c, c, 0.0, c, -c - 1.0, 1.0, 0.0, 1.0, -1.0]).expect("3x3");
    for c in [1.0, 1e4, 1e7, 1e8] {
        let found = matrix_exponential(&generator(c)).expect("digits are left");
        assert!(found.row_iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-6), "{c:e}: {found:?}");
    }
    for c in [1e12, 1e14, 1e15, 1e17] {
        let refused = matrix_exponential(&generator(c));
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{c:e}: {refused:?}");
    }
    // What is slow beside a fast decay is lost as well; where all decays nothing is.
    assert!(matrix_exponential(&Matrix::from_diagonal(&[-1e15, -1.0])).is_err());
    let slow = matrix_exponential(&Matrix::from_diagonal(&[-1e6, -1.0])).expect("digits are left");
    assert!((slow[(1, 1)] - (-1f64).exp()).abs() < 1e-8 && slow[(0, 0)] == 0.0);
    let decayed = matrix_exponential(&Matrix::from_diagonal(&[-1e15, -1e12])).expect("decays");
    assert_eq!(decayed.max_abs(), 0.0);
}

#[test]
fn exponential_refuses_what_overflows() {
    assert!(matches!(matrix_exponential(&Matrix::<f64>::zeros(2, 3)), Err(Error::Shape { .. })));
    assert!(matches!(matrix_exponential(&Matrix::from_fn(2, 2, |_, _| f64::NAN)), Err(Error::NonFinite { .. })));
    for big in [800.0, 1e9, 1e200, f64::MAX] {
        let a = Matrix::from_diagonal(&[big, 1.0]);
        assert!(matches!(matrix_exponential(&a), Err(Error::InvalidArgument { .. })), "{big}");
    }
    assert!(matches!(matrix_exponential(&Matrix::from_diagonal(&[100.0f32])), Err(Error::InvalidArgument { .. })));
    assert_eq!(matrix_exponential(&Matrix::<f64>::zeros(0, 0)).expect("empty").shape(), [0, 0]);
    assert_eq!(matrix_exponential(&Matrix::<f32>::zeros(3, 3)).expect("zero"), Matrix::identity(3));
}

#[test]
fn characteristic_polynomials_and_their_roots() {
    for (entries, expected) in [
        (vec![3.0, 1.0, 0.0, 2.0], [6.0, -5.0, 1.0]),
        (vec![6.0, 2.0, 3.0, 7.0], [36.0, -13.0, 1.0]),
        (vec![4.0, 2.0, 2.0, 5.0], [16.0, -9.0, 1.0]),
    ] {
        let a = Matrix::from_vec(2, 2, entries).expect("2x2");
        assert_eq!(characteristic_polynomial(&a).expect("small"), expected);
    }
    let mut roots: Vec<f64> = polynomial_roots(&[16.0, -9.0, 1.0]).expect("roots").iter().map(|r| r.re).collect();
    roots.sort_by(f64::total_cmp);
    assert!((roots[0] - 2.43844718719117).abs() < 1e-13 && (roots[1] - 6.56155281280883).abs() < 1e-13);
    assert_eq!(characteristic_polynomial(&Matrix::<f64>::zeros(0, 0)).expect("empty"), [1.0]);
    // x⁴ (x² + 1), with a leading coefficient of zero.
    let roots = polynomial_roots(&[0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 2.0, 0.0]).expect("roots");
    assert_eq!(roots.len(), 6);
    assert_eq!(roots.iter().filter(|r| r.abs() == 0.0).count(), 4);
    assert!(roots.iter().any(|&r| (r - Complex::new(0.0, 1.0)).abs() < 1e-15));
    assert!(polynomial_roots(&[3.0]).expect("constant").is_empty());
}

/// Where the recursion of Faddeev and LeVerrier loses all digits, sign included.
#[test]
fn characteristic_polynomials_of_well_conditioned_matrices_have_their_digits() {
    for n in [2, 16, 20, 32] {
        // det = 0.75^(n − 1), condition below 9.
        let a = Matrix::from_fn(n, n, |i, j| 0.5f64.powi(i.abs_diff(j) as i32));
        let c = characteristic_polynomial(&a).expect("well conditioned");
        assert!((c[0] / 0.75f64.powi(n as i32 - 1) - 1.0).abs() < 1e-12, "{n}: {:e}", c[0]);
        assert!((c[n - 1] / -(n as f64) - 1.0).abs() < 1e-13 && c[n] == 1.0);
    }
    let c = characteristic_polynomial(&Matrix::from_diagonal(&[1e6, 1.0, 1e-6])).expect("diagonal");
    assert!(
        c.iter().zip([-1.0, 1000001.000001, -1000001.000001, 1.0]).all(|(c, e): (_, f64)| (c / e - 1.0).abs() < 1e-14)
    );
    let turn =
        Matrix::from_vec(4, 4, [[0.0, -2.0, 0.5, 0.0], [2.0, 0.0, 0.0, 1.0], [0.0; 4], [0.0, 0.0, 0.0, 3.5]].concat());
    let c = characteristic_polynomial(&turn.expect("4 × 4")).expect("small"); // (λ² + 4) λ (λ − 3.5)
    assert!(c.iter().zip([0.0, -14.0, 4.0, -3.5, 1.0]).all(|(c, e): (_, f64)| (c - e).abs() < 1e-13), "{c:?}");
    // Frank's matrix of order 20 has the determinant 1 and eigenvalues that multiply to anything.
    let n = 20;
    let frank = Matrix::from_fn(n, n, |i, j| if j + 1 >= i { (n - i.max(j)) as f64 } else { 0.0 });
    match characteristic_polynomial(&frank) {
        Ok(c) => assert!((c[0] - 1.0).abs() < 1e-3, "{:e}", c[0]),
        Err(told) => assert!(matches!(told, Error::InvalidArgument { .. }), "{told}"),
    }
}

#[test]
fn polynomials_refuse_bad_input() {
    assert!(matches!(polynomial_roots::<f64>(&[]), Err(Error::InvalidArgument { .. })));
    assert!(matches!(polynomial_roots(&[0.0, 0.0]), Err(Error::InvalidArgument { .. })));
    assert!(matches!(polynomial_roots(&[1.0, f64::NAN]), Err(Error::NonFinite { .. })));
    assert!(matches!(polynomial_roots(&[1e300, 1e-300]), Err(Error::InvalidArgument { .. })));
    assert!(matches!(polynomial_roots(&vec![1.0; 1002]), Err(Error::InvalidArgument { .. })));
    let large = Matrix::<f64>::identity(MAX_CHARACTERISTIC_ORDER + 1);
    assert!(matches!(characteristic_polynomial(&large), Err(Error::InvalidArgument { .. })));
    assert!(matches!(characteristic_polynomial(&Matrix::<f64>::zeros(1, 2)), Err(Error::Shape { .. })));
    let huge = Matrix::<f64>::identity(8).scale(1e200);
    assert!(matches!(characteristic_polynomial(&huge), Err(Error::InvalidArgument { .. })));
}

fn check_null_space<T: Scalar>(m: usize, n: usize, rank: usize) {
    let mut stream = Seed(7).stream("null space");
    let a = normal_matrix(m, rank, &mut stream).matmul(&normal_matrix(rank, n, &mut stream)).expect("shapes");
    let a: Matrix<T> = cast(&a);
    let threshold = T::of(100.0) * T::EPSILON * a.frobenius_norm();
    let basis = null_space(&a, Some(threshold)).expect("converges");
    assert_eq!(basis.shape(), [n, n - rank], "{} {m}x{n}", T::NAME);
    assert!(orthogonality(&basis) <= 30.0);
    assert!(a.matmul(&basis).expect("shapes").max_abs() <= threshold);
}

#[test]
fn null_spaces() {
    for (m, n, rank) in [(1, 1, 1), (3, 5, 2), (5, 3, 2), (8, 8, 0), (10, 10, 10), (4, 9, 4)] {
        check_null_space::<f64>(m, n, rank);
        check_null_space::<f32>(m, n, rank);
    }
    assert_eq!(null_space(&Matrix::<f64>::zeros(0, 3), None).expect("empty").shape(), [3, 3]);
    assert!(matches!(null_space(&Matrix::<f64>::identity(2), Some(-1.0)), Err(Error::InvalidArgument { .. })));
}

#[test]
fn eigenvectors_of_a_given_eigenvalue() {
    let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0]).expect("2x2");
    let v = eigenvectors_of(&a, 9.0, None).expect("converges");
    assert_eq!(v.shape(), [2, 1]);
    assert!((v[(0, 0)] / v[(1, 0)] - 2.0f64 / 3.0).abs() < 1e-14);
    assert_eq!(eigenvectors_of(&a, 5.0, None).expect("converges").shape(), [2, 0]);
    // A threefold eigenvalue, and a defective one.
    let repeated = with_spectrum(&[2.0, 2.0, 5.0, 2.0, -1.0], &mut Seed(3).stream("repeated"));
    let basis = eigenvectors_of(&repeated, 2.0, None).expect("converges");
    assert_eq!(basis.shape(), [5, 3]);
    assert!(orthogonality(&basis) <= 30.0);
    let jordan = Matrix::from_fn(3, 3, |i, j| {
        if j == i {
            4.0
        } else if j == i + 1 {
            1.0
        } else {
            0.0
        }
    });
    assert_eq!(eigenvectors_of(&jordan, 4.0, None).expect("converges").cols(), 1);
    assert_eq!(eigenvectors_of(&Matrix::<f32>::identity(3), 1.0, None).expect("converges").cols(), 3);
    assert!(matches!(eigenvectors_of(&Matrix::<f64>::zeros(2, 3), 1.0, None), Err(Error::Shape { .. })));
    assert!(matches!(eigenvectors_of(&a, f64::NAN, None), Err(Error::NonFinite { .. })));
    assert!(matches!(eigenvectors_of(&a, 1.0, Some(f64::NAN)), Err(Error::InvalidArgument { .. })));
}

#[test]
fn recognises_eigenvectors() {
    let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0]).expect("2x2");
    for scale in [1.0, 1e-300, 1e300] {
        assert_eq!(is_eigenvector(&a, &[2.0 * scale, 3.0 * scale], 1e-14).expect("fits").map(f64::round), Some(9.0));
        assert_eq!(is_eigenvector(&a, &[scale, -scale], 1e-14).expect("fits").map(f64::round), Some(4.0));
        assert_eq!(is_eigenvector(&a, &[scale, scale], 1e-14).expect("fits"), None);
    }
    assert_eq!(is_eigenvector(&a, &[0.0, 0.0], 1.0).expect("fits"), None);
    assert_eq!(is_eigenvector(&Matrix::<f64>::zeros(2, 2), &[0.0, 1.0], 0.0).expect("fits"), Some(0.0));
    assert!(matches!(is_eigenvector(&a, &[1.0], 0.1), Err(Error::Shape { .. })));
    assert!(matches!(is_eigenvector(&a, &[1.0, f64::NAN], 0.1), Err(Error::NonFinite { .. })));
    assert!(matches!(is_eigenvector(&a, &[1.0, 1.0], -0.1), Err(Error::InvalidArgument { .. })));
    assert!(matches!(is_eigenvector(&Matrix::<f64>::zeros(1, 2), &[1.0, 1.0], 0.1), Err(Error::Shape { .. })));
}

/// Roots of all sizes are right or refused: none is stated as 0 where the constant coefficient is not.
#[test]
fn roots_far_apart_are_right_or_refused() {
    let mut solved = [0; 5];
    for (solved, spread) in solved.iter_mut().zip([1.0, 2.0, 6.0, 12.0, 30.0]) {
        for shift in [0.0, 0.07, 0.19] {
            let exact: Vec<f64> =
                (0..4).map(|i| -10f64.powf(spread * (i as f64 - 1.5) / 1.5 + shift * i as f64)).collect();
            let mut coefficients = vec![1.0];
            for root in &exact {
                let mut next = vec![0.0; coefficients.len() + 1];
                for (k, c) in coefficients.iter().enumerate() {
                    next[k + 1] += c;
                    next[k] -= root * c;
                }
                coefficients = next;
            }
            let Ok(roots) = polynomial_roots(&coefficients) else { continue };
            let mut found: Vec<f64> = roots.iter().map(|root| root.re).collect();
            found.sort_by(|a, b| b.total_cmp(a));
            assert!(found.iter().zip(&exact).all(|(f, e)| (f / e - 1.0).abs() < 1e-5), "{spread}: {found:?} {exact:?}");
            *solved += 1;
        }
    }
    assert!(solved[0] == 3 && solved[1] == 3, "{solved:?}");
    // A double root has half of its digits, and is one.
    assert!(polynomial_roots(&[1.0, -2.0, 1.0]).is_ok() && polynomial_roots(&[1.0f32, -3.0, 3.0, -1.0]).is_ok());
}

quickcheck! {
    fn exponential_of_the_negative_is_the_inverse(seed: u64, order: u8, size: u8) -> bool {
        let n = usize::from(order % 8);
        let a = normal_matrix(n, n, &mut Seed(seed).stream("inverse")).scale(f64::from(size) / 256.0);
        let (up, down) = (matrix_exponential(&a).expect("finite"), matrix_exponential(&a.scale(-1.0)).expect("finite"));
        let product = up.matmul(&down).expect("square");
        close(&product, &Matrix::identity(n), 1e-13 * (up.one_norm() * down.one_norm()).max(1.0))
    }

    fn determinant_of_the_exponential_is_that_of_the_trace(seed: u64, order: u8) -> TestResult {
        let n = usize::from(order % 8);
        let a = normal_matrix(n, n, &mut Seed(seed).stream("trace"));
        let exponential = matrix_exponential(&a).expect("finite");
        let (sign, logarithm) = crate::linalg::Lu::factor(&exponential).expect("square").log_determinant();
        let trace: f64 = a.diagonal().iter().sum();
        TestResult::from_bool(sign == 1.0 && (logarithm - trace).abs() < 1e-9 * exponential.one_norm().max(1.0))
    }

    fn a_matrix_is_a_root_of_its_characteristic_polynomial(seed: u64, order: u8) -> bool {
        let n = usize::from(order % 7);
        let a = normal_matrix(n, n, &mut Seed(seed).stream("cayley"));
        let coefficients = characteristic_polynomial(&a).expect("small");
        // Horner's scheme in matrices: Cayley and Hamilton.
        let (mut sum, mut size) = (Matrix::zeros(n, n), 0.0);
        for &c in coefficients.iter().rev() {
            sum = sum.matmul(&a).expect("square").add(&Matrix::identity(n).scale(c)).expect("square");
            size = size * a.one_norm() + c.abs();
        }
        sum.max_abs() <= 1e-13 * size
    }

    fn roots_are_eigenvalues(seed: u64, order: u8) -> bool {
        let n = usize::from(order % 6);
        let a = normal_matrix(n, n, &mut Seed(seed).stream("roots"));
        let roots = polynomial_roots(&characteristic_polynomial(&a).expect("small")).expect("converges");
        let values = nonsymmetric_eigenvalues(&a).expect("converges");
        roots.len() == n && values.iter().all(|&v| roots.iter().any(|&r| (r - v).abs() < 1e-5 * (1.0 + v.abs())))
    }
}
