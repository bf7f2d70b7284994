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
mod tests;
