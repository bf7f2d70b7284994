//! Eigenvectors of a triangular matrix.

use crate::Scalar;
use crate::linalg::Matrix;

/// Eigenvectors of the upper triangle of `t` `[k, k]`, of norm one, as columns: `(T − t_jj) x = 0` from the bottom up
/// with `x_j = 1`. A pivot that vanishes (equal eigenvalues) is replaced by `ε ‖T‖`: of a defective matrix the vectors
/// of equal eigenvalues come out parallel, as they are.
pub(super) fn triangular_vectors<T: Scalar>(t: &Matrix<T>) -> Matrix<T> {
    let k = t.rows();
    let least = (T::EPSILON * t.max_abs()).max(T::min_positive_value());
    let mut vectors = Matrix::zeros(k, k);
    for j in 0..k {
        let mut x = vec![T::zero(); k];
        x[j] = T::one();
        for i in (0..j).rev() {
            let sum: T = (i + 1..=j).map(|l| t[(i, l)] * x[l]).sum();
            let pivot = t[(j, j)] - t[(i, i)];
            x[i] = sum / if pivot.abs() < least { least } else { pivot };
            // Growth is bounded at every step: a chain of tiny pivots would overflow.
            let largest = x[i].abs();
            if largest > T::one() {
                x.iter_mut().for_each(|v| *v /= largest);
            }
        }
        let norm = x.iter().map(|&v| v * v).sum::<T>().sqrt();
        x.iter().enumerate().for_each(|(i, &v)| vectors[(i, j)] = v / norm);
    }
    vectors
}

#[cfg(test)]
mod tests {
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
}
