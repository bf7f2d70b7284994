use super::balance;
use crate::linalg::Matrix;

#[test]
fn a_permuted_triangle_needs_no_iteration() {
    // Row and column i of the triangle stand at place[i].
    let place = [3_usize, 0, 4, 1, 2];
    let mut a = Matrix::zeros(5, 5);
    for i in 0..5 {
        for j in i..5 {
            a[(place[i], place[j])] = (i + j + 1) as f64;
        }
    }
    let mut b = a.clone();
    assert!(balance(&mut b).active.is_empty());
    assert!((0..5).all(|i| (0..i).all(|j| b[(i, j)] == 0.0)));
}

#[test]
fn scaling_is_a_similarity_that_levels_norms() {
    let n = 6;
    let mut a =
        Matrix::from_fn(n, n, |i, j| (1.0 + ((i * 5 + j * 3) % 7) as f64) * 10f64.powi(3 * (i as i32 - j as i32)));
    let before = a.clone();
    let balance = balance(&mut a);
    assert_eq!(balance.active, 0..n);
    for i in 0..n {
        for j in 0..n {
            assert_eq!(a[(i, j)], before[(i, j)] * balance.scale[j] / balance.scale[i]);
        }
    }
    assert!(a.max_abs() < 100.0);
    let identity = balance.undo(&Matrix::identity(n), false);
    assert_eq!(balance.undo(&identity.transpose(), true), Matrix::identity(n));
}
