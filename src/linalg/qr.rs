//! QR factorisation by blocked Householder reflections.

use super::block::block;
use super::checks;
use super::householder::{Reflectors, Workspace, apply_block, reflect, reflector};
use super::{Matrix, Triangular};
use crate::Scalar;
use crate::error::Error;

/// Columns factored before the rest of the matrix is updated.
const PANEL: usize = 32;

/// `A = Q R`: `A` `[m, n]`, `Q` orthogonal `[m, m]`, `R` upper triangular.
///
/// ```
/// use eigennet::linalg::{Matrix, Qr};
/// // The straight line through (0, 1), (1, 3), (2, 5).
/// let a = Matrix::from_vec(3, 2, vec![1.0, 0.0, 1.0, 1.0, 1.0, 2.0])?;
/// let line = Qr::factor(&a)?.solve(&Matrix::from_vec(3, 1, vec![1.0, 3.0, 5.0])?)?;
/// assert!((line[(0, 0)] - 1.0_f64).abs() < 1e-14 && (line[(1, 0)] - 2.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Qr<T> {
    reflectors: Reflectors<T>,
    upper: Matrix<T>,
}

impl<T: Scalar> Qr<T> {
    /// Factors a matrix of any shape `[m, n]`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the matrix holds NaN or an infinity.
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        Error::check_finite("Qr::factor", a.as_slice())?;
        let (m, n) = (a.rows(), a.cols());
        let count = m.min(n);
        let mut upper = a.clone();
        // Row j holds column j of the panel, then the reflector made from it.
        let mut vectors = Matrix::zeros(count, m);
        let mut tau = vec![T::zero(); count];
        let mut workspace = Workspace::default();
        for start in (0..count).step_by(PANEL) {
            let end = (start + PANEL).min(count);
            for i in start..m {
                for j in start..end {
                    vectors[(j, i)] = upper[(i, j)];
                }
            }
            for j in start..end {
                let (done, rest) = vectors.as_mut_slice().split_at_mut((j + 1) * m);
                let v = &mut done[j * m + j..];
                let (t, beta) = reflector(v);
                tau[j] = t;
                upper[(j, j)] = beta;
                for other in rest.chunks_exact_mut(m).take(end - j - 1) {
                    reflect(v, t, &mut other[j..]);
                }
            }
            for j in start..end {
                for i in start..j {
                    upper[(i, j)] = std::mem::replace(&mut vectors[(j, i)], T::zero());
                }
            }
            let vt = block(vectors.as_slice(), m, start..end, start..m)?;
            let target = (start..m, end..n);
            apply_block(vt, &tau[start..end], true, upper.as_mut_slice(), n, target, &mut workspace)?;
        }
        let upper = Matrix::from_fn(count, n, |i, j| if j < i { T::zero() } else { upper[(i, j)] });
        Ok(Qr { reflectors: Reflectors::new(vectors, tau, 0), upper })
    }

    /// `R` `[min(m, n), n]`, upper triangular (trapezoidal if `m < n`).
    pub fn r(&self) -> &Matrix<T> {
        &self.upper
    }

    /// The first `min(m, n)` columns of `Q`, `[m, min(m, n)]`, so that `A = Q R`.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn thin_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.upper.rows())
    }

    /// All of `Q` `[m, m]`; its last columns are a basis of the orthogonal complement of the range.
    ///
    /// # Errors
    /// None for a factorisation of this crate.
    pub fn full_q(&self) -> Result<Matrix<T>, Error> {
        self.reflectors.columns(self.reflectors.order())
    }

    /// `Q C` for `C` `[m, k]`, without forming `Q`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NonFinite`].
    pub fn apply_q(&self, c: &Matrix<T>) -> Result<Matrix<T>, Error> {
        self.apply("Qr::apply_q", false, c)
    }

    /// `Qᵀ C` for `C` `[m, k]`, without forming `Q`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NonFinite`].
    pub fn apply_q_transposed(&self, c: &Matrix<T>) -> Result<Matrix<T>, Error> {
        self.apply("Qr::apply_q_transposed", true, c)
    }

    fn apply(&self, operation: &'static str, transposed: bool, c: &Matrix<T>) -> Result<Matrix<T>, Error> {
        checks::right_hand_sides(operation, self.reflectors.order(), c)?;
        let mut out = c.clone();
        self.reflectors.apply_left(transposed, &mut out)?;
        Ok(out)
    }

    /// The `X` `[n, k]` that minimises `‖A X − B‖_F`, for `A` of full column rank.
    ///
    /// # Errors
    /// [`Error::Shape`] if `B` has another number of rows, [`Error::NonFinite`] for NaN and
    /// infinities, [`Error::InvalidArgument`] if `m < n`, [`Error::Singular`] if a diagonal entry of
    /// `R` is at most `max(m, n) ε` times the largest: the columns are then dependent, or so scaled
    /// that without pivoting they cannot be told from dependent ones.
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let (m, n) = (self.reflectors.order(), self.upper.cols());
        if m < n {
            return Err(Error::invalid(
                "Qr::solve",
                format!("{m} equations leave {n} unknowns undetermined; add equations or regularise"),
            ));
        }
        let mut product = self.apply_q_transposed(b)?;
        let diagonal = self.upper.diagonal();
        let largest = diagonal.iter().fold(T::zero(), |l, v| l.max(v.abs()));
        let threshold = T::of(m as f64) * T::EPSILON * largest;
        if let Some(pivot) = diagonal.iter().position(|v| v.abs() <= threshold) {
            return Err(Error::Singular { operation: "Qr::solve", pivot });
        }
        let k = b.cols();
        let x = &mut product.as_mut_slice()[..n * k];
        Triangular::upper().solve_in_place(self.upper.as_slice(), n, n, x, k)?;
        Matrix::from_vec(n, k, x.to_vec())
    }
}
