//! Orderings and factorisations against dense matrices.

use quickcheck::quickcheck;

use crate::Error;
use crate::linalg::{LinearOperator, Lu, Matrix, symmetric_eigenvalues};
use crate::sparse::{Cholesky, Csr, Ldlt, Symbolic, count_eigenvalues, minimum_degree};

/// The symmetric matrix of these entries and their mirror images, plus `shift` on the diagonal.
fn symmetric(n: usize, raw: &[(u8, u8, i8)], shift: f64) -> Csr<f64> {
    let entry = |&(i, j, v): &(u8, u8, i8)| {
        let (i, j, v) = (usize::from(i) % n, usize::from(j) % n, f64::from(v) / 16.0);
        [(i, j, v), (j, i, v)]
    };
    let triplets: Vec<_> = raw.iter().flat_map(entry).chain((0..n).map(|i| (i, i, shift))).collect();
    Csr::from_triplets(n, n, &triplets).unwrap()
}

/// The Laplacian of a square grid, plus `shift`.
pub fn grid(m: usize, shift: f64) -> Csr<f64> {
    let mut triplets = Vec::new();
    for i in 0..m * m {
        triplets.push((i, i, 4.0 + shift));
        let neighbours = [(i % m > 0).then(|| i - 1), i.checked_sub(m)];
        for j in neighbours.into_iter().flatten() {
            triplets.extend([(i, j, -1.0), (j, i, -1.0)]);
        }
    }
    Csr::from_triplets(m * m, m * m, &triplets).unwrap()
}

fn residual(a: &Csr<f64>, x: &[f64], b: &[f64]) -> f64 {
    let image = a.to_dense().matvec(x).unwrap();
    image.iter().zip(b).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max)
}

fn right_hand_side(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((3 * i + 1) as f64).sin()).collect()
}

quickcheck! {
    fn entries_on_one_side_alone_are_no_hole_in_the_pattern(n: u8, raw: Vec<(u8, u8, i8)>, one: Vec<(u8, u8)>) -> bool {
        let n = 1 + usize::from(n % 40);
        let half = symmetric(n, &raw, 1.0);
        let a = half.shift(half.infinity_norm() + 1.0).unwrap();
        // So small that the matrix still counts as symmetric.
        let tiny: Vec<_> = one.iter().map(|&(i, j)| (usize::from(i) % n, usize::from(j) % n, 1e-30)).collect();
        let lopsided = a.add(&Csr::from_triplets(n, n, &tiny).unwrap()).unwrap();
        let b = right_hand_side(n);
        let natural = Symbolic::with_order(&lopsided, &(0..n).collect::<Vec<_>>()).unwrap();
        [Ldlt::factor(&lopsided).unwrap(), Ldlt::factor_with(&lopsided, &natural).unwrap()]
            .iter()
            .all(|factor| residual(&a, &factor.solve(&b).unwrap(), &b) < 1e-13)
    }

    fn minimum_degree_is_a_permutation_for_any_pattern(n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 60);
        let mut order = minimum_degree(&symmetric(n, &raw, 1.0)).unwrap();
        order.sort_unstable();
        order == (0..n).collect::<Vec<_>>()
    }

    fn the_factors_multiply_to_the_permuted_matrix(n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 30);
        let a = symmetric(n, &raw, 0.31);
        let Ok(factor) = Ldlt::factor(&a) else { return true };
        let lower = factor.lower().to_dense();
        let product = lower.matmul(&Matrix::from_diagonal(factor.pivots())).unwrap().matmul_t(&lower).unwrap();
        let p = factor.permutation();
        let permuted = a.permute(p, p).unwrap().to_dense();
        let error = product.sub(&permuted).unwrap().max_abs();
        error <= 1e-13 * (1.0 + factor.growth()) * a.max_abs()
    }

    fn inertia_counts_the_eigenvalues(n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 30);
        let a = symmetric(n, &raw, 0.0);
        let shifted = a.shift(-0.3173).unwrap();
        let Ok(factor) = Ldlt::factor(&shifted) else { return true };
        let below = symmetric_eigenvalues(&a.to_dense()).unwrap().iter().filter(|&&v| v < 0.3173).count();
        factor.inertia().negative == below && factor.inertia().positive == n - below
    }

    fn positive_definite_systems_are_solved(n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 40);
        let half = symmetric(n, &raw, 0.0);
        // Diagonally dominant.
        let a = half.shift(half.infinity_norm() + 1.0).unwrap();
        let b = right_hand_side(n);
        let cholesky = Cholesky::factor(&a).unwrap();
        let determinant = Lu::factor(&a.to_dense()).unwrap().log_determinant().1;
        let lower = cholesky.lower().to_dense();
        let p = cholesky.permutation();
        let product = lower.matmul_t(&lower).unwrap().sub(&a.permute(p, p).unwrap().to_dense()).unwrap();
        residual(&a, &cholesky.solve(&b).unwrap(), &b) < 1e-13
            && product.max_abs() <= 1e-13 * a.max_abs()
            && (cholesky.log_determinant() - determinant).abs() <= 1e-11 * (1.0 + determinant.abs())
    }
}

#[test]
fn the_order_fills_in_little() {
    // A grid eliminated row by row fills bands of its width; nested dissection would leave about 31/4 n log₂ n.
    let m = 40;
    let a = grid(m, 0.0);
    let natural = Symbolic::with_order(&a, &(0..m * m).collect::<Vec<_>>()).unwrap().factor_nnz();
    let ordered = Symbolic::analyze(&a).unwrap().factor_nnz();
    assert!(natural > 60_000 && ordered < 26_000, "{ordered} of {natural}");
    // A tree, a star and a path do not fill in at all.
    let tree: Vec<_> = (1..200).flat_map(|i| [(i, (i - 1) / 3, -1.0), ((i - 1) / 3, i, -1.0)]).collect();
    let star: Vec<_> = (1..900).flat_map(|i| [(i, 0, -1.0), (0, i, -1.0)]).collect();
    let path: Vec<_> = (1..200).flat_map(|i| [(i, i - 1, -1.0), (i - 1, i, -1.0)]).collect();
    for (n, triplets) in [(200, tree), (900, star), (200, path)] {
        let a = Csr::from_triplets(n, n, &triplets).unwrap();
        assert_eq!(Symbolic::analyze(&a).unwrap().factor_nnz(), n - 1);
    }
}

#[test]
fn wide_panels_and_many_fronts_agree_with_dense_elimination() {
    // One panel of 150 columns, definite and not; a factor of several fronts that runs in pieces.
    let full =
        Matrix::from_fn(150, 150, |i, j| if i == j { 40.0 } else { ((7 * i.min(j) + 3 * i.max(j)) as f64).sin() });
    let mut swapped = full.clone();
    (0..150).step_by(3).for_each(|i| swapped[(i, i)] = -40.0);
    for a in [full, swapped] {
        let negative = symmetric_eigenvalues(&a).unwrap().iter().filter(|&&v| v < 0.0).count();
        let a = Csr::from_dense(&a).unwrap();
        let b = right_hand_side(150);
        let factor = Ldlt::factor(&a).unwrap();
        assert_eq!(factor.inertia().negative, negative);
        let error = residual(&a, &factor.solve(&b).unwrap(), &b);
        assert!(error < 1e-14 * (10.0 + factor.growth()) * 100.0, "{error:e}, growth {:e}", factor.growth());
    }
    let a = grid(80, -0.71);
    let b = right_hand_side(6400);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Ldlt::factor(&a).unwrap())
    };
    let factor = run(1);
    assert_eq!(factor, run(2));
    let x = factor.solve(&b).unwrap();
    let mut image = vec![0.0; 6400];
    a.apply(&x, &mut image).unwrap();
    let error = image.iter().zip(&b).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max);
    assert!(error < 1e-8, "{error:e}, growth {:e}", factor.growth());
    // 2 − 2 cos(πi/81) + 2 − 2 cos(πj/81), as the boundary is held at zero.
    let value = |i: usize| 2.0 - 2.0 * (std::f64::consts::PI * i as f64 / 81.0).cos();
    let below = (1..=80).flat_map(|i| (1..=80).map(move |j| value(i) + value(j))).filter(|&v| v < 0.71).count();
    assert_eq!(factor.inertia().negative, below);
    let laplacian = grid(80, 0.0);
    assert_eq!(count_eigenvalues(&laplacian, 0.0..0.71).unwrap(), below);
    assert!(count_eigenvalues(&laplacian, 1.0..0.5).is_err() && count_eigenvalues(&laplacian, f64::NAN..1.0).is_err());
}

#[test]
fn one_analysis_serves_many_shifts() {
    let a = grid(15, 0.0);
    let symbolic = Symbolic::analyze(&a).unwrap();
    let values = symmetric_eigenvalues(&a.to_dense()).unwrap();
    let b = right_hand_side(225);
    for shift in [0.013, 1.007, 3.303, 4.001, 5.5, 7.99] {
        let shifted = a.shift(-shift).unwrap();
        let factor = Ldlt::factor_with(&shifted, &symbolic).unwrap();
        assert_eq!(factor.inertia().negative, values.iter().filter(|&&v| v < shift).count());
        let error = residual(&shifted, &factor.solve(&b).unwrap(), &b);
        assert!(error < 1e-9, "{shift}: {error:e}, growth {:e}", factor.growth());
    }
}

/// Without pivoting [[δ, 1], [1, 0]] grows 1/δ times: a substitution alone loses as many digits. Beyond what can be made
/// good, another matrix stands in for what lost them.
#[test]
fn what_growth_has_lost_is_made_good_or_refused() {
    for delta in [1e-3, 1e-5, 3e-7] {
        let matrix = |corner: f64| Csr::from_triplets(2, 2, &[(0, 0, corner), (0, 1, 1.0), (1, 0, 1.0)]).unwrap();
        let natural = Symbolic::with_order(&matrix(delta), &[0, 1]).unwrap();
        let factor = Ldlt::factor_with(&matrix(delta), &natural).unwrap();
        assert!(factor.growth() > 0.5 / delta, "{:e}", factor.growth());
        // The exact solution of δ x + y = b, x = c.
        let (b, c) = (0.7, 0.3);
        let x = factor.solve(&[b, c]).unwrap();
        assert!((x[0] - c).abs() < 1e-15 && (x[1] - (b - delta * c)).abs() < 1e-15, "{delta:e} {x:?}");
        // The shift is part of what is refined.
        let shifted = Ldlt::factor_shifted(&matrix(1.0 + delta), 1.0, &natural).unwrap();
        let x = shifted.solve(&[b, c]).unwrap();
        // (δ x + y, x − y) = (b, c)
        let exact = (b + c) / (1.0 + delta);
        assert!((x[0] - exact).abs() < 1e-15 && (x[1] - (exact - c)).abs() < 1e-15, "{delta:e} {x:?}");
    }
    // Symmetry is not checked here, but what comes of reading one half of a matrix is.
    let natural =
        Symbolic::with_order(&Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 0, 1.0)]).unwrap(), &[0, 1]).unwrap();
    let lopsided = Csr::from_triplets(2, 2, &[(0, 0, 1e-4), (0, 1, 1.0), (1, 0, 3.0), (1, 1, 1.0)]).unwrap();
    let factor = Ldlt::factor_with(&lopsided, &natural).unwrap();
    assert!(matches!(factor.solve(&[1.0, 0.0]), Err(Error::InvalidArgument { .. })));
}

#[test]
fn ill_use_gives_typed_errors() {
    let a = grid(4, 0.0);
    let other = Symbolic::analyze(&Csr::<f64>::identity(16).unwrap()).unwrap();
    assert!(matches!(Ldlt::factor_with(&a, &other), Err(Error::InvalidArgument { .. })));
    let smaller = Symbolic::analyze(&grid(3, 0.0)).unwrap();
    assert!(matches!(Ldlt::factor_with(&a, &smaller), Err(Error::Shape { .. })));
    assert!(Symbolic::with_order(&a, &[0; 16]).is_err() && Symbolic::with_order(&a, &[0]).is_err());
    let zero = Csr::<f64>::from_triplets(3, 3, &[]).unwrap();
    assert!(matches!(Ldlt::factor(&zero), Err(Error::ZeroPivot { .. })));
    assert!(matches!(Cholesky::factor(&zero), Err(Error::NotPositiveDefinite { .. })));
    assert!(matches!(Cholesky::factor(&grid(4, -4.3)), Err(Error::NotPositiveDefinite { .. })));
    let swap = Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 0, 1.0)]).unwrap();
    let refused = Ldlt::factor(&swap).unwrap_err();
    assert!(matches!(refused, Error::ZeroPivot { .. }) && refused.to_string().contains("2×2"), "{refused}");
    let nearly = swap.shift(1e-12).unwrap();
    assert!(matches!(Ldlt::factor(&nearly), Err(Error::InvalidArgument { .. })), "{:?}", Ldlt::factor(&nearly));
    let skew = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (1, 1, 1.0), (0, 1, 1.0)]).unwrap();
    assert!(matches!(Ldlt::factor(&skew), Err(Error::InvalidArgument { .. })));
    assert!(matches!(Cholesky::factor(&skew), Err(Error::InvalidArgument { .. })));
    let graded = |off| Csr::from_triplets(2, 2, &[(0, 0, 1e10), (0, 1, 1.0), (1, 0, off), (1, 1, 1.0)]).unwrap();
    assert!(matches!(Ldlt::factor(&graded(50.0)), Err(Error::InvalidArgument { .. })));
    assert!(Ldlt::factor(&graded(1.0 + 1e-9)).is_ok());
    let wide = Csr::from_triplets(2, 3, &[(0, 0, 1.0)]).unwrap();
    assert!(matches!(Ldlt::factor(&wide), Err(Error::Shape { .. })));
    let factor = Ldlt::factor(&a).unwrap();
    assert!(matches!(factor.solve(&[1.0; 3]), Err(Error::Shape { .. })));
    assert!(matches!(factor.solve(&[f64::NAN; 16]), Err(Error::NonFinite { .. })));
    let empty = Ldlt::factor(&Csr::<f64>::from_triplets(0, 0, &[]).unwrap()).unwrap();
    assert!(empty.solve(&[]).unwrap().is_empty());
    let tiny = Csr::from_diagonal(&[1e-300, 1e300]).unwrap();
    assert_eq!(Ldlt::factor(&tiny).unwrap().solve(&[1e-300, 1e300]).unwrap(), [1.0, 1.0]);
    assert!(matches!(Ldlt::factor(&tiny).unwrap().solve(&[1e300, 1.0]), Err(Error::InvalidArgument { .. })));
}

#[test]
fn counts_where_a_leading_part_is_singular() {
    // Eigenvalues −1 and 1; 0 is one of the leading entry.
    let swap = Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 0, 1.0)]).unwrap();
    assert_eq!(count_eigenvalues(&swap, -0.5..0.0).unwrap(), 0);
    assert_eq!(count_eigenvalues(&swap, 0.0..2.0).unwrap(), 1);
    // 4 is an eigenvalue of the grid's Laplacian itself, 25 times: no count, but the reason.
    let a = grid(25, 0.0);
    let error = count_eigenvalues(&a, 4.0..5.0).unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { .. }) && error.to_string().contains("25 eigenvalues"), "{error}");
    let value = |i: usize| 2.0 - 2.0 * (std::f64::consts::PI * i as f64 / 26.0).cos();
    let within = |v: f64| (3.99..5.0).contains(&v);
    let expected = (1..=25).flat_map(|i| (1..=25).map(move |j| value(i) + value(j))).filter(|&v| within(v)).count();
    assert_eq!(count_eigenvalues(&a, 3.99..5.0).unwrap(), expected);
}
