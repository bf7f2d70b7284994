//! QR factorisation by blocked Householder reflections.

use std::cmp::Ordering;

use super::block::block;
use super::householder::{Reflectors, Workspace, compact_wy, reflect_rows, reflector};
use super::scaling::scale_of_squares;
use super::{Matrix, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;
use crate::kernels::rows::multiply_rows;

/// Columns factored before the rest of the matrix is updated.
const PANEL: usize = 32;
/// Up to so many columns panels are half as wide.
const FEW: usize = 128;

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
    pub(super) reflectors: Reflectors<T>,
    upper: Matrix<T>,
}

/// `R`, from its columns above the diagonal, as rows, and its diagonal, in units of `1 / scale`.
pub(super) fn triangle_of<T: Scalar>(columns: &Matrix<T>, diagonal: &[T], scale: T) -> Matrix<T> {
    Matrix::from_fn(diagonal.len(), columns.rows(), |i, j| match i.cmp(&j) {
        Ordering::Less => columns[(j, i)] / scale,
        Ordering::Equal => diagonal[i] / scale,
        Ordering::Greater => T::zero(),
    })
}

impl<T: Scalar> Qr<T> {
    /// Factors a matrix of any shape `[m, n]`. Entries so large that their squares overflow are scaled down; what beside them
    /// is below 1e-54 (f32; f64: 1e-454) of the largest may then be lost.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the matrix holds NaN or an infinity, [`Error::InvalidArgument`] if an entry of `R`
    /// overflows.
    #[inline(never)]
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        Error::check_finite("Qr::factor", a.as_slice())?;
        let (m, n) = (a.rows(), a.cols());
        let count = m.min(n);
        // Row j is a column of A, then of R before the diagonal.
        let mut columns = a.transpose();
        // Sums of products of entries are to stay in range.
        let scale = scale_of_squares(a.max_abs());
        if scale != T::one() {
            columns.as_mut_slice().iter_mut().for_each(|v| *v *= scale);
        }
        let mut vectors = Matrix::zeros(count, m);
        let mut tau = vec![T::zero(); count];
        let mut diagonal = vec![T::zero(); count];
        let mut workspace = Workspace::default();
        let mut projections = [T::zero(); PANEL];
        let panel = if count <= FEW { PANEL / 2 } else { PANEL };
        for start in (0..count).step_by(panel) {
            let end = (start + panel).min(count);
            for j in start..end {
                let (done, rest) = columns.as_mut_slice().split_at_mut((j + 1) * m);
                let v = &mut done[j * m + j..];
                (tau[j], diagonal[j]) = reflector(v);
                let projections = &mut projections[..end - j - 1];
                multiply_rows(rest.get(j..).unwrap_or(&[]), m, v, projections);
                for (other, &projection) in rest.chunks_exact_mut(m).zip(&*projections) {
                    axpy(-tau[j] * projection, v, &mut other[j..]);
                }
                vectors.row_mut(j)[j..].copy_from_slice(v);
            }
            let vt = block(vectors.as_slice(), m, start..end, start..m)?;
            let t = compact_wy(vt, &tau[start..end], &mut workspace.packing)?;
            reflect_rows(vt, t.view(), &mut columns.as_mut_slice()[end * m..], m, &mut workspace)?;
        }
        let upper = triangle_of(&columns, &diagonal, scale);
        checks::factor("Qr::factor", upper.as_slice())?;
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
    #[inline(never)]
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
    /// infinities, [`Error::InvalidArgument`] if `m < n` or the solution overflows, [`Error::Singular`] if a diagonal entry of
    /// `R` is at most `max(m, n) ε` times the largest: the columns are then dependent, or so scaled
    /// that without pivoting they cannot be told from dependent ones.
    #[inline(never)]
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let (m, n) = (self.reflectors.order(), self.upper.cols());
        if m < n {
            let reason = format!("{m} equations leave {n} unknowns undetermined; add equations or regularise");
            return Err(Error::invalid("Qr::solve", reason));
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
        checks::solution("Qr::solve", x)?;
        Matrix::from_vec(n, k, x.to_vec())
    }
}
