//! Rayleigh quotient iteration (Ostrowski, 1958; Parlett, 1974).

use super::in_turn::{Deflated, InTurn, ShiftedInverse};
use super::run::Run;
use super::{Deflation, Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, checks};
use crate::kernels::reduce::axpy;
use crate::linalg::{Matrix, Span};
use crate::{Error, Scalar};

/// Inverse iteration with the Rayleigh quotient `vᵀA v` of the iterate as its shift, anew in each iteration.
///
/// Domain: symmetric matrices, from almost every start, cubically; matrices with real eigenvalues, usually and
/// quadratically. *Which* pair comes out is decided by the start. Starts from which it never converges exist (`e₁` for
/// `[[0, 1], [1, 0]]`), but rounding or a random start does not stay on them.
///
/// ```
/// use eigennet::eigen::textbook::{RayleighQuotient, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(2, 2, vec![6.0_f64, 2.0, 3.0, 7.0])?;
/// let found = RayleighQuotient { start: Some(vec![2.0, 2.9]), ..RayleighQuotient::default() }.solve(&a)?;
/// assert!((found.values[0] - 9.0).abs() < 1e-12 && found.iterations < 8); // v ∝ (2, 3)
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RayleighQuotient<T> {
    /// Where the first pair starts `[n]`; at random if `None`, as all others do.
    pub start: Option<Vec<T>>,
    /// How many pairs, each orthogonal to those before; they come in the order found.
    pub pairs: usize,
    /// Tolerance, limit, seed.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for RayleighQuotient<T> {
    /// One pair from a random start.
    fn default() -> Self {
        RayleighQuotient { start: None, pairs: 1, settings: Settings::default() }
    }
}

const ADVICE: &str = "the start may lie on a cycle, or the matrix have no real eigenvalue there; start elsewhere, or use \
                      QrShifted";

impl<T: Scalar> Textbook<T> for RayleighQuotient<T> {
    fn method(&self) -> Method {
        Method::RayleighQuotient
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let run = Run::new(Method::RayleighQuotient, a, Some(self.pairs), &self.settings, observer)?;
        checks::start(Method::RayleighQuotient.name(), &Span::whole(run.order()), self.start.as_deref())?;
        let norm = run.norm;
        let next = |rest: &Deflated<T>, v: &[T], _: &[T], value: T| {
            // The eigenvalue 0 of what was found goes where no Rayleigh quotient goes.
            let away = T::of(2.0) * norm;
            let mut b = rest.matrix.clone();
            for q in &rest.found {
                for (i, &weight) in q.iter().enumerate() {
                    axpy(away * weight, q, b.row_mut(i));
                }
            }
            ShiftedInverse::factor(&b, value, norm, v)?.apply(v)
        };
        let (pairs, start) = (self.pairs, self.start.as_deref());
        InTurn { pairs, deflation: Deflation::Projection, start, order: None, advice: ADVICE, next }.solve(run)
    }
}
