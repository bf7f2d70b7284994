use super::classes::{cast, normal_matrix, with_spectrum};
use super::ratios::widen;
use crate::linalg::{Cholesky, Matrix, Triangular, checks, generalized_symmetric_eigen, symmetric_eigen};
use crate::{Error, Scalar, Seed};

fn check<T: Scalar>(n: usize, a_scale: f64, b_scale: f64) {
    let mut stream = Seed(n as u64).stream("generalized");
    let raw = normal_matrix(n, n, &mut stream);
    let a = raw.add(&raw.transpose()).expect("square");
    let b = with_spectrum(&(0..n).map(|i| 1.0 + (i % 7) as f64).collect::<Vec<_>>(), &mut stream);
    let (a_t, b_t): (Matrix<T>, Matrix<T>) = (cast(&a.scale(a_scale)), cast(&b.scale(b_scale)));
    let eigen = generalized_symmetric_eigen(&a_t, &b_t).expect("definite");
    assert!(eigen.values.is_sorted());
    // In units where both matrices are of order one.
    let x = widen(&eigen.vectors).scale(b_scale.sqrt());
    let values: Vec<f64> = eigen.values.iter().map(|&v| v.to_f64() / (a_scale / b_scale)).collect();
    let bx = b.matmul(&x).expect("square");
    let bxl = Matrix::from_fn(n, n, |i, j| bx[(i, j)] * values[j]);
    let unit = n.max(1) as f64 * T::EPSILON.to_f64();
    let residual = a.matmul(&x).expect("square").sub(&bxl).expect("square").one_norm();
    assert!(residual <= 10.0 * unit * (1.0 + a.one_norm()), "{} {n}: {residual:e}", T::NAME);
    let defect = x.t_matmul(&bx).expect("square").sub(&Matrix::identity(n)).expect("square").one_norm();
    assert!(defect <= 20.0 * unit, "{} {n}: {defect:e}", T::NAME);
}

#[test]
fn residual_and_b_orthogonality() {
    for n in [0, 1, 2, 7, 40, 90] {
        check::<f64>(n, 1.0, 1.0);
        check::<f32>(n, 1.0, 1.0);
    }
    check::<f64>(20, 1e150, 1e-150);
    check::<f64>(20, 1e-150, 1e100);
    check::<f64>(20, 1e300, 1e300);
    check::<f64>(20, 1e-290, 1e-290);
    check::<f32>(20, 1e18, 1e-18);
    check::<f32>(20, 1e-18, 1e18);
}

#[test]
fn refuses_bad_input() {
    let i2 = Matrix::<f64>::identity(2);
    let indefinite = Matrix::from_diagonal(&[1.0, -1.0]);
    assert!(matches!(
        generalized_symmetric_eigen(&i2, &indefinite),
        Err(Error::NotPositiveDefinite { operation: "B of generalized_symmetric_eigen", pivot: 1 })
    ));
    assert!(matches!(generalized_symmetric_eigen(&i2, &Matrix::identity(3)), Err(Error::Shape { .. })));
    assert!(matches!(generalized_symmetric_eigen(&i2.map(|_| f64::NAN), &i2), Err(Error::NonFinite { .. })));
    let skew = Matrix::from_vec(2, 2, vec![1.0, 2.0, -2.0, 1.0]).expect("fits");
    assert!(matches!(generalized_symmetric_eigen(&skew, &i2), Err(Error::InvalidArgument { .. })));
    assert!(matches!(generalized_symmetric_eigen(&i2, &skew), Err(Error::InvalidArgument { .. })));
}

/// The diagonal scaling is by powers of two: not a bit differs from the method without it.
#[test]
fn ordinary_matrices_are_computed_as_if_unscaled() {
    fn check<T: Scalar>(n: usize, spread: f64) {
        let mut stream = Seed(7).stream("generalized");
        let raw = normal_matrix(n, n, &mut stream);
        let grade = |i: usize| spread.powi((i % 5) as i32);
        let graded = |m: &Matrix<f64>| Matrix::from_fn(n, n, |i, j| grade(i) * grade(j) * m[(i, j)]);
        let a: Matrix<T> = cast(&graded(&raw.add(&raw.transpose()).expect("square")));
        let spectrum: Vec<f64> = (0..n).map(|i| 1.0 + (i % 7) as f64).collect();
        let b: Matrix<T> = cast(&graded(&with_spectrum(&spectrum, &mut stream)));
        let [a, b] = [a, b].map(|m| checks::symmetric_part(&m));
        let factor = Cholesky::factor(&b).expect("definite");
        let mut reduced = a.clone();
        for _ in 0..2 {
            let lower = factor.lower().as_slice();
            Triangular::lower().solve_in_place(lower, n, n, reduced.as_mut_slice(), n).expect("regular");
            reduced = reduced.transpose();
        }
        let plain = symmetric_eigen(&checks::symmetric_part(&reduced)).expect("converges");
        let eigen = generalized_symmetric_eigen(&a, &b).expect("definite");
        assert!(eigen.values == plain.values, "{} {n} {spread}", T::NAME);
    }
    for (n, spread) in [(3, 1.0), (20, 1.0), (90, 1.0), (20, 10.0), (90, 0.3)] {
        check::<f64>(n, spread);
        check::<f32>(n, spread);
    }
}
