use super::*;
use crate::Seed;
use crate::quadrature::PolarGrid;
use crate::reference::{Hydrogen2d, levels, sample};

fn random_matrix(seed: u64, rows: usize, cols: usize) -> Matrix<f64> {
    let mut random = Seed(seed).stream("matrix");
    Matrix::from_fn(rows, cols, |_, _| random.normal())
}

fn distance_to_identity(q: &Matrix<f64>) -> f64 {
    let product = q.transpose().matmul(q).unwrap();
    product.as_slice().iter().zip(Matrix::identity(q.cols()).as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A random orthogonal matrix.
fn orthogonal(seed: u64, n: usize) -> Matrix<f64> {
    polar_factor(&random_matrix(seed, n, n)).unwrap()
}

fn close(a: &Matrix<f64>, b: &Matrix<f64>, tolerance: f64) -> bool {
    a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < tolerance)
}

fn exact() -> (Functions, Vec<Range<usize>>) {
    let grid = PolarGrid { radial: 40, angular: 16, ..PolarGrid::training() }.build::<f64>().unwrap();
    let psi = sample::<f64>(&Hydrogen2d, 9, grid.points()).unwrap();
    (Functions::new(psi.values.as_slice(), grid.weights()).unwrap(), levels(&Hydrogen2d, 9))
}

#[test]
fn the_polar_factor_is_orthogonal_and_leaves_a_symmetric_positive_part() {
    for (m, k) in [(1, 1), (2, 2), (5, 5), (5, 3), (9, 1), (12, 12)] {
        for seed in 0..20 {
            let a = random_matrix(seed, m, k);
            let q = polar_factor(&a).unwrap();
            assert!(distance_to_identity(&q) < 1e-13);
            // H = QᵀA is symmetric positive semidefinite and A = Q H: that is the polar decomposition.
            let h = q.transpose().matmul(&a).unwrap();
            assert!(close(&h, &h.transpose(), 1e-12));
            assert!(close(&q.matmul(&h).unwrap(), &a, 1e-12));
            for trial in 0..20 {
                let x = random_matrix(100 + trial, k, 1);
                assert!(x.transpose().matmul(&h.matmul(&x).unwrap()).unwrap()[(0, 0)] >= -1e-12);
            }
        }
    }
}

#[test]
fn rank_deficient_matrices_still_get_orthonormal_columns() {
    for k in 1..6 {
        assert!(distance_to_identity(&polar_factor(&Matrix::zeros(k, k)).unwrap()) < 1e-14);
        let rank_one = Matrix::from_fn(k + 1, k, |i, j| (i + 1) as f64 * (j as f64 - 1.5));
        assert!(distance_to_identity(&polar_factor(&rank_one).unwrap()) < 1e-13);
        let tiny = Matrix::from_fn(k, k, |i, j| 1e-200 * (i * k + j * j) as f64);
        assert!(distance_to_identity(&polar_factor(&tiny).unwrap()) < 1e-13);
    }
}

#[test]
fn a_rotation_inside_each_level_is_recovered_and_signs_too() {
    let (exact, levels) = exact();
    let mut mix = Matrix::zeros(9, 9);
    for level in &levels {
        let q = orthogonal(7, level.len());
        for (i, row) in level.clone().enumerate() {
            for (j, col) in level.clone().enumerate() {
                // Scales as a trained network has them must not matter.
                mix[(row, col)] = -q[(i, j)] * (1.0 + col as f64);
            }
        }
    }
    let learned = exact.combine(&mix).unwrap();
    let alignment = align(&learned, &exact, &levels).unwrap();
    let unit = learned.normalized().unwrap();
    assert!(close(&alignment.exact_to_learned(&exact).unwrap().values(), &unit.values(), 1e-9));
    assert!(close(&alignment.learned_to_exact(&unit).unwrap().values(), &exact.values(), 1e-9));
    assert!(alignment.rotations().iter().all(|q| distance_to_identity(q) < 1e-13));
}

#[test]
fn no_rotation_between_levels_hides_an_error() {
    let (exact, levels) = exact();
    // States 0 and 1 belong to different levels: their mixture is an error and stays one.
    let mut mix = Matrix::identity(9);
    (mix[(0, 0)], mix[(1, 0)], mix[(0, 1)], mix[(1, 1)]) = (0.8, 0.6, -0.6, 0.8);
    let learned = exact.combine(&mix).unwrap();
    let angles = crate::eigenfunctions::metrics::aligned_angles(&learned, &exact, &levels).unwrap();
    assert!((angles[0] - 0.6_f64.asin()).abs() < 1e-6 && (angles[1] - 0.6_f64.asin()).abs() < 1e-6);
    assert!(angles[4] < 1e-7);
}

#[test]
fn a_cut_level_is_matched_to_the_whole_level() {
    let (exact, levels) = exact();
    let q = orthogonal(3, 5);
    // Four states of five, all turned: their span is no span of four of the exact functions.
    let mix =
        Matrix::from_fn(9, 8, |i, j| if i < 4 || j < 4 { f64::from(u8::from(i == j)) } else { q[(i - 4, j - 4)] });
    let learned = exact.combine(&mix).unwrap();
    let alignment = align(&learned, &exact, &levels).unwrap();
    let aligned = alignment.exact_to_learned(&exact).unwrap();
    assert!(close(&aligned.values(), &learned.values(), 1e-9));
    assert_eq!(alignment.learned_to_exact(&learned).unwrap().count(), 8);
}

#[test]
fn hostile_input_is_refused() {
    let (exact, levels) = exact();
    let invalid = |r: Result<Alignment>| assert!(matches!(r, Err(Error::InvalidArgument { .. })), "{r:?}");
    invalid(align(&exact, &exact, &[]));
    invalid(align(&exact, &exact, &levels[..2]));
    invalid(align(&exact, &exact, &[0..1, 2..9]));
    invalid(align(&exact, &exact, &[0..4, 4..4, 4..9]));
    invalid(align(&exact, &exact, &[0..9, 9..12]));
    invalid(align(&exact, &exact.select(0..8).unwrap(), &levels));
    let mut vanishing = Matrix::identity(9);
    vanishing[(4, 4)] = 0.0;
    invalid(align(&exact.combine(&vanishing).unwrap(), &exact, &levels));
    let elsewhere = Functions::new(&[1.0; 9], &[1.0]).unwrap();
    assert!(matches!(align(&elsewhere, &exact, &levels), Err(Error::Shape { .. })));
}
