//! The real Schur form of a square matrix.

use super::hessenberg::{Hessenberg, hessenberg};
use super::multishift::multishift;
use super::standard_block::quasi_triangular_values;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::scaling::scale_of_squares;
use crate::linalg::{Complex, Matrix, checks};

/// `A = Q T Qᵀ` with `Q` orthogonal and `T` upper quasi-triangular.
///
/// The diagonal of `T` holds real eigenvalues, and 2×2 blocks `[[a, b], [c, a]]` with `b c < 0` for conjugate pairs
/// `a ± √(bc)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Schur<T> {
    /// `T` `[n, n]`.
    pub t: Matrix<T>,
    /// `Q` `[n, n]`; its first columns span an invariant subspace wherever no 2×2 block is cut.
    pub q: Matrix<T>,
}

/// The real Schur form of a square matrix.
///
/// The matrix is reduced to Hessenberg form by Householder reflections, and that to `T` by implicitly shifted QR
/// sweeps (Francis, 1961). The residual `‖A − Q T Qᵀ‖` and the loss of orthogonality `‖QᵀQ − I‖` are small multiples
/// of `n ε ‖A‖` and `n ε`.
///
/// ```
/// use eigennet::linalg::{Complex, Matrix, schur};
/// // A quarter turn has the eigenvalues ±i.
/// let turn = schur(&Matrix::from_vec(2, 2, vec![0.0, -1.0, 1.0, 0.0])?)?;
/// assert_eq!(turn.values(), [Complex::new(0.0_f64, 1.0), Complex::new(0.0, -1.0)]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
/// [`Error::InvalidArgument`] if an entry of `T` overflows, [`Error::NoConvergence`] if the iteration fails.
#[inline(never)]
pub fn schur<T: Scalar>(a: &Matrix<T>) -> Result<Schur<T>, Error> {
    checks::square("schur", a)?;
    let (scaled, scale) = scaled(a);
    let n = a.rows();
    let Hessenberg { mut h, reflectors } = hessenberg(scaled, 0..n)?;
    let mut qt = reflectors.columns(n)?.transpose();
    quasi_triangularize(&mut h, &mut qt, 0..n, true)?;
    let t = h.map(|v| v / scale);
    let advice = || format!("an entry of the Schur form overflows {}: scale the matrix down, by 1/{n} say", T::NAME);
    checks::in_range("schur", t.as_slice(), advice)?;
    Ok(Schur { t, q: qt.transpose() })
}

/// The matrix times a power of two that keeps squares of its entries in range, and that power.
pub(super) fn scaled<T: Scalar>(a: &Matrix<T>) -> (Matrix<T>, T) {
    let scale = scale_of_squares(a.max_abs());
    (a.scale(scale), scale)
}

/// Brings rows and columns `active` of a Hessenberg matrix to real Schur form; the rows of `qt` take part.
/// Unless `full`, only the diagonal blocks of the result have a meaning.
pub(super) fn quasi_triangularize<T: Scalar>(
    h: &mut Matrix<T>,
    qt: &mut Matrix<T>,
    active: std::ops::Range<usize>,
    full: bool,
) -> Result<(), Error> {
    let start = active.start;
    let end = multishift(h, qt, active, full)?;
    if end > start {
        let reason = format!("{} eigenvalues were not found; scale the matrix, or perturb it slightly", end - start);
        return Err(Error::NoConvergence { method: "QR algorithm", iterations: 30 * h.rows().max(10), reason });
    }
    Ok(())
}

impl<T: Scalar> Schur<T> {
    /// The eigenvalues in the order of the diagonal of `T`, of a conjugate pair the positive imaginary part first.
    pub fn values(&self) -> Vec<Complex<T>> {
        quasi_triangular_values(&self.t)
    }
}
