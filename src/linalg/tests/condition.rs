//! Systems that are singular to working precision, and those that only look like it.

use super::classes::{cast, normal_matrix};
use crate::linalg::{Cholesky, Ldlt, Lu, Matrix};
use crate::{Error, Result, Scalar, Seed};

fn hilbert<T: Scalar>(n: usize) -> Matrix<T> {
    Matrix::from_fn(n, n, |i, j| T::of(1.0 / (i + j + 1) as f64))
}

/// What the three solvers say of `A x = A 1`, those for symmetric matrices of symmetric ones, and of the inverse.
fn answers<T: Scalar>(a: &Matrix<T>) -> Vec<(&'static str, Result<Matrix<T>>)> {
    let b = a.matmul(&Matrix::from_fn(a.rows(), 1, |_, _| T::one())).unwrap();
    let mut out = vec![("LU", Lu::factor(a).and_then(|lu| lu.solve(&b)))];
    if a.is_symmetric(T::zero()) {
        out.push(("LDLᵀ", Ldlt::factor(a).and_then(|ldlt| ldlt.solve(&b))));
        if let Ok(cholesky) = Cholesky::factor(a) {
            out.push(("Cholesky", cholesky.solve(&b)));
            assert_eq!(cholesky.inverse().is_ok(), cholesky.solve(&b).is_ok());
        }
    }
    out
}

fn refused<T: Scalar>(name: &str, a: &Matrix<T>) {
    for (solver, answer) in answers(a) {
        let refused = matches!(answer, Err(Error::Singular { .. }));
        assert!(refused, "{solver} {} {name} of order {}: {answer:?}", T::NAME, a.rows());
    }
}

/// Solved, and to more digits than none: the solution is 1 everywhere.
fn solved<T: Scalar>(name: &str, a: &Matrix<T>) {
    for (solver, answer) in answers(a) {
        let x = answer.unwrap_or_else(|error| panic!("{solver} {} {name} of order {}: {error}", T::NAME, a.rows()));
        assert!(x.as_slice().iter().all(|&v| (v - T::one()).abs() < T::of(0.5)), "{solver} {name} {}: {x:?}", T::NAME);
    }
}

#[test]
fn what_leaves_no_digit_is_refused() {
    let rows = |n: usize, entries: &[f64]| Matrix::from_vec(n, n, entries.to_vec()).unwrap();
    for a in [
        rows(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]),
        rows(2, &[0.1, 0.3, 0.3, 0.9]),
        rows(2, &[0.1, 0.3, 0.3, 0.9 + 2e-16]),
        rows(4, &[16.0, 2.0, 3.0, 13.0, 5.0, 11.0, 10.0, 8.0, 9.0, 7.0, 6.0, 12.0, 4.0, 14.0, 15.0, 1.0]),
    ] {
        refused("a classic", &a);
        refused("a classic", &cast::<f32>(&a));
        // Units of rows and columns change nothing, nor does the size of the matrix.
        let n = a.rows();
        for unit in [1e-150, 1e-20, 1e60, 1e140] {
            refused("a classic in one unit", &a.scale(unit));
            refused("rows in units", &Matrix::from_fn(n, n, |i, j| a[(i, j)] * if i == 0 { unit } else { 1.0 }));
            refused("columns in units", &Matrix::from_fn(n, n, |i, j| a[(i, j)] * if j == 0 { unit } else { 1.0 }));
        }
    }
    refused("Hilbert", &hilbert::<f64>(13));
    refused("Hilbert", &hilbert::<f32>(8));
}

#[test]
fn matrices_of_less_than_full_rank_are_refused() {
    fn check<T: Scalar>(n: usize, seed: u64) {
        let mut random = Seed(seed).stream("rank");
        let [left, right] = [(); 2].map(|()| normal_matrix(n, n - 1, &mut random));
        refused("product", &cast::<T>(&left.matmul_t(&right).unwrap()));
        let symmetric: Matrix<T> = cast(&left.matmul_t(&left).unwrap());
        refused("Gram matrix", &Matrix::from_fn(n, n, |i, j| symmetric[(i.max(j), i.min(j))]));
    }
    for n in [2, 3, 5, 10, 30, 100] {
        for seed in 0..20 {
            check::<f64>(n, seed);
            check::<f32>(n, seed);
        }
    }
}

/// Large condition numbers that are only units, and those that leave digits.
#[test]
fn what_leaves_digits_is_solved() {
    fn check<T: Scalar>(worst: f64) {
        let [few, many] = [6, 60];
        for n in [1, 2, 3, few, many] {
            let mut random = Seed(n as u64).stream("regular");
            let a: Matrix<T> = cast(&normal_matrix(n, n, &mut random));
            let definite = a.t_matmul(&a).unwrap().add(&Matrix::identity(n)).unwrap();
            let definite = Matrix::from_fn(n, n, |i, j| definite[(i.max(j), i.min(j))]);
            let indefinite = Matrix::from_fn(n, n, |i, j| a[(i.max(j), i.min(j))]);
            let unit = |k: usize| T::of(worst.powf((k * 7 % n) as f64 / n as f64 - 0.5));
            solved("rows in units", &Matrix::from_fn(n, n, |i, j| a[(i, j)] * unit(i)));
            // The unknowns are 1, whatever their unit, so that only the columns' own sizes count.
            let columns = Matrix::from_fn(n, n, |i, j| a[(i, j)] * unit(j));
            assert!(Lu::factor(&columns).unwrap().inverse().is_ok(), "columns in units, {n} {}", T::NAME);
            for symmetric in [&definite, &indefinite] {
                let scaled = Matrix::from_fn(n, n, |i, j| symmetric[(i, j)] * unit(i) * unit(j));
                assert!(Ldlt::factor(&scaled).unwrap().solve(&Matrix::identity(n)).is_ok(), "{n} {}", T::NAME);
                assert!(Lu::factor(&scaled).unwrap().inverse().is_ok(), "{n} {}", T::NAME);
            }
            let scaled = Matrix::from_fn(n, n, |i, j| definite[(i, j)] * unit(i) * unit(j));
            assert!(Cholesky::factor(&scaled).unwrap().inverse().is_ok(), "{n} {}", T::NAME);
            solved("diagonal", &Matrix::from_diagonal(&(0..n).map(unit).collect::<Vec<T>>()));
        }
    }
    check::<f64>(1e100);
    check::<f32>(1e15);
    (1..=10).for_each(|n| solved("Hilbert", &hilbert::<f64>(n)));
    (1..=5).for_each(|n| solved("Hilbert", &hilbert::<f32>(n)));
}

/// Inverse iteration wants the solution that a user must not get.
#[test]
fn the_condition_is_found_out_once_and_compares_equal() {
    let a = Matrix::from_vec(2, 2, vec![0.1, 0.3, 0.3, 0.9]).unwrap();
    let (asked, fresh) = (Lu::factor(&a).unwrap(), Lu::factor(&a).unwrap());
    let b = Matrix::from_vec(2, 1, vec![1.0, 0.0]).unwrap();
    let errors = [(); 2].map(|()| asked.solve(&b).unwrap_err().to_string());
    assert!(errors[0] == errors[1] && errors[0].contains("Lu::solve"), "{errors:?}");
    assert_eq!(asked, fresh);
    assert!(asked.substitute(&b).unwrap().max_abs() > 1e15);
    assert!(matches!(asked.solve(&Matrix::zeros(3, 1)), Err(Error::Shape { .. })));
}
