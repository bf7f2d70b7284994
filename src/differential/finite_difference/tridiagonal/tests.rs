use super::*;
use crate::linalg::{Lu, Matrix};
use quickcheck::quickcheck;

fn bands(n: usize, seed: u64) -> [Vec<f64>; 3] {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let off: Vec<f64> = (0..n).map(|_| next()).collect();
    let other: Vec<f64> = (0..n).map(|_| next()).collect();
    let diagonal = (0..n).map(|_| 1.2 + next().abs()).collect();
    [off, diagonal, other]
}

quickcheck! {
    fn agrees_with_lu(size: u8, seed: u64) -> bool {
        let n = usize::from(size % 40) + 1;
        let [lower, diagonal, upper] = bands(n, seed);
        let dense = Matrix::from_fn(n, n, |i, j| match (i, j) {
            _ if i == j => diagonal[i],
            _ if i == j + 1 => lower[j],
            _ if j == i + 1 => upper[i],
            _ => 0.0,
        });
        let rhs: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let mut x = rhs.clone();
        Thomas::factor(&lower[..n - 1], &diagonal, &upper[..n - 1]).unwrap().solve_in_place(&mut x).unwrap();
        let expected = Lu::factor(&dense).unwrap().solve(&Matrix::from_vec(n, 1, rhs).unwrap()).unwrap();
        x.iter().zip(expected.as_slice()).all(|(a, b)| (a - b).abs() < 1e-11)
    }
}

#[test]
fn hostile_matrices_are_refused() {
    assert!(matches!(Thomas::<f64>::factor(&[], &[], &[]), Err(Error::Shape { .. })));
    assert!(matches!(Thomas::factor(&[1.0], &[1.0], &[]), Err(Error::Shape { .. })));
    assert!(matches!(Thomas::factor(&[1.0], &[f64::NAN, 1.0], &[1.0]), Err(Error::NonFinite { index: 0, .. })));
    // Regular, but not without pivoting; and singular.
    assert!(matches!(Thomas::factor(&[1.0], &[0.0, 1.0], &[1.0]), Err(Error::Singular { pivot: 0, .. })));
    assert!(matches!(Thomas::factor(&[1.0], &[1.0, 1.0], &[1.0]), Err(Error::Singular { pivot: 1, .. })));
    let thomas = Thomas::factor(&[1.0], &[4.0_f32, 4.0], &[1.0]).unwrap();
    assert!(thomas.solve_in_place(&mut [1.0; 3]).is_err());
}
