//! The flow itself, and checks of what it starts from.

use super::closed_form::ClosedForm;
use crate::differential::checks;
use crate::differential::method_of_lines::multiply;
use crate::kernels::reduce::{axpby, dot, norm};
use crate::linalg::{self, Matrix};
use crate::{Error, Result, Scalar};

/// The flow dx/dt = −x + f(x), f(x) = [xᵀx A + (1 − xᵀAx) I] x, of a symmetric matrix A (Yi, Fu and Tang, 2004).
///
/// It is the same as `dx/dt = |x|² A x − (xᵀA x) x`: it keeps |x|, it rests exactly at the
/// eigenvectors, and it turns x towards the largest eigenvalue that x has a share in.
///
/// ```
/// use eigennet::differential::eigenvector_ode::EigenvectorFlow;
/// use eigennet::linalg::Matrix;
/// let flow = EigenvectorFlow::new(&Matrix::from_diagonal(&[2.0, 1.0]))?;
/// let mut slope = [0.0; 2];
/// flow.derivative(&[3.0, 0.0], &mut slope); // an eigenvector stays
/// assert_eq!(slope, [0.0; 2]);
/// let x = flow.closed_form(&[0.6, 0.8])?.at(50.0)?;
/// assert!((x[0] - 1.0_f64).abs() < 1e-12 && x[1].abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EigenvectorFlow<T> {
    matrix: Matrix<T>,
    /// ‖A‖_F: the unit in which residuals are small or not.
    scale: T,
}

impl<T: Scalar> EigenvectorFlow<T> {
    /// The flow of `matrix` `[n, n]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if it is empty or not square, [`Error::NonFinite`], and
    /// [`Error::InvalidArgument`] if it is not symmetric or so large that its norm overflows.
    #[inline(never)]
    pub fn new(matrix: &Matrix<T>) -> Result<Self> {
        if matrix.rows() == 0 {
            return Err(Error::shape("EigenvectorFlow::new", &matrix.shape(), &[1, 1]));
        }
        linalg::checks::symmetric("EigenvectorFlow::new", matrix)?;
        let flow = Self::of(linalg::checks::symmetric_part(matrix));
        if !flow.scale.is_finite() {
            return Err(Error::invalid("matrix of EigenvectorFlow", "its norm overflows: scale the matrix down"));
        }
        Ok(flow)
    }

    /// The flow of a matrix that is known to be symmetric.
    pub(super) fn of(matrix: Matrix<T>) -> Self {
        let scale = matrix.frobenius_norm();
        EigenvectorFlow { matrix, scale }
    }

    /// The flow of −A, which finds the smallest eigenvalue first.
    #[must_use]
    pub fn reversed(&self) -> Self {
        EigenvectorFlow { matrix: self.matrix.scale(-T::one()), scale: self.scale }
    }

    /// A `[n, n]`.
    pub fn matrix(&self) -> &Matrix<T> {
        &self.matrix
    }

    /// n.
    pub fn order(&self) -> usize {
        self.matrix.rows()
    }

    /// ‖A‖_F.
    pub fn scale(&self) -> T {
        self.scale
    }

    /// dx/dt at `x` `[n]`, into `out` `[n]`.
    ///
    /// # Panics
    /// If a length is not n.
    pub fn derivative(&self, x: &[T], out: &mut [T]) {
        multiply(&self.matrix, x, out);
        axpby(-dot(x, out), x, dot(x, x), out);
    }

    /// ρ = xᵀAx / xᵀx; NaN for x = 0.
    ///
    /// # Panics
    /// If the length of `x` is not n.
    pub fn rayleigh_quotient(&self, x: &[T]) -> T {
        dot(x, &self.product(x)) / dot(x, x)
    }

    /// ‖A x − ρ x‖ / ‖x‖, an upper bound on the distance from ρ to the nearest eigenvalue.
    ///
    /// # Panics
    /// If the length of `x` is not n.
    pub fn residual(&self, x: &[T]) -> T {
        let mut product = self.product(x);
        axpby(-dot(x, &product) / dot(x, x), x, T::one(), &mut product);
        norm(&product) / norm(x)
    }

    /// The exact solution from x(0) = `start` `[n]`.
    ///
    /// # Errors
    /// As [`check_start`](Self::check_start), and those of the symmetric eigensolver.
    pub fn closed_form(&self, start: &[T]) -> Result<ClosedForm<T>> {
        self.check_start(start)?;
        ClosedForm::new(&self.matrix, start)
    }

    /// Whether the flow may start from `start`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another length than n, [`Error::NonFinite`], and [`Error::InvalidArgument`] for the zero
    /// vector, from which nothing can be found, and for one whose square over- or underflows.
    #[inline(never)]
    pub fn check_start(&self, start: &[T]) -> Result<()> {
        const WHAT: &str = "start of the eigenvector flow";
        checks::length(WHAT, start.len(), self.order())?;
        Error::check_finite(WHAT, start)?;
        let square = dot(start, start);
        if start.iter().all(|v| *v == T::zero()) {
            return Err(Error::invalid(WHAT, "the zero vector rests for ever; start from any other vector"));
        }
        if !(square.is_normal() && (square * self.scale).is_finite()) {
            return Err(Error::invalid(WHAT, "|x₀|² or |x₀|² ‖A‖ over- or underflows; scale it to length 1"));
        }
        Ok(())
    }

    /// A x.
    fn product(&self, x: &[T]) -> Vec<T> {
        let mut out = vec![T::zero(); x.len()];
        multiply(&self.matrix, x, &mut out);
        out
    }
}
