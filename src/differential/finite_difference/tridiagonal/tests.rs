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

/// What grows on the way to a pivot, or overflows, leaves no digits; units of rows and columns are no growth.
#[test]
fn growth_and_overflow_are_refused() {
    for (small, unit) in [(1e-17, 1.0), (1e-17, 1e100), (1e-12, 1e-100)] {
        let grown = Thomas::factor(&[unit], &[small * unit, unit], &[unit]);
        assert!(matches!(grown, Err(Error::Singular { pivot: 1, .. })), "{small:e} {unit:e}: {grown:?}");
    }
    assert!(matches!(Thomas::factor(&[1.0_f32], &[1e-5, 1.0], &[1.0]), Err(Error::Singular { pivot: 1, .. })));
    assert!(matches!(Thomas::factor(&[], &[1e-310], &[]), Err(Error::Singular { pivot: 0, .. })));
    // 2, −1 and −1 in rows and columns of all sizes.
    let size = |i: usize, seed: usize| 10f64.powi((i * seed % 61) as i32 - 30);
    let band = |entry: f64, n: usize, down: usize, right: usize| {
        (0..n).map(|i| entry * size(i + down, 7) * size(i + right, 11)).collect::<Vec<f64>>()
    };
    let n = 50;
    let [lower, diagonal, upper] = [band(-1.0, n - 1, 1, 0), band(2.0, n, 0, 0), band(-1.0, n - 1, 0, 1)];
    let scaled = Thomas::factor(&lower, &diagonal, &upper).unwrap();
    let mut x: Vec<f64> = (0..n).map(|i| if i == 0 || i == n - 1 { size(i, 7) } else { 0.0 }).collect();
    scaled.solve_in_place(&mut x).unwrap();
    assert!((0..n).all(|i| (x[i] * size(i, 11) - 1.0).abs() < 1e-12), "{x:?}");

    let thomas = Thomas::factor(&[1.0], &[4.0, 1e-10], &[0.0]).unwrap();
    for x in [[f64::NAN, 1.0], [1.0, f64::INFINITY], [1.0, 1e300]] {
        assert!(matches!(thomas.solve_in_place(&mut x.clone()), Err(Error::NonFinite { .. })), "{x:?}");
    }
    assert!(thomas.solve_in_place(&mut [4.0, 1.0]).is_ok());
}
