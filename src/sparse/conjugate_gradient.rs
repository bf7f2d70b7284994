//! Conjugate gradients for symmetric positive definite systems.

use super::iteration::{Begin, Solved, Stop, begin, check_number, in_units, iterative_method, residual};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::{axpby, axpy, dot, norm};
use crate::linalg::LinearOperator;

iterative_method! {
    /// Conjugate gradients (Hestenes and Stiefel, 1952) for `A x = b` with `A` symmetric positive definite: after `m`
    /// steps the `A`-norm of the error is at most `2 ((√κ − 1)/(√κ + 1))^m` times that of the start, for the condition
    /// κ of `M⁻¹A`.
    ///
    /// ```
    /// use eigennet::sparse::{ConjugateGradient, Csr, Jacobi};
    /// let a = Csr::from_triplets(2, 2, &[(0, 0, 4.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 3.0)])?;
    /// let solved = ConjugateGradient::default().solve(&a, &[1.0, 2.0])?;
    /// assert!((solved.x[0] - 1.0_f64 / 11.0).abs() < 1e-14 && solved.iterations == 2);
    /// let again = ConjugateGradient::default().solve_preconditioned(&a, &Jacobi::new(&a)?, &[1.0, 2.0])?;
    /// assert!((again.x[1] - 7.0_f64 / 11.0).abs() < 1e-14);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ConjugateGradient
}

const METHOD: &str = "ConjugateGradient";

impl<T: Scalar> ConjugateGradient<T> {
    /// The solution of `A x = b` with a preconditioner, telling an observer the iteration and its `‖b − A x‖` as it
    /// goes.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit; [`Error::InvalidArgument`] for an operator that does not say that it
    /// is symmetric, a tolerance that is none, or a solution that over- or underflows; [`Error::NonFinite`] for NaN and
    /// infinities, given or met; [`Error::NotPositiveDefinite`], with the iteration for a pivot, if a direction of no or
    /// negative curvature shows that the operator or the preconditioner is not positive definite: use
    /// [`Minres`](super::Minres); [`Error::NoConvergence`] after `max_iterations`.
    pub fn solve_observed(
        &self,
        a: &(impl LinearOperator<T> + ?Sized),
        m: &(impl LinearOperator<T> + ?Sized),
        b: &[T],
        observe: impl FnMut(usize, T),
    ) -> Result<Solved<T>, Error> {
        in_units(METHOD, b, self.start.as_ref(), observe, |b, start, observe| self.iterate(a, m, b, start, observe))
    }

    fn iterate(
        &self,
        a: &(impl LinearOperator<T> + ?Sized),
        m: &(impl LinearOperator<T> + ?Sized),
        b: &[T],
        start: Option<Vec<T>>,
        observe: &mut dyn FnMut(usize, T),
    ) -> Result<Solved<T>, Error> {
        let n = b.len();
        let begun = begin(METHOD, a, m, b, (self.tolerance, self.max_iterations, start))?;
        let Some(Begin { mut x, size, target, limit }) = begun else { return Ok(Solved::zero(n)) };
        let (mut z, mut image) = (vec![T::zero(); n], vec![T::zero(); n]);
        let (mut iterations, mut best) = (0, T::infinity());
        loop {
            // The recursion of the residual drifts off; where it says converged, the residual itself decides, and if
            // it says no the method starts anew from here.
            let mut r = residual(a, b, &x)?;
            let mut length = norm(&r);
            check_number("residual of ConjugateGradient", length, &r)?;
            if length <= target {
                return Ok(Solved { x, iterations, residual: length, stop: Stop::Converged });
            }
            if length > T::of(0.5) * best {
                let reason = format!(
                    "rounding keeps the residual at {:e} of the right-hand side, wanted {:e}; loosen the tolerance",
                    length / size,
                    self.tolerance
                );
                return Err(Error::NoConvergence { method: METHOD, iterations, reason });
            }
            best = length;
            m.apply(&r, &mut z)?;
            let mut direction = z.clone();
            let mut product = dot(&r, &z);
            while length > target {
                if iterations >= limit {
                    let reason = format!(
                        "the residual is {:e} of the right-hand side, wanted {:e}; raise max_iterations, or give a \
                         (better) preconditioner",
                        length / size,
                        self.tolerance
                    );
                    return Err(Error::NoConvergence { method: METHOD, iterations, reason });
                }
                iterations += 1;
                check_number("preconditioner of ConjugateGradient", product, &z)?;
                a.apply(&direction, &mut image)?;
                let curvature = dot(&direction, &image);
                check_number("product of ConjugateGradient", curvature, &image)?;
                for (number, operation) in
                    [(product, "preconditioner of ConjugateGradient"), (curvature, "operator of ConjugateGradient")]
                {
                    if number <= T::zero() {
                        return Err(Error::NotPositiveDefinite { operation, pivot: iterations - 1 });
                    }
                }
                let step = product / curvature;
                axpy(step, &direction, &mut x);
                axpy(-step, &image, &mut r);
                length = norm(&r);
                observe(iterations, length);
                if length <= target {
                    break;
                }
                m.apply(&r, &mut z)?;
                let next = dot(&r, &z);
                axpby(T::one(), &z, next / product, &mut direction);
                product = next;
            }
        }
    }
}
