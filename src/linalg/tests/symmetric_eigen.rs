use quickcheck::{TestResult, quickcheck};

use super::classes;
use super::ratios::{orthogonality, unit_scaled};
use crate::linalg::{
    EigenRange, LinearOperator, Matrix, SymmetricEigen, Symmetry, jacobi_eigen, symmetric_eigen, symmetric_eigen_range,
    symmetric_eigenvalues,
};
use crate::{Error, Scalar, Seed};

/// `‖A V − V Λ‖₁ / (n ε ‖A‖₁)`.
pub(super) fn residual<T: Scalar>(a: &Matrix<T>, eigen: &SymmetricEigen<T>) -> f64 {
    let (a, scale) = unit_scaled(a);
    let v: Matrix<f64> =
        Matrix::from_fn(eigen.vectors.rows(), eigen.vectors.cols(), |i, j| eigen.vectors[(i, j)].to_f64());
    let vl = Matrix::from_fn(v.rows(), v.cols(), |i, j| v[(i, j)] * (eigen.values[j].to_f64() * scale));
    let residual = a.matmul(&v).expect("shapes").sub(&vl).expect("shapes").one_norm();
    let norm = a.one_norm();
    if norm == 0.0 { residual } else { residual / (a.rows() as f64 * T::EPSILON.to_f64() * norm) }
}

fn check<T: Scalar>(name: &str, a: &Matrix<T>) {
    let n = a.rows();
    let eigen = symmetric_eigen(a).unwrap_or_else(|e| panic!("{name} {n}: {e}"));
    assert_eq!(eigen.vectors.shape(), [n, n]);
    assert!(eigen.values.is_sorted(), "{name} {n}: {:?}", eigen.values);
    // A subnormal matrix has fewer digits than ε promises.
    let slack = if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 };
    let (r, o) = (residual(a, &eigen) / slack, orthogonality(&eigen.vectors));
    assert!(r <= 10.0 && o <= 10.0, "{} {name} {n}: residual {r}, orthogonality {o}", T::NAME);

    let values = symmetric_eigenvalues(a).unwrap_or_else(|e| panic!("{name} {n}: {e}"));
    let norm = a.max_abs().to_f64() * n as f64;
    for (&x, &y) in values.iter().zip(&eigen.values) {
        let distance = (x.to_f64() - y.to_f64()).abs();
        assert!(distance <= 10.0 * T::EPSILON.to_f64() * norm * slack, "{name} {n}: {x:e} {y:e}");
    }
}

#[test]
fn lapack_classes() {
    for n in [1, 2, 3, 5, 10, 33, 70] {
        for (name, a) in classes::symmetric::<f64>(n) {
            check(&name, &a);
        }
        for (name, a) in classes::symmetric::<f32>(n) {
            check(&name, &a);
        }
    }
}

#[test]
fn order_three_hundred() {
    for (name, a) in classes::symmetric::<f64>(300) {
        check(&name, &a);
    }
    for (name, a) in classes::symmetric::<f32>(300) {
        check(&name, &a);
    }
}

#[test]
fn empty_matrix() {
    let eigen = symmetric_eigen(&Matrix::<f64>::zeros(0, 0)).expect("empty");
    assert!(eigen.values.is_empty() && eigen.vectors.shape() == [0, 0]);
    assert!(symmetric_eigenvalues(&Matrix::<f32>::zeros(0, 0)).expect("empty").is_empty());
}

#[test]
fn second_difference_has_its_known_spectrum() {
    let n = 100;
    let a = Matrix::from_fn(n, n, |i, j| [2.0, -1.0].get(i.abs_diff(j)).copied().unwrap_or(0.0));
    let values = symmetric_eigen(&a).expect("converges").values;
    for (k, value) in values.iter().enumerate() {
        let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
        assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13);
    }
}

/// Entries of small rows are judged by their rows: 1 and 50 are no rounding of one another beside 1e10, and two entries of
/// a Gram matrix of columns of sizes 1 and 1e-6 that were summed up in other orders are.
#[test]
fn asymmetry_is_judged_by_the_rows_it_lies_in() {
    let graded = |off: f64| Matrix::from_vec(2, 2, vec![1e10, 1.0, off, 1.0]).expect("2x2");
    for off in [50.0, 1.5, -1.0] {
        let error = symmetric_eigen(&graded(off)).expect_err("not symmetric");
        assert!(error.to_string().contains("(1, 0) and (0, 1)"), "{error}");
    }
    assert!(symmetric_eigen(&graded(1.0 + 1e-9)).is_ok());
    let mut random = Seed(0).into_stream();
    let b = Matrix::from_fn(4000, 3, |_, j| 1e-3_f32.powi(j as i32) * random.normal::<f32>());
    let sum = |i: usize, j: usize| {
        let product = |k: usize| b[(k, i)] * b[(k, j)];
        if i < j { (0..4000).map(product).sum() } else { (0..4000).rev().map(product).sum::<f32>() }
    };
    let gram = Matrix::from_fn(3, 3, sum);
    assert!(!gram.is_symmetric(0.0) && symmetric_eigen(&gram).is_ok());
}

/// However large an entry elsewhere is: rows that nothing joins to it are judged among themselves, in all units.
fn one_large_entry_hides_no_asymmetry<T: Scalar>() {
    let beside = |large: f64, [above, below]: [f64; 2]| {
        Matrix::from_vec(3, 3, [large, 0.0, 0.0, 0.0, 0.0, above, 0.0, below, 0.0].map(T::of).to_vec()).expect("3x3")
    };
    for unit in [1e-20, 1.0, 1e15] {
        for off in [[1e-2, 1e-6], [1e-7, -1e-7], [1.0, 0.0]] {
            let a = beside(1e12, off).scale(T::of(unit));
            assert!(symmetric_eigen(&a).is_err() && a.symmetry() == Symmetry::General, "{off:?} in units of {unit:e}");
        }
        let rounded = beside(1e12, [1.0, 1.0 + 4.0 * T::EPSILON.to_f64()]).scale(T::of(unit));
        assert!(!rounded.is_symmetric(T::zero()));
        assert!(symmetric_eigen(&rounded).is_ok() && rounded.symmetry() == Symmetry::Symmetric);
    }
}

#[test]
fn one_large_entry_hides_no_asymmetry_of_either_precision() {
    one_large_entry_hides_no_asymmetry::<f32>();
    one_large_entry_hides_no_asymmetry::<f64>();
}

#[test]
fn refuses_bad_input() {
    let rectangular = Matrix::<f64>::zeros(2, 3);
    assert!(matches!(symmetric_eigen(&rectangular), Err(Error::Shape { .. })));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut a = Matrix::<f64>::identity(3);
        a[(1, 1)] = bad;
        assert!(matches!(symmetric_eigen(&a), Err(Error::NonFinite { index: 4, .. })));
    }
    let mut a = Matrix::<f64>::identity(3);
    a[(0, 2)] = 1e-3;
    assert!(matches!(symmetric_eigen(&a), Err(Error::InvalidArgument { .. })));
    a[(0, 2)] = 1e-12;
    assert!(symmetric_eigen(&a).is_ok(), "rounding is not asymmetry");
    let large = Matrix::from_fn(2, 2, |_, _| f32::MAX); // of eigenvalue 2 MAX
    for outcome in [symmetric_eigen(&large), jacobi_eigen(&large)] {
        assert!(matches!(outcome, Err(Error::InvalidArgument { .. })), "{outcome:?}");
    }
    assert!(matches!(symmetric_eigenvalues(&large), Err(Error::InvalidArgument { .. })));
}

quickcheck! {
    fn trace_and_norm_are_kept(seed: u64, order: u8) -> TestResult {
        let n = usize::from(order % 24) + 1;
        let mut stream = Seed(seed).stream("quickcheck");
        let b = classes::normal_matrix(n, n, &mut stream);
        let a = b.add(&b.transpose()).expect("square");
        let eigen = symmetric_eigen(&a).expect("converges");
        let trace: f64 = a.diagonal().iter().sum();
        let squares: f64 = eigen.values.iter().map(|v| v * v).sum();
        let norm = a.frobenius_norm();
        TestResult::from_bool(
            (trace - eigen.values.iter().sum::<f64>()).abs() <= 1e-13 * norm * n as f64
                && (squares.sqrt() - norm).abs() <= 1e-13 * norm * n as f64,
        )
    }
}

#[test]
fn ranges_are_parts_of_the_whole() {
    for n in [1, 8, 50, 140] {
        for (name, a) in classes::symmetric::<f64>(n) {
            let all = symmetric_eigen(&a).expect("converges");
            for range in [0..n, 0..0, 0..n.min(3), n / 3..n / 2, n - 1..n] {
                let some = symmetric_eigen_range(&a, &EigenRange::Indices(range.clone())).expect("in range");
                assert_eq!(some.values, all.values[range.clone()], "{name} {n} {range:?}");
                // The products behind them may be cut into other tiles: equal up to rounding.
                let difference = some.vectors.sub(&all.vectors.submatrix(0..n, range)).expect("same shape");
                assert!(difference.max_abs() < 1e-13, "{name} {n}");
            }
        }
    }
    let a = Matrix::from_fn(60, 60, |i, j| [2.0, -1.0].get(i.abs_diff(j)).copied().unwrap_or(0.0));
    let values = symmetric_eigen(&a).expect("converges").values;
    let some = symmetric_eigen_range(&a, &EigenRange::Values(1.0..2.5)).expect("in range");
    assert_eq!(some.values, values.into_iter().filter(|v| (1.0..2.5).contains(v)).collect::<Vec<_>>());
    assert_eq!(some.vectors.shape(), [60, some.values.len()]);
    for empty in [2.0..1.0, 9.0..10.0, -5.0..-1.0] {
        assert!(symmetric_eigen_range(&a, &EigenRange::Values(empty)).expect("empty").values.is_empty());
    }
    let everything = EigenRange::Values(f64::NEG_INFINITY..f64::INFINITY);
    assert_eq!(symmetric_eigen_range(&a, &everything).expect("all").values.len(), 60);
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "what a range must bear")]
fn edges_of_ranges() {
    let a = Matrix::from_fn(60, 60, |i, j| [2.0, -1.0].get(i.abs_diff(j)).copied().unwrap_or(0.0));
    let invalid = |range| {
        let result = symmetric_eigen_range(&a, &range);
        assert!(matches!(result, Err(Error::InvalidArgument { .. })), "{range:?}: {result:?}");
    };
    invalid(EigenRange::Indices(0..61));
    invalid(EigenRange::Indices(60..usize::MAX));
    invalid(EigenRange::Values(f64::NAN..1.0));
    invalid(EigenRange::Values(1.0..f64::NAN));
    invalid(EigenRange::Values(f64::NAN..f64::NAN));

    let empty = |range| {
        let eigen = symmetric_eigen_range(&a, &range).expect("empty");
        assert!(eigen.values.is_empty() && eigen.vectors.shape() == [60, 0], "{range:?}: {eigen:?}");
    };
    for indices in [0..0, 30..30, 60..60, 5..3, 61..0, usize::MAX..60] {
        empty(EigenRange::Indices(indices));
    }
    for values in [1.0..1.0, f64::INFINITY..f64::NEG_INFINITY, f64::INFINITY..f64::INFINITY, 4.0..f64::INFINITY] {
        empty(EigenRange::Values(values));
    }

    // Half-open: of the exact eigenvalues 1, 1, 2 the lower end is in and the upper one is not.
    let diagonal = Matrix::from_diagonal(&[2.0, 1.0, 1.0]);
    let values = |range| symmetric_eigen_range(&diagonal, &EigenRange::Values(range)).expect("in range").values;
    assert_eq!(values(1.0..2.0), [1.0, 1.0]);
    assert_eq!(values(2.0..3.0), [2.0]);
    // Bounds are those of the matrix as it is given, whatever it is scaled by inside.
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
        let some = symmetric_eigen_range(&diagonal.scale(scale), &EigenRange::Values(1.5 * scale..3.0 * scale));
        assert_eq!(some.expect("in range").values, [2.0 * scale]);
    }
    for range in [EigenRange::Indices(0..0), EigenRange::Values(-1.0..1.0), EigenRange::All] {
        let none = symmetric_eigen_range(&Matrix::<f64>::zeros(0, 0), &range).expect("nothing");
        assert!(none.values.is_empty() && none.vectors.shape() == [0, 0]);
    }
    assert!(symmetric_eigen_range(&Matrix::<f64>::zeros(0, 0), &EigenRange::Indices(0..1)).is_err());
}

/// Few pairs of a large matrix are as good as all of them.
#[test]
fn ratios_of_a_range() {
    fn check_ranges<T: Scalar>(n: usize) {
        for (name, a) in classes::symmetric::<T>(n) {
            let slack = if a.max_abs() < T::min_positive_value() { 1.0 / T::EPSILON.to_f64() } else { 1.0 };
            for range in [0..n.min(5), n / 2..n / 2 + 1, n - n.min(7)..n] {
                let some = symmetric_eigen_range(&a, &EigenRange::Indices(range.clone())).expect("in range");
                assert_eq!(some.vectors.shape(), [n, range.len()]);
                let (r, o) = (residual(&a, &some) / slack, orthogonality(&some.vectors));
                assert!(r <= 10.0 && o <= 10.0, "{} {name} {n} {range:?}: {r} {o}", T::NAME);
            }
        }
    }
    for n in [1, 2, 33, 90] {
        check_ranges::<f64>(n);
        check_ranges::<f32>(n);
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    // The larger order is past the one from which products with the triangle go in parallel.
    for n in [200, 650] {
        let b = classes::normal_matrix(n, n, &mut Seed(8).stream("threads"));
        let a = b.add(&b.transpose()).expect("square");
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
            pool.install(|| symmetric_eigen(&a).expect("converges"))
        };
        let one = run(1);
        assert!(residual(&a, &one) <= 10.0 && orthogonality(&one.vectors) <= 10.0);
        for threads in [2, 3] {
            assert!(one == run(threads), "{n} on {threads} threads");
        }
    }
}

/// Blocks of very different size on a vanishing diagonal, tied by what is negligible beside either; and rows that fall off
/// from one whose diagonal vanishes.
#[test]
fn blocks_of_very_different_size_without_a_diagonal() {
    fn tied<T: Scalar>(links: [f64; 3]) {
        for links in [links, [links[2], links[1], links[0]]] {
            let entry = |i: usize, j: usize| if i.abs_diff(j) == 1 { T::of(links[i.min(j)]) } else { T::zero() };
            let a = Matrix::from_fn(4, 4, entry);
            let (large, small) = (T::of(links[0].max(links[2])), T::of(links[0].min(links[2])));
            let right = [-large, -small, small, large];
            // The iteration for values alone works with squares, which may underflow.
            let near = |values: &[T], least: T| {
                let near = |(&value, right): (&T, T)| {
                    (value - right).abs() <= T::of(4.0) * T::EPSILON * right.abs().max(least)
                };
                values.iter().zip(right).all(near)
            };
            let (found, values) = (symmetric_eigen(&a).unwrap(), symmetric_eigenvalues(&a).unwrap());
            assert!(near(&found.values, T::zero()), "{:?}", found.values);
            assert!(near(&values, large), "{values:?}");
        }
    }
    tied::<f32>([0.0078125, 3.76158e-37, 6.77626e-21]);
    tied::<f64>([1.0, 1e-120, 1e-60]);
    tied::<f64>([1.0, 1e-300, 1e-200]);
    let arrow = |i: usize, j: usize| match (i.min(j), i.max(j)) {
        (0, 1) => 1.5,
        (0, j) if j > 1 => 0.2 * 8f32.powi(-(j as i32)),
        (1, 1) => 4.8e-7,
        _ => 0.0,
    };
    // Two columns of very different size in turn.
    let striped = |i: usize, j: usize| [-1.233878970946786e-178, -2.218136262580145e130][(i * 18 + j) % 2];
    check("striped", &Matrix::from_fn(18, 18, |i, j| 0.5 * striped(i, j) + 0.5 * striped(j, i)));
    for order in [5, 9, 13, 20] {
        check("arrow", &Matrix::from_fn(order, order, arrow));
        check("arrow", &Matrix::from_fn(order, order, |i, j| arrow(order - 1 - i, order - 1 - j)));
    }
}
