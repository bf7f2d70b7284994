//! QR factorisation with column pivoting, which shows the rank.

use super::Matrix;
use super::householder::{Reflectors, reflect, reflector};
use super::scaling::power_of_two_scale;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::dot;

/// `A P = Q R` with the diagonal of `R` falling in magnitude (Businger and Golub, 1965).
///
/// ```
/// use eigennet::linalg::{Matrix, PivotedQr};
/// // The third column is the sum of the others.
/// let a = Matrix::from_vec(3, 3, vec![1.0, 0.0, 1.0, 0.0, 2.0, 2.0, 1.0, 1.0, 2.0])?;
/// assert_eq!(PivotedQr::factor(&a)?.rank(1e-12), 2);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PivotedQr<T> {
    pub(super) reflectors: Reflectors<T>,
    upper: Matrix<T>,
    permutation: Vec<usize>,
}

impl<T: Scalar> PivotedQr<T> {
    /// Factors a matrix of any shape `[m, n]`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the matrix holds NaN or an infinity.
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        Error::check_finite("PivotedQr::factor", a.as_slice())?;
        let (m, n) = (a.rows(), a.cols());
        let count = m.min(n);
        // Norms are compared by their squares: in units where the largest entry is about one.
        let scale = power_of_two_scale(a.max_abs());
        // Row j is a column of A, then of R above the diagonal and the reflector below it.
        let mut columns = a.transpose().scale(scale);
        let mut permutation: Vec<usize> = (0..n).collect();
        let mut norms: Vec<T> = columns.row_iter().map(|column| dot(column, column).sqrt()).collect();
        let mut exact = norms.clone();
        let mut tau = vec![T::zero(); count];
        let mut diagonal = vec![T::zero(); count];
        for j in 0..count {
            let pivot = (j + 1..n).fold(j, |best, i| if norms[i] > norms[best] { i } else { best });
            let (done, rest) = columns.as_mut_slice().split_at_mut((j + 1) * m);
            if pivot != j {
                done[j * m..].swap_with_slice(&mut rest[(pivot - j - 1) * m..(pivot - j) * m]);
                permutation.swap(j, pivot);
                norms[pivot] = norms[j];
                exact[pivot] = exact[j];
            }
            let v = &mut done[j * m + j..];
            (tau[j], diagonal[j]) = reflector(v);
            for (i, column) in (j + 1..n).zip(rest.chunks_exact_mut(m)) {
                reflect(v, tau[j], &mut column[j..]);
                if norms[i] > T::zero() {
                    // ‖x_{j+1..}‖² = ‖x_{j..}‖² − x_j², afresh once too many digits have cancelled.
                    let ratio = column[j] / norms[i];
                    let left = (T::one() - ratio * ratio).max(T::zero());
                    let drop = norms[i] / exact[i];
                    if left * drop * drop <= T::EPSILON.sqrt() {
                        norms[i] = dot(&column[j + 1..], &column[j + 1..]).sqrt();
                        exact[i] = norms[i];
                    } else {
                        norms[i] *= left.sqrt();
                    }
                }
            }
        }
        let upper = Matrix::from_fn(count, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => columns[(j, i)] / scale,
            std::cmp::Ordering::Equal => diagonal[i] / scale,
            std::cmp::Ordering::Greater => T::zero(),
        });
        let vectors = Matrix::from_fn(count, m, |j, i| if i < j { T::zero() } else { columns[(j, i)] });
        Ok(PivotedQr { reflectors: Reflectors::new(vectors, tau, 0), upper, permutation })
    }

    /// `R` `[min(m, n), n]`.
    pub fn r(&self) -> &Matrix<T> {
        &self.upper
    }

    /// Column `j` of `A P` is column `permutation()[j]` of `A`.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// The first `min(m, n)` columns of `Q`, `[m, min(m, n)]`.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn thin_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.upper.rows())
    }

    /// All of `Q` `[m, m]`; its columns from the rank on are a basis of the null space of `Aᵀ`.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn full_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.reflectors.order())
    }

    /// The number of diagonal entries of `R` larger than `tolerance` times the largest. Except for
    /// matrices made to deceive (Kahan, 1966) this is the number of singular values so large.
    pub fn rank(&self, tolerance: T) -> usize {
        let diagonal = self.upper.diagonal();
        let largest = diagonal.first().map_or(T::zero(), |v| v.abs());
        diagonal.iter().take_while(|v| v.abs() > tolerance * largest).count()
    }
}
