use super::*;
use crate::linalg::{Lu, symmetric_eigen, symmetric_eigenvalues};

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance, "{found:?} {expected:?}");
    }
}

#[test]
fn spectra_are_those_stated() {
    for n in [0, 1, 2, 7, 40] {
        near(&symmetric_eigenvalues(&second_difference(n)).unwrap(), &second_difference_eigenvalues(n), 1e-13);
        near(&symmetric_eigenvalues(&clement(n)).unwrap(), &clement_eigenvalues(n), 1e-12);
        let signs = (0..n).map(|i| if i < n / 2 { -1.0 } else { 1.0 }).collect::<Vec<_>>();
        near(&symmetric_eigenvalues(&exchange(n)).unwrap(), &signs, 1e-14);
        let rank_one: Vec<f64> = (0..n).map(|i| if i + 1 == n { n as f64 } else { 0.0 }).collect();
        near(&symmetric_eigenvalues(&ones(n)).unwrap(), &rank_one, 1e-13);
        let spectrum: Vec<f64> = (0..n).map(|i| (i as f64 - 3.0).powi(3)).collect();
        near(&symmetric_eigenvalues(&with_spectrum(&spectrum, Seed(3)).unwrap()).unwrap(), &spectrum, 1e-10);
    }
    assert!(with_spectrum::<f64>(&[1.0, f64::NAN], Seed(0)).is_err());
}

#[test]
fn wilkinson_s_largest_two_agree_to_fourteen_digits() {
    let values = symmetric_eigenvalues(&wilkinson::<f64>(21)).unwrap();
    assert!((values[20] - 10.746_194_182_903_39).abs() < 1e-12); // Wilkinson (1965), p. 309
    assert!(values[20] - values[19] < 1e-12);
}

#[test]
fn frank_has_determinant_one_and_is_printed_so() {
    for n in [1, 2, 5, 9] {
        assert!((Lu::factor(&frank::<f64>(n)).unwrap().determinant() - 1.0).abs() < 1e-9);
    }
    assert_eq!(frank::<f64>(3).as_slice(), [3.0, 2.0, 1.0, 2.0, 2.0, 1.0, 0.0, 1.0, 1.0]);
}

#[test]
fn the_nonsymmetric_ones_do_what_their_names_say() {
    // (x − 1)(x − 2)(x − 3): the row (1, x, x²) is a left eigenvector of its companion.
    let c = companion::<f64>(&[-6.0, 11.0, -6.0]);
    for x in [1.0, 2.0, 3.0] {
        let row = Matrix::from_vec(1, 3, vec![1.0, x, x * x]).unwrap();
        near(row.matmul(&c).unwrap().as_slice(), row.scale(x).as_slice(), 1e-12);
    }
    let shift = cyclic_shift::<f32>(4);
    assert_eq!(shift.matvec(&[1.0, 2.0, 3.0, 4.0]).unwrap(), [4.0, 1.0, 2.0, 3.0]);
    assert_eq!(jordan::<f32>(2, 5.0).as_slice(), [5.0, 1.0, 0.0, 5.0]);
    for n in [0, 1] {
        assert_eq!(cyclic_shift::<f64>(n).shape(), [n, n]);
        assert_eq!(companion::<f64>(&vec![2.0; n]).shape(), [n, n]);
    }
}

#[test]
fn the_orthogonal_one_is_and_grading_keeps_the_middle() {
    let q = random_orthogonal(30, Seed(4)).unwrap();
    assert!(q.t_matmul(&q).unwrap().sub(&Matrix::identity(30)).unwrap().max_abs() < 1e-14);
    let a = graded::<f64>(&ones(5), 100.0);
    assert_eq!((a[(2, 2)], a[(0, 4)]), (1.0, 1.0));
    assert!((a[(0, 0)] / 1e-100 - 1.0).abs() < 1e-12 && (a[(4, 4)] / 1e100 - 1.0).abs() < 1e-12);
    let gluing = symmetric_eigen(&glued_wilkinson::<f64>(22, 0.0)).unwrap().values;
    assert!((gluing[21] - gluing[20]).abs() < 1e-13, "two copies have every eigenvalue twice");
}
