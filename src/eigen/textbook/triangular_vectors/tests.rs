use super::triangular_vectors;
use crate::linalg::Matrix;

#[test]
fn they_are_eigenvectors_even_of_a_jordan_block() {
    let mut t = Matrix::from_fn(6, 6, |i, j| if j >= i { (1 + (3 * i + 5 * j) % 7) as f64 } else { 0.0 });
    for jordan in [false, true] {
        if jordan {
            t = Matrix::from_fn(6, 6, |i, j| if i == j { 2.0 } else { f64::from(u8::from(j == i + 1)) });
        }
        let v = triangular_vectors(&t);
        let image = t.matmul(&v).expect("square");
        for j in 0..6 {
            let norm: f64 = v.column(j).iter().map(|x| x * x).sum();
            assert!((norm - 1.0).abs() < 1e-14);
            for i in 0..6 {
                assert!((image[(i, j)] - t[(j, j)] * v[(i, j)]).abs() < 1e-13, "{i} {j}");
            }
        }
    }
}
