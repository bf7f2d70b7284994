//! What the iterative solvers of linear systems share: what they return, and what they ask before they start.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpby, max_abs, norm};
use crate::linalg::scaling::power_of_two_scale;
use crate::linalg::{LinearOperator, Symmetry};

/// Why an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The residual met the tolerance.
    Converged,
    /// The right-hand side is zero, and so is the solution.
    ZeroRightHandSide,
    /// Of an inconsistent singular system: the residual is as small as it can be (MINRES).
    LeastSquares,
}

/// The solution of a linear system, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved<T> {
    /// The solution `[n]`.
    pub x: Vec<T>,
    /// Iterations made, one product with the operator each.
    pub iterations: usize,
    /// `‖b − A x‖`, computed afresh.
    pub residual: T,
    /// Why it ended.
    pub stop: Stop,
}

impl<T: Scalar> Solved<T> {
    /// The solution of `A x = 0`.
    pub(super) fn zero(n: usize) -> Self {
        Solved { x: vec![T::zero(); n], iterations: 0, residual: T::zero(), stop: Stop::ZeroRightHandSide }
    }
}

/// No preconditioner: `z = r` `[n]`.
pub(super) struct Identity(pub usize);

impl<T: Scalar> LinearOperator<T> for Identity {
    fn rows(&self) -> usize {
        self.0
    }

    fn cols(&self) -> usize {
        self.0
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        y.copy_from_slice(x);
        Ok(())
    }
}

/// An iterative method: its settings, and the short forms of its `solve_observed`.
macro_rules! iterative_method {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name<T> {
            /// Converged when `‖b − A x‖ ≤ tolerance · ‖b‖`.
            pub tolerance: T,
            /// By default `10 n + 100`.
            pub max_iterations: Option<usize>,
            /// Where to start; zero by default.
            pub start: Option<Vec<T>>,
        }

        impl<T: Scalar> Default for $name<T> {
            fn default() -> Self {
                $name { tolerance: T::of(1e-10).max(T::of(10.0) * T::EPSILON), max_iterations: None, start: None }
            }
        }

        impl<T: Scalar> $name<T> {
            /// The solution of `A x = b`.
            ///
            /// # Errors
            /// As [`solve_observed`](Self::solve_observed).
            pub fn solve(&self, a: &(impl LinearOperator<T> + ?Sized), b: &[T]) -> Result<Solved<T>, Error> {
                self.solve_preconditioned(a, &$crate::sparse::iteration::Identity(b.len()), b)
            }

            /// The solution of `A x = b` with a symmetric positive definite preconditioner.
            ///
            /// # Errors
            /// As [`solve_observed`](Self::solve_observed).
            pub fn solve_preconditioned(
                &self,
                a: &(impl LinearOperator<T> + ?Sized),
                m: &(impl LinearOperator<T> + ?Sized),
                b: &[T],
            ) -> Result<Solved<T>, Error> {
                self.solve_observed(a, m, b, |_, _| ())
            }
        }
    };
}
pub(super) use iterative_method;

/// Solves by `iterate` in units of the right-hand side, a power of two: squares of residuals neither over- nor underflow,
/// and nothing is rounded.
pub(super) fn in_units<T: Scalar>(
    method: &'static str,
    b: &[T],
    start: Option<&Vec<T>>,
    mut observe: impl FnMut(usize, T),
    iterate: impl FnOnce(&[T], Option<Vec<T>>, &mut dyn FnMut(usize, T)) -> Result<Solved<T>, Error>,
) -> Result<Solved<T>, Error> {
    let unit = power_of_two_scale(max_abs(b)).recip();
    let far = start.is_some_and(|x| max_abs(x).is_finite() && !(max_abs(x) / unit).is_finite());
    Error::require(!far, method, "the start is too large beside the right-hand side; leave it out")?;
    let scaled = |v: &[T]| v.iter().map(|&v| v / unit).collect::<Vec<T>>();
    let mut solved = iterate(&scaled(b), start.map(|x| scaled(x)), &mut |step, length| observe(step, length * unit))?;
    let size = max_abs(&solved.x);
    let fits = size == T::zero() || (size * unit).is_finite() && size * unit * T::EPSILON >= T::min_positive_value();
    Error::require(fits, method, "the solution is too large or too small for its digits; scale the system")?;
    solved.x.iter_mut().for_each(|x| *x *= unit);
    solved.residual *= unit;
    Ok(solved)
}

/// What an iteration begins with.
pub(super) struct Begin<T> {
    pub x: Vec<T>,
    /// The norm of the right-hand side.
    pub size: T,
    /// The residual that will do.
    pub target: T,
    /// The most iterations.
    pub limit: usize,
}

/// Checks that the operator is square and symmetric, that the vectors fit and are finite and that the limits make
/// sense. `None` if the right-hand side is zero.
pub(super) fn begin<T: Scalar>(
    method: &'static str,
    a: &(impl LinearOperator<T> + ?Sized),
    m: &(impl LinearOperator<T> + ?Sized),
    b: &[T],
    (tolerance, max_iterations, start): (T, Option<usize>, Option<Vec<T>>),
) -> Result<Option<Begin<T>>, Error> {
    let n = a.rows();
    for shape in [[n, a.cols()], [m.rows(), m.cols()]] {
        if shape != [n, n] {
            return Err(Error::shape(method, &shape, &[n, n]));
        }
    }
    for vector in [Some(b), start.as_deref()].into_iter().flatten() {
        if vector.len() != n {
            return Err(Error::shape(method, &[n, n], &[vector.len()]));
        }
        Error::check_finite(method, vector)?;
    }
    if a.symmetry() != Symmetry::Symmetric {
        let reason = "the operator does not say that it is symmetric; implement LinearOperator::symmetry, or solve \
                      the normal equations";
        return Err(Error::invalid(method, reason));
    }
    if !(tolerance > T::zero() && tolerance.is_finite()) {
        return Err(Error::invalid(method, format!("{tolerance} is no tolerance; 1e-10 is one")));
    }
    let size = norm(b);
    check_number(&format!("right-hand side of {method}"), size, b)?;
    let x = start.unwrap_or_else(|| vec![T::zero(); n]);
    let limit = max_iterations.unwrap_or(10 * n + 100);
    Ok((size > T::zero()).then_some(Begin { x, size, target: tolerance * size, limit }))
}

/// `b − A x`
pub(super) fn residual<T: Scalar>(a: &(impl LinearOperator<T> + ?Sized), b: &[T], x: &[T]) -> Result<Vec<T>, Error> {
    let mut r = vec![T::zero(); b.len()];
    a.apply(x, &mut r)?;
    axpby(T::one(), b, -T::one(), &mut r);
    Ok(r)
}

/// A number the iteration cannot do without is finite, or else the vector it came from tells where it is not.
pub(super) fn check_number<T: Scalar>(what: &str, number: T, vector: &[T]) -> Result<(), Error> {
    if number.is_finite() {
        return Ok(());
    }
    Error::check_finite(what, vector)?;
    Err(Error::invalid(what, "a sum of squares overflows; scale the system down"))
}
