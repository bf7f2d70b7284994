//! Sizes beyond all memory, and entries near the ends of the range: right, or a typed error.

use std::panic::catch_unwind;

use crate::linalg::compressed::Csr;
use crate::linalg::{Cholesky, Ldlt, Lu, Matrix, PivotedQr, Qr, Triangular};
use crate::{Error, Scalar};

const HALF: usize = usize::MAX / 2 + 1;

#[test]
fn a_size_that_wraps_is_no_matrix() {
    for (rows, cols) in [(2, HALF), (HALF, 2), (1 << (usize::BITS / 2), 1 << (usize::BITS / 2)), (usize::MAX, 3)] {
        assert!(catch_unwind(|| Matrix::<f64>::zeros(rows, cols)).is_err());
        assert!(catch_unwind(|| Matrix::from_fn(rows, cols, |_, _| 0.0f32)).is_err());
        assert!(matches!(Matrix::from_vec(rows, cols, vec![0.0f64; 4]), Err(Error::Shape { .. })));
        let (column, row) = (Matrix::<f64>::zeros(rows, 0), Matrix::zeros(0, cols));
        assert!(matches!(column.matmul(&row), Err(Error::InvalidArgument { .. })));
    }
    assert!(catch_unwind(|| Matrix::<f64>::identity(HALF)).is_err());
    let sparse = Csr::<f64>::from_triplets(1 << 14, u32::MAX as usize, &[]).expect("a pointer for every row");
    assert!(catch_unwind(|| sparse.to_dense()).is_err());
}

#[test]
fn nothing_to_hold_takes_no_time() {
    let empty = Matrix::<f64>::zeros(usize::MAX, 0);
    assert_eq!(
        (empty.max_abs(), empty.one_norm(), empty.infinity_norm(), empty.frobenius_norm()),
        (0.0, 0.0, 0.0, 0.0)
    );
    let turned = empty.transpose();
    assert_eq!((turned.shape(), turned.one_norm(), turned.infinity_norm()), ([0, usize::MAX], 0.0, 0.0));
    assert_eq!(Matrix::from_fn(usize::MAX, 0, |_, _| 1.0), empty);
}

#[test]
fn an_index_that_wraps_is_out_of_range() {
    // HALF / 2 · 4 is 0 in the arithmetic of addresses.
    let a = Matrix::<f64>::identity(4);
    assert!(catch_unwind(|| a[(HALF / 2, 0)]).is_err() && catch_unwind(|| a.row(HALF / 2).len()).is_err());
}

/// `size · [[1, ½, ½], [½, 1, ½], [½, ½, 1]]`, for which `A (½, ½, ½) = size · (1, 1, 1)`.
fn near<T: Scalar>(size: T) -> (Matrix<T>, Matrix<T>) {
    let half = T::of(0.5);
    (Matrix::from_fn(3, 3, |i, j| if i == j { size } else { size * half }), Matrix::from_fn(3, 1, |_, _| size))
}

fn check<T: Scalar>(size: T, digits: T) {
    let (a, b) = near(size);
    let may_overflow = size > T::max_value() / T::of(16.0);
    let solutions = [
        ("LU", Lu::factor(&a).and_then(|f| f.solve(&b))),
        ("QR", Qr::factor(&a).and_then(|f| f.solve(&b))),
        ("Cholesky", Cholesky::factor(&a).and_then(|f| f.solve(&b))),
        ("LDLᵀ", Ldlt::factor(&a).and_then(|f| f.solve(&b))),
    ];
    for (name, solution) in solutions {
        match solution {
            Ok(x) => {
                let error = x.as_slice().iter().fold(T::zero(), |e, &v| e.max((v - T::of(0.5)).abs()));
                assert!(error <= digits, "{name} {} {size:e}: {x:?}", T::NAME);
            }
            Err(error) => assert!(matches!(error, Error::InvalidArgument { .. }) && may_overflow, "{name} {error}"),
        }
    }
    let factors = [
        Qr::factor(&a).map(|f| (f.thin_q().expect("thin"), f.r().clone())),
        PivotedQr::factor(&a).map(|f| (f.thin_q().expect("thin"), f.r().clone())),
    ];
    for factor in factors {
        match factor {
            Ok((q, r)) => {
                // By symmetry any permutation of the columns is A again, up to the order of rows.
                let largest = q.matmul(&r.map(|v| v / size)).expect("shapes").max_abs();
                assert!((largest - T::one()).abs() <= digits, "{} {size:e}: {largest}", T::NAME);
            }
            Err(error) => assert!(matches!(error, Error::InvalidArgument { .. }) && may_overflow, "{error}"),
        }
    }
}

#[test]
fn factors_near_the_ends_of_the_range() {
    for size in [1e153, 1e154, 1e200, 1e307, 9e307, f64::MAX, 1e-153, 1e-200, 1e-300, 1e-307] {
        check::<f64>(size, 1e-14);
    }
    for size in [1e18, 2e19, 1e30, 1e37, 3e38, f32::MAX, 1e-19, 1e-30, 1e-37] {
        check::<f32>(size, 2e-6);
    }
    // Subnormal: as many digits as there are.
    check::<f64>(1e-310, 1e-12);
    check::<f32>(1e-40, 1e-3);
}

#[test]
fn what_overflows_is_an_error() {
    let max = f64::MAX;
    let turn = Matrix::from_vec(2, 2, vec![max, -max, max, max]).expect("2x2");
    assert!(matches!(Lu::factor(&turn), Err(Error::InvalidArgument { .. })));
    let full = Matrix::from_fn(3, 3, |_, _| max);
    assert!(matches!(Qr::factor(&full), Err(Error::InvalidArgument { .. })));
    assert!(matches!(PivotedQr::factor(&full), Err(Error::InvalidArgument { .. })));
    let (tiny, large) = (Matrix::from_diagonal(&[1e-300, 1e-300]), Matrix::from_fn(2, 1, |_, _| 1e300));
    let solutions = [
        Lu::factor(&tiny).and_then(|f| f.solve(&large)),
        Qr::factor(&tiny).and_then(|f| f.solve(&large)),
        Cholesky::factor(&tiny).and_then(|f| f.solve(&large)),
        Ldlt::factor(&tiny).and_then(|f| f.solve(&large)),
        Triangular::lower().solve(&tiny, &large),
        Cholesky::factor(&tiny.scale(1e-10)).and_then(|f| f.inverse()),
        Lu::factor(&tiny.scale(1e-10)).and_then(|f| f.inverse()),
    ];
    for solution in solutions {
        assert!(matches!(solution, Err(Error::InvalidArgument { .. })), "{solution:?}");
    }
}
