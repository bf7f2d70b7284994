//! Sizes beyond all memory, and entries near the ends of the range: right, or a typed error.

use std::panic::catch_unwind;

use super::classes::{cast, normal_matrix};
use crate::linalg::compressed::Csr;
use crate::linalg::{
    Cholesky, Ldlt, Lu, Matrix, PivotedQr, Qr, Triangular, generalized_symmetric_eigen, is_eigenvector, jacobi_eigen,
    polynomial_roots,
};
use crate::{Error, Scalar, Seed};

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

/// By the largest entry brought to one, the small ones would be gone.
#[test]
fn small_entries_beside_large_ones_stay() {
    let graded = Matrix::from_diagonal(&[1e25f32, 1e-25, -1e-25]);
    let ones = Matrix::from_fn(3, 1, |_, _| 1.0f32);
    let ldlt = Ldlt::factor(&graded).expect("symmetric");
    let inertia = ldlt.inertia();
    assert_eq!((inertia.positive, inertia.negative, inertia.zero), (2, 1, 0));
    for (name, solution) in [("LDLᵀ", ldlt.solve(&ones)), ("LU", Lu::factor(&graded).and_then(|f| f.solve(&ones)))] {
        let x = solution.expect(name);
        for (i, want) in [1e-25f32, 1e25, -1e25].into_iter().enumerate() {
            assert!((x[(i, 0)] / want - 1.0).abs() < 1e-6, "{name}: {} {want}", x[(i, 0)]);
        }
    }
    for (r, want) in Qr::factor(&graded).expect("finite").r().diagonal().into_iter().zip([1e25f32, 1e-25, 1e-25]) {
        assert!((r.abs() / want - 1.0).abs() < 1e-6, "{r} {want}");
    }
    let f64s = Matrix::from_diagonal(&[1e200f64, -1e-200]);
    assert_eq!(Ldlt::factor(&f64s).expect("symmetric").inertia().negative, 1);

    let values = jacobi_eigen(&Matrix::from_diagonal(&[1e25f32, 1e-25])).expect("converges").values;
    assert_eq!(values, [1e-25, 1e25]);
    for s in [1.0f64, 1e20, 1e150, 1e160, 1e165, 1e250, 1e290] {
        // D B D with B = [[1, ½], [½, 1]]: the smaller eigenvalue is ¾/s beside s.
        let a = Matrix::from_vec(2, 2, vec![s, 0.5, 0.5, 1.0 / s]).expect("square");
        let values = jacobi_eigen(&a).expect("converges").values;
        let exact = if s == 1.0 { [0.5, 1.5] } else { [0.75 / s, s] };
        for (value, exact) in values.iter().zip(exact) {
            assert!((value / exact - 1.0).abs() < 1e-14, "{s}: {value} {exact}");
        }
    }
}

#[test]
fn eigenvalues_that_overflow_are_errors() {
    let diagonal = |d: &[f32]| Matrix::from_diagonal(d);
    let overflow = generalized_symmetric_eigen(&diagonal(&[1e30, 1.0]), &diagonal(&[1e-20, 1e-20]));
    assert!(matches!(overflow, Err(Error::InvalidArgument { .. })));
    // Each in units of its own: 1 and 2.
    let graded = generalized_symmetric_eigen(&diagonal(&[1e-30, 2e30]), &diagonal(&[1e-30, 1e30])).expect("definite");
    for (value, exact) in graded.values.iter().zip([1.0, 2.0]) {
        assert!((value - exact).abs() < 1e-6, "{:?}", graded.values);
    }
    assert!((graded.vectors[(0, 0)].abs() / 1e15 - 1.0).abs() < 1e-6);
    for b in [[1e-30f32, 1e30, 1e30, 1e-30], [-1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]] {
        let b = Matrix::from_vec(2, 2, b.to_vec()).expect("square");
        let refused = generalized_symmetric_eigen(&Matrix::identity(2), &b).unwrap_err();
        assert!(matches!(refused, Error::NotPositiveDefinite { .. }), "{refused}");
    }
    let large = |v: f64| Matrix::from_fn(2, 2, |_, _| v);
    assert!(matches!(is_eigenvector(&large(1.5e308), &[1.0, 1.0], 1e-12), Err(Error::InvalidArgument { .. })));
    assert_eq!(is_eigenvector(&large(1.5e308), &[1.0, 0.0], 1e-12).expect("none"), None);
    assert_eq!(is_eigenvector(&large(8e307), &[1.0, 1.0], 1e-12).expect("finite"), Some(1.6e308));
}

/// The roots of `a x² − c` are `±√(c/a)`, whatever the units of x and of the values are.
#[test]
fn roots_of_polynomials_of_any_size() {
    fn check<T: Scalar>(c: f64, a: f64, root: f64) {
        let found = polynomial_roots(&[-T::of(c), T::zero(), T::of(a)]).expect("representable");
        let mut roots: Vec<f64> = found.iter().map(|r| r.re.to_f64()).collect();
        roots.sort_by(f64::total_cmp);
        for (got, want) in roots.iter().zip([-root, root]) {
            assert!((got / want - 1.0).abs() < 8.0 * T::EPSILON.to_f64(), "{c} {a}: {got} {want}");
        }
        assert!(found.iter().all(|r| r.im == T::zero()));
    }
    for e in [0, 20, 100, 160, 200, 300] {
        let ten = 10f64.powi(e);
        check::<f64>(1.0 / ten, ten, 1.0 / ten);
        check::<f64>(ten, 1.0 / ten, ten);
        check::<f64>(4.0 * ten, ten, 2.0);
    }
    check::<f32>(1e30, 1e-30, 1e30);
    check::<f32>(1e-30, 1e30, 1e-30);
    // (x − r)(x − 2 r)(x − 4 r), and a root beyond the range.
    for r in [1e-100f64, 1e-60, 1.0, 1e60, 1e100] {
        let roots = polynomial_roots(&[-8.0 * r * r * r, 14.0 * r * r, -7.0 * r, 1.0]).expect("representable");
        let mut sizes: Vec<f64> = roots.iter().map(|x| x.re / r).collect();
        sizes.sort_by(f64::total_cmp);
        assert!(sizes.iter().zip([1.0, 2.0, 4.0]).all(|(x, want)| (x - want).abs() < 1e-12), "{r}: {sizes:?}");
    }
    assert!(matches!(polynomial_roots(&[1e300, 1e-300]), Err(Error::InvalidArgument { .. })));
}

/// A power of two changes no bit but the exponent, where nothing leaves the range.
#[test]
fn units_are_of_no_account() {
    fn check<T: Scalar>(exponents: impl Iterator<Item = i32>) {
        let raw = normal_matrix(30, 30, &mut Seed(3).stream("units"));
        let a: Matrix<T> = cast(&raw.add(&raw.transpose()).expect("square"));
        let (ldlt, eigen) = (Ldlt::factor(&a).expect("symmetric"), jacobi_eigen(&a).expect("converges"));
        let qr = Qr::factor(&a).expect("finite");
        for k in exponents {
            let unit = T::of(2.0).powi(k);
            let scaled = a.scale(unit);
            let other = Ldlt::factor(&scaled).expect("symmetric");
            assert!(
                other.lower() == ldlt.lower() && other.block_diagonal() == ldlt.block_diagonal().scale(unit),
                "{k}"
            );
            let values = jacobi_eigen(&scaled).expect("converges").values;
            assert!(values.iter().zip(&eigen.values).all(|(&v, &w)| v == w * unit), "{k}");
            // Reflectors measure small entries in units of the largest, which is no power of two.
            assert!(k < 0 || Qr::factor(&scaled).expect("finite").r() == &qr.r().scale(unit), "{k}");
        }
    }
    check::<f64>((-900..=900).step_by(75));
    check::<f32>((-90..=90).step_by(15));
}
