use super::{LinearOperator, Symmetry};
use crate::linalg::Matrix;

#[test]
fn a_matrix_is_an_operator_in_every_form() {
    let a = Matrix::from_fn(3, 2, |i, j| (1 + i + 4 * j) as f64);
    let x = Matrix::from_fn(2, 2, |i, j| (i as f64) - (j as f64));
    let mut y = Matrix::zeros(3, 2);
    a.apply_block(&x, &mut y).unwrap();
    assert_eq!(y, a.matmul(&x).unwrap());
    let mut back = [0.0; 2];
    a.apply_transposed(&[1.0, 0.0, -1.0], &mut back).unwrap();
    assert_eq!(back, [-2.0, -2.0]);
    assert_eq!(a.symmetry(), Symmetry::General);
    assert_eq!(Matrix::<f64>::identity(2).symmetry(), Symmetry::Symmetric);
    assert!(a.apply_block(&y, &mut x.clone()).is_err());
}
