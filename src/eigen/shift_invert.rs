//! The inverse of a shifted operator, which turns eigenvalues near the shift into the largest ones.

use super::Which;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{Inertia, LinearOperator, Lu, Matrix, Symmetry, checks};
use crate::sparse::{Csr, Ldlt, Symbolic};

/// `(A − σI)⁻¹` for a symmetric matrix, by one factorisation (Ericsson and Ruhe, 1980).
///
/// It has the eigenvectors of `A`, and the eigenvalue `μ = 1/(λ − σ)` where `A` has `λ = σ + 1/μ`: those nearest to the
/// shift become the largest in modulus and are found in a few steps.
///
/// ```
/// use eigennet::eigen::ShiftInvert;
/// use eigennet::linalg::LinearOperator;
/// use eigennet::sparse::Csr;
/// let a = Csr::from_diagonal(&[1.0, 3.0])?;
/// let inverse = ShiftInvert::sparse(&a, 2.0)?;
/// let mut y = [0.0; 2];
/// inverse.apply(&[1.0, 1.0], &mut y)?;
/// assert_eq!((y, inverse.eigenvalue(-1.0)), ([-1.0, 1.0], 1.0));
/// assert_eq!(inverse.inertia().unwrap().negative, 1); // one eigenvalue below the shift
/// # Ok::<(), eigennet::Error>(())
/// ```
pub struct ShiftInvert<'a, T> {
    original: &'a dyn LinearOperator<T>,
    shift: T,
    norm: T,
    factor: Factor<T>,
}

enum Factor<T> {
    Sparse(Ldlt<T>),
    Dense(Lu<T>),
}

const OPERATION: &str = "ShiftInvert (the shift is an eigenvalue of the matrix or of a part of it; move it a little)";

impl<'a, T: Scalar> ShiftInvert<'a, T> {
    /// Factors `A − σI` for a sparse symmetric matrix.
    ///
    /// # Errors
    /// [`Error::ZeroPivot`] if the shift is an eigenvalue to working precision, of the matrix or only of a leading part in
    /// the order of elimination, which has no 2×2 pivots: another one nearby will do. As [`Ldlt::factor`] otherwise.
    pub fn sparse(matrix: &'a Csr<T>, shift: T) -> Result<Self, Error> {
        matrix.check_symmetric("ShiftInvert::sparse")?;
        Self::sparse_with(matrix, shift, &Symbolic::analyze(matrix)?)
    }

    /// As [`sparse`](Self::sparse), with the analysis of the pattern made before: several shifts share it.
    ///
    /// # Errors
    /// As [`sparse`](Self::sparse).
    pub fn sparse_with(matrix: &'a Csr<T>, shift: T, symbolic: &Symbolic) -> Result<Self, Error> {
        Error::check_finite("shift of ShiftInvert", &[shift])?;
        let factor = Ldlt::factor_shifted(matrix, shift, symbolic).map_err(|error| error.of(OPERATION))?;
        Ok(ShiftInvert { original: matrix, shift, norm: matrix.infinity_norm(), factor: Factor::Sparse(factor) })
    }

    /// Factors `A − σI` for a dense symmetric matrix.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] unless the matrix is square, finite and
    /// symmetric but for rounding; [`Error::Singular`] if the shift is an eigenvalue to working precision.
    pub fn dense(matrix: &'a Matrix<T>, shift: T) -> Result<Self, Error> {
        Error::check_finite("shift of ShiftInvert", &[shift])?;
        checks::symmetric("ShiftInvert::dense", matrix)?;
        let n = matrix.rows();
        let mut shifted = matrix.clone();
        (0..n).for_each(|i| shifted[(i, i)] -= shift);
        let rounding = T::of(4.0 * n as f64) * T::EPSILON * shifted.infinity_norm();
        let factor = Lu::factor_in_place(shifted)?;
        factor.check_pivots(OPERATION, rounding)?;
        Ok(ShiftInvert { original: matrix, shift, norm: matrix.infinity_norm(), factor: Factor::Dense(factor) })
    }

    /// `σ`
    pub fn shift(&self) -> T {
        self.shift
    }

    /// `A`
    pub fn original(&self) -> &'a dyn LinearOperator<T> {
        self.original
    }

    /// `‖A‖_∞`, which no eigenvalue of `A` exceeds in modulus.
    pub fn norm(&self) -> T {
        self.norm
    }

    /// The eigenvalue `λ = σ + 1/μ` of `A` that belongs to the eigenvalue `μ` of the inverse.
    pub fn eigenvalue(&self, mu: T) -> T {
        self.shift + mu.recip()
    }

    /// How many eigenvalues of `A` lie below and above the shift; known of a sparse factorisation.
    pub fn inertia(&self) -> Option<Inertia> {
        match &self.factor {
            Factor::Sparse(factor) => Some(factor.inertia()),
            Factor::Dense(_) => None,
        }
    }

    /// Whether the eigenvalues nearest to the shift are those asked for.
    pub(super) fn check_end(&self, which: Which<T>) -> Result<(), Error> {
        let what = "which of Lanczos::solve_inverted";
        let beyond = |count: fn(Inertia) -> usize, side: &str, end: &str| match self.inertia().map(count) {
            Some(0) | None => Ok(()),
            Some(count) => {
                let reason = format!(
                    "{count} eigenvalues lie {side} the shift {:e}, which is to lie beyond the {end} end; move it, or ask for \
                     Which::NearestTo",
                    self.shift
                );
                Err(Error::invalid(what, reason))
            }
        };
        match which {
            Which::NearestTo(number) if number != self.shift => {
                let reason = format!("nearest to {number:e}, but the factorisation is of {:e}", self.shift);
                Err(Error::invalid(what, reason))
            }
            Which::NearestTo(_) => Ok(()),
            Which::Smallest => beyond(|inertia| inertia.negative, "below", "lower"),
            Which::Largest => beyond(|inertia| inertia.positive, "above", "upper"),
            Which::LargestMagnitude => {
                Err(Error::invalid(what, "an inverse finds what is near its shift; use Lanczos::solve"))
            }
        }
    }
}

impl<T: Scalar> LinearOperator<T> for ShiftInvert<'_, T> {
    fn rows(&self) -> usize {
        self.original.rows()
    }

    fn cols(&self) -> usize {
        self.original.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        match &self.factor {
            Factor::Sparse(factor) => factor.solve_into(x, y),
            Factor::Dense(factor) => {
                if y.len() != self.rows() {
                    return Err(Error::shape("ShiftInvert::apply", &[x.len(), y.len()], &[self.rows()]));
                }
                y.copy_from_slice(factor.substitute(&Matrix::from_vec(x.len(), 1, x.to_vec())?)?.as_slice());
                Ok(())
            }
        }
    }
}
